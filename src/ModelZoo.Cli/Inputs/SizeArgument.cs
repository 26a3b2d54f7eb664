using System.CommandLine;
using System.Globalization;

namespace ModelZoo.Cli.Inputs;

/// <summary>An input's size: "224", or rows and columns, "160x224".</summary>
internal static class SizeArgument
{
    internal static Option<string?> Create() => new("--size")
    {
        Description = "Rows and columns of the input, in pixels: 224, or 160x224 (default: the model's own)",
        HelpName = "pixels"
    };

    /// <summary>Null where it was not given.</summary>
    /// <exception cref="UsageException">It is no size.</exception>
    internal static (int Height, int Width)? Read(ParseResult parsed, Option<string?> option)
    {
        if (parsed.GetValue(option) is not { } text)
        {
            return null;
        }

        int[] sides = [.. text.Split('x', 'X', '×').Select(side =>
            int.TryParse(side, NumberStyles.None, CultureInfo.InvariantCulture, out int pixels) ? pixels : 0)];
        return sides.Length is 1 or 2 && sides.All(side => side is >= 1 and <= 16384) ? (sides[0], sides[^1])
            : throw new UsageException($"--size '{text}': write the pixels of both sides (224), or rows and columns (160x224), each 1 … 16384.");
    }
}
