using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using ModelZoo.Imaging;
using ModelZoo.Inference;
using ModelZoo.Models;

namespace ModelZoo.AspNetCore;

/// <summary>Which classifier an app uses, and how: in code, or bound to a section of its configuration.</summary>
public sealed class ImageClassifierOptions
{
    /// <summary>A checkpoint (<c>models/ants-bees.safetensors</c>), or a model with shipped or pulled weights (<c>lenet5:mnist</c>).</summary>
    public string Model { get; set; } = "";

    /// <summary>
    /// Whether a checkpoint that changes is loaded anew. Requests under way finish on the old one; a file that cannot be loaded changes nothing.
    /// </summary>
    public bool ReloadOnChange { get; set; } = true;

    /// <summary>How often the file is looked at. It is loaded when it was the same twice, so that one half copied is not.</summary>
    public TimeSpan ReloadInterval { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>The most pixels that a picture may have; larger ones are refused before memory is taken for them.</summary>
    public long MaxPixels { get; set; } = new DecodeOptions().MaxPixels;

    /// <summary>Loads the classifier; null: from the zoo's own catalog. For an app with models of its own.</summary>
    public Func<ImageClassifierOptions, ILogger, ImageClassifier>? Loader { get; set; }

    internal ImageClassifier Load(ILogger logger) => Loader is { } loader ? loader(this, logger)
        : ImageClassifier.Load(Model, new DecodeOptions { MaxPixels = MaxPixels }, logger);
}

/// <summary>Refuses options that cannot be meant, when the app starts.</summary>
internal sealed class ImageClassifierOptionsValidator : IValidateOptions<ImageClassifierOptions>
{
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(50), Longest = TimeSpan.FromDays(1);

    public ValidateOptionsResult Validate(string? name, ImageClassifierOptions options)
    {
        string who = string.IsNullOrEmpty(name) ? "The image classifier" : $"The image classifier {Printable.Name(name)}";
        List<string> wrong = [];
        if (string.IsNullOrWhiteSpace(options.Model))
        {
            wrong.Add($"{who} has no {nameof(options.Model)}: name a checkpoint, or a model with weights (lenet5:mnist).");
        }

        if (options.ReloadInterval < Shortest || options.ReloadInterval > Longest)
        {
            wrong.Add($"{who} has the {nameof(options.ReloadInterval)} {options.ReloadInterval}; it must be between {Shortest} and {Longest}.");
        }

        if (options.MaxPixels < 1)
        {
            wrong.Add(FormattableString.Invariant($"{who} has the {nameof(options.MaxPixels)} {options.MaxPixels}; it must be 1 or more."));
        }

        return wrong.Count > 0 ? ValidateOptionsResult.Fail(wrong) : ValidateOptionsResult.Success;
    }
}
