using System.Diagnostics;
using System.Runtime.InteropServices;
using ModelZoo.Analysis;
using ModelZoo.Reference;
using ModelZoo.Tracing;
using ModelZoo.Verification.Blueprints;
using static TorchSharp.torch;
using Trace = ModelZoo.Tracing.Trace;

namespace ModelZoo.Verification;

/// <summary>
/// Says whether a network computes what its description says, forward and backward, and names the layer where it does not: one forward is traced, then every
/// leaf's real input goes through <see cref="Reference"/> in double, and what the leaf computed is held against a rounding-error bound of each single element.
/// </summary>
public sealed class Verifier
{
    private const string Model = "model";
    private readonly VerifyOptions options;
    private readonly IProgress<LayerCheck>? progress;
    private readonly List<LayerCheck> checks = [];
    private NetworkGraph graph = NetworkGraph.Empty;

    private Verifier(VerifyOptions options, IProgress<LayerCheck>? progress)
    {
        this.options = options;
        this.progress = progress;
    }

    /// <summary>
    /// Verifies a model in evaluation mode, auxiliary classifiers included; its mode, its gradients and its weights are as before afterwards.
    /// </summary>
    /// <param name="model">Any model whose <c>forward</c> calls leaf modules only.</param>
    /// <param name="input">A batch, [N,C,H,W], in the model's type and on its device.</param>
    /// <param name="options">How much to verify.</param>
    /// <param name="progress">Receives each check as it is done.</param>
    /// <param name="against">
    /// A trusted model of the same architecture: hyper-parameters, weights and the order of the layers are then its, and <paramref name="model"/> must compute
    /// the same. Without it each layer is held against what it says of itself.
    /// </param>
    /// <param name="blueprint">What the network must be made of, for the options that it was built with (<see cref="Blueprint.For"/>); null where that is not
    /// known.</param>
    public static VerificationReport Verify(
        nn.Module<Tensor, Tensor> model,
        Tensor input,
        VerifyOptions? options = null,
        IProgress<LayerCheck>? progress = null,
        nn.Module<Tensor, Tensor>? against = null,
        Blueprint? blueprint = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(input);
        var clock = Stopwatch.StartNew();
        var verifier = new Verifier(options ?? new VerifyOptions(), progress);
        using (new EvalMode(model))
        {
            using EvalMode? other = against is null ? null : new EvalMode(against);
            verifier.Run(model, input, against, blueprint);
        }

        return new VerificationReport(verifier.checks, BlueprintCheck.Allowed(verifier.options.AllowUnverified, blueprint),
            clock.Elapsed)
        { Graph = verifier.graph };
    }

    private void Run(nn.Module<Tensor, Tensor> model, Tensor input, nn.Module<Tensor, Tensor>? against, Blueprint? blueprint)
    {
        using Trace? described = against is null ? null : Trace.RunAll(against, input);
        using Trace trace = Trace.RunUntilFailure(model, input, out TraceFailure? failure);
        graph = NetworkGraph.Of(trace);
        if (blueprint is not null)
        {
            BlueprintCheck.Of(trace, model, blueprint, failed: failure is not null).ToList().ForEach(Add);
        }

        StructureWalk? walk = described is null ? null : new StructureWalk(trace, described);
        foreach (TraceNode node in trace.Nodes)
        {
            options.Cancellation.ThrowIfCancellationRequested();
            List<LayerCheck> problems = [];
            TraceNode? expected = walk is null ? node : walk.Pair(node, problems);
            problems.ForEach(Add);
            if (expected is not null)
            {
                Check(node, expected.Module);
            }
        }

        if (failure is not null)
        {
            Add(new()
            {
                Name = failure.Name,
                Op = failure.Op,
                Quantity = "forward",
                Verdict = Verdict.Failed,
                WorstRatio = double.PositiveInfinity,
                Note = failure.Message
            });
            return;
        }

        walk?.Missing().ToList().ForEach(Add);
        Tensor output = trace.Nodes[trace.Output].OutputValue!;
        Determinism(model, input, output);
        if (options.Training && input.shape[0] > 1 && output.is_floating_point())
        {
            Step(model, input);
        }

        if (options.Loss && output.shape.Length == 2)
        {
            foreach (LayerCheck check in LossCheck.Of(output, options))
            {
                Add(check);
            }
        }
    }

    private void Check(TraceNode node, nn.Module described)
    {
        if (!options.Checks.TryFind(described, out ILayerCheck? check, out string? reason))
        {
            Add(new()
            {
                Name = node.Name,
                Op = node.Op,
                Quantity = Quantity.Output,
                Shape = node.OutputShape,
                TotalCount = node.OutputValue!.numel(),
                Verdict = Verdict.Unverified,
                Note = reason
            });
            return;
        }

        Add(Compare(node, Exactly("parameters", check.Parameters), ActualValues.Of(new NdArray([node.ParameterCount]))));
        var rounding = Rounding.Of(node.DType, options.WideAccumulation);
        NdArray[] inputs = [.. node.InputValues.Select(x => x.ToNdArray())];
        ActualValues output = ActualValues.Of(node.OutputValue!);
        LayerCheck forward = Forward(node, check, inputs, output, rounding);
        Add(forward.Passed ? forward : forward with { LikelyCause = LikelyCause.Find(check, described, node.Module, inputs, output, rounding, options) });
        FurtherOutputs(node, check, inputs, rounding);
        if (options.Backward && node.DType is not (ScalarType.Int64 or ScalarType.Int32))
        {
            Run(node, Quantity.GradInput, () => Backward(node, check, inputs, rounding));
        }

        if (options.Training && check.Training is { } training)
        {
            Run(node, "training", () => Train(node, training, rounding));
        }
    }

    // What torch refuses (an operator that knows no such element type) is named.
    private void Run(TraceNode node, string quantity, Action action)
    {
        try
        {
            action();
        }
        catch (ExternalException refused)
        {
            Add(Failed(node, quantity, $"torch refuses: {TorchError.Summary(refused)}"));
        }
    }

    private void Train(TraceNode node, ITrainingCheck training, Rounding rounding)
    {
        try
        {
            foreach (LayerCheck check in TrainingComparison.Of(node, training, rounding, options, Seed(node)))
            {
                Add(check);
            }
        }
        catch (ArgumentException misfit)
        {
            Add(Failed(node, "training", $"its input does not fit the description: {misfit.Message}"));
        }
    }

    private LayerCheck Forward(TraceNode node, ILayerCheck check, NdArray[] inputs, ActualValues output, Rounding rounding)
    {
        try
        {
            return Compare(node, check.Output(inputs, rounding), output);
        }
        catch (ArgumentException misfit)
        {
            return Failed(node, Quantity.Output, $"its input does not fit the description: {misfit.Message}");
        }
    }

    private void FurtherOutputs(TraceNode node, ILayerCheck check, NdArray[] inputs, Rounding rounding)
    {
        try
        {
            Quantity[] expected = [.. check.FurtherOutputs(inputs, rounding)];
            for (int i = 0; i < node.FurtherOutputValues.Count; i++)
            {
                Add(i < expected.Length
                    ? Compare(node, expected[i], ActualValues.Of(node.FurtherOutputValues[i]))
                    : Failed(node, $"output {i + 1}", "the reference knows of no such output") with { Verdict = Verdict.Unverified });
            }
        }
        catch (ArgumentException misfit)
        {
            Add(Failed(node, Quantity.Output, $"its input does not fit the description: {misfit.Message}"));
        }
    }

    private void Backward(TraceNode node, ILayerCheck check, NdArray[] inputs, Rounding rounding)
    {
        using LeafRun run = LeafRun.Of(node.Module, node.InputValues, Seed(node));
        HashSet<string> promised = [];
        try
        {
            foreach (Quantity quantity in check.Gradients(inputs, run.Upstream, rounding))
            {
                promised.Add(quantity.Name);
                Add(run.Gradients.TryGetValue(quantity.Name, out Tensor? gradient)
                    ? Compare(node, quantity, ActualValues.Of(gradient))
                    : Failed(node, quantity.Name, run.Failure ?? "autograd gave no such gradient"));
            }
        }
        catch (ArgumentException misfit)
        {
            Add(Failed(node, Quantity.GradInput, $"its gradient does not fit the description: {misfit.Message}"));
            return;
        }

        foreach (string name in run.Gradients.Keys.Except(promised))
        {
            Add(Failed(node, name, "the reference knows of no such gradient") with { Verdict = Verdict.Unverified });
        }
    }

    private void Determinism(nn.Module<Tensor, Tensor> model, Tensor input, Tensor first)
    {
        using IDisposable none = no_grad();
        using Tensor second = model.call(input);
        LayerCheck check = Comparison.Of(Model, model.GetName(), Quantity.Exact("determinism", first.ToNdArray()), ActualValues.Of(second), int.MaxValue,
            options.Seed);
        Add(check.Passed ? check : check with { Note = "two forwards of one input in evaluation mode differ" });
    }

    private void Step(nn.Module<Tensor, Tensor> model, Tensor input)
    {
        try
        {
            TrainingStep.Of(model, input, options).ToList().ForEach(Add);
        }
        catch (ExternalException error)
        {
            Add(new()
            {
                Name = Model,
                Op = model.GetName(),
                Quantity = "step",
                Verdict = Verdict.Failed,
                WorstRatio = double.PositiveInfinity,
                Note = $"a step of training fails: {TorchError.Summary(error)}"
            });
        }
    }

    private static Quantity Exactly(string name, long value) => Quantity.Exact(name, new NdArray([value]));

    private static LayerCheck Failed(TraceNode node, string quantity, string note) =>
        new() { Name = node.Name, Op = node.Op, Quantity = quantity, Verdict = Verdict.Failed, WorstRatio = double.PositiveInfinity, Note = note };

    private LayerCheck Compare(TraceNode node, Quantity expected, ActualValues actual) =>
        Comparison.Of(node.Name, node.Op, expected, actual, options.SampleOf(expected), Seed(node));

    private ulong Seed(TraceNode node) => options.Seed + ((ulong)node.Index << 32);

    private void Add(LayerCheck check)
    {
        checks.Add(check);
        progress?.Report(check);
    }
}
