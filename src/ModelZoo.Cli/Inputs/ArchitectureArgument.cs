using System.CommandLine;
using ModelZoo.Registry;

namespace ModelZoo.Cli.Inputs;

/// <summary>The choices that an architecture leaves: input size, classes, channels, normalization.</summary>
internal sealed class ArchitectureArgument
{
    private readonly Option<string?> size = SizeArgument.Create();
    private readonly Option<string?> norm = new("--norm")
    {
        Description = "Normalization layers: batch, group:<groups>, layer, instance (default: the model's own)",
        HelpName = "kind"
    };
    private readonly Option<int?> classes = new("--num-classes") { Description = "Logits (default: the model's own)", HelpName = "n" };
    private readonly Option<int?> channels = new("--in-channels") { Description = "Channels of the input (default: the model's own)", HelpName = "n" };

    /// <summary>Gives a command these options.</summary>
    /// <param name="command">The command that takes them.</param>
    /// <param name="fromData">Whether classes and channels are the data's, and no options.</param>
    internal void AddTo(Command command, bool fromData = false)
    {
        command.Add(size);
        command.Add(norm);
        if (!fromData)
        {
            command.Add(classes);
            command.Add(channels);
        }
    }

    /// <summary>The first of these flags that was given; null for none.</summary>
    internal string? Given(ParseResult parsed) =>
        new Option[] { size, norm, classes, channels }.FirstOrDefault(o => parsed.GetResult(o) is { Implicit: false })?.Name;

    internal Func<ModelOptions, ModelOptions> Read(ParseResult parsed)
    {
        (string? kind, int? k, int? c) = (parsed.GetValue(norm), parsed.GetValue(classes), parsed.GetValue(channels));
        (int Height, int Width)? pixels = SizeArgument.Read(parsed, size);
        Layers.Normalization.Parse(kind);
        return options => options with
        {
            InputHeight = pixels?.Height ?? options.InputHeight,
            InputWidth = pixels?.Width ?? options.InputWidth,
            Norm = kind ?? options.Norm,
            NumClasses = k ?? options.NumClasses,
            InChannels = c ?? options.InChannels,
        };
    }
}
