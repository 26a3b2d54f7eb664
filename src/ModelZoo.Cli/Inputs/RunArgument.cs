using System.CommandLine;
using System.Globalization;
using ModelZoo.Runtime;
using ModelZoo.Training;
using ModelZoo.Training.Runs;

namespace ModelZoo.Cli.Inputs;

/// <summary>Where a training run is recorded, how often, and which run is gone on with.</summary>
internal sealed class RunArgument
{
    private const string Runs = "runs";

    private readonly Option<string?> output = new("--output")
    {
        Description = "The run's folder (default: runs/<model>-<data>-<n>), or a .safetensors file for the checkpoint of the best epoch alone; that of the "
            + "last lies beside it",
        HelpName = "path"
    };
    private readonly Option<string?> resume = new("--resume")
    {
        Description = "Goes on with the run in this folder, as if it had never stopped; with --epochs for longer, where its schedule allows that",
        HelpName = "folder"
    };
    private readonly Option<string?> every = new("--save-every")
    {
        Description = "Saves the state also within epochs: every n steps (500) or minutes (10m)",
        HelpName = "n"
    };
    private readonly Option<int> log = new("--log-every") { Description = "Steps between two lines of the log", HelpName = "n", DefaultValueFactory = _ => 50 };

    private readonly Option<bool> memory = new("--low-memory")
    {
        Description = "Gives freed memory back at once: training takes less memory and more time (Linux)"
    };

    // Names that a folder hardly has: whoever gives one wants a file of that kind.
    private static readonly string[] OtherFiles =
    [
        ".pth", ".pt", ".ckpt", ".bin", ".dat", ".onnx", ".h5", ".keras", ".pb", ".tflite", ".pkl", ".npy", ".npz", ".zip", ".gz", ".tar",
        ".json", ".csv", ".txt",
    ];

    internal void AddTo(Command command)
    {
        command.Add(output);
        command.Add(resume);
        command.Add(every);
        command.Add(log);
        command.Add(memory);
    }

    /// <summary>The run to go on with; null for a new one.</summary>
    internal RunFolder? Resumed(ParseResult parsed)
    {
        if (parsed.GetValue(resume) is not { } path)
        {
            return null;
        }

        return parsed.GetValue(output) is null
            ? new RunFolder(path)
            : throw new UsageException("--output has no place beside --resume: the run goes on in its own folder.");
    }

    /// <summary>The options of the trainer that say where and how often to record.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="options">The others.</param>
    /// <returns>With a run folder, or a checkpoint alone; with neither where the command line names none (<see cref="Place"/>).</returns>
    internal TrainerOptions Read(ParseResult parsed, TrainerOptions options)
    {
        if (parsed.GetValue(memory) && !TorchRuntime.SaveMemory())
        {
            throw new UsageException("--low-memory: this system's malloc cannot be told to give memory back. Leave the flag out.");
        }

        (int steps, TimeSpan? time) = Interval(parsed.GetValue(every));
        int lines = parsed.GetValue(log) is >= 0 and var n ? n : throw new UsageException($"--log-every {parsed.GetValue(log)}: it must be 0 (never) or more.");
        options = options with { SaveEverySteps = steps, SaveEvery = time, LogEverySteps = lines };
        if (Resumed(parsed) is { } folder)
        {
            return options with { RunFolder = folder.Path, Resume = true };
        }

        string? path = parsed.GetValue(output);
        if (path is not null && path.EndsWith(OutputFile.Checkpoint, StringComparison.OrdinalIgnoreCase))
        {
            OutputFile.MustBeWritable(path);
            return options with { BestPath = path, CheckpointPath = TrainedFiles.At(path).Last };
        }

        if (path is not null && OtherFiles.Contains(Path.GetExtension(path), StringComparer.OrdinalIgnoreCase))
        {
            throw new UsageException($"--output {path}: give a folder for the run, or the name of a checkpoint, which ends in {OutputFile.Checkpoint}. "
                + OutputFile.OtherFormats);
        }

        if (path is null)
        {
            OutputFile.MustBeWritable(Path.Combine(Runs, "run"));
            return options;
        }

        var chosen = new RunFolder(path);
        if (File.Exists(chosen.State))
        {
            throw new UsageException($"--output {path}: holds a training run already. Go on with it (--resume {path}), or choose another folder.");
        }

        OutputFile.MustBeWritable(chosen.Last);
        return options with { RunFolder = chosen.Path };
    }

    /// <summary>A folder of its own for a run that has no place yet: the last thing before the training, so that none is left empty.</summary>
    /// <param name="options">Of <see cref="Read"/>.</param>
    /// <param name="name">"lenet5-digits".</param>
    internal static TrainerOptions Place(TrainerOptions options, string name) =>
        options.RunFolder is null && options.CheckpointPath is null ? options with { RunFolder = RunFolder.CreateNext(Runs, name).Path } : options;

    /// <summary>How one goes on after a rank was lost, which every rank may come to say; the folder is rank 0's.</summary>
    internal static string Advice(string? folder) => folder is null
        ? "zoo train --resume <folder> goes on from the last saved state."
        : $"zoo train --resume {folder} goes on from the last saved state.";

    private static (int Steps, TimeSpan? Time) Interval(string? text)
    {
        if (text is null)
        {
            return (0, null);
        }

        bool minutes = text.EndsWith('m');
        return double.TryParse(minutes ? text[..^1] : text, NumberStyles.Float, CultureInfo.InvariantCulture, out double n) && n > 0 && n < 1e9
            ? minutes ? (0, TimeSpan.FromMinutes(n)) : ((int)Math.Max(1, n), null)
            : throw new UsageException($"--save-every {text}: give a number of steps (500) or of minutes (10m).");
    }
}
