using ModelZoo.Data;
using ModelZoo.Reference;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ModelZoo.Verification;

/// <summary>One leaf run alone with autograd on copies of its real inputs: the gradients of Σ gradY·y for a seeded random gradY.</summary>
internal sealed class LeafRun
{
    private LeafRun(NdArray upstream, IReadOnlyDictionary<string, NdArray> gradients, string? failure)
    {
        Upstream = upstream;
        Gradients = gradients;
        Failure = failure;
    }

    /// <summary>gradY as torch saw it: uniform in [−1, 1), rounded to the output's type.</summary>
    public NdArray Upstream { get; }

    /// <summary>By <see cref="Quantity"/>'s names.</summary>
    public IReadOnlyDictionary<string, NdArray> Gradients { get; }

    /// <summary>Why there are no gradients, where there are none.</summary>
    public string? Failure { get; }

    /// <summary>Runs the leaf.</summary>
    public static LeafRun Of(nn.Module leaf, IReadOnlyList<Tensor> inputs, ulong seed)
    {
        using DisposeScope scope = NewDisposeScope();
        (string Name, Parameter Parameter)[] parameters = [.. leaf.named_parameters(recurse: false).Select(p => (p.name, p.parameter))];
        using var lent = new GradientScope(parameters.Select(p => p.Parameter));
        using IDisposable enabled = enable_grad();
        Tensor[] leaves = [.. inputs.Select(x => x.is_floating_point() ? x.detach().clone().requires_grad_() : x.detach().clone())];
        return Backward(leaf, leaves, parameters, seed);
    }

    private static LeafRun Backward(nn.Module leaf, Tensor[] leaves, IEnumerable<(string Name, Parameter Parameter)> parameters, ulong seed)
    {
        // A copy of each, because a leaf that works in place may not change a leaf of autograd.
        Tensor output = Call(leaf, [.. leaves.Select(x => x.clone())]);
        var random = new SeededRandom(seed);
        var values = new NdArray(new double[checked((int)output.numel())], [.. output.shape.Select(size => (int)size)]).Map(_ => (2 * random.NextDouble()) - 1);
        Tensor gradY = values.ToTensor(output.dtype, output.device);
        var gradients = new Dictionary<string, NdArray>();
        if (!output.requires_grad)
        {
            return new(gradY.ToNdArray(), gradients, "its output is cut off from autograd: no gradient flows through it");
        }

        output.backward([gradY]);
        foreach ((string name, Tensor source) in leaves.Select((x, i) => (i == 0 ? Quantity.GradInput : $"{Quantity.GradInput} {i}", x))
            .Concat(parameters.Select(p => (Quantity.Grad + p.Name, (Tensor)p.Parameter))))
        {
            if (source.grad is { } gradient)
            {
                gradients[name] = gradient.ToNdArray();
            }
        }

        return new(gradY.ToNdArray(), gradients, null);
    }

    private static Tensor Call(nn.Module leaf, Tensor[] inputs) => leaf switch
    {
        nn.Module<Tensor, Tensor> one => one.call(inputs[0]),
        nn.Module<Tensor, Tensor, Tensor> two => two.call(inputs[0], inputs[1]),
        nn.Module<Tensor, (Tensor, Tensor)> pair => pair.call(inputs[0]).Item1,
        nn.Module<Tensor[], Tensor> many => many.call(inputs),
        _ => throw new ZooException($"{leaf.GetType().Name} is a leaf that takes or returns something other than tensors; it can't be run alone."),
    };
}
