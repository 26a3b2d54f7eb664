using static TorchSharp.torch;

namespace ModelZoo.Reports;

/// <summary>A network that is measured, and remembers what it gave: images are run once, for all figures.</summary>
/// <param name="inner">The network; it stays the caller's.</param>
internal sealed class OutputRecorder(nn.Module<Tensor, Tensor> inner) : nn.Module<Tensor, Tensor>(nameof(OutputRecorder))
{
    private readonly List<float> values = [];

    /// <summary>K.</summary>
    public int Outputs { get; private set; }

    /// <summary>N.</summary>
    public int Count => Outputs == 0 ? 0 : values.Count / Outputs;

    /// <summary>[K] of one of them.</summary>
    public ReadOnlySpan<float> Row(int index) => System.Runtime.InteropServices.CollectionsMarshal.AsSpan(values).Slice(index * Outputs, Outputs);

    public override Tensor forward(Tensor input)
    {
        Tensor output = inner.call(input);
        if (output.dim() == 2)
        {
            using Tensor read = output.to(ScalarType.Float32).cpu().contiguous();
            values.AddRange(read.data<float>().ToArray());
            Outputs = (int)output.shape[1];
        }

        return output;
    }
}
