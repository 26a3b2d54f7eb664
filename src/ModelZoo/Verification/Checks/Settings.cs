using ModelZoo.Reference;
using TorchSharp.Modules;

namespace ModelZoo.Verification.Checks;

/// <summary>From the modules' way of writing hyper-parameters to the reference's.</summary>
internal static class Settings
{
    /// <summary>One number for both axes, or two.</summary>
    public static Pair ToPair(this long[] values) => ((int)values[0], (int)values[^1]);

    /// <summary>As above, with a default where the module says nothing.</summary>
    public static Pair ToPair(this long[]? values, Pair otherwise) => values is null or [] ? otherwise : values.ToPair();

    public static NdArray? ToNdArrayOrNull(this Parameter? parameter) => parameter?.ToNdArray();

    public static int[] ShapeOf(this NdArray array) => [.. array.Shape];

    /// <summary>The size of each axis changed by −1 and by +1, where the result is at least <paramref name="least"/>.</summary>
    public static IEnumerable<Pair> Neighbours(this Pair pair, int least)
    {
        foreach (int step in (int[])[1, -1])
        {
            if (pair.H + step >= least && pair.W + step >= least)
            {
                yield return (pair.H + step, pair.W + step);
            }
        }
    }

    /// <summary>"2", or "2×3" where the axes differ.</summary>
    public static string Text(this Pair pair) => pair.H == pair.W ? $"{pair.H}" : $"{pair.H}×{pair.W}";
}
