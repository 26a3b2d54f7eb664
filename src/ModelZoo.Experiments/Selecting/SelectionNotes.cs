using System.Globalization;
using ModelZoo.Experiments.Comparing;
using static ModelZoo.Plots.Markup;

namespace ModelZoo.Experiments.Selecting;

/// <summary>What a reader of a selection should know: a sentence each.</summary>
public static class SelectionNotes
{
    /// <summary>All that it needs.</summary>
    public static IReadOnlyList<string> Of(NetworkSelection selection)
    {
        ArgumentNullException.ThrowIfNull(selection);
        SelectionSettings s = selection.Settings;
        return
        [
            $"Accuracy: each network’s layers stay as they are, a new head is fitted to all of {s.Folds} folds but one and tested on that one, so that every "
                + "picture is judged by a head that did not see it. The folds and the recipe of the heads are the same for all networks.",
            "95 % confidence: Wilson’s interval over the pictures. Two intervals may overlap although the pair is told apart: the tests look at the pictures "
                + "that one of the two alone gets right.",
            $"p: McNemar’s exact test, two-sided, corrected for the {Count(selection.Pairs.Count)} pairs that are tested (Holm). The points with their "
                + "interval come from 10,000 resamples of the pictures, uncorrected.",
            "Pictures to tell: with so many in all, four of five such comparisons would come out, if the two differ as they do here; ≥: if they differ as much "
                + "as the interval allows.",
            .. Times(selection.Timing),
            "File: a checkpoint of the network with its new head.",
            .. selection.Networks.Where(n => n.Quantized).Select(n => $"{n.Name} is quantized: its features, its time and its memory are those on bytes; its "
                + "weights stay float32 in the file. `zoo finetune` makes a network in float32 of it, and `zoo quantize` one on bytes of that."),
            .. selection.Networks.Any(n => n.Origin == NetworkOrigin.Scratch) ? Scratch : [],
            .. selection.Networks.Where(n => n.Seen is not null).Select(n => $"{n.Seen}: its accuracy is too good, and it is not recommended."),
        ];
    }

    /// <summary>The command that fits the recommended network; null where there is none to fit.</summary>
    public static string? Next(NetworkSelection selection)
    {
        ArgumentNullException.ThrowIfNull(selection);
        SelectedNetwork? best = selection.Networks.FirstOrDefault(n => n.Name == selection.Recommendation.Name);
        return best is null ? null
            : best.Origin == NetworkOrigin.Scratch ? CommandLineText.Of("train", best.Architecture, "--data", selection.Settings.Source)
            : CommandLineText.Of("finetune", best.Spec, "--data", selection.Settings.Source);
    }

    private static string[] Scratch =>
        ["Trained anew: on the same folds, each training as long as the pretrained network took for its features and a head, or as --budget says."];

    private static IEnumerable<string> Times(TimingSettings? timing)
    {
        if (timing is not { } t)
        {
            yield break;
        }

        yield return $"Times: all networks by turns in one run, {t.Rounds} round{(t.Rounds == 1 ? "" : "s")} after one to warm up, who begins alternates; "
            + $"{t.Batch} random picture{(t.Batch == 1 ? "" : "s")} a forward, {t.Threads} thread{(t.Threads == 1 ? "" : "s")}, {t.Device}. Reading and "
            + "decoding pictures is not in them. The time that counts is that of int8 where a network is quantized, else compiled.";
        if (t.Load > 0.5 * Environment.ProcessorCount)
        {
            yield return $"The machine was busy with other work when this was measured (load {t.Load.Value.ToString("0.0", CultureInfo.InvariantCulture)} on "
                + $"{Environment.ProcessorCount} cores): times compare with each other, not with a calm machine’s.";
        }
    }
}
