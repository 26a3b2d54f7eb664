using System.Runtime.InteropServices;
using ModelZoo.Imaging;
using ModelZoo.Onnx;
using ModelZoo.Registry;
using ModelZoo.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace ModelZoo.Inference;

/// <summary>What programs of PyTorch have in common here: an input that is assumed, logits that are learned by running one, and nothing to train.</summary>
internal static class ForeignProgram
{
    /// <summary>The input that is assumed, since no such file says it; its classes are not known.</summary>
    public static ModelOptions AssumedInput { get; } = new(0, 3, 224, 224);

    /// <summary>Runs a program once, on an image of zeros, to learn how many logits it gives.</summary>
    /// <param name="path">Its file.</param>
    /// <param name="model">The program; disposed where it is refused.</param>
    /// <param name="what">What it is, with its article.</param>
    /// <param name="family">The same as a family.</param>
    /// <param name="labels">Class names, in the order of the logits; null for numbers.</param>
    /// <param name="change">Changes <see cref="AssumedInput"/>.</param>
    /// <param name="device">Where it runs; null for the CPU.</param>
    /// <exception cref="ZooException">It cannot take such an input or does not give [1,classes].</exception>
    public static ResolvedModel Resolve(string path, ZooModel model, string what, string family, IReadOnlyList<string>? labels,
        Func<ModelOptions, ModelOptions>? change, Device? device)
    {
        ModelOptions options = (change ?? (static o => o))(AssumedInput);
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
                    Name = model.GetName(),
                    Family = family,
                    Summary = what,
                    Source = path,
                    Input = (options.InChannels, options.InputHeight, options.InputWidth),
                    Classes = classes,
                    Preprocessing = preprocessing,
                    Build = _ => throw new NotSupportedException($"{path}: {what} cannot be built anew."),
                    Head = "",
                    Stem = "",
                    Stages = [],
                },
                Options = options with { NumClasses = classes },
                Labels = labels ?? [.. Enumerable.Range(0, classes).Select(c => $"{c}")],
                Preprocessing = preprocessing,
                Trained = true,
                Loading = LoadReport.Whole([], $"{what} runs as it is: it is neither verified nor trainable", OnnxMetadata.AssumedNote(options.InChannels)),
            };
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>The error of a program whose output is something else.</summary>
    public static ZooException NoLogits(string path, string why) => new($"{path}: does not give one tensor of logits for an image ({why}).");

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
}
