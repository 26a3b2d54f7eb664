using System.CommandLine;
using ModelZoo.Audit;
using ModelZoo.Data;
using ModelZoo.Runtime;
using static TorchSharp.torch;

namespace ModelZoo.Bench;

/// <summary>The commands of <c>scripts/bench</c>.</summary>
internal static class BenchCommandLine
{
    private static readonly Option<int> Threads = AtLeast(1, "--threads", "Threads of either side", Environment.ProcessorCount, recursive: true);

    private static readonly Option<bool> Json = new("--json")
    {
        Description = "Print the figures as one JSON document on standard output and nothing else there",
        Recursive = true
    };

    internal static RootCommand Create() => new("The figures of docs/speed.md, side by side with eager PyTorch on the same machine, by turns in one run.")
    {
        Threads,
        Json,
        Train(),
        Cuda(),
        Inference(),
        FirstPrediction(),
        Transfer(),
        Loader(),
        Images(),
        Backbone(),
        InRounds("lenet", "Hand-written training steps of LeNet-5, batch 64, against eager PyTorch", LenetSpeed.Run),
        InRounds("add", "What a call costs: the addition of one element, against eager PyTorch", CallSpeed.Run),
        InRounds("load", "Loading weights as large as VGG-16's, against reading and copying the file", LoadSpeed.Run),
        Scaling(),
        ScalingRank(),
        Memory(),
        Trust(),
        Choice(),
        Serve(),
        Audit(),
        InRounds("all", "lenet, train, add, memory and load", (setting, rounds) =>
        {
            LenetSpeed.Run(setting, rounds);
            TrainingSpeed.Run(setting, rounds, []);
            CallSpeed.Run(setting, rounds);
            MemoryUse.Run(setting.Output);
            LoadSpeed.Run(setting, rounds);
        }),
    };

    private static Command Train()
    {
        var models = new Argument<string[]>("model")
        {
            Description = $"Of {string.Join(", ", TrainingSpeed.Models)} (default: all)",
            Arity = ArgumentArity.ZeroOrMore
        };
        models.AcceptOnlyFromAmong(TrainingSpeed.Models);
        Option<int> rounds = Rounds();
        var peer = new Option<string>("--peer") { Description = "Whom to compare with", DefaultValueFactory = _ => "both" };
        peer.AcceptOnlyFromAmong(TrainingSpeed.Peers);
        var command = new Command(
            "train",
            "The trainer's images per second, data in memory, in float32, with channels_last and in bfloat16, "
            + "against a plain TorchSharp loop and eager PyTorch, both in float32.")
        {
            models,
            peer,
            rounds,
        };
        command.SetAction(parsed => Run(parsed, setting =>
            TrainingSpeed.Run(setting, parsed.GetValue(rounds), parsed.GetValue(models) ?? [], parsed.GetValue(peer)!)));
        return command;
    }

    private static Command Scaling()
    {
        var models = new Argument<string[]>("model")
        {
            Description = $"Of {string.Join(", ", ScalingSpeed.Models)} (default: all)",
            Arity = ArgumentArity.ZeroOrMore
        };
        models.AcceptOnlyFromAmong(ScalingSpeed.Models);
        Option<int> rounds = AtLeast(1, "--rounds", "How often the sides take turns", 5);
        var launcher = new Option<string>("--launcher") { Description = "mpiexec with its flags", DefaultValueFactory = _ => "mpiexec.mpich" };
        var simulate = new Option<double[]>("--simulate")
        {
            Description = "Nothing is run: what ResNet-50 would take on many ranks, of which each computes so many milliseconds for a step",
            HelpName = "ms",
            AllowMultipleArgumentsPerToken = true
        };
        var bandwidth = new Option<double?>("--gigabit") { Description = "With --simulate: two ranks, and so many Gbit/s between them", HelpName = "n" };
        var latency = new Option<double>("--latency") { Description = "With --gigabit: milliseconds of a message without content", HelpName = "ms" };
        var command = new Command("scaling", "Ranks of one thread against one process of as many threads, on the same batch (docs/scaling.md).")
        {
            models,
            rounds,
            launcher,
            simulate,
            bandwidth,
            latency,
        };
        command.SetAction(parsed => Run(parsed, setting =>
        {
            if (parsed.GetValue(simulate) is { Length: > 0 } steps)
            {
                Network? network = parsed.GetValue(bandwidth) is { } gigabit ? new(gigabit * 1e9 / 8, parsed.GetValue(latency) / 1000) : null;
                ScalingSpeed.Simulate(setting, [.. steps.Select(ms => ms / 1000)], network);
            }
            else
            {
                ScalingSpeed.Run(setting, parsed.GetValue(rounds), parsed.GetValue(models) ?? [], parsed.GetValue(launcher)!);
            }
        }));
        return command;
    }

    // What `scaling` starts.
    private static Command ScalingRank()
    {
        var name = new Argument<string>("model");
        Option<int> batch = AtLeast(1, "--batch", "", 8), size = AtLeast(1, "--size", "", 224), steps = AtLeast(1, "--steps", "", 4);
        var command = new Command("scaling-rank") { name, batch, size, steps };
        command.Hidden = true;
        command.SetAction(parsed => ScalingSpeed.Child(
            parsed.GetValue(name)!, parsed.GetValue(batch), parsed.GetValue(size), parsed.GetValue(steps), parsed.GetValue(Threads)));
        return command;
    }

    private static Command Trust()
    {
        var model = new Option<string>("--model") { Description = "A trained classifier", DefaultValueFactory = _ => "resnet20:cifar10" };
        var data = new Option<string>("--data") { Description = "Its data, with a training and a test part", DefaultValueFactory = _ => "cifar10" };
        var foreign = new Option<string?>("--foreign") { Description = "Pictures of something else, as data" };
        Option<int> splits = AtLeast(1, "--splits", "How often the test pictures are divided into held-out ones and further ones", 200);
        var rates = new Option<double[]>("--error-rate")
        {
            Description = "Promises to try",
            AllowMultipleArgumentsPerToken = true,
            DefaultValueFactory = _ => [0.02, 0.05, 0.1]
        };
        var command = new Command("trust",
            "Whether the promises of `zoo calibrate` hold on further pictures, and how well foreign ones are told (docs/trust.md).")
        {
            model,
            data,
            foreign,
            splits,
            rates,
        };
        command.SetAction(parsed => Run(parsed, setting => TrustFigures.Run(
            setting, parsed.GetValue(model)!, parsed.GetValue(data)!, parsed.GetValue(foreign), parsed.GetValue(splits), parsed.GetValue(rates)!)));
        return command;
    }

    private static Command Choice()
    {
        var models = new Argument<string[]>("models")
        {
            Description = "Trained networks, and folders of them (default: all at hand)",
            Arity = ArgumentArity.ZeroOrMore
        };
        var data = new Option<string>("--data") { Description = "Pictures with labels, as data", Required = true };
        Option<int> splits = AtLeast(1, "--splits", "How often the pictures are divided into two halves", 5);
        Option<int> first = AtLeast(0, "--first", "The seed of the first of them", 0);
        var sizes = new Option<double[]>("--max-mb") { Description = "Also ask for networks of at most so many MB", AllowMultipleArgumentsPerToken = true };
        var folder = new Option<string>("--out") { Description = "Where features are kept", DefaultValueFactory = _ => Path.Combine("runs", "bench-choice") };
        var command = new Command("choice", "Whether `zoo compare --data` recommends the network that is best on pictures it has not seen (docs/transfer.md).")
        {
            models,
            data,
            splits,
            first,
            sizes,
            folder,
        };
        command.SetAction(parsed => Run(parsed, setting => ChoiceFigures.Run(setting, parsed.GetValue(models) ?? [], parsed.GetValue(data)!,
            parsed.GetValue(first), parsed.GetValue(splits), parsed.GetValue(sizes) ?? [], parsed.GetValue(folder)!)));
        return command;
    }

    private static Command Serve()
    {
        var checkpoint = new Argument<string>("checkpoint") { Description = "A model with trained weights" };
        var pictures = new Option<string>("--pictures") { Description = "A folder of pictures", Required = true };
        Option<int> rounds = AtLeast(1, "--rounds", "How often the sides take turns", 5);
        Option<int> minutes = AtLeast(1, "--minutes", "Of four times as many requests as the server can answer", 1);
        Option<int> mutated = AtLeast(1, "--mutated", "Damaged pictures that are sent", 2_000);
        var command = new Command("serve", "`zoo serve` on loopback against the same classifier without it; overload and damaged pictures.")
        {
            checkpoint,
            pictures,
            rounds,
            minutes,
            mutated,
        };
        command.SetAction(parsed => Run(parsed, setting => ServeSpeed.Run(setting, parsed.GetValue(checkpoint)!, parsed.GetValue(pictures)!,
            parsed.GetValue(rounds), parsed.GetValue(minutes), parsed.GetValue(mutated))));
        return command;
    }

    private static Command Audit()
    {
        var parts = new Argument<string[]>("what")
        {
            Description = $"Of {string.Join(", ", AuditFigures.Parts)} (default: all)",
            Arity = ArgumentArity.ZeroOrMore
        };
        parts.AcceptOnlyFromAmong(AuditFigures.Parts);
        var model = new Option<string>("--model") { Description = "Whose features are looked at", DefaultValueFactory = _ => "resnet18_cntk:imagenet" };
        var data = new Option<string>("--data") { Description = "Pictures with labels, as data", Required = true };
        var part = new Option<string?>("--split") { Description = "Only this part of them" };
        part.AcceptOnlyFromAmong("train", "val", "test");
        Option<int> limit = AtLeast(0, "--limit", "At most so many pictures of each part", 0);
        Option<int> seeds = AtLeast(1, "--seeds", "How often labels are flipped anew", 20);
        Option<int> count = AtLeast(1, "--photographs", "How many are timed", 1000);
        var keep = new Option<string?>("--keep") { Description = "Write the photographs that are timed to this folder, and leave them there" };
        var rates = new Option<double[]>("--rate")
        {
            Description = "Shares of the labels that are flipped",
            AllowMultipleArgumentsPerToken = true,
            DefaultValueFactory = _ => [0, 0.02, 0.05, 0.1]
        };
        var command = new Command("audit", "What `zoo audit` finds of flipped labels and planted duplicates, and its time (docs/audit.md).")
        {
            parts,
            model,
            data,
            part,
            limit,
            seeds,
            count,
            keep,
            rates,
        };
        command.SetAction(parsed => Run(parsed, setting =>
        {
            string[] asked = parsed.GetValue(parts) is { Length: > 0 } some ? some : AuditFigures.Parts;
            string spec = parsed.GetValue(model)!;
            var all = AuditData.Open(DataSource.Parse(parsed.GetRequiredValue(data)), limit: parsed.GetValue(limit));
            AuditData chosen = parsed.GetValue(part) is { } name ? all.Only(Enum.Parse<DataSplit>(name, ignoreCase: true)) : all;
            if (asked.Contains("labels"))
            {
                AuditFigures.Labels(setting, spec, chosen, parsed.GetValue(seeds), parsed.GetValue(rates)!);
            }

            if (asked.Contains("duplicates"))
            {
                AuditFigures.Duplicates(setting, spec, chosen);
            }

            if (asked.Contains("time"))
            {
                AuditFigures.Time(setting, spec, chosen, parsed.GetValue(count), parsed.GetValue(keep));
            }
        }));
        return command;
    }

    private static Command Cuda()
    {
        var device = new Option<string>("--device") { Description = "cuda, or cpu with tiny sizes, to try the command", DefaultValueFactory = _ => "cuda" };
        device.AcceptOnlyFromAmong("cuda", "cpu");
        Option<int> rounds = AtLeast(1, "--rounds", "How often the sides take turns", 5);
        Option<int> block = AtLeast(1, "--block", "Milliseconds of a block of steps", 1000);
        Option<int> limit = AtLeast(1, "--limit", "Seconds after which nothing new begins", 200);
        var command = new Command(
            "cuda",
            "The trainer's images per second on a GPU against a plain TorchSharp loop and eager PyTorch (scripts/bench-cuda runs it where there is no .NET).")
        {
            device,
            rounds,
            block,
            limit,
        };
        command.SetAction(parsed => Run(parsed, setting => CudaSpeed.Run(
            setting, parsed.GetValue(device)!, parsed.GetValue(rounds), parsed.GetValue(block) / 1000.0, TimeSpan.FromSeconds(parsed.GetValue(limit)))));
        return command;
    }

    private static Command Inference()
    {
        var models = new Argument<string[]>("model")
        {
            Description = $"Names of the catalog (default: {string.Join(", ", InferenceSpeed.Usual)})",
            Arity = ArgumentArity.ZeroOrMore
        };
        Option<int> rounds = AtLeast(1, "--rounds", "How often the sides take turns", 5);
        var batches = new Option<int[]>("--batch")
        {
            Description = "Images of a batch; several may be given",
            HelpName = "n",
            AllowMultipleArgumentsPerToken = true,
            DefaultValueFactory = _ => [1, 8, 32]
        };
        var ablation = new Option<bool>("--ablation") { Description = "What each fusion brings instead (default: resnet50 and googlenet)" };
        var first = new Option<bool>("--first") { Description = "The time from the start of a process to its first prediction instead, and its memory" };
        var bytes = new Option<bool>("--int8") { Description = "Quantized networks instead, against ONNX Runtime in float32 and in int8" };
        var command = new Command("inference", "Compiled networks in float32 against ONNX Runtime in a process of its own.")
        {
            models,
            rounds,
            batches,
            bytes,
            ablation,
            first,
        };
        command.SetAction(parsed => Run(parsed, setting =>
        {
            (string[] names, int[] sizes) = (parsed.GetValue(models) ?? [], parsed.GetValue(batches)!);
            if (sizes.FirstOrDefault(n => n < 1) is var wrong && sizes.Any(n => n < 1))
            {
                throw new UsageException($"--batch {wrong}: it must be 1 or more.");
            }

            if (parsed.GetValue(first))
            {
                InferenceSpeed.First(setting, parsed.GetValue(rounds), names);
            }
            else if (parsed.GetValue(bytes))
            {
                Int8Speed.Run(setting, parsed.GetValue(rounds), names, sizes);
            }
            else if (parsed.GetValue(ablation))
            {
                InferenceSpeed.Ablation(setting, parsed.GetValue(rounds), names, sizes);
            }
            else
            {
                InferenceSpeed.Run(setting, parsed.GetValue(rounds), names, sizes);
            }
        }));
        return command;
    }

    // What `inference --first` starts.
    private static Command FirstPrediction()
    {
        var name = new Argument<string>("model");
        var file = new Argument<string>("weights");
        var command = new Command("inference-first") { name, file };
        command.Hidden = true;
        command.SetAction(parsed => InferenceSpeed.Child(parsed.GetValue(name)!, parsed.GetValue(file)!));
        return command;
    }

    private static Command Transfer()
    {
        Option<string> data = Folder("A folder with train and val");
        var model = new Option<string>("--model")
        {
            Description = "A name of the catalog that torchvision has, or resnet20",
            HelpName = "name",
            DefaultValueFactory = _ => "resnet50"
        };
        var rate = new Option<double>("--lr") { Description = "Learning rate of the head", HelpName = "rate", DefaultValueFactory = _ => 0.001 };
        var weights = new Option<FileInfo>("--weights")
        {
            Description = "The model's weights, a .pth (default: drawn at random, and the accuracy means nothing)",
            HelpName = "file"
        };
        weights.AcceptExistingOnly();
        Option<int> epochs = AtLeast(1, "--peer-epochs", "Epochs that PyTorch runs; its time for the rest is estimated", TransferComparison.Epochs);
        Option<int> rounds = AtLeast(1, "--rounds", "How often, each with another seed", 1);
        Option<int> heads = AtLeast(2, "--heads", "Heads to train on either side, to compare mean accuracies (default: none)", null);
        var command = new Command("transfer", $"A new head on a frozen backbone, {TransferComparison.Epochs} epochs, against a PyTorch script.") { data, model,
            rate, weights, epochs, rounds, heads };
        command.SetAction(parsed => Run(parsed, setting => TransferComparison.Run(
            setting,
            new TransferPlan(parsed.GetValue(model)!, parsed.GetValue(data)!, parsed.GetValue(weights)?.FullName, parsed.GetValue(rate),
                parsed.GetValue(epochs), parsed.GetValue(rounds), parsed.GetValue(heads)))));
        return command;
    }

    private static Command Loader()
    {
        Option<string> data = Folder("A folder with train and val");
        Option<int> workers = AtLeast(1, "--workers", "Threads that decode", Environment.ProcessorCount),
            passes = AtLeast(1, "--passes", "Passes over the images", 7);
        var command = new Command("loader", "Images per second of the loader, against PyTorch's DataLoader.") { data, workers, passes };
        command.SetAction(parsed =>
            Run(parsed, setting => LoaderSpeed.Run(setting, parsed.GetValue(data)!, parsed.GetValue(workers), parsed.GetValue(passes))));
        return command;
    }

    private static Command Images()
    {
        var folder = new Argument<DirectoryInfo>("folder") { Description = "A folder of JPEG and PNG files" };
        folder.AcceptExistingOnly();
        var command = new Command("images",
            "Decoding and transforms of a folder's pictures: differences from Pillow and torchvision, and both times, one thread each") { folder };
        command.SetAction(parsed =>
        {
            int code = 0;
            Run(parsed, setting => code = PictureParity.Run(setting, parsed.GetRequiredValue(folder).FullName));
            return code;
        });
        return command;
    }

    private static Command Backbone()
    {
        var model = new Argument<string>("model") { Description = "A name of the catalog", DefaultValueFactory = _ => "resnet50" };
        Option<int> rounds = Rounds();
        var command = new Command("backbone", "Features of a frozen backbone: the plain forward against the folded backbone") { model, rounds };
        command.SetAction(parsed => Run(parsed, setting => BackboneSpeed.Run(setting, parsed.GetValue(model)!, parsed.GetValue(rounds))));
        return command;
    }

    private static Command Memory()
    {
        var command = new Command("memory", "Live tensors and resident memory over 10,000 training steps");
        command.SetAction(parsed => Run(parsed, setting => MemoryUse.Run(setting.Output)));
        return command;
    }

    private static Command InRounds(string name, string description, Action<Setting, int> run)
    {
        Option<int> rounds = Rounds();
        var command = new Command(name, description) { rounds };
        command.SetAction(parsed => Run(parsed, setting => run(setting, parsed.GetValue(rounds))));
        return command;
    }

    private static void Run(ParseResult parsed, Action<Setting> run)
    {
        TorchRuntime.Initialize();
        int threads = parsed.GetValue(Threads);
        set_num_threads(threads);
        var output = new Output(parsed.GetValue(Json));
        run(new Setting(threads, output));
        output.Finish();
    }

    private static Option<int> Rounds() => AtLeast(1, "--rounds", "How often the sides take turns", 15);

    private static Option<string> Folder(string description)
    {
        var option = new Option<string>("--data") { Description = description, HelpName = "folder", Required = true };
        option.AcceptLegalFilePathsOnly();
        return option;
    }

    private static Option<int> AtLeast(int least, string name, string description, int? usual, bool recursive = false)
    {
        var option = new Option<int>(name) { Description = description, HelpName = "n", Recursive = recursive };
        if (usual is { } value)
        {
            option.DefaultValueFactory = _ => value;
        }

        option.Validators.Add(result =>
        {
            // What is no number at all the parser itself tells.
            if (result.Tokens is [var token] && int.TryParse(token.Value, out int n) && n < least)
            {
                result.AddError($"{name} {n}: it must be {least} or more.");
            }
        });
        return option;
    }
}
