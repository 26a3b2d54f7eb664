using ModelZoo.Registry;
using ModelZoo.Weights;

namespace ModelZoo.Inference;

/// <summary>Refuses a network that would not fit, into its file or into memory, before anything of it is built.</summary>
public static class SizeCheck
{
    /// <param name="info">The architecture.</param>
    /// <param name="options">What a file or a flag asks of it.</param>
    /// <param name="maxMemory">The most bytes that it may take for one image; null: <see cref="MemoryNeed.DefaultLimit"/>.</param>
    /// <param name="subject">What the message is about; null for the architecture's name.</param>
    /// <exception cref="ZooException">It would take more.</exception>
    public static void Require(ModelInfo info, ModelOptions options, long? maxMemory = null, string? subject = null)
    {
        ArgumentNullException.ThrowIfNull(info);
        Require(info, options, maxMemory ?? MemoryNeed.DefaultLimit, null, new LoadOptions(), subject);
    }

    /// <summary>The same, and whether the file can hold the weights at all, where it is to hold them all.</summary>
    internal static void Require(ModelInfo info, ModelOptions options, long maxMemory, WeightsFile? file, LoadOptions load, string? subject = null)
    {
        if (MemoryNeed.Of(info, options) is not { } size)
        {
            return;
        }

        string input = $"{options.InChannels}×{options.InputHeight}×{options.InputWidth}";
        string what = options.NumClasses > info.Classes ? $"{input} and {options.NumClasses} classes" : input;
        double bytes = MemoryNeed.Bytes(size);
        subject ??= file?.Name ?? info.Name;
        if (file is not null && load is { Strict: true, Head: HeadFit.Error, Stem: StemFit.Error } && Values(file) is var held && size.Parameters > held)
        {
            throw new ZooException(FormattableString.Invariant(
                $"{subject}: a {info.Name} for images of {what} has {size.Parameters:N0} parameters ({MemorySize.Format(bytes)} with one image), ")
                + FormattableString.Invariant($"but the file holds {held:N0} values. Its description is wrong, or it is no file for this size (--size)."));
        }

        if (bytes > maxMemory)
        {
            throw new ZooException($"{subject}: a {info.Name} for images of {what} takes about {MemorySize.Format(bytes)} with one image, and at most "
                + $"{MemorySize.Format(maxMemory)} may be taken. If that is meant, raise the limit (--max-memory {Math.Ceiling(bytes / 1e9)}G); else give "
                + "a smaller input (--size).");
        }
    }

    private static double Values(WeightsFile file) => file.Entries.Sum(e => e.Shape.Aggregate(1.0, (a, b) => a * b));
}
