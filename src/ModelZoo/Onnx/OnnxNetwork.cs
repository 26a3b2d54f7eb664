using ModelZoo.Registry;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ModelZoo.Onnx;

/// <summary>
/// A network that was read from a graph: its layers are leaf modules under the paths that the graph's names give, and a forward calls them in order. A value is
/// given up as soon as nothing needs it any more.
/// </summary>
internal sealed class OnnxNetwork : ZooModel
{
    private readonly GraphStep[] steps;
    private readonly int[][] last; // after each step: the values that nothing takes any more
    private readonly int output;

    /// <param name="name">The network's name.</param>
    /// <param name="steps">What runs, in order.</param>
    /// <param name="output">The value that is the output.</param>
    public OnnxNetwork(string name, IReadOnlyList<GraphStep> steps, int output) : base(name)
    {
        (this.steps, this.output) = ([.. steps], output);
        foreach (GraphStep step in steps.Where(s => !s.IsSecond))
        {
            Register(step);
        }

        var taken = new int[steps.Count + 1];
        for (int i = 0; i < steps.Count; i++)
        {
            foreach (int value in steps[i].Takes)
            {
                taken[value] = i;
            }
        }

        ILookup<int, int> ends = Enumerable.Range(1, steps.Count).Where(value => value != output).ToLookup(value => taken[value]);
        last = [.. steps.Select((_, i) => ends[i].Where(value => value <= i).ToArray())];
        HeadStep = FindHead();
        Head = HeadStep is { } head ? steps[head].Path : "";
        Stem = this.steps.FirstOrDefault(s => s.Module is Conv2d)?.Path ?? "";
        Stages = [.. Scales()];
    }

    /// <summary>The layer that makes the logits, where one does; empty for a network that ends in features.</summary>
    public override string Head { get; }

    /// <summary>The first convolution; empty where there is none.</summary>
    public override string Stem { get; }

    /// <summary>The last layer of each size of image, from large to small.</summary>
    public override IReadOnlyList<string> Stages { get; }

    /// <summary>What was left aside, a sentence each.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>Which step the head is.</summary>
    public int? HeadStep { get; }

    /// <summary>What runs, in order.</summary>
    public IReadOnlyList<GraphStep> Steps => steps;

    /// <inheritdoc/>
    public override Tensor forward(Tensor input)
    {
        using DisposeScope scope = NewDisposeScope();
        var values = new Tensor?[steps.Length + 1];
        values[0] = input;
        for (int i = 0; i < steps.Length; i++)
        {
            Tensor made;
            if (steps[i].Module is nn.Module<Tensor, (Tensor, Tensor)> pair)
            {
                if (!steps[i].IsSecond)
                {
                    (values[i + 1], values[i + 2]) = pair.call(values[steps[i].Takes[0]]!);
                }

                made = values[i + 1]!;
            }
            else
            {
                values[i + 1] = made = Call(steps[i], values);
            }

            foreach (int value in last[i])
            {
                if (!ReferenceEquals(values[value], made) && !ReferenceEquals(values[value], input))
                {
                    values[value]!.Dispose();
                }

                values[value] = null;
            }
        }

        return values[output]!.MoveToOuterDisposeScope();
    }

    private static Tensor Call(GraphStep step, Tensor?[] values) => step.Module switch
    {
        nn.Module<Tensor, Tensor> one => one.call(values[step.Takes[0]]!),
        nn.Module<Tensor, Tensor, Tensor> two => two.call(values[step.Takes[0]]!, values[step.Takes[1]]!),
        nn.Module<Tensor[], Tensor> many => many.call([.. step.Takes.Select(value => values[value]!)]),
        var other => throw new InvalidOperationException($"{other.GetType().Name} is called in no way that is known here."),
    };

    private void Register(GraphStep step)
    {
        string[] words = step.Path.Split('.');
        nn.Module parent = this;
        foreach (string word in words[..^1])
        {
            nn.Module? child = parent.named_children().FirstOrDefault(c => c.name == word).module;
            if (child is null)
            {
                child = new GraphScope(word);
                parent.register_module(word, child);
            }

            parent = child;
        }

        parent.register_module(words[^1], step.Module);
    }

    // As HeadFinder has it: behind it come only layers without parameters that take one tensor.
    private int? FindHead()
    {
        for (int value = output; value > 0;)
        {
            GraphStep step = steps[value - 1];
            if (step.Module is Linear || (step.Module is Conv2d convolution && Array.TrueForAll(convolution.kernel_size, static k => k == 1)
                && Array.TrueForAll(convolution.stride, static s => s == 1)))
            {
                return value - 1;
            }

            if (step.Takes.Length != 1 || step.Module.parameters(recurse: false).Any())
            {
                return null;
            }

            value = step.Takes[0];
        }

        return null;
    }

    private IEnumerable<string> Scales() => steps.Where(s => !s.IsSecond && s.Shape.Length == 4 && s.Shape[2] > 1 && s.Shape[3] > 1)
        .GroupBy(s => (s.Shape[2], s.Shape[3])).Select(g => g.Last().Path);

    private sealed class GraphScope(string name) : nn.Module(name);
}
