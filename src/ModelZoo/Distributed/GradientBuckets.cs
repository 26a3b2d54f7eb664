using ModelZoo.Tracing;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ModelZoo.Distributed;

/// <summary>
/// The gradients of a model, added up over the ranks in a few large messages, each of which goes off as soon as the backward has left the layers that it is
/// for (S. Li et al., "PyTorch Distributed: Experiences on Accelerating Data Parallel Training", VLDB 2020, section 3.2).
/// </summary>
/// <remarks>
/// The first step finds out in what order the layers run and which parameters get a gradient; rank 0's order counts for all. What comes of a forward whose
/// layers run in another order than the first one's is added up after its backward.
/// </remarks>
internal sealed class GradientBuckets : IDisposable
{
    private readonly RankGroup group;
    private readonly (string Name, Parameter Parameter)[] trained;
    private readonly Dictionary<nn.Module, int> layers = new(ReferenceEqualityComparer.Instance); // of the parameters, to the first of them
    private readonly List<Action> removals = [];
    private readonly List<int> ran = []; // the layers of this forward, each at its first run
    private List<Bucket> buckets = [];
    private (string Name, Parameter Parameter)[] unused = [];
    private int[] order = []; // of the layers, as they first ran
    private bool learned, armed, inOrder;
    private int begun;

    /// <param name="group">The ranks.</param>
    /// <param name="model">The model.</param>
    /// <param name="trained">Its parameters that are trained, or what stands for them, in the same order on every rank.</param>
    /// <param name="overlaps">Whether these are the very parameters that the backward gives gradients, on the CPU; else all is sent after it.</param>
    public GradientBuckets(RankGroup group, nn.Module model, IReadOnlyList<(string Name, Parameter Parameter)> trained, bool overlaps)
    {
        (this.group, this.trained) = (group, [.. trained]);
        if (!overlaps)
        {
            return;
        }

        Dictionary<string, int> places = this.trained.Index().ToDictionary(t => t.Item.Name, t => t.Index, StringComparer.Ordinal);
        foreach ((string name, nn.Module layer) in ModuleHooks.Leaves(model))
        {
            string prefix = ReferenceEquals(layer, model) ? "" : name + ".";
            int[] own = [.. layer.named_parameters(recurse: false).Select(p => places.GetValueOrDefault(prefix + p.name, -1)).Where(p => p >= 0)];
            if (own.Length > 0 && ModuleHooks.Replace(layer, y => Ran(layer, y)) is { } removal)
            {
                layers.Add(layer, own[0]);
                removals.Add(removal);
            }
        }
    }

    /// <summary>Before the first forward of a step.</summary>
    public void Open() => (armed, begun) = (false, 0);

    /// <summary>Before the last forward of a step: what its backward has left is sent.</summary>
    public void Arm()
    {
        ran.Clear();
        (armed, inOrder) = (true, true);
    }

    /// <summary>After the last backward of a step: every gradient is the sum over all ranks; what got none on any rank has none.</summary>
    public void Finish()
    {
        armed = false;
        using IDisposable off = no_grad();
        if (!learned)
        {
            Learn();
        }
        else
        {
            MustBeKnown();
        }

        Begin(buckets.Count);
        foreach (Bucket bucket in buckets)
        {
            bucket.Finish(group);
        }
    }

    public void Dispose()
    {
        removals.ForEach(static remove => remove());
        buckets.ForEach(static bucket => bucket.Dispose());
    }

    // In the order in which the forward has them, once it is known: the last layer's gradients are there first.
    private void Learn()
    {
        double[] used = [.. trained.Select(t => t.Parameter.grad is { } gradient && Freed(gradient) ? 1.0 : 0.0)];
        group.Sum(used);
        int[] first = [.. ran.Concat(layers.Values.Order()).Distinct()];
        double[] sent = [.. first.Select(f => group.IsFirst ? f : 0.0)];
        group.Sum(sent);
        order = [.. sent.Select(f => (int)f)];
        Dictionary<int, int> rank = order.Index().ToDictionary(f => f.Item, f => f.Index);
        int turn = 0;
        int[] turns = [.. trained.Select((_, i) => turn = rank.GetValueOrDefault(i, turn))]; // a layer's parameters follow its first
        int[] wanted = [.. Enumerable.Range(0, trained.Length).Where(i => used[i] > 0).OrderByDescending(i => turns[i]).ThenByDescending(i => i)];
        buckets = Bucket.Fill([.. wanted.Select(i => (trained[i].Parameter, turns[i]))], group.MessageBytes);
        unused = [.. trained.Where((_, i) => used[i] == 0)];
        learned = true;
    }

    // It would be added up on no rank, and the ranks' weights would part.
    private void MustBeKnown()
    {
        foreach ((string name, Parameter parameter) in unused)
        {
            using Tensor? gradient = parameter.grad;
            if (gradient is not null)
            {
                throw new ZooException($"{name} had no gradient in the first step and has one now: a network whose layers come and go cannot be trained by "
                    + "several processes.");
            }
        }
    }

    private static bool Freed(Tensor gradient)
    {
        gradient.Dispose();
        return true;
    }

    private Tensor Ran(nn.Module layer, Tensor output)
    {
        if (!armed || !is_grad_enabled())
        {
            return output;
        }

        int first = layers[layer];
        if (ran.Contains(first))
        {
            return output;
        }

        ran.Add(first);
        if (!learned)
        {
            return output;
        }

        inOrder &= order.Length >= ran.Count && order[ran.Count - 1] == first;
        int turn = ran.Count - 1, complete = buckets.FindLastIndex(b => b.Earliest > turn) + 1;
        int before = buckets.FindLastIndex(b => b.Earliest > turn - 1) + 1;
        return complete > 0 && complete != before && output.requires_grad
            ? GradientProbe.On(output, () =>
            {
                if (inOrder)
                {
                    Begin(complete);
                }
            })
            : output;
    }

    private void Begin(int count)
    {
        for (; begun < count; begun++)
        {
            buckets[begun].Begin(group);
        }
    }
}
