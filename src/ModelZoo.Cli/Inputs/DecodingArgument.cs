using System.CommandLine;
using ModelZoo.Imaging;

namespace ModelZoo.Cli.Inputs;

/// <summary>How pictures are decoded.</summary>
internal static class DecodingArgument
{
    internal static Option<long> Create() => new("--max-pixels")
    {
        Description = "Refuse pictures of more pixels, before memory is taken for them",
        HelpName = "n",
        DefaultValueFactory = _ => new DecodeOptions().MaxPixels,
    };

    internal static DecodeOptions Read(ParseResult parsed, Option<long> option) => parsed.GetValue(option) is > 0 and long most
        ? new DecodeOptions { MaxPixels = most }
        : throw new UsageException($"--max-pixels {parsed.GetValue(option)}: it must be 1 or more.");
}
