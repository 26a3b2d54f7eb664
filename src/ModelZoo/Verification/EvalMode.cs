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
