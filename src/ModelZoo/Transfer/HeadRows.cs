using ModelZoo.Inference;
using ModelZoo.Registry;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ModelZoo.Transfer;

/// <summary>The rows of a trained head that go on in another: those of classes with the same name.</summary>
internal static class HeadRows
{
    /// <summary>The new labels that the weights know too.</summary>
    /// <param name="pretrained">The weights, with their labels.</param>
    /// <param name="labels">The new classes.</param>
    /// <returns>In the order of the new labels; empty where the head is untrained, or its labels are numbers and not the new ones: numbers stand for classes
    /// without names, and the class 3 of one data set is not that of another.</returns>
    public static IReadOnlyList<string> Known(ResolvedModel pretrained, IReadOnlyList<string> labels)
    {
        IReadOnlyList<string> own = pretrained.Labels;
        bool numbers = own.Select((label, i) => label == $"{i}").All(static same => same);
        bool fits = pretrained is { Trained: true, HeadUntrained: false } && (!numbers || own.ToHashSet().SetEquals(labels));
        return fits ? [.. labels.Where(label => own.Count(label.Equals) == 1)] : []; // ImageNet has two cranes
    }

    /// <summary>
    /// Whether rows mean the same for what is learned: a logit of one class of several is none of a label by itself, and a number's row can take on another
    /// scale only where it is linear.
    /// </summary>
    public static bool GoOn(ResolvedModel pretrained, PredictionTask task) => task.Kind == pretrained.Task.Kind
        && (task.Kind != TaskKind.Regression
            || (pretrained.Model.named_modules().FirstOrDefault(m => m.name == pretrained.Model.Head).module is Linear { bias: not null }
                && HeadFinder.Auxiliary(pretrained.Model).Count == 0));

    /// <summary>Copies the rows of classes that are kept, of the head and of auxiliary classifiers.</summary>
    /// <param name="pretrained">Where they are.</param>
    /// <param name="target">Where they go.</param>
    /// <param name="labels">The new classes.</param>
    /// <param name="kept">Those whose rows are kept.</param>
    /// <param name="task">What is learned: of a number the row is brought to its scale, so that it predicts the same.</param>
    public static void Copy(ResolvedModel pretrained, ZooModel target, IReadOnlyList<string> labels, IReadOnlyList<string> kept, PredictionTask task)
    {
        if (kept.Count == 0)
        {
            return;
        }

        using IDisposable off = no_grad();
        using DisposeScope scope = NewDisposeScope();
        Device device = pretrained.Model.parameters().FirstOrDefault()?.device ?? CPU;
        Tensor from = tensor([.. kept.Select(k => (long)pretrained.Labels.ToList().IndexOf(k))], device: device);
        Tensor to = tensor([.. kept.Select(k => (long)labels.ToList().IndexOf(k))]);
        Dictionary<string, Tensor> source = pretrained.Model.state_dict();
        foreach ((string key, Tensor value) in target.state_dict())
        {
            if (HeadFinder.Auxiliary(target).Append(target.Head).Any(head => key.StartsWith(head + ".", StringComparison.Ordinal)))
            {
                Tensor rows = source[key].index_select(0, from).to(value.device);
                if (task.Kind == TaskKind.Regression)
                {
                    double shift = key.EndsWith(".bias", StringComparison.Ordinal) ? pretrained.Task.Offset - task.Offset : 0;
                    rows = ((rows * pretrained.Task.Scale) + shift) / task.Scale;
                }

                value.index_copy_(0, to.to(value.device), rows);
            }
        }
    }

    /// <summary>Why a head with the same names is drawn anew all the same; null where that needs no word.</summary>
    public static string? Refused(ResolvedModel pretrained, PredictionTask task, IReadOnlyList<string> known) => known.Count == 0 || GoOn(pretrained, task)
        ? null
        : $"head: drawn anew; its rows are for {What(pretrained.Task)}, and {What(task)} {(task.Kind == TaskKind.MultiLabel ? "are" : "is")} learned"
            + (task.Kind == pretrained.Task.Kind ? ", in another scale than the head can take on" : "");

    private static string What(PredictionTask task) => task.Kind switch
    {
        TaskKind.MultiLabel => "several labels",
        TaskKind.Regression => "a number",
        _ => "one class of several",
    };

    /// <summary>What becomes of the head, in words; null where it is new.</summary>
    public static string? Describe(ResolvedModel pretrained, IReadOnlyList<string> labels, IReadOnlyList<string> kept)
    {
        if (kept.Count == 0)
        {
            return null;
        }

        if (pretrained.Task.Kind == TaskKind.Regression)
        {
            return $"head: the number '{kept[0]}' is known by name and goes on";
        }

        string[] fresh = [.. labels.Except(kept)], left = [.. pretrained.Labels.Except(kept)];
        return $"head: {(fresh.Length == 0 ? "" : $"{kept.Count} of {labels.Count} ")}classes are known by name and keep their rows ({Some(kept)})"
            + (fresh.Length == 0 ? "" : $"; new: {Some(fresh)}") + (left.Length == 0 ? "" : $"; not in the data, and left out: {Some(left)}");

        static string Some(IReadOnlyList<string> names) => string.Join(", ", names.Take(6)) + (names.Count > 6 ? $" and {names.Count - 6} more" : "");
    }
}
