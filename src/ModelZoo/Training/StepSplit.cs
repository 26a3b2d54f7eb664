namespace ModelZoo.Training;

/// <summary>Which of an epoch's batches make one step together. Steps are cut from where the plan begins, which is always the first batch of a step.</summary>
/// <param name="plan">Batch size and first batch.</param>
/// <param name="examples">In the epoch.</param>
/// <param name="perStep">Batches; the last step takes what is left.</param>
internal sealed class StepSplit(EpochPlan plan, int examples, int perStep)
{
    private readonly int batches = plan.Steps(examples);

    /// <summary>Whether a batch, from 0 on in the epoch, is the last of its step.</summary>
    public bool EndsStep(int batch) => batch == LastOf(FirstOf(batch));

    /// <summary>The share of its step's examples that a batch holds.</summary>
    public double ShareOf(int batch, int count)
    {
        int first = FirstOf(batch), last = LastOf(first);
        return first == last ? 1 : (double)count / (Math.Min((last + 1) * plan.Recipe.BatchSize, examples) - first * plan.Recipe.BatchSize);
    }

    private int FirstOf(int batch) => batch - (batch - plan.FirstStep) % perStep;

    private int LastOf(int first) => Math.Min(first + perStep, batches) - 1;
}
