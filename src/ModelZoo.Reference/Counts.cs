namespace ModelZoo.Reference;

/// <summary>
/// Numbers of trainable parameters and of multiply-accumulates (MACs) from hyper-parameters alone.
/// MACs count the products of convolutions and linear layers for one sample; biases, normalization, pooling and activations count as none.
/// </summary>
public static class Counts
{
    /// <summary>(in/groups · R · S)·out, and out biases.</summary>
    public static long ConvolutionParameters(int inputs, int outputs, Pair kernel, int groups = 1, bool bias = true) =>
        checked(((long)PerGroup(inputs, outputs, groups) * kernel.H * kernel.W * outputs) + (bias ? outputs : 0));

    /// <summary>out·I·J · (in/groups · R · S); I×J is the output size.</summary>
    public static long ConvolutionMacs(int inputs, int outputs, Pair kernel, Pair output, int groups = 1) =>
        checked((long)outputs * output.H * output.W * PerGroup(inputs, outputs, groups) * kernel.H * kernel.W);

    /// <summary>The weights of the convolution it transposes, and out biases.</summary>
    public static long TransposedConvolutionParameters(int inputs, int outputs, Pair kernel, int groups = 1, bool bias = true) =>
        ConvolutionParameters(outputs, inputs, kernel, groups, bias: false) + (bias ? outputs : 0);

    /// <summary>in·H·W · (out/groups · R · S); H×W is the input size, each pixel of which lays whole kernels over the output.</summary>
    public static long TransposedConvolutionMacs(int inputs, int outputs, Pair kernel, Pair input, int groups = 1) =>
        ConvolutionMacs(outputs, inputs, kernel, input, groups);

    /// <summary>A kernel per connection and a bias per map.</summary>
    public static long TableConvolutionParameters(ConnectionTable table, Pair kernel) => ((long)table.Kernels * kernel.H * kernel.W) + table.OutputMaps;

    public static long TableConvolutionMacs(ConnectionTable table, Pair kernel, Pair output) =>
        checked((long)table.Kernels * kernel.H * kernel.W * output.H * output.W);

    public static long LinearParameters(int inputs, int outputs, bool bias = true) => ((long)inputs * outputs) + (bias ? outputs : 0);

    public static long LinearMacs(int inputs, int outputs) => (long)inputs * outputs;

    /// <summary>A coefficient and a bias per map.</summary>
    public static long SubsamplingParameters(int maps) => 2L * maps;

    /// <summary>γ and β per channel, for batch, instance and group normalization alike; running statistics are buffers, not parameters.</summary>
    public static long BatchNormalizationParameters(int channels) => 2L * channels;

    /// <summary>γ and β per element of the normalized dimensions.</summary>
    public static long LayerNormalizationParameters(params ReadOnlySpan<int> shape)
    {
        long count = 2;
        foreach (int size in shape)
        {
            count = checked(count * size);
        }

        return count;
    }

    private static int PerGroup(int inputs, int outputs, int groups) => groups >= 1 && inputs % groups == 0 && outputs % groups == 0
        ? inputs / groups
        : throw new ArgumentException($"{inputs} inputs and {outputs} outputs cannot be split into {groups} groups.");
}
