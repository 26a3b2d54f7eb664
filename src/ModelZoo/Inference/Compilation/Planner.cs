using ModelZoo.Layers;
using ModelZoo.Tracing;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ModelZoo.Inference.Compilation;

/// <summary>
/// From a trace to steps. What does nothing in evaluation falls away; then a chain of layers, of which each is the only reader of the one before, becomes one
/// step at the place of its last.
/// </summary>
internal sealed class Planner
{
    private readonly Trace trace;
    private readonly Backend backend;
    private readonly List<Call> calls = [];
    private readonly Dictionary<int, List<Call>> readers = [];
    private readonly Dictionary<(int Node, int Slot), int> values = new() { [(Trace.ModelInput, 0)] = 0 };
    private readonly HashSet<int> outputs;
    private int count = 1;

    private Planner(Trace trace, int target, Backend backend)
    {
        (this.trace, this.backend) = (trace, backend);
        bool[] needed = Needed(trace, target);
        foreach (TraceNode node in trace.Nodes.Where(n => needed[n.Index]))
        {
            Read(node);
        }

        Output = values[(target, 0)];
        outputs = [Output];

        // A layer that changes what others read too: the order of reading matters, and nothing may move.
        if (calls.Any(c => InPlace.IsIn(c.Layer.Module) && ReadersOf(c.Inputs[0]).Count > 1))
        {
            this.backend = backend with { Fusions = Fusions.None };
        }
    }

    private int Output { get; }

    /// <summary>Plans the part of a model up to a node of its trace.</summary>
    /// <param name="trace">The model in eval mode.</param>
    /// <param name="target">The node whose first output is wanted; <see cref="Trace.ModelInput"/> for none.</param>
    /// <param name="backend">How steps compute.</param>
    /// <param name="rules">What may be overwritten; null for <see cref="Liveness"/>'s rules.</param>
    /// <param name="rewrite">Makes other steps of these (on bytes); null for none.</param>
    public static CompiledProgram Plan(Trace trace, int target, Backend backend, Liveness? rules = null, Func<StepPlan, Backend, StepPlan>? rewrite = null)
    {
        var planner = new Planner(trace, target, backend);
        List<Step> steps = [];
        try
        {
            planner.Steps(steps);
            if (planner.backend.Kernels && planner.backend.Has(Fusions.Concatenations))
            {
                Placement.Assign(steps, planner.Output);
            }

            StepPlan plan = new(steps, planner.count, planner.Output);
            plan = rewrite?.Invoke(plan, planner.backend) ?? plan;
            steps = plan.Steps;
            (rules ?? new Liveness()).Assign(steps, plan.Values, plan.Output);
            return new CompiledProgram(steps, plan.Values, plan.Output, planner.backend, trace.InputShape);
        }
        catch
        {
            steps.ForEach(static s => s.Dispose());
            throw;
        }
    }

    private void Read(TraceNode node)
    {
        int[] inputs = [.. node.Inputs.Select((source, i) => values[(source, node.InputSlots.Count > i ? node.InputSlots[i] : 0)])];
        bool nothing = node.Module is Identity or Dropout or Dropout2d or StochasticDepth && !InPlace.IsIn(node.Module);
        if (nothing || (node.Module is AdaptiveAvgPool2d && node.InputShapes[0].AsSpan().SequenceEqual(node.OutputShape)))
        {
            values[(node.Index, 0)] = inputs[0];
            return;
        }

        bool pair = node.Module is nn.Module<Tensor, (Tensor, Tensor)>;
        var call = new Call(node, inputs, pair ? [count, count + 1] : [count]);
        foreach (int slot in Enumerable.Range(0, call.Outputs.Length))
        {
            values[(node.Index, slot)] = count++;
        }

        calls.Add(call);
        foreach (int input in inputs)
        {
            ReadersOf(input).Add(call);
        }
    }

    private void Steps(List<Step> steps)
    {
        Dictionary<Call, Func<Step>> ends = [];
        HashSet<Call> taken = [];
        Dictionary<string, (ConcatStep Step, int Value)> concatenations = [];
        foreach (Call call in calls)
        {
            if (!taken.Contains(call))
            {
                (List<Call> chain, Func<Step> make) = Chain(call, taken, concatenations);
                taken.UnionWith(chain);
                ends[chain[^1]] = make;
            }

            if (ends.TryGetValue(call, out Func<Step>? step))
            {
                steps.Add(step());
            }
        }
    }

    // The layers that become one step with a layer and those after it.
    private (List<Call> Chain, Func<Step> Make) Chain(Call head, HashSet<Call> taken, Dictionary<string, (ConcatStep Step, int Value)> concatenations)
    {
        nn.Module leaf = head.Layer.Module;
        bool images = head.Layer.InputShapes[0].Length == 4;
        List<Call> chain = [head];
        switch (leaf)
        {
            case Conv2d when IsPlain(head):
                return (chain, Convolution(chain, taken, leading: 0));
            case Linear when leaf.GetType() == typeof(Linear) && head.Layer.InputShapes[0].Length == 2:
                Activation(chain, taken, reluOnly: false);
                return (chain, () => new LinearStep(Layers(chain), head.Inputs, chain[^1].Outputs[0], backend));
            case BatchNorm2d norm when images && FoldedWeight.Takes(norm, norm.num_features):
                Activation(chain, taken, reluOnly: false);
                if (ReadBefore(chain, taken) is { } reader)
                {
                    chain.Add(reader);
                    return (chain, Convolution(chain, taken, chain.Count - 1));
                }

                return (chain, () => new AffineStep(Layers(chain), head.Inputs, chain[^1].Outputs[0], backend));
            case Add or Elementwise { Operation: BinaryOperation.Add } when SameShapes(head.Layer):
                Activation(chain, taken, reluOnly: true);
                return (chain, () => new SumStep(Layers(chain), head.Inputs, chain[^1].Outputs[0], backend));
            case Multiply or Elementwise { Operation: BinaryOperation.Multiply } when images && IsGate(head.Layer):
                return (chain, () => new GateStep(head.Layer, head.Inputs, head.Outputs[0], backend));
            case MaxPool2d when backend.Kernels && images && MaxPoolStep.Takes(leaf):
                return (chain, () => new MaxPoolStep(head.Layer, head.Inputs, head.Outputs[0]));
            case AvgPool2d when backend.Kernels && images && MeanPoolStep.Takes(leaf):
                return (chain, () => new MeanPoolStep(head.Layer, head.Inputs, head.Outputs[0]));
            case AdaptiveAvgPool2d when backend.Kernels && images && head.Layer.OutputShape is [_, _, 1, 1]:
                return (chain, () => new MeanStep(head.Layer, head.Inputs, head.Outputs[0]));
            case Concat { Dim: 1 } when images:
                return (chain, () => Joined(head, concatenations));
            case var _ when PointwiseFunction.Of(leaf) is not null && ReadersOf(head.Inputs[0]).Count == 1:
                return (chain, () => new FunctionStep(head.Layer, head.Inputs, head.Outputs[0]));
            default:
                return (chain, () => new LayerStep(head.Layer, head.Inputs, head.Outputs));
        }
    }

    // A convolution at the end of a chain, and what goes into it.
    private Func<Step> Convolution(List<Call> chain, HashSet<Call> taken, int leading)
    {
        long channels = ((Conv2d)chain[^1].Layer.Module).out_channels;
        int folded = 0, input = chain[0].Inputs[0];
        while (backend.Has(Fusions.Normalization) && Next(chain, taken) is { } scale && FoldedWeight.Takes(scale.Layer.Module, channels))
        {
            chain.Add(scale);
            folded++;
        }

        int other = backend.Has(Fusions.Sums) && Next(chain, taken) is { } sum ? OtherOf(sum, chain[^1].Outputs[0]) : -1;
        if (other >= 0)
        {
            chain.Add(Next(chain, taken)!);
        }

        Activation(chain, taken, other >= 0);
        return () => new ConvolutionStep(Layers(chain), other >= 0 ? [input, other] : [input], chain[^1].Outputs[0], leading, folded, other >= 0, backend);
    }

    // The 1×1 convolution that alone reads a normalization and its ReLU, and computes both as it reads.
    private Call? ReadBefore(List<Call> chain, HashSet<Call> taken) =>
        backend.Kernels && backend.Has(Fusions.PreActivations) && (chain.Count == 1 || PointwiseFunction.Of(chain[1].Layer.Module) == PointwiseFunction.Relu)
        && Next(chain, taken) is { } next && IsPlain(next) && DirectConvolution.TakesPreActivation((Conv2d)next.Layer.Module) ? next : null;

    private static bool IsPlain(Call call) => call.Layer.Module is Conv2d { padding_mode: PaddingModes.Zeros, padding: not null } leaf
        && leaf.GetType() == typeof(Conv2d) && call.Layer.InputShapes[0].Length == 4;

    // The one reader of a chain's output; null where there are others, or it is wanted itself.
    private Call? Next(List<Call> chain, HashSet<Call> taken) =>
        !outputs.Contains(chain[^1].Outputs[0]) && ReadersOf(chain[^1].Outputs[0]) is [var only] && !taken.Contains(only) ? only : null;

    private void Activation(List<Call> chain, HashSet<Call> taken, bool reluOnly)
    {
        if (backend.Has(Fusions.Activations) && Next(chain, taken) is { } next && PointwiseFunction.Of(next.Layer.Module) is { } function
            && (!reluOnly || ReferenceEquals(function, PointwiseFunction.Relu)))
        {
            chain.Add(next);
        }
    }

    // What a sum adds to a value; −1 where it is no such sum.
    private static int OtherOf(Call sum, int value) =>
        sum.Layer.Module is Add or Elementwise { Operation: BinaryOperation.Add } && SameShapes(sum.Layer) && sum.Inputs[0] != sum.Inputs[1]
            ? sum.Inputs[0] == value ? sum.Inputs[1] : sum.Inputs[0]
            : -1;

    // A concatenation; where an earlier one is what it begins with, or begins as it does, behind that. Only one may append to each.
    private ConcatStep Joined(Call call, Dictionary<string, (ConcatStep Step, int Value)> before)
    {
        int present = 0;
        (ConcatStep Step, int Value) earlier = default;
        for (int n = call.Inputs.Length - 1; n >= 1 && present == 0 && backend.Kernels && backend.Has(Fusions.Concatenations); n--)
        {
            if (before.TryGetValue(string.Join(",", call.Inputs[..n]), out earlier))
            {
                present = n;
                foreach (string key in before.Where(b => b.Value.Step == earlier.Step).Select(b => b.Key).ToArray())
                {
                    before.Remove(key);
                }
            }
        }

        var step = new ConcatStep(call.Layer, present > 0 ? [earlier.Value, .. call.Inputs[present..]] : call.Inputs, call.Outputs[0], backend)
        {
            Present = present,
            Before = present > 0 ? earlier.Step : null,
        };
        for (ConcatStep? s = step.Before; s is not null; s = s.Before)
        {
            s.Capacity = step.Capacity;
        }

        before[string.Join(",", call.Inputs)] = before[$"{call.Outputs[0]}"] = (step, call.Outputs[0]);
        return step;
    }

    private List<Call> ReadersOf(int value) => readers.TryGetValue(value, out List<Call>? found) ? found : readers[value] = [];

    private static TraceNode[] Layers(List<Call> chain) => [.. chain.Select(c => c.Layer)];

    private static bool SameShapes(TraceNode node) => node.InputShapes[0].AsSpan().SequenceEqual(node.InputShapes[1]);

    private static bool IsGate(TraceNode node) =>
        node.InputShapes is [[var n, var c, _, _], [var images, var gates, 1, 1]] && images == n && gates == c;

    private static bool[] Needed(Trace trace, int target)
    {
        var needed = new bool[trace.Nodes.Count];
        Stack<int> open = new([target]);
        while (open.TryPop(out int index))
        {
            if (index != Trace.ModelInput && !needed[index])
            {
                needed[index] = true;
                foreach (int input in trace.Nodes[index].Inputs)
                {
                    open.Push(input);
                }
            }
        }

        return needed;
    }

    private sealed record Call(TraceNode Layer, int[] Inputs, int[] Outputs);
}

/// <summary>The steps of a network, before it is known when values die.</summary>
/// <param name="Steps">In the order of execution.</param>
/// <param name="Values">How many values there are; the input's number is 0.</param>
/// <param name="Output">The number of the value that is wanted.</param>
internal sealed record StepPlan(List<Step> Steps, int Values, int Output);

/// <summary>
/// When values die, and what may be overwritten: a value that no later step reads, whose memory no living value shares (a view of it), no other input of the
/// same step, and not the caller's own input.
/// </summary>
internal class Liveness
{
    public void Assign(List<Step> steps, int values, int output)
    {
        int[] last = LastUses(steps, values, output);
        int[] memory = [.. Enumerable.Range(0, values)]; // values of one number may share memory
        for (int i = 0; i < steps.Count; i++)
        {
            Step step = steps[i];
            int wanted = step.Overwritable >= 0 ? step.Inputs[step.Overwritable] : -1;
            step.Overwrites = wanted >= 0 && MayOverwrite(wanted, i, step, last, memory);
            IEnumerable<int> shared = step.Shares.Select(slot => step.Inputs[slot]).Concat(step.Overwrites ? [wanted] : []);
            foreach (int value in shared)
            {
                (int from, int to) = (memory[value], memory[step.Outputs[0]]);
                for (int v = 0; v < values; v++)
                {
                    memory[v] = memory[v] == to ? from : memory[v];
                }
            }

            foreach (int second in step.Outputs.Skip(1).Where(_ => step.Shares.Any()))
            {
                memory[second] = memory[step.Outputs[0]];
            }
        }

        foreach (IGrouping<int, int> dying in Enumerable.Range(0, values).Where(v => last[v] >= 0 && last[v] < steps.Count).GroupBy(v => last[v]))
        {
            steps[dying.Key].Dead = [.. dying];
        }
    }

    /// <summary>Whether a step may write its output into one of its inputs.</summary>
    protected virtual bool MayOverwrite(int value, int at, Step step, int[] last, int[] memory) =>
        memory[value] != memory[0]
        && step.Inputs.Count(input => memory[input] == memory[value]) == 1
        && !Enumerable.Range(0, last.Length).Any(v => v != value && memory[v] == memory[value] && last[v] > at)
        && last[value] == at;

    // The step after which nobody reads a value: its own where nobody ever does; behind the end for the output.
    private static int[] LastUses(List<Step> steps, int values, int output)
    {
        var last = new int[values];
        Array.Fill(last, -1);
        for (int i = 0; i < steps.Count; i++)
        {
            foreach (int value in steps[i].Outputs.Concat(steps[i].Inputs))
            {
                last[value] = i;
            }
        }

        last[output] = int.MaxValue;
        return last;
    }
}
