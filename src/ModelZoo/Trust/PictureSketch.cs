using System.Globalization;

namespace ModelZoo.Trust;

/// <summary>
/// By which a set of pictures is known again, whole or in part and in any order: the smallest hashes of its pictures (A. Z. Broder, "On the resemblance and
/// containment of documents", 1997). A checkpoint remembers so which pictures it was chosen by.
/// </summary>
/// <param name="Name">What the pictures are called: "photos/val".</param>
/// <param name="Pictures">How many there are.</param>
/// <param name="Hashes">The smallest, rising, as hexadecimal text: <see cref="Most"/> of them, or one for each picture.</param>
public sealed record PictureSketch(string Name, int Pictures, IReadOnlyList<string> Hashes)
{
    /// <summary>How many hashes are kept.</summary>
    public const int Most = 64;

    /// <summary>Makes one.</summary>
    /// <param name="name">What the pictures are called.</param>
    /// <param name="hashes">One for each picture.</param>
    public static PictureSketch Of(string name, IReadOnlyList<ulong> hashes)
    {
        ArgumentNullException.ThrowIfNull(hashes);
        return new(name, hashes.Count, [.. hashes.Distinct().Order().Take(Most).Select(h => h.ToString("x16", CultureInfo.InvariantCulture))]);
    }

    /// <summary>How many of these pictures are among others: exact for up to <see cref="Most"/>, else estimated from so many.</summary>
    /// <param name="hashes">Of the others.</param>
    public int Among(IReadOnlyList<ulong> hashes)
    {
        ArgumentNullException.ThrowIfNull(hashes);
        HashSet<ulong> others = [.. hashes];
        int found = Hashes.Count(h => others.Contains(ulong.Parse(h, NumberStyles.HexNumber, CultureInfo.InvariantCulture)));
        return Hashes.Count == 0 ? 0 : (int)Math.Round((double)found / Hashes.Count * Pictures);
    }

    /// <summary>Checks what a file says.</summary>
    /// <returns>What is wrong; null for nothing.</returns>
    internal string? Fault() => Pictures < 1 || Hashes.Count < 1 || Hashes.Count > Math.Min(Most, Pictures)
            || Hashes.Any(h => h is not { Length: 16 } || !h.All(char.IsAsciiHexDigitLower))
        ? "has an impossible fingerprint of pictures"
        : null;
}
