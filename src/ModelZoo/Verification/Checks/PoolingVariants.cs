using ModelZoo.Reference;

namespace ModelZoo.Verification.Checks;

/// <summary>The usual mistakes in a pooling window.</summary>
internal static class PoolingVariants
{
    public static IEnumerable<(string Change, PoolingWindow Window)> Of(PoolingWindow window)
    {
        yield return ($"ceil_mode {!window.CeilMode} instead of {window.CeilMode}", window with { CeilMode = !window.CeilMode });
        foreach (Pair stride in window.Stride.Neighbours(1))
        {
            yield return ($"stride {stride.Text()} instead of {window.Stride.Text()}", window with { Stride = stride });
        }

        foreach (Pair padding in window.Padding.Neighbours(0))
        {
            yield return ($"padding {padding.Text()} instead of {window.Padding.Text()}", window with { Padding = padding });
        }

        foreach (Pair kernel in window.Kernel.Neighbours(1))
        {
            yield return ($"kernel {kernel.Text()} instead of {window.Kernel.Text()}", window with { Kernel = kernel, Stride = window.Stride });
        }
    }
}
