namespace ModelZoo;

/// <summary>How an image whose size is not the model's is brought to it.</summary>
public enum Fit
{
    /// <summary>Bilinear resampling (a triangle filter where the image shrinks).</summary>
    Resize,

    /// <summary>A border of zeros, the image in the middle; an image larger than the input is an error.</summary>
    Pad,
}

/// <summary>
/// From pixels in [0,1] to the model's input: fit to Height×Width, then (x − Mean) / Std per channel.
/// It belongs to the weights and travels with them in a checkpoint.
/// </summary>
/// <param name="Channels">Channels of the input.</param>
/// <param name="Height">Rows of the input, in pixels.</param>
/// <param name="Width">Columns of the input, in pixels.</param>
/// <param name="Fit">How other sizes are brought to this one.</param>
/// <param name="Mean">Per channel, subtracted.</param>
/// <param name="Std">Per channel, divided by.</param>
/// <param name="Border">With <see cref="Fit.Resize"/>: rows and columns of zeros left around the resampled image, in pixels (MNIST's digits have such a margin).</param>
public sealed record Preprocessing(int Channels, int Height, int Width, Fit Fit, float[] Mean, float[] Std, int Border = 0);
