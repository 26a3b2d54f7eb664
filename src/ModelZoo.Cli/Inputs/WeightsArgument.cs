using System.CommandLine;
using ModelZoo.Registry;
using ModelZoo.Weights;

namespace ModelZoo.Cli.Inputs;

/// <summary>Weights from a file, and what may differ between it and the model.</summary>
internal sealed class WeightsArgument
{
    private readonly Option<string?> file = new("--weights")
    {
        Description = "A file with the model's weights: safetensors, PyTorch's .pth (file.pth#key of several state dicts), TorchSharp's .dat",
        HelpName = "file",
    };

    private readonly Option<string?> prefix = new("--prefix")
    {
        Description = "Take only the tensors whose keys begin so, without it (default: a prefix that makes the keys fit is found)",
        HelpName = "backbone.",
    };

    private readonly Option<int?> classes = new("--num-classes") { Description = "Logits of the model (default: what the weights have)", HelpName = "n" };
    private readonly Option<int?> channels = new("--in-channels") { Description = "Channels of the input (default: the model's own)", HelpName = "n" };
    private readonly Option<string?> size = SizeArgument.Create();
    private readonly Option<bool> newHead = new("--reinit-head") { Description = "A head that does not fit is drawn anew, to be trained" };
    private readonly Option<bool> loose = new("--non-strict") { Description = "Load what fits and tell what does not" };
    private readonly Option<string> stem = GlobalOptions.Choice("--stem", "A first convolution for other channels: refuse, or make it from the file's", "error",
        "error", "sum", "average");

    /// <param name="command">The command that takes them.</param>
    /// <param name="withFile">Whether the file is an option; else it is something else of the command.</param>
    /// <param name="withSize">Whether the input's size is an option; else the command has its own.</param>
    internal void AddTo(Command command, bool withFile = true, bool withSize = true)
    {
        if (withFile)
        {
            command.Add(file);
        }

        if (withSize)
        {
            command.Add(size);
        }

        foreach (Option option in new Option[] { prefix, classes, channels, newHead, loose, stem })
        {
            command.Add(option);
        }
    }

    internal WeightsChoice Read(ParseResult parsed, string? given = null)
    {
        (int? k, int? c) = (parsed.GetValue(classes), parsed.GetValue(channels));
        (int Height, int Width)? pixels = SizeArgument.Read(parsed, size);
        var load = new LoadOptions
        {
            Strict = !parsed.GetValue(loose),
            Prefix = parsed.GetValue(prefix),
            Head = parsed.GetValue(newHead) ? HeadFit.Reinitialize : HeadFit.Error,
            Stem = parsed.GetValue(stem) switch
            {
                "sum" => StemFit.Sum,
                "average" => StemFit.Average,
                _ => StemFit.Error,
            },
        };
        return new(given ?? parsed.GetValue(file), load, options => options with
        {
            NumClasses = k ?? options.NumClasses,
            InChannels = c ?? options.InChannels,
            InputHeight = pixels?.Height ?? options.InputHeight,
            InputWidth = pixels?.Width ?? options.InputWidth,
        });
    }
}

/// <summary>What was asked for.</summary>
/// <param name="File">The file; null for what the model's name says.</param>
/// <param name="Load">What may differ.</param>
/// <param name="Change">Other classes, channels or input size.</param>
internal sealed record WeightsChoice(string? File, LoadOptions Load, Func<ModelOptions, ModelOptions> Change);
