using ModelZoo.Imaging;
using static TorchSharp.torch;

namespace ModelZoo.Layers;

/// <summary>
/// From images that are standardized with ImageNet's mean μ and deviation σ to images in [−1, 1]: y = x·σ/0.5 + (μ − 0.5)/0.5 per channel, [N,C,H,W].
/// torchvision's GoogLeNet weights come from TensorFlow, whose networks take images that way, and its <c>transform_input</c> does this.
/// </summary>
/// <remarks>With channels other than three each has the average of μ and of σ, as <see cref="Preprocessing"/> then has.</remarks>
public sealed class TransformInput : nn.Module<Tensor, Tensor>
{
    private readonly float[] scale;
    private readonly float[] shift;

    /// <param name="channels">Channels of the images.</param>
    public TransformInput(int channels) : base(nameof(TransformInput))
    {
        Preprocessing images = Preprocessing.ImageNet();
        scale = [.. Spread(images.Std, channels).Select(s => (float)(s / 0.5))];
        shift = [.. Spread(images.Mean, channels).Select(m => (float)((m - 0.5) / 0.5))];
    }

    /// <summary>What each channel is multiplied by.</summary>
    public IReadOnlyList<float> Scale => scale;

    /// <summary>What is then added to it.</summary>
    public IReadOnlyList<float> Shift => shift;

    /// <inheritdoc/>
    public override Tensor forward(Tensor input)
    {
        using Tensor factors = PerChannel(scale, input);
        using Tensor offsets = PerChannel(shift, input);
        using Tensor scaled = input * factors;
        return scaled + offsets;
    }

    private static Tensor PerChannel(float[] values, Tensor like)
    {
        using Tensor flat = tensor(values, dtype: like.dtype, device: like.device);
        return flat.reshape(1, -1, 1, 1);
    }

    // The preprocessing's float values are decimal fractions: their double neighbors are meant.
    private static IEnumerable<double> Spread(float[] values, int channels)
    {
        double[] exact = [.. values.Select(v => Math.Round(v, 3))];
        return exact.Length == channels ? exact : Enumerable.Repeat(exact.Average(), channels);
    }
}
