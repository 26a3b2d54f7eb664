using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ModelZoo.Layers;

/// <summary>
/// Fresh weights, drawn in place from the default generator. While weights from a file are about to replace them (<see cref="Skip"/>), nothing is drawn: that
/// saves most of the time that a large network takes to build.
/// </summary>
public static class WeightInit
{
    [ThreadStatic]
    private static bool skipped;

    /// <summary>Until the result is disposed, nothing on this thread draws weights through this class.</summary>
    internal static IDisposable Skip() => new Skipping();

    /// <summary>
    /// Normal with mean 0 and variance 2 / (out_channels · kernel): keeps the size of gradients through rectifiers (He et al. 2015, eq. 14). As PyTorch's, it
    /// counts the outputs of all groups.
    /// </summary>
    public static void KaimingNormalFanOut(Convolution layer)
    {
        ArgumentNullException.ThrowIfNull(layer);
        long fanOut = layer.out_channels * layer.kernel_size.Aggregate(1L, (a, b) => a * b);
        Normal(layer.weight, Math.Sqrt(2.0 / fanOut));
    }

    /// <summary>
    /// Normal with mean 0 and variance 2 / (in_channels / groups · kernel): keeps the size of activations through rectifiers (He et al. 2015, eq. 10).
    /// </summary>
    public static void KaimingNormalFanIn(Convolution layer)
    {
        ArgumentNullException.ThrowIfNull(layer);
        long fanIn = layer.in_channels / layer.groups * layer.kernel_size.Aggregate(1L, (a, b) => a * b);
        Normal(layer.weight, Math.Sqrt(2.0 / fanIn));
    }

    /// <summary>Normal with mean 0.</summary>
    public static void Normal(Parameter parameter, double std) => Fill(parameter, p => nn.init.normal_(p, 0, std));

    /// <summary>Normal with mean 0, cut off at ±2 standard deviations: what lies outside is drawn anew.</summary>
    public static void TruncatedNormal(Parameter parameter, double std) => Fill(parameter, p =>
    {
        // By the inverse of the distribution function, as torch.nn.init does it: uniform between the values at ±2, then erfinv.
        const double AtTwo = 0.9544997361036416; // erf(√2)
        p.uniform_(-AtTwo, AtTwo);
        p.erfinv_();
        p.mul_(std * Math.Sqrt(2));
        p.clamp_(-2 * std, 2 * std);
    });

    /// <summary>Uniform in ±bound.</summary>
    public static void Uniform(Parameter parameter, double bound) => Fill(parameter, p => nn.init.uniform_(p, -bound, bound));

    /// <summary>One value everywhere.</summary>
    public static void Constant(Parameter? parameter, double value)
    {
        if (parameter is not null)
        {
            Fill(parameter, p => nn.init.constant_(p, value));
        }
    }

    private static void Fill(Parameter parameter, Action<Tensor> fill)
    {
        ArgumentNullException.ThrowIfNull(parameter);
        if (skipped)
        {
            return;
        }

        using IDisposable none = no_grad();
        fill(parameter);
    }

    private sealed class Skipping : IDisposable
    {
        private readonly bool before = skipped;

        internal Skipping() => skipped = true;

        public void Dispose() => skipped = before;
    }
}

/// <summary>The initial weights of LeCun et al. 1998, appendix A: uniform in ±2.4 / fan-in.</summary>
public static class ClassicInit
{
    /// <summary>A parameter without values yet, which outlives the dispose scope that it is made in.</summary>
    public static Parameter NewParameter(params long[] shape)
    {
        using Tensor values = empty(shape);
        var parameter = new Parameter(values);
        parameter.DetachFromDisposeScope();
        return parameter;
    }

    /// <summary>Fills <paramref name="parameter"/> in place.</summary>
    public static void Uniform(Parameter parameter, long fanIn)
    {
        using (no_grad())
        {
            nn.init.uniform_(parameter, -2.4 / fanIn, 2.4 / fanIn);
        }
    }
}
