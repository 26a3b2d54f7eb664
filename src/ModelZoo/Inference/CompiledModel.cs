using ModelZoo.Inference.Compilation;
using ModelZoo.Inference.Quantization;
using ModelZoo.Runtime;
using ModelZoo.Tracing;
using ModelZoo.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace ModelZoo.Inference;

/// <summary>
/// A network made fast for evaluation: its trace becomes a flat list of operations, most of them several layers computed as one (<see cref="Fusions"/>), images
/// lie channels last, memory is used again as soon as nobody needs what is in it, and weights are laid out for the processor. What it computes differs from the
/// model by rounding only; <c>zoo verify --compiled</c> holds every operation against the reference.
/// </summary>
/// <remarks>
/// It is compiled at the first call, for each size of images anew. Weights that change in place (an optimizer's step, <c>load</c>, <c>copy_</c>) are noticed at
/// the next call; a model whose layers are replaced has to be compiled anew. Threads may share one. The model stays the caller's, must outlive this and is kept
/// in evaluation mode; while it is being traced nobody else may run it.
/// </remarks>
public sealed class CompiledModel : IDisposable
{
    private readonly nn.Module<Tensor, Tensor> model;
    private readonly CompileOptions options;
    private readonly DisposalGate gate;
    private readonly ReaderWriterLockSlim use = new(); // to read: a call; to write: tracing and compiling
    private readonly List<Compiled> compiled = []; // the latest first
    private readonly Lazy<CompiledModule> module;
    private volatile string? untraceable;

    internal CompiledModel(nn.Module<Tensor, Tensor> model, CompileOptions options)
    {
        (this.model, this.options) = (model, options);
        gate = new DisposalGate(this);
        module = new(() => new CompiledModule(model.GetName(), this));
        model.eval();
    }

    /// <summary>Why libtorch's fused operators cannot be used in this process: the platform, the libtorch, or oneDNN is off. Null where they can.</summary>
    public static string? Unavailable => NativeOperators.Missing;

    /// <summary>
    /// Why this network runs on libtorch's plain operators, folded and channels last all the same, or as it is, where its forward calls functions; null where
    /// it runs on the fused ones. The results differ by rounding only.
    /// </summary>
    public string? Fallback => untraceable ?? (!options.FusedOperators ? "fused operators are not wanted"
        : Unavailable ?? (Foreign is { } weights ? $"fused operators are for float32 on the CPU, and the weights are {weights}" : null));

    /// <summary>
    /// Why oneDNN's operators on bytes cannot be used in this process: what <see cref="Unavailable"/> says, or the processor has no instructions with which
    /// they compute the right sums. Null where they can.
    /// </summary>
    public static string? QuantizationUnavailable => NativeOperators.QuantizedMissing;

    /// <summary>
    /// Why a quantized network (<see cref="CompileOptions.Quantization"/>) does not run on oneDNN's operators on bytes: it computes the same integers by plain
    /// operators then, or in floating point where its weights are not float32 on the CPU. Null where it does, or is not quantized.
    /// </summary>
    public string? QuantizationFallback => options.Quantization is null ? null
        : untraceable ?? (Foreign is { } weights ? $"bytes are for networks in float32 on the CPU, and the weights are {weights}"
        : !options.ByteOperators ? "operators on bytes are not wanted" : Fallback ?? QuantizationUnavailable);

    /// <summary>Which layers compute on bytes; null where none does.</summary>
    internal QuantizationInfo? Quantization => Foreign is null ? Claimed ?? options.Quantization : null;

    /// <summary>For faults that tests plant.</summary>
    internal Liveness? Rules { get; init; }

    /// <summary>For faults that tests plant: what it says it computes.</summary>
    internal QuantizationInfo? Claimed { get; init; }

    // What the weights are where they are not float32 on the CPU.
    private string? Foreign => model.parameters().FirstOrDefault() is { } p && (p.device_type != DeviceType.CPU || p.dtype != ScalarType.Float32)
        ? $"{p.dtype} on {p.device}" : null;

    /// <summary>Computes a batch.</summary>
    /// <param name="input">[N,…] as the model takes it; it is not changed.</param>
    /// <returns>What the model in evaluation mode returns, without history; the caller's.</returns>
    /// <exception cref="ObjectDisposedException">This was disposed.</exception>
    /// <exception cref="OperationCanceledException">A token that is attached to the model (<see cref="ForwardCancellation"/>) was canceled.</exception>
    public Tensor Call(Tensor input)
    {
        ArgumentNullException.ThrowIfNull(input);
        using DisposalGate.Call call = gate.Enter();
        if (untraceable is null)
        {
            try
            {
                return With(input, program => program.Run(input, null, ForwardCancellation.Of(model)));
            }
            catch (TraceException functions)
            {
                untraceable = functions.Message;
            }
        }

        using IDisposable none = no_grad();
        return model.call(input);
    }

    /// <summary>What it computes for images of a size, in order: each operation with the layers that it stands for.</summary>
    /// <param name="inputShape">[N,…].</param>
    /// <exception cref="TraceException">The model's forward calls functions between its layers: it runs as it is.</exception>
    public IReadOnlyList<CompiledOperation> Operations(params long[] inputShape)
    {
        using DisposalGate.Call call = gate.Enter();
        Tensor? any = model.parameters().FirstOrDefault();
        using Tensor example = zeros(inputShape, any?.dtype ?? ScalarType.Float32, any?.device ?? CPU);
        return With(example, program => program.Steps.Select(s => new CompiledOperation(s.Kind, [.. s.Layers.Select(l => l.Name)])).ToArray());
    }

    /// <summary>The same as a module, for what takes modules; it ends with this.</summary>
    public nn.Module<Tensor, Tensor> AsModule() => module.Value;

    /// <summary>The same, and what one of the layers took in: a copy.</summary>
    /// <param name="layer">A layer that takes one tensor and runs once in a forward, such as the head.</param>
    /// <param name="input">[N,…].</param>
    /// <returns>Both the caller's.</returns>
    /// <exception cref="ZooException">A forward does not run the layer.</exception>
    internal (Tensor Output, Tensor LayerInput) CallWithInputOf(nn.Module layer, Tensor input)
    {
        using DisposalGate.Call call = gate.Enter();
        if (untraceable is null)
        {
            try
            {
                Tensor? seen = null;
                Tensor output = With(input, program => program.Run(input, Watch(program, layer, input, taken => seen = taken), ForwardCancellation.Of(model)));
                if (seen is not null)
                {
                    return (output, seen);
                }

                output.Dispose(); // the layer is computed together with the one before it
            }
            catch (TraceException functions)
            {
                untraceable = functions.Message;
            }
        }

        Tensor? heard = null;
        void Keep(Tensor taken)
        {
            using Tensor detached = taken.detach();
            heard = detached.clone().DetachFromDisposeScope(); // the model's own scope ends before it is read
        }

        using IDisposable none = no_grad();
        Action? remove = ModuleHooks.OnOneInput(layer, Keep);
        try
        {
            Tensor output = model.call(input);
            return (output, heard ?? throw new ZooException($"The forward of {model.GetName()} does not run the layer that is its head."));
        }
        finally
        {
            remove?.Invoke();
        }
    }

    // Values live until the step that reads them last has been seen.
    private static Action<Step, Tensor[]> Watch(CompiledProgram program, nn.Module layer, Tensor input, Action<Tensor> taken)
    {
        Step? reader = program.Steps.SingleOrDefault(s => s.Layers[0].Module == layer && s.Inputs.Length == 1);
        Tensor? last = reader?.Inputs[0] == 0 ? input : null;
        return (step, made) =>
        {
            if (reader is not null && Array.IndexOf(step.Outputs, reader.Inputs[0]) is >= 0 and var slot)
            {
                last = made[slot];
            }

            if (step == reader)
            {
                taken(last!.clone().DetachFromDisposeScope());
            }
        };
    }

    /// <summary>Frees what was compiled, once the calls under way have ended; calls that come later throw <see cref="ObjectDisposedException"/>.</summary>
    public void Dispose()
    {
        if (gate.Close())
        {
            compiled.ForEach(static c => c.Program.Dispose());
            use.Dispose();
            if (module.IsValueCreated)
            {
                module.Value.Dispose();
            }
        }
    }

    /// <summary>Runs something on the program for an input, which stays as it is meanwhile.</summary>
    internal T With<T>(Tensor input, Func<CompiledProgram, T> run)
    {
        long[] shape = input.shape;
        bool compiledNow = false;
        while (true)
        {
            use.EnterReadLock();
            try
            {
                if (Find(shape) is { } current)
                {
                    T result = run(current);
                    if (compiledNow)
                    {
                        ProcessSettings.ReturnFreedMemory(); // what folding and packing took in between
                    }

                    return result;
                }
            }
            finally
            {
                use.ExitReadLock();
            }

            use.EnterWriteLock();
            try
            {
                if (Find(shape) is null)
                {
                    Compile(input);
                    compiledNow = true;
                }
            }
            finally
            {
                use.ExitWriteLock();
            }
        }
    }

    private CompiledProgram? Find(long[] shape)
    {
        Compiled? found = compiled.Find(c => c.Trace.InputShape.AsSpan(1).SequenceEqual(shape.AsSpan(1)));
        return found?.Program is { } program && program.IsCurrent() ? program : null;
    }

    // Nobody calls meanwhile.
    private void Compile(Tensor input)
    {
        int place = compiled.FindIndex(c => c.Trace.InputShape.AsSpan(1).SequenceEqual(input.shape.AsSpan(1)));
        Trace? trace = null;
        if (place >= 0)
        {
            trace = compiled[place].Trace;
            compiled[place].Program.Dispose();
            compiled.RemoveAt(place);
        }

        trace ??= Traced(input);
        while (compiled.Count >= Math.Max(1, options.ImageSizes))
        {
            compiled[^1].Program.Dispose();
            compiled.RemoveAt(compiled.Count - 1);
        }

        CompiledProgram program = Planner.Plan(trace, trace.Output, new Backend(Fallback is null, Joined,
            model.parameters().FirstOrDefault()?.dtype ?? ScalarType.Float32), Rules, Rewrite());
        program.PackedBatchSizes = options.PackedBatchSizes;
        compiled.Insert(0, new(trace, program));
    }

    private Fusions Joined => options.Quantization is null ? options.Fusions : options.Fusions & ByteRewriter.Joined;

    // Only float32 on the CPU can be quantized; elsewhere the float network runs.
    private Func<StepPlan, Backend, StepPlan>? Rewrite() => options.Quantization is { } bytes && Foreign is null
        ? (plan, backend) => ByteRewriter.Rewrite(plan, bytes, backend, QuantizationFallback is null)
        : null;

    // Of one image: the graph does not depend on how many there are.
    private Trace Traced(Tensor input)
    {
        using DisposeScope scope = NewDisposeScope();
        model.eval();
        return Trace.Run(model, input.shape[0] > 1 ? input.narrow(0, 0, 1) : input);
    }

    private sealed record Compiled(Trace Trace, CompiledProgram Program);

    private sealed class CompiledModule(string name, CompiledModel compiled) : nn.Module<Tensor, Tensor>(name)
    {
        public override Tensor forward(Tensor input) => compiled.Call(input);
    }
}

/// <summary>One operation of a compiled network.</summary>
/// <param name="Kind">What it computes: "convolution + fold + sum in place + relu".</param>
/// <param name="Layers">The layers that it stands for.</param>
public sealed record CompiledOperation(string Kind, IReadOnlyList<string> Layers);

/// <summary>Makes models fast.</summary>
public static class ModelCompiler
{
    /// <summary>
    /// Compiles a model for evaluation, at the first call (<see cref="CompiledModel"/>). It is put into evaluation mode. Any model whose forward calls leaf
    /// modules only can be compiled, others run as they are; a layer that the compiler does not know runs as itself.
    /// </summary>
    /// <param name="model">The model; it stays the caller's.</param>
    /// <param name="options">What is joined; null for everything.</param>
    public static CompiledModel Compile(this nn.Module<Tensor, Tensor> model, CompileOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        return new CompiledModel(model, options ?? new());
    }
}
