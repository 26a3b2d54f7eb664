using ModelZoo.Tracing;
using ModelZoo.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace ModelZoo.Transfer;

/// <summary>Computes what one layer of a model takes or gives: by a <see cref="FusedTrunk"/> where the model can be traced, else by listening to its forward. The model is in eval mode while this lives.</summary>
internal sealed class FeatureReader : IDisposable
{
    private readonly nn.Module<Tensor, Tensor> model;
    private readonly string layer;
    private readonly bool before;
    private readonly ModelMode mode;
    private readonly FusedTrunk? exact;
    private readonly FusedTrunk? half;

    /// <param name="model">The model.</param>
    /// <param name="layer">The path of a layer in it.</param>
    /// <param name="before">Its input rather than its output.</param>
    /// <param name="example">A batch that the model takes.</param>
    /// <param name="half">Whether to prepare for bfloat16 too.</param>
    /// <exception cref="ZooException">There is no such layer.</exception>
    public FeatureReader(nn.Module<Tensor, Tensor> model, string layer, bool before, Tensor example, bool half = false)
    {
        TransferLearning.FindModule(model, layer);
        (this.model, this.layer, this.before) = (model, layer, before);
        mode = ModelMode.Eval(model);
        try
        {
            (exact, this.half) = Build(example, half);
        }
        catch
        {
            mode.Dispose();
            throw;
        }
    }

    /// <summary>Whether <see cref="RunHalf"/> can be used.</summary>
    public bool HasHalf => half is not null;

    /// <summary>How many batch normalisations were folded away.</summary>
    public int Folded => exact?.Folded ?? 0;

    /// <summary>Multiply-accumulates of an image, as far as the model could be traced.</summary>
    public long Macs => exact?.Macs ?? 0;

    /// <summary>[N,…] float32 for a batch of inputs; the caller's.</summary>
    public Tensor Run(Tensor input) => exact?.Run(input) ?? Listen(input);

    /// <summary>The same, computed in bfloat16.</summary>
    public Tensor RunHalf(Tensor input) => half!.Run(input);

    public void Dispose()
    {
        exact?.Dispose();
        half?.Dispose();
        mode.Dispose();
    }

    private (FusedTrunk? Exact, FusedTrunk? Half) Build(Tensor example, bool withHalf)
    {
        try
        {
            using DisposeScope scope = NewDisposeScope();
            using Trace trace = Trace.Run(model, example);
            return Target(trace) is { } target
                ? (FusedTrunk.Build(trace, target), withHalf ? FusedTrunk.Build(trace, target, ScalarType.BFloat16) : null)
                : default;
        }
        catch (TraceException)
        {
            return default; // a forward calls functions: it is listened to instead
        }
    }

    // Null where the trace does not say it: the layer runs twice, or its input is that of a whole block.
    private int? Target(Trace trace)
    {
        TraceNode[] own = [.. trace.Nodes.Where(n => n.Name == layer)];
        bool again = trace.Nodes.Any(n => n.Name.StartsWith(layer + "#", StringComparison.Ordinal));
        return again ? null
            : before ? own is [{ Inputs.Count: 1, InputSlots: [0] or [] }] ? own[0].Inputs[0] : null
            : trace.Nodes.LastOrDefault(n => n.Name == layer || n.Name.StartsWith(layer + ".", StringComparison.Ordinal))?.Index;
    }

    private Tensor Listen(Tensor input)
    {
        Tensor? seen = null;
        void Keep(Tensor value)
        {
            seen?.Dispose();
            using Tensor detached = value.detach();
            seen = detached.clone().DetachFromDisposeScope(); // the model's own scope ends before it is read
        }

        Action remove = Hook(Keep);
        try
        {
            using IDisposable none = no_grad();
            using DisposeScope scope = NewDisposeScope();
            model.call(input);
        }
        catch
        {
            seen?.Dispose();
            throw;
        }
        finally
        {
            remove();
        }

        return seen ?? throw new ZooException($"The forward of {model.GetName()} does not run its layer '{layer}'.");
    }

    private Action Hook(Action<Tensor> keep)
    {
        Tensor Pass(Tensor value)
        {
            keep(value);
            return value;
        }

        return TransferLearning.FindModule(model, layer) switch
        {
            nn.Module<Tensor, Tensor> one when before => one.register_forward_pre_hook((_, input) => Pass(input)).remove,
            nn.Module<Tensor, Tensor> one => one.register_forward_hook((_, _, output) => Pass(output)).remove,
            nn.Module<Tensor, Tensor, Tensor> two when !before => two.register_forward_hook((_, _, _, output) => Pass(output)).remove,
            nn.Module<Tensor[], Tensor> many when !before => many.register_forward_hook((_, _, output) => Pass(output)).remove,
            _ => throw new ZooException($"The layer '{layer}' of {model.GetName()} does not {(before ? "take" : "give")} one tensor."),
        };
    }
}
