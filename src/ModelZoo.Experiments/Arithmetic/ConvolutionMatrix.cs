using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ModelZoo.Experiments.Arithmetic;

/// <summary>A convolution of one channel as what it is: a linear map from m pixels to n, written out as its n×m matrix.</summary>
internal sealed record ConvolutionMatrix(int Inputs, int Outputs, long Connections, int Distinct, long LayerWeights)
{
    /// <summary>Reads the matrix off a Conv2d without padding: one unit image for each pixel.</summary>
    /// <param name="size">Rows and columns of the image.</param>
    /// <param name="kernel">Rows and columns of the kernel.</param>
    public static ConvolutionMatrix Of(int size, int kernel)
    {
        using DisposeScope scope = NewDisposeScope();
        using var layer = Conv2d(1, 1, kernel, bias: false);
        using IDisposable none = no_grad();
        Tensor units = eye((long)size * size).reshape((long)size * size, 1, size, size);
        double[] entries = [.. Tensors.Values(layer.call(units)).Where(v => v != 0)];
        int side = size - kernel + 1;
        return new(size * size, side * side, entries.Length, entries.Distinct().Count(), layer.weight.numel());
    }

    /// <summary>Weights of a dense layer between the same pixels.</summary>
    public long DenseWeights()
    {
        using var dense = Linear(Inputs, Outputs, hasBias: false);
        return dense.weight.numel();
    }
}
