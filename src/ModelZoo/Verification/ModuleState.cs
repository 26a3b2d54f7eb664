using static TorchSharp.torch;

namespace ModelZoo.Verification;

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
