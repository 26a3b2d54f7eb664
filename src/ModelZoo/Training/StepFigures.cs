using TorchSharp;
using static TorchSharp.torch;

namespace ModelZoo.Training;

/// <summary>
/// What the steps of an epoch leave to be counted: losses, right answers, norms of gradients. On a device they stay there until somebody asks
/// (<see cref="Read"/>), so that no step waits for the one before; what is counted then is the same, in the same order, as if each had been read at once.
/// </summary>
internal sealed class StepFigures(Run run) : IDisposable
{
    // Tensors are kept until they are read.
    private const int Most = 512;

    private readonly List<(int Steps, int Batch, int Images, double Share, Tensor Loss, Tensor Right)> batches = [];
    private readonly List<(int Steps, int Batch, Tensor Value)> norms = [];
    private int stepOfLoss = -1;

    /// <summary>The mean loss of the last step.</summary>
    public double Loss { get; private set; }

    /// <summary>The gradients' norm in the last step, where they are clipped by it.</summary>
    public double? Norm { get; private set; }

    /// <summary>Whether so much is unread that it should be read.</summary>
    public bool Full => batches.Count >= Most;

    /// <summary>Counts a batch of the step under way.</summary>
    /// <param name="images">Its examples.</param>
    /// <param name="share">Of the step's examples that are in it.</param>
    /// <param name="loss">Their mean.</param>
    /// <param name="right">How many were recognized.</param>
    public void Add(int images, double share, double loss, long right) => Count(run.State.Steps, images, share, loss, right);

    /// <summary>The same with what is on the device, both [].</summary>
    public void Add(int images, double share, Tensor loss, Tensor right) =>
        batches.Add((run.State.Steps, run.State.Batch, images, share, loss.detach().DetachFromDisposeScope(), right.DetachFromDisposeScope()));

    /// <summary>Notes the gradients' norm of the step under way.</summary>
    public void AddNorm(double norm) => Norm = norm;

    /// <summary>The same with what is on the device, [].</summary>
    public void AddNorm(Tensor norm) => norms.Add((run.State.Steps, run.State.Batch, norm.DetachFromDisposeScope()));

    /// <summary>Counts all that is on the device, up to the first step with a loss or norm that is not finite.</summary>
    /// <returns>That step: the steps before it, and the epoch's batches before it; null where all are finite.</returns>
    public (int Steps, int Batch)? Read()
    {
        if (batches.Count == 0)
        {
            return null;
        }

        using DisposeScope scope = NewDisposeScope();
        List<Tensor> parts = [Row(batches.Select(b => b.Loss.to(ScalarType.Float32))), Row(batches.Select(b => b.Right))];
        if (norms.Count > 0)
        {
            parts.Add(Row(norms.Select(n => n.Value.to(ScalarType.Float32))));
        }

        double[] values = cat(parts).cpu().data<double>().ToArray(); // [2·batches + norms]
        (int Steps, int Batch)? broken = null;
        for (int i = 0; i < norms.Count; i++)
        {
            Norm = values[2 * batches.Count + i];
            if (broken is null && !double.IsFinite(Norm.Value))
            {
                broken = (norms[i].Steps, norms[i].Batch);
            }
        }

        for (int i = 0; i < batches.Count; i++)
        {
            (int steps, int batch, int images, double share, _, _) = batches[i];
            if (broken is { } b && b.Steps <= steps)
            {
                break;
            }

            if (!double.IsFinite(values[i]))
            {
                broken = (steps, batch);
                break;
            }

            Count(steps, images, share, values[i], (long)values[batches.Count + i]);
        }

        Clear();
        return broken;

        static Tensor Row(IEnumerable<Tensor> numbers) => stack([.. numbers]).to(ScalarType.Float64);
    }

    public void Dispose() => Clear();

    private void Count(int steps, int images, double share, double loss, long right)
    {
        run.CountBatch(images, loss, right);
        Loss = (stepOfLoss == steps ? Loss : 0) + loss * share;
        stepOfLoss = steps;
    }

    private void Clear()
    {
        foreach ((_, _, _, _, Tensor loss, Tensor right) in batches)
        {
            loss.Dispose();
            right.Dispose();
        }

        norms.ForEach(n => n.Value.Dispose());
        batches.Clear();
        norms.Clear();
    }
}
