using ModelZoo.Layers;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ModelZoo.Transfer;

/// <summary>One step of a <see cref="FusedTrunk"/>.</summary>
internal abstract class TrunkStep(int[] inputs, int output) : IDisposable
{
    /// <summary>The numbers of the values that it reads.</summary>
    public int[] Inputs { get; } = inputs;

    /// <summary>The number of the value that it makes.</summary>
    public int Output { get; } = output;

    /// <summary>Whether its output shares its memory with nothing that a later step could read.</summary>
    public virtual bool MakesFresh => false;

    /// <summary>Whether a leaf can compute in bfloat16: it has no parameters of its own, or such that a step copies.</summary>
    public static bool Computes(nn.Module leaf) => ConvolutionStep.Takes(leaf) || leaf is Linear or BatchNorm || (!leaf.parameters().Any() && !leaf.buffers().Any());

    /// <summary>The fastest step for a leaf.</summary>
    public static TrunkStep Of(nn.Module leaf, int[] inputs, int output, ScalarType type, bool inPlace) => leaf switch
    {
        Conv2d convolution when ConvolutionStep.Takes(leaf) => new ConvolutionStep(convolution, inputs, output, type),
        ReLU when inPlace => new InPlaceStep(inputs, output, static x => x[0].relu_()),
        Add when inPlace => new InPlaceStep(inputs, output, static x => x[0].add_(x[1])),
        Linear or BatchNorm when type != ScalarType.Float32 => new ConvertedStep(leaf, inputs, output, type),
        _ => new ModuleStep(leaf, inputs, output),
    };

    public abstract Tensor Run(Tensor[] x);

    /// <summary>Called once, when no later layer can be folded in any more.</summary>
    public virtual void Finish()
    {
    }

    public virtual void Dispose()
    {
    }

    /// <summary>A copy without history, which outlives the scope that it is made in.</summary>
    protected static Tensor Copy(Tensor source, ScalarType? type = null)
    {
        using Tensor detached = source.detach();
        return detached.to(type ?? source.dtype, copy: true).DetachFromDisposeScope();
    }
}

/// <summary>A leaf as it is.</summary>
internal sealed class ModuleStep(nn.Module leaf, int[] inputs, int output) : TrunkStep(inputs, output)
{
    public override bool MakesFresh => leaf is Conv2d or Linear or BatchNorm or Add or Concat;

    public override Tensor Run(Tensor[] x) => leaf switch
    {
        nn.Module<Tensor, Tensor> one => one.call(x[0]),
        nn.Module<Tensor, Tensor, Tensor> two => two.call(x[0], x[1]),
        nn.Module<Tensor[], Tensor> many => many.call(x),
        _ => throw new InvalidOperationException($"{leaf.GetType().Name} is no step of a trunk."),
    };
}

/// <summary>A change of a value that nobody else reads.</summary>
internal sealed class InPlaceStep(int[] inputs, int output, Func<Tensor[], Tensor> change) : TrunkStep(inputs, output)
{
    public override bool MakesFresh => true;

    public override Tensor Run(Tensor[] x) => change(x);
}

/// <summary>A fully connected layer or a batch normalisation with its parameters in another type.</summary>
internal sealed class ConvertedStep(nn.Module leaf, int[] inputs, int output, ScalarType type) : TrunkStep(inputs, output)
{
    private readonly Tensor[] own = [.. Values(leaf).Select(t => t is null ? null! : Copy(t, leaf is Linear ? type : ScalarType.Float32))];

    public override bool MakesFresh => true;

    public override Tensor Run(Tensor[] x) => leaf is BatchNorm norm
        ? nn.functional.batch_norm(x[0], own[0], own[1], own[2], own[3], training: false, eps: norm.eps)
        : nn.functional.linear(x[0], own[0], own[1]);

    public override void Dispose()
    {
        foreach (Tensor? tensor in own)
        {
            tensor?.Dispose();
        }

        base.Dispose();
    }

    private static Tensor?[] Values(nn.Module leaf) => leaf switch
    {
        Linear linear => [linear.weight, linear.bias],
        BatchNorm norm => [norm.running_mean, norm.running_var, norm.weight, norm.bias],
        _ => [],
    };
}
