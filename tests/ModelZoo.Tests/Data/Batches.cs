using ModelZoo.Data;

namespace ModelZoo.Tests.Data;

/// <summary>Images of a data set side by side.</summary>
internal static class Batches
{
    /// <summary>Writes the images and labels at <paramref name="indices"/>, in that order.</summary>
    /// <param name="data">The data set.</param>
    /// <param name="indices">[B], in any order, repeats allowed.</param>
    /// <param name="images">[B, C, H, W].</param>
    /// <param name="labels">[B].</param>
    public static void CopyBatch(this ImageDataset data, ReadOnlySpan<int> indices, Span<float> images, Span<long> labels)
    {
        int length = data.Shape.Length;
        for (int i = 0; i < indices.Length; i++)
        {
            data.CopyImage(indices[i], images.Slice(i * length, length));
            labels[i] = data.Labels[indices[i]];
        }
    }
}
