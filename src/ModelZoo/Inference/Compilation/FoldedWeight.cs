using ModelZoo.Layers;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ModelZoo.Inference.Compilation;

/// <summary>
/// The weight and bias of a convolution or a linear layer with what follows per channel folded in: of y = a·(w·x + b) + s the weight a·w and the bias a·b + s.
/// The weight stays the model's; a copy is made when it is asked for.
/// </summary>
internal sealed class FoldedWeight : IDisposable
{
    private readonly Func<Parameter> weight;
    private readonly List<Func<Tensor?>> sources;
    private Tensor? factor;

    public FoldedWeight(Func<Parameter> weight, Func<Parameter?> bias)
    {
        this.weight = weight;
        sources = [weight, bias];
        Bias = bias() is { } own ? Copy(own) : null;
    }

    /// <summary>[K], a copy; null for none.</summary>
    public Tensor? Bias { get; private set; }

    /// <summary>Whether the weight is the model's, unchanged.</summary>
    public bool IsPlain => factor is null;

    /// <summary>The tensors of the model that went into it.</summary>
    public IEnumerable<Func<Tensor?>> Sources => sources;

    /// <summary>Whether a leaf multiplies channels or adds to them, and nothing else.</summary>
    public static bool Takes(nn.Module leaf, long channels) => leaf switch
    {
        BatchNorm2d { running_mean: not null, running_var: not null } norm => norm.num_features == channels,
        ConstantOperand { Operation: BinaryOperation.Add or BinaryOperation.Multiply } constant => IsPerChannel(constant.Value, channels),
        ConstantOperand { Operation: BinaryOperation.Subtract or BinaryOperation.Divide, First: false } constant => IsPerChannel(constant.Value, channels),
        _ => false,
    };

    /// <summary>y = a·x + s of a leaf that <see cref="Takes"/> says yes to; the caller's.</summary>
    public static (Tensor? Factor, Tensor? Shift) Affine(nn.Module leaf, List<Func<Tensor?>> sources)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable none = no_grad();
        if (leaf is ConstantOperand constant)
        {
            sources.Add(() => constant.Value);
            Tensor value = constant.Value.detach().reshape(-1);
            (Tensor? a, Tensor? s) = constant.Operation switch
            {
                BinaryOperation.Add => (null, value.clone()),
                BinaryOperation.Subtract => ((Tensor?)null, (Tensor?)value.neg()),
                BinaryOperation.Multiply => (value.clone(), null),
                _ => (value.reciprocal(), null),
            };
            return (a?.DetachFromDisposeScope(), s?.DetachFromDisposeScope());
        }

        var norm = (BatchNorm)leaf;
        sources.AddRange([() => norm.weight, () => norm.bias, () => norm.running_mean, () => norm.running_var]);
        Tensor factor = (norm.running_var! + norm.eps).rsqrt();
        factor = norm.weight is { } gamma ? factor * gamma.detach() : factor;
        Tensor shift = -norm.running_mean! * factor;
        shift = norm.bias is { } beta ? shift + beta.detach() : shift;
        return (factor.DetachFromDisposeScope(), shift.DetachFromDisposeScope());
    }

    /// <summary>Takes in a leaf behind it.</summary>
    public void Fold(nn.Module leaf)
    {
        (Tensor? a, Tensor? s) = Affine(leaf, sources);
        using (no_grad())
        {
            using DisposeScope scope = NewDisposeScope();
            (Tensor? oldFactor, Tensor? oldBias) = (factor, Bias);
            factor = a is null ? oldFactor?.clone() : oldFactor is null ? a.expand(Channels()).clone() : oldFactor * a;
            Tensor? scaled = oldBias is null || a is null ? oldBias : oldBias * a;
            Bias = s is null ? scaled?.clone() : scaled is null ? s.expand(Channels()).clone() : scaled + s;
            _ = factor?.DetachFromDisposeScope();
            _ = Bias?.DetachFromDisposeScope();
            oldFactor?.Dispose();
            oldBias?.Dispose();
            a?.Dispose();
            s?.Dispose();
        }
    }

    /// <summary>The weight with what is folded in: a new tensor, or a view of the model's; in the caller's scope.</summary>
    public Tensor Weight()
    {
        Tensor own = weight().detach();
        if (factor is null)
        {
            return own;
        }

        long[] shape = own.shape;
        shape.AsSpan(1).Fill(1);
        return own * factor.reshape(shape);
    }

    public void Dispose()
    {
        factor?.Dispose();
        Bias?.Dispose();
    }

    private static bool IsPerChannel(Tensor value, long channels) =>
        value.dtype == ScalarType.Float32 && (value.numel() == 1 ? value.dim() <= 4 : value.numel() == channels && value.shape is [_, 1, 1] or [1, _, 1, 1]);

    private long[] Channels() => [weight().shape[0]];

    // Without history, and beyond the scope that it is made in.
    private static Tensor Copy(Tensor source)
    {
        using Tensor detached = source.detach();
        return detached.clone().DetachFromDisposeScope();
    }
}
