using System.Runtime.InteropServices;
using ModelZoo.Imaging;
using ModelZoo.Onnx;
using ModelZoo.Registry;
using ModelZoo.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace ModelZoo.Inference;

/// <summary>
/// TorchScript programs (torch.jit.script or torch.jit.trace, then save) for inference. libtorch runs them as they are: they can be neither trained, traced nor
/// verified, and make no checkpoints.
/// </summary>
/// <remarks>
/// Such a file is a program and not only weights: what it does when it is run, with the rights of whoever runs it, can include writing files. Run only what
/// comes from somebody you trust. Everything else of the zoo refuses these files. A program that libtorch cannot compile, one of a newer PyTorch for instance,
/// ends the process: TorchSharp 0.107 does not catch that error.
/// </remarks>
public static class TorchScriptModel
{
    /// <summary>The input that is assumed, since the file does not say it; its classes are not known.</summary>
    public static ModelOptions AssumedInput { get; } = new(0, 3, 224, 224);

    /// <summary>Whether a file holds such a program; nothing of it is run.</summary>
    public static bool IsOne(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (!File.Exists(path))
        {
            return false;
        }

        try
        {
            using var source = new FileSource(path);
            byte[] head = new byte[Math.Min(2, source.Length)];
            source.CopyTo(0, head);
            return head.AsSpan().SequenceEqual("PK"u8) && ZipDirectory.Read(source, path) is var items
                && items.Exists(i => i.Name.EndsWith("/constants.pkl", StringComparison.Ordinal))
                && items.Exists(i => i.Name.Contains("/code/", StringComparison.Ordinal));
        }
        catch (ZooException)
        {
            return false; // another kind of file, or a damaged one: whoever reads it says what is wrong
        }
    }

    /// <summary>Loads a program and runs it once, on an image of zeros, to learn how many logits it gives.</summary>
    /// <param name="path">The file.</param>
    /// <param name="labels">Class names, in the order of the logits; null for numbers.</param>
    /// <param name="change">Changes <see cref="AssumedInput"/>: other channels, another size. Not the classes.</param>
    /// <param name="device">Where it is to run; null for the CPU.</param>
    /// <returns>Three channels are prepared as ImageNet's are, which is said in <see cref="ResolvedModel.Loading"/>.</returns>
    /// <exception cref="ZooException">The file is none, is damaged, cannot take such an input or does not give [1,classes]; the message says which.</exception>
    public static ResolvedModel Load(string path, IReadOnlyList<string>? labels = null, Func<ModelOptions, ModelOptions>? change = null, Device? device = null)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (!IsOne(path))
        {
            throw new ZooException($"{path}: is no TorchScript program, or a damaged one.");
        }

        ModelOptions options = (change ?? (static o => o))(AssumedInput);
        string name = Path.GetFileNameWithoutExtension(path);
        ZooModel model = new Program(name, Open(path, device ?? CPU));
        try
        {
            int classes = Classes(path, model, options, device ?? CPU);
            if (options.NumClasses != 0 && options.NumClasses != classes)
            {
                throw new UsageException($"{path}: gives {classes} logits, not {options.NumClasses}.");
            }

            if (labels is not null && labels.Count != classes)
            {
                throw new UsageException($"{path}: gives {classes} logits, and there are {labels.Count} labels. Name one class for each, in their order.");
            }

            Preprocessing preprocessing = OnnxMetadata.Assumed(options.InChannels, options.InputHeight, options.InputWidth);
            return new ResolvedModel
            {
                Model = model,
                Info = new ModelInfo
                {
                    Name = name,
                    Family = "torchscript",
                    Summary = "a TorchScript program",
                    Source = path,
                    Input = (options.InChannels, options.InputHeight, options.InputWidth),
                    Classes = classes,
                    Preprocessing = preprocessing,
                    Build = _ => throw new NotSupportedException($"{path}: a TorchScript program cannot be built anew."),
                    Head = "",
                    Stem = "",
                    Stages = [],
                },
                Options = options with { NumClasses = classes },
                Labels = labels ?? [.. Enumerable.Range(0, classes).Select(c => $"{c}")],
                Preprocessing = preprocessing,
                Trained = true,
                Loading = LoadReport.Whole([], "a TorchScript program runs as it is: it is neither verified nor trainable",
                    OnnxMetadata.AssumedNote(options.InChannels)),
            };
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    private static jit.ScriptModule<Tensor, Tensor> Open(string path, Device device)
    {
        try
        {
            jit.ScriptModule<Tensor, Tensor> program = jit.load<Tensor, Tensor>(path, device.type, Math.Max(0, device.index));
            program.eval();
            return program;
        }
        catch (ExternalException error) when (!OutOfMemory.Caused(error))
        {
            throw new ZooException($"{path}: libtorch does not load this program: {TorchError.Summary(error)}", error);
        }
    }

    private static int Classes(string path, ZooModel model, ModelOptions options, Device device)
    {
        long[] input = [1, options.InChannels, options.InputHeight, options.InputWidth];
        using DisposeScope scope = NewDisposeScope();
        using IDisposable none = no_grad();
        string remedy = "Say with --in-channels and --size what it takes.";
        try
        {
            Tensor? logits = model.call(zeros(input, device: device));
            return logits switch
            {
                null => throw NoLogits(path, "it gives nothing"),
                { shape: [1, > 0 and <= int.MaxValue and var classes] } => (int)classes,
                _ => throw new ZooException($"{path}: makes [{string.Join(",", logits.shape)}] of an image of [{string.Join(",", input)}], not [1,classes]."),
            };
        }
        catch (ExternalException error) when (!OutOfMemory.Caused(error))
        {
            throw new ZooException($"{path}: fails on an image of [{string.Join(",", input)}]: {TorchError.Summary(error)} {remedy}", error);
        }
        catch (Exception error) when (error is InvalidCastException or ArgumentOutOfRangeException)
        {
            throw NoLogits(path, error.Message); // so TorchSharp meets tuples, lists and numbers, and dictionaries
        }
    }

    private static ZooException NoLogits(string path, string why) => new($"{path}: does not give one tensor of logits for an image ({why}).");

    /// <summary>
    /// The program as a network. It is not registered as a part: TorchSharp 0.107 ends the process when it is asked for a program's children.
    /// </summary>
    private sealed class Program(string name, jit.ScriptModule<Tensor, Tensor> script) : ZooModel(name)
    {
        public override string Head => "";

        public override string Stem => "";

        public override IReadOnlyList<string> Stages => [];

        public override Tensor forward(Tensor input) => script.call(input);

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                script.Dispose();
            }

            base.Dispose(disposing);
        }
    }
}
