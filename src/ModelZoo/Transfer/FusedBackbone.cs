using ModelZoo.Layers;
using ModelZoo.Tracing;
using ModelZoo.Training.Precision;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ModelZoo.Transfer;

/// <summary>
/// The part of a model up to one layer, made for computing features fast: from the trace, batch normalization is folded into the convolutions before it,
/// activations and sums work in place where nobody else reads their input, images lie channels last, and in bfloat16 where that is asked for. It has its own
/// copies of what it changes; the model is not changed, and must be in eval mode while this runs.
/// </summary>
internal sealed class FusedBackbone : IDisposable
{
    private readonly BackboneStep[] steps;
    private readonly int[] uses;
    private readonly ScalarType type;

    private FusedBackbone(BackboneStep[] steps, int[] uses, ScalarType type, long macs)
    {
        (this.steps, this.uses, this.type, Macs) = (steps, uses, type, macs);
    }

    /// <summary>Multiply-accumulates of an image, in convolutions and fully connected layers.</summary>
    public long Macs { get; }

    /// <summary>How many batch normalizations are inside a convolution now.</summary>
    public int Folded => steps.OfType<ConvolutionStep>().Count(s => s.Folded);

    /// <summary>Builds the part of a model up to a node of its trace.</summary>
    /// <param name="trace">The model in eval mode.</param>
    /// <param name="target">The node whose output is wanted.</param>
    /// <param name="type">Float32, or BFloat16.</param>
    /// <returns>Null where a layer on the way has two outputs, or cannot compute in that type.</returns>
    public static FusedBackbone? Build(Trace trace, int target, ScalarType type = ScalarType.Float32)
    {
        bool[] needed = Needed(trace, target);
        if (trace.Nodes.Any(n =>
            needed[n.Index] && (n.Module is nn.Module<Tensor, (Tensor, Tensor)> || (type != ScalarType.Float32 && !BackboneStep.Computes(n.Module)))))
        {
            return null;
        }

        using IDisposable none = no_grad();
        List<BackboneStep> steps = [];
        int[] made = new int[trace.Nodes.Count]; // the value that holds each node's output; 0 is the input
        bool[] fresh = new bool[trace.Nodes.Count + 1]; // whether a value shares its memory with no other
        foreach (TraceNode node in trace.Nodes.Where(n => needed[n.Index]))
        {
            int[] inputs = [.. node.Inputs.Select(i => i == Trace.ModelInput ? 0 : made[i])];
            bool alone = node.Inputs.All(i => i != Trace.ModelInput) && Readers(node.Inputs[0]) == 1;
            if (node.Module is BatchNorm2d norm && alone && steps.LastOrDefault(s => s.Output == inputs[0]) is ConvolutionStep { Folded: false } before
                && before.TryFold(norm))
            {
                made[node.Index] = inputs[0];
                continue;
            }

            int output = steps.Count + 1;
            BackboneStep step = BackboneStep.Of(node.Module, inputs, output, type, inPlace: alone && fresh[inputs[0]]
                && inputs.Distinct().Count() == inputs.Length);
            steps.Add(step);
            fresh[output] = step.MakesFresh;
            made[node.Index] = output;
        }

        steps.ForEach(static s => s.Finish());
        var uses = new int[steps.Count + 1];
        foreach (int input in steps.SelectMany(s => s.Inputs).Append(made.Length > 0 && target >= 0 ? made[target] : 0))
        {
            uses[input]++;
        }

        long macs = trace.Nodes.Where(n => needed[n.Index]).Sum(n => n.Module switch
        {
            Conv2d c => n.OutputShape[1..].Aggregate(1L, static (a, b) => a * b) * (c.weight.numel() / c.out_channels),
            Linear l => l.weight.numel(),
            _ => 0,
        });
        return new FusedBackbone([.. steps], uses, type, macs);

        int Readers(int index) => trace.Nodes.Where(n => needed[n.Index]).Sum(n => n.Inputs.Count(i => i == index)) + (index == target ? 1 : 0);
    }

    /// <summary>Computes a batch.</summary>
    /// <param name="input">[N,…], float32; it is not changed.</param>
    /// <returns>Float32, contiguous; the caller's.</returns>
    public Tensor Run(Tensor input)
    {
        using IDisposable none = no_grad();
        using DisposeScope scope = NewDisposeScope();
        int[] left = [.. uses];
        var values = new Tensor?[steps.Length + 1];
        values[0] = ChannelsLast.Of(input.to(type)).alias(); // the caller's object must not be disposed here
        Tensor last = values[0]!;
        foreach (BackboneStep step in steps)
        {
            last = step.Run([.. step.Inputs.Select(i => values[i]!)]);
            last = last.dtype == type ? last : last.to(type);
            values[step.Output] = last;
            foreach (int input_ in step.Inputs)
            {
                if (--left[input_] == 0)
                {
                    if (!ReferenceEquals(values[input_], last))
                    {
                        values[input_]!.Dispose();
                    }

                    values[input_] = null;
                }
            }
        }

        return last.to(ScalarType.Float32).contiguous().alias().MoveToOuterDisposeScope();
    }

    public void Dispose()
    {
        foreach (BackboneStep step in steps)
        {
            step.Dispose();
        }
    }

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
}

/// <summary>One step of a <see cref="FusedBackbone"/>.</summary>
internal abstract class BackboneStep(int[] inputs, int output) : IDisposable
{
    /// <summary>The numbers of the values that it reads.</summary>
    public int[] Inputs { get; } = inputs;

    /// <summary>The number of the value that it makes.</summary>
    public int Output { get; } = output;

    /// <summary>Whether its output shares its memory with nothing that a later step could read.</summary>
    public virtual bool MakesFresh => false;

    /// <summary>Whether a leaf can compute in bfloat16: it has no parameters of its own, or such that a step copies.</summary>
    public static bool Computes(nn.Module leaf) =>
        ConvolutionStep.Takes(leaf) || leaf is Linear or BatchNorm || (!leaf.parameters().Any() && !leaf.buffers().Any());

    /// <summary>The fastest step for a leaf.</summary>
    public static BackboneStep Of(nn.Module leaf, int[] inputs, int output, ScalarType type, bool inPlace) => leaf switch
    {
        Conv2d convolution when ConvolutionStep.Takes(leaf) => new ConvolutionStep(convolution, inputs, output, type),
        ReLU when inPlace => new InPlaceStep(inputs, output, static x => x[0].relu_()),
        Add when inPlace => new InPlaceStep(inputs, output, static x => x[0].add_(x[1])),
        Linear or BatchNorm when type != ScalarType.Float32 => new ConvertedStep(leaf, inputs, output, type),
        _ => new ModuleStep(leaf, inputs, output),
    };

    public abstract Tensor Run(Tensor[] x);

    /// <summary>Called once, when no later layer can be folded in any more.</summary>
    public virtual void Finish()
    {
    }

    public virtual void Dispose()
    {
    }

    /// <summary>A copy without history, which outlives the scope that it is made in.</summary>
    protected static Tensor Copy(Tensor source, ScalarType? type = null)
    {
        using Tensor detached = source.detach();
        return detached.to(type ?? source.dtype, copy: true).DetachFromDisposeScope();
    }
}

/// <summary>A leaf as it is.</summary>
internal sealed class ModuleStep(nn.Module leaf, int[] inputs, int output) : BackboneStep(inputs, output)
{
    public override bool MakesFresh => leaf is Conv2d or Linear or BatchNorm or Add or Concat;

    public override Tensor Run(Tensor[] x) => leaf switch
    {
        nn.Module<Tensor, Tensor> one => one.call(x[0]),
        nn.Module<Tensor, Tensor, Tensor> two => two.call(x[0], x[1]),
        nn.Module<Tensor[], Tensor> many => many.call(x),
        _ => throw new InvalidOperationException($"{leaf.GetType().Name} is no step of a backbone."),
    };
}

/// <summary>A change of a value that nobody else reads.</summary>
internal sealed class InPlaceStep(int[] inputs, int output, Func<Tensor[], Tensor> change) : BackboneStep(inputs, output)
{
    public override bool MakesFresh => true;

    public override Tensor Run(Tensor[] x) => change(x);
}

/// <summary>A fully connected layer or a batch normalization with its parameters in another type.</summary>
internal sealed class ConvertedStep(nn.Module leaf, int[] inputs, int output, ScalarType type) : BackboneStep(inputs, output)
{
    private readonly Tensor[] own = [.. Values(leaf).Select(t => t is null ? null! : Copy(t, leaf is Linear ? type : ScalarType.Float32))];

    public override bool MakesFresh => true;

    public override Tensor Run(Tensor[] x) => leaf is BatchNorm norm
        ? nn.functional.batch_norm(x[0], own[0], own[1], own[2], own[3], training: false, eps: norm.eps)
        : nn.functional.linear(x[0], own[0], own[1]);

    public override void Dispose()
    {
        foreach (Tensor? tensor in own)
        {
            tensor?.Dispose();
        }

        base.Dispose();
    }

    private static Tensor?[] Values(nn.Module leaf) => leaf switch
    {
        Linear linear => [linear.weight, linear.bias],
        BatchNorm norm => [norm.running_mean, norm.running_var, norm.weight, norm.bias],
        _ => [],
    };
}
