using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ModelZoo.Verification;

/// <summary>Puts a model into evaluation mode, and on disposal each of its modules back into its own.</summary>
internal sealed class EvalMode : IDisposable
{
    private readonly (nn.Module Module, bool Training)[] modes;

    public EvalMode(nn.Module model)
    {
        modes = [.. model.modules().Append(model).Select(m => (m, m.training))];
        model.eval();
    }

    // train() reaches down: the children after their parents.
    public void Dispose()
    {
        foreach ((nn.Module module, bool training) in modes.OrderByDescending(m => m.Module.modules().Count()))
        {
            if (module.training != training)
            {
                module.train(training);
            }
        }
    }
}

/// <summary>The default generator of the CPU seeded for a while; on disposal it goes on where it was.</summary>
internal sealed class GeneratorScope : IDisposable
{
    private readonly Tensor state;

    public GeneratorScope(long seed)
    {
        state = random.get_rng_state().DetachFromDisposeScope();
        manual_seed(seed);
    }

    public void Dispose()
    {
        random.set_rng_state(state);
        state.Dispose();
    }
}

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

/// <summary>The values of a module's buffers, and of its parameters where asked for: on disposal they are back, bit for bit.</summary>
internal sealed class ModuleState : IDisposable
{
    private readonly nn.Module module;
    private readonly bool parameters;
    private readonly Dictionary<string, Tensor> saved = [];

    public ModuleState(nn.Module module, bool parameters)
    {
        this.module = module;
        this.parameters = parameters;
        foreach ((string name, Tensor tensor) in Tensors())
        {
            using Tensor detached = tensor.detach();
            saved[name] = detached.clone().DetachFromDisposeScope();
        }
    }

    /// <summary>A parameter or buffer as it was.</summary>
    public Tensor this[string name] => saved[name];

    public void Dispose()
    {
        using IDisposable none = no_grad();
        foreach ((string name, Tensor tensor) in Tensors())
        {
            if (saved.TryGetValue(name, out Tensor? before))
            {
                tensor.copy_(before);
            }
        }

        foreach (Tensor tensor in saved.Values)
        {
            tensor.Dispose();
        }
    }

    private IEnumerable<(string Name, Tensor Tensor)> Tensors() =>
        (parameters ? module.named_parameters().Select(p => (p.name, (Tensor)p.parameter)) : []).Concat(module.named_buffers().Select(b => (b.Item1, b.Item2)));
}
