namespace ModelZoo.Inference.Quantization;

/// <summary>What a byte q stands for: scale · (q − zero).</summary>
/// <param name="Scale">Positive, a float32.</param>
/// <param name="Zero">In 0 … 255; the byte of 0.</param>
internal readonly record struct ByteScale(double Scale, long Zero)
{
    /// <summary>The scale of values in a range, which is widened to hold 0: zero is exact, so that padding and ReLU are.</summary>
    public static ByteScale Of(double least, double most)
    {
        (least, most) = (Math.Min(least, 0), Math.Max(most, 0));
        float scale = Math.Max((float)((most - least) / 255), 1e-30f);
        return new(scale, Math.Clamp((long)Math.Round(-least / scale), 0, 255));
    }
}
