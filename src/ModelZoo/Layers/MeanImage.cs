using TorchSharp;
using static TorchSharp.torch;

namespace ModelZoo.Layers;

/// <summary>
/// y = x − image: takes the mean of the pictures that a network was trained with out of its input, pixel by pixel, [N,C,H,W]. The image is a buffer, so that it
/// travels with the weights.
/// </summary>
/// <remarks>
/// For an input of another size the image is averaged to that size (<c>adaptive_avg_pool2d</c>); with other channels than three each has the average of the
/// three.
/// </remarks>
public sealed class MeanImage : nn.Module<Tensor, Tensor>
{
    private readonly Tensor image; // [3,Height,Width]

    /// <param name="height">Rows of the image, in pixels.</param>
    /// <param name="width">Columns of the image, in pixels.</param>
    /// <param name="color">What it is filled with until weights are loaded: red, green, blue, on the input's scale.</param>
    public MeanImage(long height, long width, (float Red, float Green, float Blue) color) : base(nameof(MeanImage))
    {
        (Height, Width) = (height, width);
        using Tensor flat = tensor([color.Red, color.Green, color.Blue]);
        using Tensor pixel = flat.reshape(3, 1, 1);
        using Tensor all = pixel.expand(3, height, width);
        image = all.contiguous();
        RegisterComponents();
    }

    /// <summary>Rows of the image.</summary>
    public long Height { get; }

    /// <summary>Columns of the image.</summary>
    public long Width { get; }

    /// <summary>The image, [3,Height,Width], red first.</summary>
    internal Tensor Image => image;

    /// <inheritdoc/>
    public override Tensor forward(Tensor input)
    {
        using Tensor mean = For(input.shape[1], input.shape[2], input.shape[3]);
        using Tensor same = mean.to(input.dtype);
        return input - same;
    }

    /// <summary>What is taken from an input of so many channels, rows and columns: [1,C or 1,H,W].</summary>
    internal Tensor For(long channels, long height, long width)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor mean = Image.unsqueeze(0);
        mean = (height, width) == (Height, Width) ? mean : nn.functional.adaptive_avg_pool2d(mean, (height, width));
        mean = channels == 3 ? mean : mean.mean([1], keepdim: true);
        return mean.MoveToOuterDisposeScope();
    }
}
