using static TorchSharp.torch;

namespace ModelZoo.Models.Lenet;

/// <summary>
/// The target codes of LeNet-5's output: each class is a stylised picture of 7×12 pixels, +1 where there is ink and −1 where not, so that
/// similar characters get similar codes (LeCun et al. 1998, section II.B and figure 3; these were drawn anew after that figure).
/// </summary>
internal static class DigitCodes
{
    internal const int Columns = 7;
    internal const int Rows = 12;

    private static readonly string[][] Digits =
    [
        [".......", "..###..", ".##.##.", "##...##", "##...##", "##...##", "##...##", "##...##", "##...##", ".##.##.", "..###..", "......."],
        [".......", "...##..", "..###..", ".####..", "...##..", "...##..", "...##..", "...##..", "...##..", "...##..", ".######", "......."],
        [".......", ".#####.", "##...##", "##...##", ".....##", "....##.", "...##..", "..##...", ".##....", "##.....", "#######", "......."],
        [".......", "#######", "....##.", "...##..", "..####.", ".....##", ".....##", ".....##", "##...##", "##..##.", ".####..", "......."],
        [".......", "....##.", "...###.", "..####.", ".##.##.", "##..##.", "##..##.", "#######", "....##.", "....##.", "....##.", "......."],
        [".......", "#######", "##.....", "##.....", "######.", ".....##", ".....##", ".....##", "##...##", "##..##.", ".####..", "......."],
        [".......", "..####.", ".##....", "##.....", "##.....", "######.", "##...##", "##...##", "##...##", ".##.##.", "..###..", "......."],
        [".......", "#######", "#....##", ".....##", "....##.", "....##.", "...##..", "...##..", "..##...", "..##...", "..##...", "......."],
        [".......", ".#####.", "##...##", "##...##", ".##.##.", "..###..", ".##.##.", "##...##", "##...##", "##...##", ".#####.", "......."],
        [".......", "..###..", ".##.##.", "##...##", "##...##", "##...##", ".######", ".....##", ".....##", "....##.", ".####..", "......."],
    ];

    /// <summary>One row of ±1 per class, [classes,84]: the digits, and beyond ten fixed pseudo-random codes.</summary>
    internal static Tensor Codes(int classes)
    {
        var values = new float[classes * Rows * Columns];
        for (int c = 0; c < classes; c++)
        {
            var random = new SeededRandom((ulong)c);
            for (int i = 0; i < Rows * Columns; i++)
            {
                bool ink = c < Digits.Length ? Digits[c][i / Columns][i % Columns] == '#' : random.Next(2) == 1;
                values[c * Rows * Columns + i] = ink ? 1 : -1;
            }
        }

        using Tensor flat = tensor(values);
        return flat.reshape(classes, Rows * Columns);
    }
}
