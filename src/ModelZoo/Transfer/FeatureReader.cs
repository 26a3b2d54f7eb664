using ModelZoo.Analysis;
using ModelZoo.Inference;
using ModelZoo.Inference.Compilation;
using ModelZoo.Inference.Quantization;
using ModelZoo.Tracing;
using ModelZoo.Training;
using ModelZoo.Weights;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ModelZoo.Transfer;

/// <summary>
/// Computes what one layer of a model takes or gives: by a <see cref="CompiledProgram"/> where the model can be traced, else by listening to its forward. The
/// model is in eval mode while this lives.
/// </summary>
internal sealed class FeatureReader : IDisposable
{
    private readonly nn.Module<Tensor, Tensor> model;
    private readonly string layer;
    private readonly bool before;
    private readonly ModelMode mode;
    private readonly CompiledProgram? exact;
    private readonly CompiledProgram? half;
    private string? inside; // of a quantized network, which runs whole: the value that is wanted

    /// <param name="model">The model.</param>
    /// <param name="layer">The path of a layer in it.</param>
    /// <param name="before">Its input rather than its output.</param>
    /// <param name="example">A batch that the model takes.</param>
    /// <param name="half">Whether to prepare for bfloat16 too.</param>
    /// <param name="bytes">Of a quantized network: what computes on bytes; null for float32.</param>
    /// <exception cref="ZooException">There is no such layer.</exception>
    public FeatureReader(nn.Module<Tensor, Tensor> model, string layer, bool before, Tensor example, bool half = false,
        QuantizationInfo? bytes = null)
    {
        TransferLearning.FindModule(model, layer);
        (this.model, this.layer, this.before) = (model, layer, before);
        mode = ModelMode.Eval(model);
        try
        {
            (exact, this.half) = Build(example, half, bytes);
        }
        catch
        {
            mode.Dispose();
            throw;
        }
    }

    /// <summary>Whether <see cref="RunHalf"/> can be used.</summary>
    public bool HasHalf => half is not null;

    /// <summary>How many batch normalizations were folded away.</summary>
    public int Folded => exact?.Folded ?? 0;

    /// <summary>Multiply-accumulates of an image, as far as the model could be traced.</summary>
    public long Macs => exact?.Steps.SelectMany(s => s.Layers).Sum(LayerFacts.Macs) ?? 0;

    /// <summary>[N,…] float32 for a batch of inputs; the caller's.</summary>
    public Tensor Run(Tensor input) => inside is not null ? Inside(input) : exact?.Run(input) ?? Listen(input);

    /// <summary>The same, computed in bfloat16.</summary>
    public Tensor RunHalf(Tensor input) => half!.Run(input);

    public void Dispose()
    {
        exact?.Dispose();
        half?.Dispose();
        mode.Dispose();
    }

    private (CompiledProgram? Exact, CompiledProgram? Half) Build(Tensor example, bool withHalf, QuantizationInfo? bytes)
    {
        try
        {
            using DisposeScope scope = NewDisposeScope();
            using Trace trace = Trace.Run(model, example);
            if (bytes is not null && Target(trace) is { } value && Quantized(trace, value, bytes, example) is { } program)
            {
                inside = NameOf(trace, value);
                return (program, null);
            }

            return Target(trace) is { } target
                ? (Planner.Plan(trace, target, new Backend(Fused(example), Fusions.All, ScalarType.Float32)), withHalf ? Half(trace, target) : null)
                : default;
        }
        catch (TraceException)
        {
            return default; // a forward calls functions: it is listened to instead
        }
    }

    // Null where the value is inside an operation: then the float network gives it.
    private CompiledProgram? Quantized(Trace trace, int value, QuantizationInfo bytes, Tensor example)
    {
        if (example.device_type != DeviceType.CPU || model.parameters().Any(p => p.dtype != ScalarType.Float32))
        {
            return null;
        }

        bool native = Fused(example) && CompiledModel.QuantizationUnavailable is null;
        var how = new Backend(Fused(example), ByteRewriter.Joined, ScalarType.Float32);
        CompiledProgram program = Planner.Plan(trace, trace.Output, how, rewrite: (plan, backend) =>
            ByteRewriter.Rewrite(plan, bytes, backend, native));
        if (program.Steps.Any(s => s.Layers.Count > 0 && ByteRewriter.ValueOf(s) == NameOf(trace, value)))
        {
            return program;
        }

        program.Dispose();
        return null;
    }

    private Tensor Inside(Tensor input)
    {
        Tensor? seen = null;
        exact!.Run(input, (step, made) =>
        {
            if (step.Layers.Count > 0 && ByteRewriter.ValueOf(step) == inside)
            {
                seen = ByteRewriter.Floats(step, made[0]).contiguous().MoveToOuterDisposeScope();
            }
        }).Dispose();
        return seen!;
    }

    // What does nothing in evaluation is no step.
    private static string NameOf(Trace trace, int value)
    {
        while (value != Trace.ModelInput && trace.Nodes[value].Module is Identity or Dropout or Dropout2d)
        {
            value = trace.Nodes[value].Inputs[0];
        }

        return value == Trace.ModelInput ? "" : trace.Nodes[value].Name;
    }

    private bool Fused(Tensor example) => CompiledModel.Unavailable is null && example.device_type == DeviceType.CPU
        && model.parameters().All(p => p.dtype == ScalarType.Float32);

    // Null where a layer on the way has two outputs, or cannot compute in bfloat16.
    private static CompiledProgram? Half(Trace trace, int target)
    {
        CompiledProgram program = Planner.Plan(trace, target, new Backend(false, Fusions.All, ScalarType.BFloat16));
        if (program.Steps.All(s => s.Outputs.Length == 1 && s.Layers.All(l => CompiledProgram.ComputesInHalf(l.Module))))
        {
            return program;
        }

        program.Dispose();
        return null;
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
        nn.Module module = TransferLearning.FindModule(model, layer);
        return (before ? ModuleHooks.OnOneInput(module, keep) : ModuleHooks.OnOneOutput(module, keep))
            ?? throw new ZooException($"The layer '{layer}' of {model.GetName()} does not {(before ? "take" : "give")} one tensor.");
    }
}
