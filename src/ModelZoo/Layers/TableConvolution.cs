using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ModelZoo.Layers;

/// <summary>
/// A convolution in which each output map sees only the input maps that a table names (LeCun et al. 1998, table I):
/// one kernel per connection, [N,C,H,W] → [N,K,H−F+1,W−F+1]. Stride 1, no padding.
/// </summary>
public sealed class TableConvolution : nn.Module<Tensor, Tensor>
{
#pragma warning disable IDE1006 // The names are the checkpoint's keys.
    private readonly Parameter weight;
    private readonly Parameter bias;
#pragma warning restore IDE1006
    private readonly long[] slots;

    /// <param name="inChannels">Input maps.</param>
    /// <param name="table">For each output map the input maps that it is connected to.</param>
    /// <param name="kernelSize">Rows and columns of each kernel.</param>
    public TableConvolution(int inChannels, IReadOnlyList<int[]> table, int kernelSize) : base(nameof(TableConvolution))
    {
        InChannels = inChannels;
        Table = table;
        KernelSize = kernelSize;
        slots = [.. table.SelectMany((inputs, output) => inputs.Select(input => (long)output * inChannels + input))];
        weight = ClassicInit.NewParameter(slots.Length, kernelSize, kernelSize);
        bias = ClassicInit.NewParameter(table.Count);
        using (no_grad())
        {
            long first = 0;
            for (int map = 0; map < table.Count; map++)
            {
                double bound = 2.4 / (table[map].Length * kernelSize * kernelSize);
                using Tensor kernels = weight.narrow(0, first, table[map].Length);
                using Tensor offset = bias.narrow(0, map, 1);
                nn.init.uniform_(kernels, -bound, bound);
                nn.init.uniform_(offset, -bound, bound);
                first += table[map].Length;
            }
        }

        RegisterComponents();
    }

    /// <summary>The table of LeNet-5's layer C3: 16 maps over 6, 60 connections.</summary>
    public static IReadOnlyList<int[]> LeNet5 { get; } =
    [
        [0, 1, 2], [1, 2, 3], [2, 3, 4], [3, 4, 5], [0, 4, 5], [0, 1, 5],
        [0, 1, 2, 3], [1, 2, 3, 4], [2, 3, 4, 5], [0, 3, 4, 5], [0, 1, 4, 5], [0, 1, 2, 5],
        [0, 1, 3, 4], [1, 2, 4, 5], [0, 2, 3, 5],
        [0, 1, 2, 3, 4, 5],
    ];

    /// <summary>Input maps.</summary>
    public int InChannels { get; }

    /// <summary>For each output map the input maps that it is connected to.</summary>
    public IReadOnlyList<int[]> Table { get; }

    /// <summary>Rows and columns of each kernel.</summary>
    public int KernelSize { get; }

    /// <summary>One kernel per connection, [connections,F,F], in the table's order.</summary>
    public Parameter Weight => weight;

    /// <summary>One bias per output map, [K].</summary>
    public Parameter Bias => bias;

    /// <inheritdoc/>
    public override Tensor forward(Tensor input)
    {
        // The kernels take their places in a dense [K,C,F,F] whose other places are zero.
        using Tensor places = tensor(slots, device: weight.device);
        using Tensor none = zeros([(long)Table.Count * InChannels, KernelSize, KernelSize], dtype: weight.dtype, device: weight.device);
        using Tensor filled = none.index_copy(0, places, weight);
        using Tensor dense = filled.view(Table.Count, InChannels, KernelSize, KernelSize);
        return nn.functional.conv2d(input, dense, bias);
    }
}
