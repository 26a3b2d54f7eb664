using ModelZoo.Distributed;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ModelZoo.Training;

/// <summary>One of several processes that take a step together: what is added up, and who stands aside.</summary>
/// <param name="ranks">The processes.</param>
/// <param name="model">The model.</param>
/// <param name="trained">What is trained.</param>
/// <param name="overlaps">Whether gradients go off while the backward goes on.</param>
internal sealed class RankGradients(RankGroup ranks, nn.Module<Tensor, Tensor> model, IReadOnlyList<(string Name, Parameter Parameter)> trained, bool overlaps)
    : IDisposable
{
    private readonly GradientBuckets buckets = new(ranks, model, trained, overlaps);
    private SyncBatchNorm? sync;
    private double scale = 1;

    /// <summary>From now on batch normalization is over all processes, until the result is disposed.</summary>
    /// <param name="entered">Is disposed after it.</param>
    public IDisposable Synchronize(IDisposable? entered)
    {
        sync = SyncBatchNorm.Attach(model, ranks);
        return new Leaving(() =>
        {
            sync.Dispose();
            sync = null;
            entered?.Dispose();
        });
    }

    /// <summary>Before a forward.</summary>
    public void Open((bool First, bool Last) place)
    {
        if (place.First)
        {
            scale = 1;
            buckets.Open();
        }

        if (place.Last)
        {
            buckets.Arm();
        }
    }

    /// <summary>Whether nothing is to be computed here: without an example, unless a layer needs everybody.</summary>
    public bool IsIdle(int count)
    {
        if (sync is not null)
        {
            sync.IsIdle = count == 0;
        }

        return count == 0 && sync is null;
    }

    /// <summary>An example for a process that has none and must take part; it counts nothing.</summary>
    public static Batch Stand(Batch nothing, IBatchSource train)
    {
        long[] shape = nothing.Inputs.dim() > 1 ? nothing.Inputs.shape[1..] : train.Shape;
        Tensor labels = zeros([1], ScalarType.Int64, nothing.Labels.device);
        return new Batch(zeros([1, .. shape], nothing.Inputs.dtype, nothing.Inputs.device), labels);
    }

    /// <summary>The part of this process by weight, and the examples of all, where the weight is not known before.</summary>
    public (double Part, int Count) Weigh(double weight, int count)
    {
        Span<double> sums = [weight, count];
        ranks.Sum(sums);
        return (sums[0] > 0 ? weight / sums[0] : 0, (int)sums[1]);
    }

    /// <summary>Begins to add up a batch's figures.</summary>
    /// <param name="wishes">Whether to stop.</param>
    /// <param name="loss">This process's part of the mean.</param>
    /// <param name="right">Recognized examples.</param>
    /// <param name="count">Examples.</param>
    /// <param name="whole">Whether the batch is a step of its own: its gradient is the mean over what could be read.</param>
    public StepTotals Total((bool Canceled, bool Late) wishes, double loss, long right, int count, bool whole) =>
        new(ranks, [loss, right, count, wishes.Canceled ? 1 : 0, wishes.Late ? 1 : 0], found => scale = whole ? found : 1);

    /// <summary>After the step's last backward.</summary>
    public void Finish()
    {
        buckets.Finish();
        if (scale != 1)
        {
            foreach ((_, Parameter parameter) in trained)
            {
                using Tensor? gradient = parameter.grad;
                gradient?.mul_(scale);
            }
        }
    }

    /// <summary>What the first process that has something to say says, and who it is.</summary>
    public string? First(string? own)
    {
        byte[][] all = ranks.Gather(System.Text.Encoding.UTF8.GetBytes(own ?? ""));
        int first = Array.FindIndex(all, said => said.Length > 0);
        return first < 0 ? null : $"On rank {first}: {System.Text.Encoding.UTF8.GetString(all[first])}";
    }

    public void Dispose() => buckets.Dispose();

    private sealed class Leaving(Action leave) : IDisposable
    {
        public void Dispose() => leave();
    }
}

/// <summary>A batch's figures on their way.</summary>
internal sealed class StepTotals
{
    private readonly RankGroup ranks;
    private readonly double[] sums;
    private readonly Action<double> corrects;
    private readonly IPending pending;

    public unsafe StepTotals(RankGroup ranks, double[] own, Action<double> corrects)
    {
        (this.ranks, this.corrects) = (ranks, corrects);
        sums = GC.AllocateUninitializedArray<double>(own.Length, pinned: true);
        own.CopyTo(sums, 0);
        fixed (double* data = sums)
        {
            pending = ranks.BeginSum((nint)data, sums.Length, ScalarType.Float64);
        }
    }

    /// <summary>Waits for them.</summary>
    /// <param name="run">Hears whether to stop.</param>
    /// <param name="planned">The examples, if all can be read: where some could not, the gradients of a step of one batch are those of the others' mean. Null:
    /// what was counted is the mean already.</param>
    /// <returns>The mean loss, the examples that were recognized, and how many there were.</returns>
    public (double Loss, long Right, int Count) Wait(Run run, int? planned)
    {
        ranks.Wait(pending);
        run.Agree(sums[3] > 0, sums[4] > 0);
        int count = (int)sums[2];
        double correction = planned is { } expected && count > 0 ? (double)expected / count : 1;
        corrects(correction);
        return (sums[0] * correction, (long)sums[1], count);
    }
}
