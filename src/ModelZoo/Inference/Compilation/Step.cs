using ModelZoo.Layers;
using ModelZoo.Tracing;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ModelZoo.Inference.Compilation;

/// <summary>One operation of a compiled network: one layer, or several that are computed as one.</summary>
/// <param name="layers">The calls that it stands for, in the order of the trace.</param>
/// <param name="inputs">The numbers of the values that it reads.</param>
/// <param name="outputs">The numbers of the values that it makes.</param>
internal abstract class Step(IReadOnlyList<TraceNode> layers, int[] inputs, params int[] outputs) : IDisposable
{
    public IReadOnlyList<TraceNode> Layers { get; } = layers;

    public int[] Inputs { get; private set; } = inputs;

    public int[] Outputs { get; } = outputs;

    /// <summary>What it does, for people: "convolution + sum + relu".</summary>
    public abstract string Kind { get; }

    /// <summary>Which of its inputs it would rather write its output into; −1 for none.</summary>
    public virtual int Overwritable => -1;

    /// <summary>Whether it may: nobody reads that memory later.</summary>
    public bool Overwrites { get; set; }

    /// <summary>Which of its inputs its output may share memory with, other than by <see cref="Overwrites"/>.</summary>
    public virtual IEnumerable<int> Shares => [];

    /// <summary>
    /// Whether all that it computes on several threads goes through <see cref="NativeOperators.ParallelFor"/>; else libtorch uses threads of its own.
    /// </summary>
    public virtual bool OnTeam => false;

    /// <summary>The values that nobody reads after it.</summary>
    public int[] Dead { get; set; } = [];

    /// <summary>The tensors of the model that it holds something made of.</summary>
    public virtual IEnumerable<Func<Tensor?>> Sources => [];

    /// <summary>Computes its outputs.</summary>
    /// <param name="x">The inputs; they stay the caller's, but the one that it overwrites.</param>
    /// <param name="pack">What <see cref="Pack"/> made for this batch size.</param>
    public abstract Tensor Run(ReadOnlySpan<Tensor> x, Tensor? pack);

    /// <summary>The outputs after the first, of a layer that has two.</summary>
    public virtual Tensor[] RunAll(ReadOnlySpan<Tensor> x, Tensor? pack) => [Run(x, pack)];

    /// <summary>The weights as they are used for batches of this size; null where there is nothing to lay out.</summary>
    public virtual Tensor? Pack(long batch) => null;

    /// <summary>Gives the values that it reads other numbers.</summary>
    public void ReadInstead(int[] inputs) => Inputs = inputs;

    /// <inheritdoc/>
    public virtual void Dispose()
    {
    }

    /// <summary>Beyond the scope that it is made in.</summary>
    protected static Tensor Keep(Tensor tensor) => tensor.DetachFromDisposeScope();

    protected static string Join(string what, params string?[] more) => string.Join(" + ", more.OfType<string>().Prepend(what));
}

/// <summary>A layer as it is.</summary>
internal sealed class LayerStep(TraceNode layer, int[] inputs, int[] outputs) : Step([layer], inputs, outputs)
{
    private readonly bool fresh = !InPlace.IsIn(layer.Module) && (PointwiseFunction.Of(layer.Module) is not null || layer.Module is Convolution or Linear
        or NormBase or GroupNorm or LayerNorm or LocalResponseNorm or MaxPool2d or AvgPool2d or Softmax or Add or Multiply or Elementwise or Concat);

    public override string Kind => "layer";

    public override bool OnTeam => Layers[0].Module is Flatten; // a view, or a copy

    // Of other layers it is not known whether they compute a new tensor or look at the old one differently.
    public override IEnumerable<int> Shares => fresh ? [] : Enumerable.Range(0, Inputs.Length);

    public override Tensor Run(ReadOnlySpan<Tensor> x, Tensor? pack) => RunAll(x, pack)[0];

    public override Tensor[] RunAll(ReadOnlySpan<Tensor> x, Tensor? pack)
    {
        nn.Module leaf = Layers[0].Module;
        if (leaf.training)
        {
            throw new InvalidOperationException($"The model's layer {Layers[0].Name} was put into training mode, and a compiled model computes in evaluation "
                + "mode. Call eval() on the model, or compile another one.");
        }

        return leaf switch
        {
            nn.Module<Tensor, Tensor> one => [one.call(x[0])],
            nn.Module<Tensor, Tensor, Tensor> two => [two.call(x[0], x[1])],
            nn.Module<Tensor[], Tensor> many => [many.call(x.ToArray())],
            nn.Module<Tensor, (Tensor, Tensor)> pair => pair.call(x[0]) is var (first, second) ? [first, second] : [],
            _ => throw new InvalidOperationException($"{leaf.GetType().Name} takes something other than tensors."),
        };
    }
}

/// <summary>Which of TorchSharp's layers change their input.</summary>
internal static class InPlace
{
    public static bool IsIn(nn.Module leaf) => leaf.GetType().GetProperty("inplace")?.GetValue(leaf) is true;
}
