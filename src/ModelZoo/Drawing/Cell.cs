namespace ModelZoo.Drawing;

/// <summary>What is written into one box of a drawing.</summary>
/// <param name="Style">"ok", "bad", "open", or "end" for what lies outside the drawing.</param>
/// <param name="Mark">Goes before the first line; may be empty.</param>
/// <param name="Lines">Up to three.</param>
/// <param name="Hover">Shown when the pointer rests on it, and read out by screen readers.</param>
internal sealed record Cell(string Style, string Mark, IReadOnlyList<string> Lines, string Hover)
{
    /// <summary>Longest line that is written whole.</summary>
    public int Letters { get; init; } = 24;

    /// <summary>The page's name for this box, so that others can point at it.</summary>
    public string? Id { get; init; }

    /// <summary>Where a click leads: a name on this page.</summary>
    public string? Link { get; init; }

    /// <summary>Its number in the order of execution, small in the corner.</summary>
    public string Corner { get; init; } = "";
}
