namespace ModelZoo;

/// <summary>What a caller may choose of an architecture.</summary>
/// <param name="NumClasses">Logits per image.</param>
/// <param name="InChannels">Channels of the input images.</param>
/// <param name="InputHeight">Rows of the input images, in pixels.</param>
/// <param name="InputWidth">Columns of the input images, in pixels.</param>
public sealed record ModelOptions(int NumClasses, int InChannels, int InputHeight, int InputWidth);
