using ModelZoo.Tracing;
using ModelZoo.Training.Precision;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ModelZoo.Transfer;

/// <summary>
/// The part of a model up to one layer, made for computing features fast: from the trace, batch normalisation is folded into the convolutions before it, activations and sums work in place where
/// nobody else reads their input, images lie channels last, and in bfloat16 where that is asked for. It has its own copies of what it changes; the model is not changed, and must be in eval mode while this runs.
/// </summary>
internal sealed class FusedTrunk : IDisposable
{
    private readonly TrunkStep[] steps;
    private readonly int[] uses;
    private readonly ScalarType type;

    private FusedTrunk(TrunkStep[] steps, int[] uses, ScalarType type, long macs)
    {
        (this.steps, this.uses, this.type, Macs) = (steps, uses, type, macs);
    }

    /// <summary>Multiply-accumulates of an image, in convolutions and fully connected layers.</summary>
    public long Macs { get; }

    /// <summary>How many batch normalisations are inside a convolution now.</summary>
    public int Folded => steps.OfType<ConvolutionStep>().Count(s => s.Folded);

    /// <summary>Builds the part of a model up to a node of its trace.</summary>
    /// <param name="trace">The model in eval mode.</param>
    /// <param name="target">The node whose output is wanted.</param>
    /// <param name="type">Float32, or BFloat16.</param>
    /// <returns>Null where a layer on the way has two outputs, or cannot compute in that type.</returns>
    public static FusedTrunk? Build(Trace trace, int target, ScalarType type = ScalarType.Float32)
    {
        bool[] needed = Needed(trace, target);
        if (trace.Nodes.Any(n => needed[n.Index] && (n.Module is nn.Module<Tensor, (Tensor, Tensor)> || (type != ScalarType.Float32 && !TrunkStep.Computes(n.Module)))))
        {
            return null;
        }

        using IDisposable none = no_grad();
        List<TrunkStep> steps = [];
        int[] made = new int[trace.Nodes.Count]; // the value that holds each node's output; 0 is the input
        bool[] fresh = new bool[trace.Nodes.Count + 1]; // whether a value shares its memory with no other
        foreach (TraceNode node in trace.Nodes.Where(n => needed[n.Index]))
        {
            int[] inputs = [.. node.Inputs.Select(i => i == Trace.ModelInput ? 0 : made[i])];
            bool alone = node.Inputs.All(i => i != Trace.ModelInput) && Readers(node.Inputs[0]) == 1;
            if (node.Module is BatchNorm2d norm && alone && steps.LastOrDefault(s => s.Output == inputs[0]) is ConvolutionStep { Folded: false } before && before.TryFold(norm))
            {
                made[node.Index] = inputs[0];
                continue;
            }

            int output = steps.Count + 1;
            TrunkStep step = TrunkStep.Of(node.Module, inputs, output, type, inPlace: alone && fresh[inputs[0]] && inputs.Distinct().Count() == inputs.Length);
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
        return new FusedTrunk([.. steps], uses, type, macs);

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
        foreach (TrunkStep step in steps)
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
        foreach (TrunkStep step in steps)
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
