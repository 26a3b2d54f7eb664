using ModelZoo.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace ModelZoo.Loading.Augmentation;

/// <summary>Images of a batch mixed with each other, and their labels in the same proportion.</summary>
public static class Mixing
{
    /// <summary>Mixup or CutMix as the recipe says; with both, one of them, drawn for the batch.</summary>
    /// <param name="batch">Normalized images [B,C,H,W]; it is used up.</param>
    /// <param name="recipe">With mixup or cutmix above 0.</param>
    /// <param name="classes">K.</param>
    /// <param name="random">Where the draws come from.</param>
    /// <returns>A batch with soft targets [B,K].</returns>
    internal static Batch Apply(Batch batch, Recipe recipe, int classes, SeededRandom random)
    {
        bool cut = recipe.Cutmix > 0 && (recipe.Mixup == 0 || random.Next(2) == 1);
        long[] partners = [.. random.Permutation(batch.Count).Select(i => (long)i)];
        double share = NextBeta(cut ? recipe.Cutmix : recipe.Mixup, random);
        return cut
            ? Cutmix(batch, partners, Box((int)batch.Inputs.shape[3], (int)batch.Inputs.shape[2], share, random), classes)
            : Mixup(batch, partners, share, classes);
    }

    /// <summary>
    /// λ·x + (1 − λ)·x′, and the labels likewise: H. Zhang et al., "mixup: Beyond Empirical Risk Minimization", ICLR 2018, section 2.
    /// </summary>
    /// <param name="batch">[B,C,H,W]; it is used up.</param>
    /// <param name="partners">[B], whose image each is mixed with.</param>
    /// <param name="share">λ in [0,1].</param>
    /// <param name="classes">K.</param>
    public static Batch Mixup(Batch batch, long[] partners, double share, int classes)
    {
        ArgumentNullException.ThrowIfNull(batch);
        using DisposeScope scope = NewDisposeScope();
        Tensor others = tensor(partners, device: batch.Inputs.device);
        Tensor mixed = batch.Inputs.mul(share).add_(batch.Inputs.index_select(0, others).mul_(1 - share));
        return Finish(batch, mixed, others, share, classes);
    }

    /// <summary>
    /// A rectangle of each image replaced by that of another, the labels mixed by area: S. Yun et al., "CutMix: Regularization Strategy to Train Strong
    /// Classifiers with Localizable Features", ICCV 2019, section 3.1.
    /// </summary>
    /// <param name="batch">[B,C,H,W]; it is used up.</param>
    /// <param name="partners">[B], whose rectangle each gets.</param>
    /// <param name="box">The rectangle.</param>
    /// <param name="classes">K.</param>
    public static Batch Cutmix(Batch batch, long[] partners, (int Left, int Top, int Width, int Height) box, int classes)
    {
        ArgumentNullException.ThrowIfNull(batch);
        using DisposeScope scope = NewDisposeScope();
        Tensor others = tensor(partners, device: batch.Inputs.device);
        Tensor mixed = batch.Inputs.clone();
        if (box.Width > 0 && box.Height > 0)
        {
            Tensor part = batch.Inputs.narrow(2, box.Top, box.Height).narrow(3, box.Left, box.Width).index_select(0, others);
            mixed.narrow(2, box.Top, box.Height).narrow(3, box.Left, box.Width).copy_(part);
        }

        double area = (double)batch.Inputs.shape[2] * batch.Inputs.shape[3];
        return Finish(batch, mixed, others, 1 - (double)box.Width * box.Height / area, classes);
    }

    /// <summary>The paper's rectangle: sides of √(1 − λ) of the image's about a center drawn evenly, cut off at the borders.</summary>
    public static (int Left, int Top, int Width, int Height) Box(int width, int height, double share, SeededRandom random)
    {
        ArgumentNullException.ThrowIfNull(random);
        double side = Math.Sqrt(1 - share);
        (int halfWidth, int halfHeight) = ((int)(side * width) / 2, (int)(side * height) / 2);
        (int x, int y) = (random.Next(width), random.Next(height));
        (int left, int top) = (Math.Max(0, x - halfWidth), Math.Max(0, y - halfHeight));
        return (left, top, Math.Min(width, x + halfWidth) - left, Math.Min(height, y + halfHeight) - top);
    }

    /// <summary>
    /// A number of the distribution Beta(α,α), by two of the gamma distribution (G. Marsaglia, W. W. Tsang, "A simple method for generating gamma variables",
    /// 2000).
    /// </summary>
    public static double NextBeta(double alpha, SeededRandom random)
    {
        ArgumentNullException.ThrowIfNull(random);
        double a = NextLogGamma(alpha, random), b = NextLogGamma(alpha, random);
        return 1 / (1 + Math.Exp(b - a));
    }

    // The logarithm: with a small α the numbers themselves would become zero.
    private static double NextLogGamma(double alpha, SeededRandom random)
    {
        if (alpha < 1)
        {
            return NextLogGamma(alpha + 1, random) + Math.Log(1 - random.NextDouble()) / alpha;
        }

        double d = alpha - 1.0 / 3, c = 1 / Math.Sqrt(9 * d);
        while (true)
        {
            double x = random.NextGaussian(), v = Math.Pow(1 + c * x, 3);
            if (v > 0 && Math.Log(1 - random.NextDouble()) < 0.5 * x * x + d - d * v + d * Math.Log(v))
            {
                return Math.Log(d * v);
            }
        }
    }

    private static Batch Finish(Batch batch, Tensor mixed, Tensor others, double share, int classes)
    {
        Tensor own = nn.functional.one_hot(batch.Labels, classes).to(ScalarType.Float32); // [B,K]
        Tensor targets = own.mul(share).add_(own.index_select(0, others).mul_(1 - share));
        var result = new Batch(mixed.DetachFromDisposeScope(), batch.Labels) { Targets = targets.DetachFromDisposeScope() };
        batch.Inputs.Dispose();
        return result;
    }
}
