using static TorchSharp.torch;

namespace ModelZoo.Distributed;

/// <summary>
/// Hands a tensor on, and in the backward says that its gradient has arrived: everything that was computed from it has its gradients by then. TorchSharp has no
/// hooks on parameters.
/// </summary>
internal sealed class GradientProbe : autograd.SingleTensorFunction<GradientProbe>
{
    private const string Key = "arrived";

    /// <inheritdoc/>
    public override string Name => nameof(GradientProbe);

    /// <summary>A copy of a tensor with such a backward.</summary>
    /// <param name="value">Anything that has a gradient.</param>
    /// <param name="arrived">Called on the thread of the backward.</param>
    public static Tensor On(Tensor value, Action arrived) => apply(value, arrived);

    /// <inheritdoc/>
    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        ctx.save_data(Key, vars[1]);
        return ((Tensor)vars[0]).clone();
    }

    /// <inheritdoc/>
    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        ((Action)ctx.get_data(Key))();
        return [grad_output, null!];
    }
}
