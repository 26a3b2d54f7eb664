using System.CommandLine;
using ModelZoo.Loading;

namespace ModelZoo.Cli.Inputs;

/// <summary>As what each image is seen, if more than once.</summary>
internal static class TtaArgument
{
    internal static Option<string?> Create() => new("--tta")
    {
        Description = "Test-time augmentation, the mean of the probabilities of several views: flip (the image and its mirror image), five-crops (corners and "
            + "middle), crops (the same and their mirror images)",
        HelpName = "views"
    };

    /// <summary>The views that were asked for; null: each image as it is.</summary>
    /// <exception cref="UsageException">There are none of that name, or two different ones were asked for.</exception>
    internal static TestViews? Read(ParseResult parsed, Option<string?> option, bool tenCrop = false)
    {
        if (parsed.GetValue(option) is not { } name)
        {
            return tenCrop ? TestViews.TenCrops : null;
        }

        TestViews views = TestViews.Known.FirstOrDefault(v => v.Name == name) ?? throw new UsageException($"--tta {name}: "
            + $"it must be one of {string.Join(", ", TestViews.Known.Select(v => v.Name))}.");
        return tenCrop && views != TestViews.TenCrops ? throw new UsageException($"--tta {name} and --ten-crop are different views. Leave one out.") : views;
    }
}
