using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ModelZoo.Training;

/// <summary>
/// Several models as one: the average of their probabilities, as AlexNet's and VGG's results on ImageNet were had. It returns the average's logarithms, which
/// are logits: their softmax is the average. The members become its own.
/// </summary>
public sealed class Ensemble : nn.Module<Tensor, Tensor>
{
#pragma warning disable IDE1006
    private readonly ModuleList<nn.Module<Tensor, Tensor>> members;
#pragma warning restore IDE1006

    /// <param name="members">Models of the same input and classes, at least one.</param>
    public Ensemble(params IReadOnlyList<nn.Module<Tensor, Tensor>> members) : base(nameof(Ensemble))
    {
        ArgumentNullException.ThrowIfNull(members);
        ArgumentOutOfRangeException.ThrowIfZero(members.Count);
        this.members = new ModuleList<nn.Module<Tensor, Tensor>>([.. members]);
        RegisterComponents();
    }

    /// <summary>[N,…] to the logarithms of the mean probabilities, [N,classes].</summary>
    public override Tensor forward(Tensor input)
    {
        using DisposeScope scope = NewDisposeScope();
        return Combine([.. members.Select(m => m.call(input))]).MoveToOuterDisposeScope();
    }

    /// <summary>The logarithms of the mean of the softmaxes of several logits [N,classes].</summary>
    /// <exception cref="ZooException">They have different shapes.</exception>
    internal static Tensor Combine(IReadOnlyList<Tensor> logits)
    {
        if (logits.Count == 1)
        {
            return logits[0];
        }

        if (logits.Skip(1).FirstOrDefault(l => !l.shape.SequenceEqual(logits[0].shape)) is { } other)
        {
            throw new ZooException($"The models of an ensemble must have the same classes: one returns [{string.Join(",", logits[0].shape)}], another "
                + $"[{string.Join(",", other.shape)}].");
        }

        return stack([.. logits.Select(l => nn.functional.log_softmax(l, 1))]).logsumexp(0).sub_(Math.Log(logits.Count));
    }
}

/// <summary>
/// A model with its logits in the order of other class names: what an average over models needs whose classes are the same, but not their order.
/// </summary>
public sealed class Reordered : nn.Module<Tensor, Tensor>
{
    private readonly nn.Module<Tensor, Tensor> model;
    private readonly long[] order;

    private Reordered(nn.Module<Tensor, Tensor> model, long[] order) : base(nameof(Reordered))
    {
        (this.model, this.order) = (model, order);
        RegisterComponents();
    }

    /// <summary>Puts a model's logits in order.</summary>
    /// <param name="model">[N,…] to logits [N,classes]. It stays its owner's.</param>
    /// <param name="labels">Its class names, in the order of its logits.</param>
    /// <param name="wanted">The same names in another order.</param>
    /// <param name="name">What messages call the model.</param>
    /// <returns>The model itself where the order is the same.</returns>
    /// <exception cref="ZooException">The names are not the same.</exception>
    public static nn.Module<Tensor, Tensor> By(nn.Module<Tensor, Tensor> model, IReadOnlyList<string> labels, IReadOnlyList<string> wanted, string name)
    {
        ArgumentNullException.ThrowIfNull(labels);
        ArgumentNullException.ThrowIfNull(wanted);
        if (labels.SequenceEqual(wanted, StringComparer.Ordinal))
        {
            return model;
        }

        string[] missing = [.. wanted.Except(labels, StringComparer.Ordinal)], more = [.. labels.Except(wanted, StringComparer.Ordinal)];
        if (missing.Length + more.Length > 0 || labels.Count != wanted.Count || labels.Distinct(StringComparer.Ordinal).Count() != labels.Count)
        {
            throw new ZooException($"{name}: the models of an ensemble must have the same classes. This one has {List(labels)}, the first one {List(wanted)}.");
        }

        var places = labels.Index().ToDictionary(label => label.Item, label => (long)label.Index, StringComparer.Ordinal);
        return new Reordered(model, [.. wanted.Select(label => places[label])]);

        static string List(IReadOnlyList<string> names) =>
            string.Join(", ", names.Take(5).Select(n => $"'{n}'")) + (names.Count > 5 ? $" and {names.Count - 5} more" : "");
    }

    /// <summary>[N,…] to logits [N,classes].</summary>
    public override Tensor forward(Tensor input)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor logits = model.call(input);
        return logits.index_select(1, tensor(order, device: logits.device)).MoveToOuterDisposeScope();
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing: false); // the inner model is its owner's
    }
}
