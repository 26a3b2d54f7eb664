using ModelZoo.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace ModelZoo.Tracing;

/// <summary>
/// The data-flow graph of a model, recovered from one forward through hooks on its leaf modules. Everything that needs to know the network —
/// summary, verification, export, drawing — reads this.
/// </summary>
/// <remarks>Edges are found by identity: the tensor object that one leaf returns is the object that the next one takes.</remarks>
public sealed class Trace : IDisposable
{
    /// <summary>The "node" that stands for the model's own input.</summary>
    public const int ModelInput = -1;

    internal Trace(IReadOnlyList<TraceNode> nodes, long[] inputShape, IReadOnlyList<int> outputs)
    {
        Nodes = nodes;
        InputShape = inputShape;
        Outputs = outputs;
    }

    /// <summary>The leaves' calls, in the order of execution.</summary>
    public IReadOnlyList<TraceNode> Nodes { get; }

    /// <summary>The shape of the model's input, batch included.</summary>
    public long[] InputShape { get; }

    /// <summary>The node that made the model's output: its logits.</summary>
    public int Output => Outputs[0];

    /// <summary>
    /// The nodes that made everything that the forward gave: <see cref="Output"/> and, of <see cref="RunAll"/>, the auxiliary logits after it.
    /// </summary>
    public IReadOnlyList<int> Outputs { get; }

    /// <summary>Traces one forward of <paramref name="model"/> without gradients, in whatever mode (train, eval) it is.</summary>
    /// <param name="model">Any model whose <c>forward</c> calls leaf modules only.</param>
    /// <param name="input">A batch, [N,C,H,W].</param>
    /// <param name="keepValues">Whether nodes keep copies of their inputs and outputs.</param>
    /// <exception cref="TraceException">A leaf took, or the model returned, a tensor that no leaf made: a functional call hides in a forward.</exception>
    public static Trace Run(nn.Module<Tensor, Tensor> model, Tensor input, bool keepValues = false)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(input);
        using var recorder = new TraceRecorder(model, input, keepValues);
        using (no_grad())
        {
            using Tensor output = model.call(input);
            return recorder.Finish(output);
        }
    }

    /// <summary>
    /// As <see cref="Run(nn.Module{Tensor, Tensor}, Tensor, bool)"/>, but with the auxiliary classifiers of a model that has any
    /// (<see cref="IAuxiliaryHeads"/>), in whatever mode it is (a forward in training moves the running statistics of batch normalization).
    /// </summary>
    /// <exception cref="TraceException">As above.</exception>
    public static Trace RunAll(nn.Module<Tensor, Tensor> model, Tensor input, bool keepValues = false)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(input);
        using var recorder = new TraceRecorder(model, input, keepValues);
        using IDisposable none = no_grad();
        using DisposeScope scope = NewDisposeScope();
        return recorder.Finish(AllHeads(model, input));
    }

    /// <summary>Traces a forward of zeros of the given shape, batch included, in eval mode; the model's mode is put back.</summary>
    public static Trace Run(nn.Module<Tensor, Tensor> model, params long[] inputShape)
    {
        ArgumentNullException.ThrowIfNull(model);
        bool training = model.training;
        model.eval();
        try
        {
            Device device = model.parameters().FirstOrDefault()?.device ?? CPU;
            using Tensor input = zeros(inputShape, device: device);
            return Run(model, input);
        }
        finally
        {
            model.train(training);
        }
    }

    /// <summary>
    /// As <see cref="RunAll"/> with values kept, but a forward that fails gives the nodes that ran before, and what went wrong where.
    /// </summary>
    internal static Trace RunUntilFailure(nn.Module<Tensor, Tensor> model, Tensor input, out TraceFailure? failure)
    {
        using var recorder = new TraceRecorder(model, input, keepValues: true);
        using IDisposable none = no_grad();
        using DisposeScope scope = NewDisposeScope();
        try
        {
            Trace trace = recorder.Finish(AllHeads(model, input));
            failure = null;
            return trace;
        }
        catch (Exception error) when (error is not (OutOfMemoryException or OperationCanceledException))
        {
            failure = recorder.Failure(error);
            return recorder.Partial();
        }
    }

    /// <summary>Frees the kept values.</summary>
    public void Dispose()
    {
        foreach (TraceNode node in Nodes)
        {
            foreach (Tensor t in node.InputValues)
            {
                t.Dispose();
            }

            node.OutputValue?.Dispose();
            foreach (Tensor t in node.FurtherOutputValues)
            {
                t.Dispose();
            }
        }
    }

    private static Tensor[] AllHeads(nn.Module<Tensor, Tensor> model, Tensor input) =>
        model is IAuxiliaryHeads { Auxiliary.Count: > 0 } heads ? heads.ForwardAll(input) : [model.call(input)];
}

/// <summary>Where and why a traced forward ended early.</summary>
/// <param name="Name">The leaf that was running, else the last that had run.</param>
/// <param name="Op">Its type.</param>
/// <param name="Message">What was thrown.</param>
internal sealed record TraceFailure(string Name, string Op, string Message);

/// <summary>A model whose graph cannot be recovered; the message names the leaf.</summary>
public sealed class TraceException(string message) : ZooException(message);

/// <summary>One call of a leaf module: a node of the data-flow graph.</summary>
public sealed class TraceNode
{
    /// <summary>Position in the order of execution.</summary>
    public required int Index { get; init; }

    /// <summary>The module's path in the model ("layer1.0"); a second call of the same module has "#2" after it.</summary>
    public required string Name { get; init; }

    /// <summary>The leaf itself: its type and public properties are the hyper-parameters.</summary>
    public required nn.Module Module { get; init; }

    /// <summary>The module's type, without namespace ("Conv2d").</summary>
    public string Op => Module.GetType().Name;

    /// <summary>Where each input comes from: the index of a node, or <see cref="Trace.ModelInput"/>.</summary>
    public required IReadOnlyList<int> Inputs { get; init; }

    /// <summary>Which output of its node each input is: 0, or 1 for the second output of a leaf that has two.</summary>
    public IReadOnlyList<int> InputSlots { get; init; } = [];

    /// <summary>The shapes of the inputs.</summary>
    public required IReadOnlyList<long[]> InputShapes { get; init; }

    /// <summary>The shape of the output, of several the first's.</summary>
    public required long[] OutputShape { get; init; }

    /// <summary>The element type of the output.</summary>
    public required ScalarType DType { get; init; }

    /// <summary>Copies of the inputs as the leaf saw them (before an in-place leaf changed them), where the trace was asked to keep values.</summary>
    public IReadOnlyList<Tensor> InputValues { get; init; } = [];

    /// <summary>A copy of the (first) output, where the trace was asked to keep values.</summary>
    public Tensor? OutputValue { get; init; }

    /// <summary>Copies of the outputs after the first, where the trace was asked to keep values.</summary>
    public IReadOnlyList<Tensor> FurtherOutputValues { get; internal set; } = [];

    /// <summary>The node's own parameters (weight, bias, …).</summary>
    public long ParameterCount => Module.parameters(recurse: false).Sum(p => p.numel());

    /// <inheritdoc/>
    public override string ToString() => $"{Name} ({Op}) [{string.Join(",", OutputShape)}]";
}
