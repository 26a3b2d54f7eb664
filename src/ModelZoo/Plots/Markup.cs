using System.Globalization;
using System.Text;

namespace ModelZoo.Plots;

/// <summary>A rectangle on the sheet, in pixels.</summary>
public readonly record struct Box(double X, double Y, double Width, double Height)
{
    /// <summary>Its right edge.</summary>
    public double Right => X + Width;

    /// <summary>Its lower edge.</summary>
    public double Bottom => Y + Height;

    /// <summary>The middle between left and right.</summary>
    public double Center => X + (Width / 2);

    /// <summary>Whether the two have an area in common.</summary>
    public bool Overlaps(Box other) => X < other.Right && other.X < Right && Y < other.Bottom && other.Y < Bottom;
}

/// <summary>
/// Text and numbers for pages that are both HTML and well-formed XML. Layer names and messages come from models that anybody may have made: nothing goes in
/// unescaped.
/// </summary>
public static class Markup
{
    /// <summary>
    /// Text for an element or a quoted attribute. Control characters, which XML forbids, invisible format characters, which can turn the reading direction of
    /// what follows, and halves of surrogate pairs become "�".
    /// </summary>
    public static string Escape(string? text)
    {
        var escaped = new StringBuilder();
        foreach (Rune rune in (text ?? "").EnumerateRunes())
        {
            escaped.Append(rune.Value switch
            {
                '<' => "&lt;",
                '>' => "&gt;",
                '&' => "&amp;",
                '"' => "&quot;",
                '\'' => "&#39;",
                '\n' or '\t' => " ",
                0xFFFE or 0xFFFF => "�",
                _ when Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format => "�",
                _ => rune.ToString(),
            });
        }

        return escaped.ToString();
    }

    /// <summary>A length in pixels, to a tenth.</summary>
    public static string Px(double value) => Math.Round(value, 1).ToString("0.#", CultureInfo.InvariantCulture);

    /// <summary>A measured number: three digits, "∞" for infinity.</summary>
    public static string Number(double value) => double.IsPositiveInfinity(value) ? "∞" : value.ToString("g3", CultureInfo.InvariantCulture);

    /// <summary>"12,345".</summary>
    public static string Count(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>"64×56×56"; "scalar" for no axes.</summary>
    public static string Shape(IEnumerable<long> shape) => string.Join('×', shape) is { Length: > 0 } text ? text : "scalar";

    /// <summary>Cut to a length; what is left out at the front shows as "…", because the end of a path says more.</summary>
    public static string KeepEnd(string text, int length) => text.Length <= length ? text : "…" + text[^(length - 1)..];

    /// <summary>Cut to a length; what is left out at the end shows as "…".</summary>
    public static string KeepStart(string text, int length) => text.Length <= length ? text : text[..(length - 1)] + "…";
}
