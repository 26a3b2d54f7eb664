using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ModelZoo.Layers;

/// <summary>
/// y = A·tanh(S·x) with A = 1.7159 and S = 2/3, so that f(±1) = ±1: the squashing function of LeNet-5
/// (LeCun, Bottou, Bengio, Haffner 1998, eq. 6 and appendix A). Any shape.
/// </summary>
public sealed class ScaledTanh() : nn.Module<Tensor, Tensor>(nameof(ScaledTanh))
{
    /// <summary>A.</summary>
    public const double Amplitude = 1.7159;

    /// <summary>S.</summary>
    public const double Slope = 2.0 / 3.0;

    /// <inheritdoc/>
    public override Tensor forward(Tensor input)
    {
        using Tensor scaled = input * Slope;
        using Tensor squashed = scaled.tanh();
        return squashed * Amplitude;
    }
}

/// <summary>
/// Trainable subsampling: the sum over each 2×2 window times one coefficient per map plus one bias per map, [N,C,H,W] → [N,C,H/2,W/2]
/// (LeCun et al. 1998, section II.B, layers S2 and S4; the squashing function is a layer of its own here).
/// </summary>
public sealed class Subsampling : nn.Module<Tensor, Tensor>
{
#pragma warning disable IDE1006 // The names are the checkpoint's keys.
    private readonly Parameter coefficient;
    private readonly Parameter bias;
#pragma warning restore IDE1006

    /// <param name="channels">Maps.</param>
    public Subsampling(long channels) : base(nameof(Subsampling))
    {
        Channels = channels;
        coefficient = ClassicInit.NewParameter(channels);
        bias = ClassicInit.NewParameter(channels);
        ClassicInit.Uniform(coefficient, fanIn: 4);
        ClassicInit.Uniform(bias, fanIn: 4);
        RegisterComponents();
    }

    /// <summary>Rows and columns of a window, and its step.</summary>
    public const int Window = 2;

    /// <summary>Maps.</summary>
    public long Channels { get; }

    /// <summary>One factor per map, [C].</summary>
    public Parameter Coefficient => coefficient;

    /// <summary>One bias per map, [C].</summary>
    public Parameter Bias => bias;

    /// <inheritdoc/>
    public override Tensor forward(Tensor input)
    {
        using Tensor sums = nn.functional.avg_pool2d(input, Window, stride: Window, divisor_override: 1);
        using Tensor factor = coefficient.view(1, -1, 1, 1);
        using Tensor offset = bias.view(1, -1, 1, 1);
        using Tensor scaled = sums * factor;
        return scaled + offset;
    }
}

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

/// <summary>
/// Euclidean radial basis functions: y[n,k] = Σ_j (x[n,j] − codes[k,j])², [N,F] → [N,K] (LeCun et al. 1998, eq. 7).
/// The smallest output names the class. The codes are fixed: a buffer, not parameters.
/// </summary>
/// <remarks>
/// The paper keeps the codes fixed "at least initially". Transfer learning makes them trainable (<see cref="LearnCodes"/>): ‖x‖² is the same for every class,
/// so that softmax(−y) is then that of a linear layer with weights 2·codes and biases −‖codes‖².
/// </remarks>
public sealed class RbfOutput : nn.Module<Tensor, Tensor>
{
#pragma warning disable IDE1006 // The name is the checkpoint's key.
    private Tensor codes;
#pragma warning restore IDE1006

    /// <param name="codes">One row of ±1 per class, [K,F].</param>
    public RbfOutput(Tensor codes) : base(nameof(RbfOutput))
    {
        this.codes = codes.DetachFromDisposeScope();
        RegisterComponents();
    }

    /// <summary>One row of ±1 per class, [K,F].</summary>
    public Tensor Codes => codes;

    /// <summary>Replaces the codes by trainable ones for other classes, initially small: a linear layer's default, uniform in ±1/√F.</summary>
    public void LearnCodes(int classes)
    {
        (long features, Device device, ScalarType type) = (codes.shape[1], codes.device, codes.dtype);
        codes.Dispose();
        using Tensor fresh = empty(classes, features, dtype: type, device: device);
        nn.init.uniform_(fresh, -1 / Math.Sqrt(features), 1 / Math.Sqrt(features));
        var learned = new Parameter(fresh.alias());
        codes = learned.DetachFromDisposeScope();
        ConditionallyRegisterBuffer(nameof(codes), null);
        ConditionallyRegisterParameter(nameof(codes), learned);
    }

    /// <inheritdoc/>
    public override Tensor forward(Tensor input)
    {
        using Tensor column = input.unsqueeze(1);
        using Tensor difference = column - codes;
        using Tensor squared = difference.pow(2);
        return squared.sum(-1);
    }
}
