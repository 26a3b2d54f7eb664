using System.Globalization;
using ModelZoo.Reference;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ModelZoo.Verification;

/// <summary>How one check ended.</summary>
public enum Verdict
{
    /// <summary>Every element that was looked at lies within its bound.</summary>
    Passed,

    /// <summary>An element lies outside, a shape is wrong, or something is missing.</summary>
    Failed,

    /// <summary>Nothing could be compared, because no reference check is known.</summary>
    Unverified,
}

/// <summary>
/// One quantity of one layer, compared with the reference. Error, bound, index and the two values are those of the worst element: the one with the
/// largest error/bound, not the one with the largest error.
/// </summary>
public sealed record LayerCheck
{
    /// <summary>The leaf's path in the model ("layer1.0"); "model" and "loss" for what belongs to no leaf.</summary>
    public required string Name { get; init; }

    /// <summary>The leaf's type ("Conv2d").</summary>
    public required string Op { get; init; }

    /// <summary>"output", "grad input", "grad weight" …, "parameters", "structure", "forward", "determinism".</summary>
    public required string Quantity { get; init; }

    /// <summary>The shape of the quantity.</summary>
    public IReadOnlyList<long> Shape { get; init; } = [];

    /// <summary>How many elements were compared.</summary>
    public long CheckedCount { get; init; }

    /// <summary>How many there are.</summary>
    public long TotalCount { get; init; }

    /// <summary>|actual − expected| at the worst element.</summary>
    public double MaxError { get; init; }

    /// <summary>The rounding-error bound there.</summary>
    public double BoundThere { get; init; }

    /// <summary>Error / bound there: 0 when both are 0, +∞ when the bound is 0 and the error is not. Up to 1 passes.</summary>
    public double WorstRatio { get; init; }

    /// <summary>Where the worst element is; empty when nothing was compared.</summary>
    public IReadOnlyList<long> WorstIndex { get; init; } = [];

    /// <summary>What the reference gives there.</summary>
    public double Expected { get; init; }

    /// <summary>What the layer gave there.</summary>
    public double Actual { get; init; }

    /// <summary>How it ended.</summary>
    public required Verdict Verdict { get; init; }

    /// <summary>A failure in words, where numbers do not say it.</summary>
    public string? Note { get; init; }

    /// <summary>Which single change of the layer's description would explain what it computed ("stride 2 instead of 1"), where one was found.</summary>
    public string? LikelyCause { get; init; }

    /// <summary>Whether every element that was looked at lies within its bound.</summary>
    public bool Passed => Verdict == Verdict.Passed;

    /// <inheritdoc/>
    public override string ToString()
    {
        string numbers = CheckedCount == 0 ? "" : string.Create(CultureInfo.InvariantCulture,
            $": error {MaxError:g3}, bound {BoundThere:g3}, ratio {WorstRatio:g3} at [{string.Join(",", WorstIndex)}] (expected {Expected:r}, got {Actual:r}; "
                + $"{CheckedCount} of {TotalCount})");
        return $"{Name} ({Op}) {Quantity} {Verdict}{numbers}{(Note is null ? "" : $"; {Note}")}{(LikelyCause is null ? "" : $"; likely cause: {LikelyCause}")}";
    }
}

/// <summary>One leaf run alone with autograd on copies of its real inputs: the gradients of Σ gradY·y for a seeded random gradY.</summary>
internal sealed class LeafRun : IDisposable
{
    private readonly Dictionary<string, Tensor> gradients = [];
    private readonly Dictionary<string, Tensor> buffers = [];

    private LeafRun(NdArray upstream, Tensor output)
    {
        Upstream = upstream;
        Output = output;
    }

    /// <summary>gradY as torch saw it: uniform in [−1, 1), rounded to the output's type.</summary>
    public NdArray Upstream { get; }

    /// <summary>y.</summary>
    public Tensor Output { get; }

    /// <summary>By <see cref="Quantity"/>'s names.</summary>
    public IReadOnlyDictionary<string, Tensor> Gradients => gradients;

    /// <summary>The leaf's buffers after a run in training, by name.</summary>
    public IReadOnlyDictionary<string, Tensor> Buffers => buffers;

    /// <summary>Why there are no gradients, where there are none.</summary>
    public string? Failure { get; private set; }

    /// <summary>Runs the leaf in the mode that it is in.</summary>
    public static LeafRun Of(nn.Module leaf, IReadOnlyList<Tensor> inputs, ulong seed) => Run(leaf, inputs, seed, training: false);

    /// <summary>
    /// Runs the leaf in training mode, with what it draws at random seeded; its mode, its buffers and the default generator are as before afterwards.
    /// </summary>
    public static LeafRun OfTraining(nn.Module leaf, IReadOnlyList<Tensor> inputs, ulong seed)
    {
        bool training = leaf.training;
        using var state = new ModuleState(leaf, parameters: false);
        using var random = new GeneratorScope((long)(seed % long.MaxValue));
        leaf.train();
        try
        {
            return Run(leaf, inputs, seed, training: true);
        }
        finally
        {
            leaf.train(training);
        }
    }

    public void Dispose()
    {
        Output.Dispose();
        foreach (Tensor tensor in gradients.Values.Concat(buffers.Values))
        {
            tensor.Dispose();
        }
    }

    private static LeafRun Run(nn.Module leaf, IReadOnlyList<Tensor> inputs, ulong seed, bool training)
    {
        using DisposeScope scope = NewDisposeScope();
        (string Name, Parameter Parameter)[] parameters = [.. leaf.named_parameters(recurse: false).Select(p => (p.name, p.parameter))];
        using var lent = new GradientScope(parameters.Select(p => p.Parameter));
        using IDisposable enabled = enable_grad();
        Tensor[] leaves = [.. inputs.Select(x => x.is_floating_point() ? x.detach().clone().requires_grad_() : x.detach().clone())];

        // A copy of each, because a leaf that works in place may not change a leaf of autograd.
        Tensor output = Call(leaf, [.. leaves.Select(x => x.clone())]);
        (Tensor gradY, NdArray upstream) = Draw(output, seed);
        var run = new LeafRun(upstream, Keep(output));
        if (training)
        {
            foreach ((string name, Tensor buffer) in leaf.named_buffers(recurse: false))
            {
                run.buffers[name] = Keep(buffer);
            }
        }

        if (!output.requires_grad)
        {
            run.Failure = "its output is cut off from autograd: no gradient flows through it";
            return run;
        }

        output.backward([gradY]);
        foreach ((string name, Tensor source) in leaves.Select((x, i) => (i == 0 ? Quantity.GradInput : $"{Quantity.GradInput} {i}", x))
            .Concat(parameters.Select(p => (Quantity.Grad + p.Name, (Tensor)p.Parameter))))
        {
            if (source.grad is { } gradient)
            {
                run.gradients[name] = Keep(gradient);
            }
        }

        return run;
    }

    private static (Tensor GradY, NdArray Values) Draw(Tensor output, ulong seed)
    {
        var random = new SeededRandom(seed);
        var drawn = new double[checked((int)output.numel())];
        for (int i = 0; i < drawn.Length; i++)
        {
            drawn[i] = (2 * random.NextDouble()) - 1;
        }

        Tensor gradY = new NdArray(drawn, output.Sizes()).ToTensor(output.dtype, output.device);
        return (gradY, gradY.ToNdArray());
    }

    // Beyond the scope, the gradient scope and the restored buffers.
    private static Tensor Keep(Tensor tensor)
    {
        using Tensor detached = tensor.detach();
        return detached.clone().DetachFromDisposeScope();
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
