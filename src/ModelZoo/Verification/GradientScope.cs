using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ModelZoo.Verification;

/// <summary>
/// Parameters lent to a backward pass of our own: while it lasts all of them want gradients (a frozen layer is verified too) and have none; on disposal
/// their own gradients and their requires_grad are back.
/// </summary>
internal sealed class GradientScope : IDisposable
{
    private readonly (Parameter Parameter, bool Required, Tensor? Gradient)[] saved;

    public GradientScope(IEnumerable<Parameter> parameters)
    {
        saved = [.. parameters.Select(p => (p, p.requires_grad, p.grad))];
        foreach ((Parameter parameter, _, _) in saved)
        {
            parameter.grad = null;
            parameter.requires_grad = true;
        }
    }

    public void Dispose()
    {
        foreach ((Parameter parameter, bool required, Tensor? gradient) in saved)
        {
            parameter.grad = gradient;
            parameter.requires_grad = required;
        }
    }
}
