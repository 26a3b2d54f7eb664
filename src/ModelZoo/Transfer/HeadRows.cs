using ModelZoo.Inference;
using ModelZoo.Registry;
using TorchSharp;
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

    /// <summary>Copies the rows of classes that are kept, of the head and of auxiliary classifiers.</summary>
    public static void Copy(ResolvedModel pretrained, ZooModel target, IReadOnlyList<string> labels, IReadOnlyList<string> kept)
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
                value.index_copy_(0, to.to(value.device), source[key].index_select(0, from).to(value.device));
            }
        }
    }

    /// <summary>What becomes of the head, in words; null where it is new.</summary>
    public static string? Describe(ResolvedModel pretrained, IReadOnlyList<string> labels, IReadOnlyList<string> kept)
    {
        if (kept.Count == 0)
        {
            return null;
        }

        string[] fresh = [.. labels.Except(kept)], left = [.. pretrained.Labels.Except(kept)];
        return $"head: {(fresh.Length == 0 ? "" : $"{kept.Count} of {labels.Count} ")}classes are known by name and keep their rows ({Some(kept)})"
            + (fresh.Length == 0 ? "" : $"; new: {Some(fresh)}") + (left.Length == 0 ? "" : $"; not in the data, and left out: {Some(left)}");

        static string Some(IReadOnlyList<string> names) => string.Join(", ", names.Take(6)) + (names.Count > 6 ? $" and {names.Count - 6} more" : "");
    }
}
