using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Torch.Tests.Optim;

/// <summary>Seven parameters in two tensors, and a loss of them: that of pytorch_values.py.</summary>
internal sealed class Problem : IDisposable
{
    private readonly Tensor curvature = tensor([1.0, 2.0, 3.0]).DetachFromDisposeScope();

    internal Parameter W { get; } = Own(tensor([0.5, -1.2, 2.0]));

    internal Parameter B { get; } = Own(tensor([0.3, -0.7, 1.1, 0.2]).reshape(2, 2).clone());

    internal Parameter[] Parameters => [W, B];

    internal double[] Values
    {
        get
        {
            using DisposeScope scope = NewDisposeScope();
            using IDisposable _ = no_grad();
            return cat([W, B.reshape(-1)]).data<double>().ToArray();
        }
    }

    internal Tensor Loss()
    {
        using DisposeScope scope = NewDisposeScope();
        return ((W * W * curvature).sum() / 2 + (B.sin() * B).sum()).MoveToOuterDisposeScope();
    }

    internal void Backward()
    {
        using Tensor loss = Loss();
        loss.backward();
    }

    internal void Train(optim.Optimizer optimizer, int steps)
    {
        for (int i = 0; i < steps; i++)
        {
            optimizer.zero_grad();
            Backward();
            optimizer.step();
        }
    }

    public void Dispose()
    {
        W.Dispose();
        B.Dispose();
        curvature.Dispose();
    }

    private static Parameter Own(Tensor data)
    {
        var p = new Parameter(data);
        p.DetachFromDisposeScope();
        return p;
    }
}
