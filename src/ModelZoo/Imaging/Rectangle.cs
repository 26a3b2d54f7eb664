namespace ModelZoo.Imaging;

/// <summary>A part of a picture, in pixels; the corner of the first pixel is (0, 0).</summary>
/// <param name="Left">First column.</param>
/// <param name="Top">First row.</param>
/// <param name="Width">Columns.</param>
/// <param name="Height">Rows.</param>
public readonly record struct Rectangle(float Left, float Top, float Width, float Height);
