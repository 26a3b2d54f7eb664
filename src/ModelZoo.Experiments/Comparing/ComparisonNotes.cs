using System.Globalization;
using static ModelZoo.Plots.Markup;

namespace ModelZoo.Experiments.Comparing;

/// <summary>The conventions behind a comparison's figures, and what limits them: a sentence each.</summary>
public static class ComparisonNotes
{
    /// <summary>All that the comparison needs.</summary>
    public static IReadOnlyList<string> Of(ModelComparison comparison)
    {
        ArgumentNullException.ThrowIfNull(comparison);
        return [.. Arithmetic(comparison), .. Times(comparison), .. Accuracies(comparison), .. Training(comparison)];
    }

    private static IEnumerable<string> Arithmetic(ModelComparison comparison)
    {
        yield return "Parameters are those that inference needs. MACs are multiply-accumulates per image of convolutions and linear layers only, biases not "
            + "counted.";
        yield return "Depth counts the convolutions and linear layers on the longest path from the input to the logits. The receptive field is that of the "
            + "last convolution, by the kernels’ arithmetic.";
        yield return "All outputs: bytes of every layer’s output for one image in float32, about what training keeps for the backward pass. Outputs at once: "
            + "the most that are needed at the same time where each is freed after its last use. No layer is taken to work in place.";
        yield return "Weights: bytes of all tensors in a float32 file. MB are 10⁶ bytes.";
        foreach (ComparedModel m in comparison.Models.Where(m => m.Profile.AuxiliaryParameters > 0))
        {
            yield return $"{m.Name} has {Count(m.Profile.AuxiliaryParameters)} more parameters in auxiliary classifiers, which only serve training: they are "
                + "in its weights and in its training step, not in its parameters, MACs, outputs and forward.";
        }
    }

    private static IEnumerable<string> Times(ModelComparison comparison)
    {
        if (comparison.Timing is not { } t)
        {
            yield break;
        }

        yield return $"Times: all models by turns in one run, {t.Rounds} rounds after one to warm up, who begins alternates; {t.Batch} random images a batch, "
            + $"float32, {t.Threads} thread{(t.Threads == 1 ? "" : "s")}, {t.Device}. A turn builds the network anew, runs it once uncounted and then for at "
            + "least 0.15 s.";
        yield return "A training step is a forward with all heads, the loss, a backward and a step of SGD with momentum."
            + (comparison.Models.Any(m => m.Timing?.ForwardPeakBytes is not null)
                ? " Peak memory: by how much the process’ resident memory (VmHWM) rose at most from before the network was built, in the round that is not "
                    + "timed; it includes what libtorch’s kernels need to work in."
                : " Memory was not measured: this device or system does not tell.");
        if (t.Load > 0.5 * Environment.ProcessorCount)
        {
            yield return $"The machine was busy with other work when this was measured (load {t.Load.Value.ToString("0.0", CultureInfo.InvariantCulture)} on "
                + $"{Environment.ProcessorCount} cores): times compare with each other, not with a calm machine’s.";
        }

        foreach (ComparedModel m in comparison.Models.Where(m => m.Timing?.TrainingProblem is not null))
        {
            yield return $"{m.Name} has no training time at batch {t.Batch}: {m.Timing!.TrainingProblem}";
        }
    }

    private static IEnumerable<string> Accuracies(ModelComparison comparison)
    {
        if (comparison.Models.Any(m => m.Published.Count > 0))
        {
            yield return "Accuracies marked “published” are the publishers’ word, each by its own protocol; nobody measured them here.";
        }

        if (comparison.Models.Any(m => m.Measured.Count > 0))
        {
            yield return "Accuracies marked “measured by the zoo” are of the weights that the zoo ships or of the checkpoint that was given.";
        }
    }

    private static IEnumerable<string> Training(ModelComparison comparison)
    {
        if (comparison.Training is not { } t)
        {
            yield break;
        }

        yield return $"Trained here: each model from fresh weights with {t.BudgetInWords}, {Count(t.TrainImages)} images of {t.TrainData} to learn and "
            + $"{Count(t.TestImages)} of {t.TestData} to be measured on, seed{(t.Seeds.Count == 1 ? "" : "s")} {string.Join(", ", t.Seeds)}; ± is the standard "
            + "deviation over the seeds, 95 % confidence "
            + (t.Seeds.Count == 1 ? "Wilson's interval over the test images" : "Student's interval of their mean (the test images being given)")
            + ". Schedules are stretched to the budget.";
        yield return $"Recipe: {t.Recipe}.";
        yield return "A small data set and a short budget favor small networks: this says little about how large ones do on what they were designed for.";
        if (t.Budget.EndsWith('s'))
        {
            yield return "A budget of time is turned into steps by timing a few steps of each model first.";
        }
    }
}
