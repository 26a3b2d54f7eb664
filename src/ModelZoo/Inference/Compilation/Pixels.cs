using ModelZoo.Training.Precision;
using static TorchSharp.torch;

namespace ModelZoo.Inference.Compilation;

/// <summary>A batch of images in memory, channels last: pixel after pixel, at equal distances, each with its channels side by side.</summary>
/// <param name="First">The first channel of the first pixel.</param>
/// <param name="Images">N.</param>
/// <param name="Channels">C.</param>
/// <param name="Rows">H.</param>
/// <param name="Columns">W.</param>
/// <param name="Distance">Floats from one pixel to the next: C, or more where the images are some channels of wider ones.</param>
internal readonly unsafe record struct Pixels(nint First, long Images, long Channels, long Rows, long Columns, long Distance)
{
    public float* Data => (float*)First;

    public long Count => Images * Rows * Columns;

    /// <summary>All pixels as one row of one image.</summary>
    public Pixels AsRow() => this with { Images = 1, Rows = 1, Columns = Count };

    /// <summary>How a tensor lies; one that lies otherwise is copied.</summary>
    /// <param name="tensor">[N,C,H,W], float32.</param>
    /// <param name="held">The tensor, or the copy, which must live as long as the pointer is used.</param>
    /// <param name="dense">Whether there must be no gaps between pixels.</param>
    public static Pixels Of(Tensor tensor, out Tensor held, bool dense = false)
    {
        (long count, nint sizesAt, nint stridesAt) = NativeOperators.Layout(tensor);
        long* shape = (long*)sizesAt, strides = (long*)stridesAt;
        held = tensor;
        long? distance = count == 4 ? DistanceOf(shape, strides) : throw new ArgumentException($"Images have four dimensions, not {count}.", nameof(tensor));
        if (distance is null || (dense && distance != shape[1]))
        {
            held = ChannelsLast.Of(tensor.contiguous());
            distance = shape[1];
        }

        return new((nint)NativeOperators.Data(held), shape[0], shape[1], shape[2], shape[3], distance.Value);
    }

    /// <summary>Rows of a matrix as images of one pixel; one that lies otherwise is copied.</summary>
    /// <param name="matrix">[N,C], float32.</param>
    /// <param name="held">The matrix, or the copy, which must live as long as the pointer is used.</param>
    public static Pixels OfRows(Tensor matrix, out Tensor held)
    {
        held = matrix.contiguous();
        (long count, long columns) = (matrix.shape[0], matrix.shape[1]);
        return new((nint)NativeOperators.Data(held), count, columns, 1, 1, columns);
    }

    // Null where it is no such row of pixels. The strides of dimensions of size 1 say nothing.
    private static long? DistanceOf(long* shape, long* strides)
    {
        if (shape[1] > 1 && strides[1] != 1)
        {
            return null;
        }

        long distance = shape[3] > 1 ? strides[3] : shape[2] > 1 ? strides[2] : shape[0] > 1 ? strides[0] : shape[1];
        bool regular = distance >= shape[1] && (shape[2] == 1 || strides[2] == shape[3] * distance)
            && (shape[0] == 1 || strides[0] == shape[2] * shape[3] * distance);
        return regular ? distance : null;
    }
}
