namespace ModelZoo.Weights;

/// <summary>Makes text from a file fit for an error message: a hostile file chooses it, a terminal shows it.</summary>
internal static class Shown
{
    private const int Longest = 100;

    /// <summary>In quotes, control characters replaced by '?', cut at 100 characters.</summary>
    public static string Name(string text) => $"'{Plain(text)}'";

    /// <summary>The same without quotes.</summary>
    public static string Plain(string text)
    {
        string head = text.Length <= Longest ? text : $"{text.AsSpan(0, Longest)}…";
        return string.Concat(head.Select(c => char.IsControl(c) ? '?' : c));
    }
}
