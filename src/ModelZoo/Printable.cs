using System.Globalization;
using System.Text;

namespace ModelZoo;

/// <summary>
/// Makes text that came from a file, a file's name or a server fit for a terminal, a pipe or a log: whoever made the file chose it. What would move the cursor,
/// color the text or turn its direction becomes '?': control characters, invisible format characters, line and paragraph separators, halves of surrogate pairs.
/// </summary>
public static class Printable
{
    private const int LongestName = 100, LongestCell = 1000, LongestMessage = 4000;

    /// <summary>A name in quotes, on one line, cut at 100 characters.</summary>
    public static string Name(string text) => $"'{Plain(text)}'";

    /// <summary>The same without quotes.</summary>
    public static string Plain(string text) => Line(text, LongestName);

    /// <summary>A cell of a table, cut at 1,000 characters; its line breaks stay.</summary>
    public static string Cell(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Text(Cut(text, LongestCell));
    }

    /// <summary>Text of any length; its line breaks stay.</summary>
    public static string Text(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Clean(text, "\n\t", static (clean, _) => clean.Append('?'));
    }

    /// <summary>A message, whose line breaks stay; of a very long one beginning and end, because the end says what to do.</summary>
    public static string Message(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        string whole = text.Length <= LongestMessage ? text : $"{text.AsSpan(0, LongestMessage * 3 / 4)} … {text.AsSpan(text.Length - (LongestMessage / 4))}";
        return Text(whole);
    }

    /// <summary>A JSON document with what could disturb a terminal written as \uXXXX: it means the same.</summary>
    public static string Json(string document)
    {
        ArgumentNullException.ThrowIfNull(document);
        return Clean(document, "\r\n\t", static (clean, hidden) =>
        {
            foreach (char unit in hidden)
            {
                clean.Append(CultureInfo.InvariantCulture, $"\\u{(int)unit:X4}");
            }
        });
    }

    private static string Line(string text, int longest)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Clean(Cut(text, longest), "", static (clean, _) => clean.Append('?'));
    }

    private static string Cut(string text, int longest) => text.Length <= longest ? text : $"{text.AsSpan(0, longest)}…";

    private static string Clean(string text, string allowed, Action<StringBuilder, string> hide)
    {
        StringBuilder? clean = null;
        for (int at = 0; at < text.Length;)
        {
            bool valid = Rune.TryGetRuneAt(text, at, out Rune rune);
            int length = valid ? rune.Utf16SequenceLength : 1;
            if (!valid || Hides(rune, allowed))
            {
                clean ??= new StringBuilder(text, 0, at, text.Length + 16);
                hide(clean, text.Substring(at, length));
            }
            else
            {
                clean?.Append(text, at, length);
            }

            at += length;
        }

        return clean?.ToString() ?? text;
    }

    // Zero-width joiners and non-joiners spell Persian words and join emoji; they move nothing.
    private static bool Hides(Rune rune, string allowed) => Rune.GetUnicodeCategory(rune) switch
    {
        UnicodeCategory.Control => !allowed.Contains((char)rune.Value, StringComparison.Ordinal),
        UnicodeCategory.Format => rune.Value is not (0x200C or 0x200D),
        UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.Surrogate => true,
        _ => false,
    };
}
