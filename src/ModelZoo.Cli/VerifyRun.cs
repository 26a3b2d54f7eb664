using System.Diagnostics;
using System.Runtime;
using System.Runtime.InteropServices;
using ModelZoo.Analysis;
using ModelZoo.Cli.Inputs;
using ModelZoo.Data;
using ModelZoo.Inference;
using ModelZoo.Loading;
using ModelZoo.Models;
using ModelZoo.Registry;
using ModelZoo.Transfer;
using ModelZoo.Verification;
using ModelZoo.Verification.Engines;
using ModelZoo.Weights;
using TorchSharp;
using static TorchSharp.torch;
using Trace = ModelZoo.Tracing.Trace;

namespace ModelZoo.Cli;

/// <summary>Verifies one model after the other; each one's memory is free before the next.</summary>
internal sealed class VerifyRun(Session session, VerifyPlan plan, WeightsChoice weights, VerificationPages? pages)
{
    private const int EndToEndSize = 32;
    private const long MostMacs = 300_000_000;

    internal VerifyResult Of(string spec)
    {
        var clock = Stopwatch.StartNew();
        VerifyResult result = Verify(spec);
        GCSettings.LargeObjectHeapCompactionMode = GCLargeObjectHeapCompactionMode.CompactOnce;
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        return result with { Seconds = clock.Elapsed.TotalSeconds };
    }

    /// <summary>Verifies on digits fitted to the model's input: real pictures, in every corner of the catalog.</summary>
    internal static VerificationReport Layers(Session session, ResolvedModel resolved, VerifyPlan plan)
    {
        ImageDataset digits = Digits.Load(DataSplit.Test).Take(plan.Batch);
        using ImageTensors images = ImageTensors.From(digits, TransferLearning.PreprocessingFor(digits, resolved.Preprocessing), CPU);
        (Tensor x, Tensor labels) = images.Batch([.. Enumerable.Range(0, digits.Count)]);
        using (x)
        using (labels)
        using (Tensor typed = x.to_type(plan.Type))
        {
            resolved.Model.to(CPU);
            if (plan.Type != ScalarType.Float32)
            {
                resolved.Model.to(plan.Type);
            }

            VerificationReport report = Verifier.Verify(
                resolved.Model, typed, plan.Options((ulong)session.Seed) with { Cancellation = session.Cancel },
                    blueprint: Catalog.TryBlueprintOf(resolved.Info)?.For(resolved.Options));
            if (plan.Compiled)
            {
                // A quantized network is held as what it was made of, and on bytes.
                foreach (QuantizationInfo? bytes in resolved.Quantization is { } info ? [null, info] : new QuantizationInfo?[] { null })
                {
                    using CompiledModel compiled = resolved.Model.Compile(new() { Quantization = bytes });
                    IReadOnlyList<LayerCheck> checks = CompiledVerifier.Verify(resolved.Model, compiled, typed,
                        plan.Options((ulong)session.Seed) with { Cancellation = session.Cancel });
                    report = report with { Checks = [.. report.Checks, .. checks] };
                }
            }

            resolved.Model.to(session.Device);
            return report;
        }
    }

    private VerifyResult Verify(string spec)
    {
        if (plan.Engine is { } engine)
        {
            return EngineVerification.Of(session, spec, plan, weights, engine);
        }

        int? size = plan.SizeFor(Session.Catalog.TryFind(spec.Split(':', 2)[0], out ModelInfo? info) ? info : null);
        WeightsChoice choice = size is { } side
            ? weights with { Change = options => weights.Change(options) with { InputHeight = side, InputWidth = side } }
            : weights;
        using ResolvedModel resolved = ModelArgument.Resolve(session, spec, choice);
        VerificationReport report = Layers(session, resolved, plan);
        ModelOptions options = resolved.Options;
        long[] whole = [];
        if (plan.EndToEnd && report.Passed)
        {
            var clock = Stopwatch.StartNew();
            (IReadOnlyList<LayerCheck> checks, whole) = EndToEndOf(resolved);
            report = report with { Checks = [.. report.Checks, .. checks], Elapsed = report.Elapsed + clock.Elapsed };
        }

        var result = new VerifyResult(spec, [options.InChannels, options.InputHeight, options.InputWidth], whole, report, 0,
            resolved.Info.Graph is null ? Catalog.CardOf(resolved.Info).DifferencesTo(ModelCard.Measure(resolved.Info, Catalog.ReadResource)) : []);
        pages?.Add(session, spec, resolved, weights.File, plan.Batch, report, result.CardDifferences);
        return result;
    }

    /// <summary>The network itself on a small input, where it takes one; else one built anew for the smallest input that its arithmetic allows.</summary>
    private (IReadOnlyList<LayerCheck> Checks, long[] Input) EndToEndOf(ResolvedModel resolved)
    {
        ModelOptions own = resolved.Options;
        int least = resolved.Info.MinimumSize, most = Math.Min(own.InputHeight, own.InputWidth);
        VerifyOptions options = plan.Options((ulong)session.Seed) with { Cancellation = session.Cancel };
        int[] sizes = [.. new[] { EndToEndSize, EndToEndSize / 2, EndToEndSize / 4 }.Where(s => s >= least && s < most), .. most <= EndToEndSize
            ? new[] { most }
            : []];
        foreach (int size in (resolved.Info.Graph is null ? sizes.Append(Math.Max(least, 1)) : sizes.Append(most)).OrderDescending().Distinct())
        {
            long[] shape = [1, own.InChannels, size, size];
            if (Macs(resolved.Model, shape) is { } macs && (macs <= MostMacs || (resolved.Info.Graph is null && size == sizes.DefaultIfEmpty(size).Min())))
            {
                shape[0] = macs <= MostMacs / 4 ? 2 : 1;
                return (EndToEnd.Verify(resolved.Model, shape, options), shape);
            }
        }

        if (resolved.Info.Graph is not null)
        {
            return ([], []); // an imported graph is built for its own size, which is too large for the reference
        }

        int smallest = Math.Min(most, Math.Max(least, EndToEndSize));
        using ZooModel fresh = resolved.Info.Create(own with { InputHeight = smallest, InputWidth = smallest });
        return (EndToEnd.Verify(fresh, [1, own.InChannels, smallest, smallest], options), [1, own.InChannels, smallest, smallest]);
    }

    // Null where the network does not take such an input.
    private static long? Macs(ZooModel model, long[] shape)
    {
        try
        {
            Tensor any = model.parameters().First();
            using Tensor input = zeros(shape, any.dtype, any.device);
            bool training = model.training;
            model.eval();
            using Trace trace = Trace.Run(model, input);
            model.train(training);
            return trace.Nodes.Sum(LayerFacts.Macs);
        }
        catch (Exception error) when (error is ExternalException or ArgumentException or ZooException)
        {
            return null;
        }
    }
}

/// <summary>How thoroughly <c>zoo verify</c> goes about each model.</summary>
/// <param name="Batch">Images that run through the layers.</param>
/// <param name="Size">Rows and columns of the input; null for the model's own, or what <paramref name="Whole"/> makes of it.</param>
/// <param name="Whole">Whether the whole catalog is verified: then large inputs are reduced and samples are smaller.</param>
/// <param name="EndToEnd">Whether the reference runs the whole network too.</param>
/// <param name="Type">What the layers compute in.</param>
/// <param name="Compiled">Whether the compiled network is verified too.</param>
/// <param name="Engine">What runs the network as ONNX; null for torch.</param>
internal sealed record VerifyPlan(int Batch, int? Size, bool Whole, bool EndToEnd, ScalarType Type, bool Compiled = false, IGraphEngine? Engine = null)
{
    private const int ReducedSize = 64;

    /// <summary>
    /// The rows and columns that a model is built for: what was asked for; of the whole catalog 64, or as many as the architecture needs, where it is meant for
    /// more and its layers do not depend on that. Null for its own.
    /// </summary>
    internal int? SizeFor(ModelInfo? info) =>
        Size ?? (Whole && info is { } known && known.Input.Height > ReducedSize && Catalog.TryBlueprintOf(known) is not { DependsOnSize: true }
            ? Math.Max(known.MinimumSize, ReducedSize)
            : null);

    /// <summary>Samples: the library's, and for the whole catalog an eighth.</summary>
    internal VerifyOptions Options(ulong seed) =>
        Whole ? new VerifyOptions { Seed = seed, MaxElements = 8192, MaxTerms = 1_000_000 } : new VerifyOptions { Seed = seed };
}
