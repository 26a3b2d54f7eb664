using ModelZoo.Imaging;

namespace ModelZoo.Loading.Augmentation;

/// <summary>An operation and how far it may go.</summary>
/// <param name="Operation">One of <see cref="PixelOperations.Names"/>.</param>
/// <param name="Magnitudes">From the weakest to the strongest; empty where there is nothing to choose.</param>
/// <param name="EitherWay">Whether it goes either way.</param>
public sealed record AugmentationRange(string Operation, IReadOnlyList<double> Magnitudes, bool EitherWay);

/// <summary>
/// Augmentation by random operations: RandAugment, TrivialAugment (wide) and AugMix, with torchvision's operations, magnitudes and ranges
/// (<c>transforms.autoaugment</c>).
/// </summary>
public static class AutoAugment
{
    private const int Bins = 31, MixBins = 10, MixWidth = 3, MixDepth = 3;

    /// <summary>
    /// E. D. Cubuk et al., "RandAugment: Practical automated data augmentation with a reduced search space", NeurIPS 2020.
    /// </summary>
    public static IReadOnlyList<AugmentationRange> RandAugmentSpace(int width, int height) =>
    [
        Fixed("Identity"), Signed("ShearX", 0.3, Bins), Signed("ShearY", 0.3, Bins), Signed("TranslateX", 150.0 / 331 * width, Bins),
        Signed("TranslateY", 150.0 / 331 * height, Bins), Signed("Rotate", 30, Bins), .. Colors(0.9, Bins), Bits(8, 4, Bins), Threshold(Bins),
        Fixed("AutoContrast"), Fixed("Equalize"),
    ];

    /// <summary>S. G. Müller, F. Hutter, "TrivialAugment: Tuning-free Yet State-of-the-Art Data Augmentation", ICCV 2021, the wide space.</summary>
    public static IReadOnlyList<AugmentationRange> TrivialAugmentSpace { get; } =
    [
        Fixed("Identity"), Signed("ShearX", 0.99, Bins), Signed("ShearY", 0.99, Bins), Signed("TranslateX", 32, Bins), Signed("TranslateY", 32, Bins),
        Signed("Rotate", 135, Bins), .. Colors(0.99, Bins), Bits(8, 6, Bins), Threshold(Bins), Fixed("AutoContrast"), Fixed("Equalize"),
    ];

    /// <summary>
    /// D. Hendrycks et al., "AugMix: A Simple Data Processing Method to Improve Robustness and Uncertainty", ICLR 2020, with all operations.
    /// </summary>
    public static IReadOnlyList<AugmentationRange> AugMixSpace(int width, int height) =>
    [
        Signed("ShearX", 0.3, MixBins), Signed("ShearY", 0.3, MixBins), Signed("TranslateX", width / 3.0, MixBins),
        Signed("TranslateY", height / 3.0, MixBins), Signed("Rotate", 30, MixBins), Bits(4, 4, MixBins), Threshold(MixBins), Fixed("AutoContrast"),
        Fixed("Equalize"), .. Colors(0.9, MixBins),
    ];

    /// <summary>Some operations one after the other, all at one magnitude.</summary>
    /// <param name="image">The picture.</param>
    /// <param name="operations">How many; 2 in the paper's ImageNet.</param>
    /// <param name="magnitude">0 … 30; 9 is torchvision's.</param>
    /// <param name="random">Where the draws come from.</param>
    public static PixelImage RandAugment(PixelImage image, int operations, int magnitude, SeededRandom random)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentNullException.ThrowIfNull(random);
        IReadOnlyList<AugmentationRange> space = RandAugmentSpace(image.Width, image.Height);
        for (int i = 0; i < operations; i++)
        {
            image = Apply(image, space[random.Next(space.Count)], magnitude, random, bilinear: false);
        }

        return image;
    }

    /// <summary>One operation, at any magnitude.</summary>
    public static PixelImage TrivialAugment(PixelImage image, SeededRandom random)
    {
        ArgumentNullException.ThrowIfNull(random);
        AugmentationRange range = TrivialAugmentSpace[random.Next(TrivialAugmentSpace.Count)];
        return Apply(image, range, range.Magnitudes.Count > 0 ? random.Next(range.Magnitudes.Count) : 0, random, bilinear: false);
    }

    /// <summary>
    /// A mixture of the picture and three others that chains of one to three operations made of it; all mixing weights are drawn evenly (Dirichlet's α = 1).
    /// The paper's consistency loss is no part of it, as in torchvision.
    /// </summary>
    /// <param name="image">The picture.</param>
    /// <param name="severity">1 … 10; 3 in the paper.</param>
    /// <param name="random">Where the draws come from.</param>
    public static PixelImage AugMix(PixelImage image, int severity, SeededRandom random)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentNullException.ThrowIfNull(random);
        IReadOnlyList<AugmentationRange> space = AugMixSpace(image.Width, image.Height);
        double kept = random.NextDouble();
        double[] parts = [.. Enumerable.Range(0, MixWidth).Select(_ => -Math.Log(1 - random.NextDouble()))];
        var chains = new PixelImage[MixWidth];
        for (int chain = 0; chain < MixWidth; chain++)
        {
            chains[chain] = image;
            for (int depth = 1 + random.Next(MixDepth); depth > 0; depth--)
            {
                AugmentationRange range = space[random.Next(space.Count)];
                chains[chain] = Apply(chains[chain], range, range.Magnitudes.Count > 0 ? random.Next(severity) : 0, random, bilinear: true);
            }
        }

        return Mix(image, (float)kept, chains, [.. parts.Select(p => (float)(p / parts.Sum() * (1 - kept)))]);
    }

    /// <summary>A weighted sum of pictures in single precision, its fractions cut off.</summary>
    /// <param name="image">The first.</param>
    /// <param name="kept">Its weight.</param>
    /// <param name="chains">Others of the same size.</param>
    /// <param name="weights">Theirs.</param>
    internal static PixelImage Mix(PixelImage image, float kept, IReadOnlyList<PixelImage> chains, IReadOnlyList<float> weights)
    {
        var result = new byte[image.Rgb.Length];
        for (int i = 0; i < result.Length; i++)
        {
            float sum = kept * image.Rgb[i];
            for (int chain = 0; chain < chains.Count; chain++)
            {
                sum += weights[chain] * chains[chain].Rgb[i];
            }

            result[i] = (byte)Math.Clamp(sum, 0f, 255f);
        }

        return new PixelImage(image.Width, image.Height, result, image.IsGray && chains.All(c => c.IsGray));
    }

    private static PixelImage Apply(PixelImage image, AugmentationRange range, int index, SeededRandom random, bool bilinear)
    {
        double magnitude = range.Magnitudes.Count > 0 ? range.Magnitudes[index] : 0;
        return PixelOperations.Apply(image, range.Operation, range.EitherWay && random.Next(2) == 1 ? -magnitude : magnitude, bilinear);
    }

    private static AugmentationRange Fixed(string operation) => new(operation, [], false);

    private static AugmentationRange Signed(string operation, double most, int bins) => new(operation, Even(0, most, bins), true);

    private static IEnumerable<AugmentationRange> Colors(double most, int bins) =>
        new[] { "Brightness", "Color", "Contrast", "Sharpness" }.Select(operation => Signed(operation, most, bins));

    private static AugmentationRange Bits(int from, int fewer, int bins) =>
        new("Posterize", [.. Enumerable.Range(0, bins).Select(i => from - Math.Round(i / ((bins - 1) / (double)fewer)))], false);

    private static AugmentationRange Threshold(int bins) => new("Solarize", Even(255, 0, bins), false);

    // torch.linspace in single precision: the second half counts from the end.
    private static double[] Even(double from, double to, int bins)
    {
        float start = (float)from, end = (float)to, step = (end - start) / (bins - 1);
        return [.. Enumerable.Range(0, bins).Select(i => (double)(i < bins / 2 ? start + step * i : end - step * (bins - 1 - i)))];
    }
}
