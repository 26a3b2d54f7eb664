using System.CommandLine;
using System.Globalization;

namespace ModelZoo.Cli;

/// <summary>The flags that every command takes.</summary>
internal static class GlobalOptions
{
    internal static readonly Option<bool> Json = new("--json")
    {
        Description = "Print one JSON document on standard output and nothing else there",
        Recursive = true,
    };

    internal static readonly Option<string> Device = Choice("--device", "Where to compute", "auto", "auto", "cpu", "cuda");

    internal static readonly Option<int> Threads = new("--threads")
    {
        Description = "Threads that one operation may use (default: every core)",
        HelpName = "n",
        Recursive = true,
    };

    internal static readonly Option<long> Seed = new("--seed")
    {
        Description = "Seed of everything that is drawn at random: the same seed gives the same result, to the bit, on the same machine",
        HelpName = "n",
        DefaultValueFactory = _ => 0,
        Recursive = true,
    };

    internal static readonly Option<bool> Verbose = new("--verbose") { Description = "With an error, print its trace", Recursive = true };

    internal static readonly Option<string?> MaxMemory = new("--max-memory")
    {
        Description = "The most memory that a network may take for one image, by an estimate made before it is built (default: half of the machine's), and a "
            + "training step, before the first (default: all of it): 800M, 16G",
        HelpName = "size",
        Recursive = true,
    };

    internal static IEnumerable<Option> All => [Json, Device, Threads, Seed, MaxMemory, Verbose];

    static GlobalOptions()
    {
        Threads.Validators.Add(result =>
        {
            if (result.Tokens is [var given, ..]
                && !(int.TryParse(given.Value, NumberStyles.None, CultureInfo.InvariantCulture, out int n) && n is >= 1 and <= 1024))
            {
                result.AddError($"--threads takes a number from 1 to 1024, not '{given.Value}'.");
            }
        });
    }

    /// <summary>Null where nothing was given.</summary>
    /// <exception cref="UsageException">It is no size.</exception>
    internal static long? ReadMaxMemory(ParseResult parsed) => parsed.GetValue(MaxMemory) is { } text ? ReadBytes(MaxMemory.Name, text) : null;

    /// <summary>Bytes: "800M", "16G", "1.5T" or a number.</summary>
    /// <exception cref="UsageException">It is no size.</exception>
    internal static long ReadBytes(string flag, string text)
    {
        int power = "KMGT".IndexOf(char.ToUpperInvariant(text.AsSpan().Trim() is [.., var last] ? last : ' '), StringComparison.Ordinal) + 1;
        string number = power > 0 ? text.Trim()[..^1] : text;
        return double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double n) && n > 0 && n * Math.Pow(1000, power) < 1e18
            ? (long)(n * Math.Pow(1000, power))
            : throw new UsageException($"{flag} '{text}': give bytes, or a number with K, M, G or T (800M, 16G).");
    }

    /// <summary>A flag that takes one of a few words.</summary>
    internal static Option<string> Choice(string name, string description, string standard, params string[] words)
    {
        var option = new Option<string>(name)
        {
            Description = $"{description}: {string.Join(", ", words)}",
            HelpName = string.Join('|', words),
            DefaultValueFactory = _ => standard,
            Recursive = true,
        };
        option.Validators.Add(result =>
        {
            string given = result.Tokens.Count > 0 ? result.Tokens[0].Value : standard;
            if (!words.Contains(given, StringComparer.Ordinal))
            {
                string? nearest = NearestName.Suggest(given, words);
                result.AddError($"{name} is {string.Join(" or ", words)}, not '{given}'." + (nearest is null ? "" : $" Did you mean '{nearest}'?"));
            }
        });
        return option;
    }
}
