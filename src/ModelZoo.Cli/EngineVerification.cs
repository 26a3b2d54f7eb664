using ModelZoo.Cli.Inputs;
using ModelZoo.Data;
using ModelZoo.Imaging;
using ModelZoo.Inference;
using ModelZoo.Loading;
using ModelZoo.Onnx.Export;
using ModelZoo.Registry;
using ModelZoo.Transfer;
using ModelZoo.Verification;
using ModelZoo.Verification.Engines;
using TorchSharp;
using static TorchSharp.torch;

namespace ModelZoo.Cli;

/// <summary><c>zoo verify --engine</c>: an ONNX file as an engine runs it; of any other model the file that <c>zoo export</c> writes.</summary>
internal static class EngineVerification
{
    private const string Ending = ".onnx";

    internal static VerifyResult Of(Session session, string spec, VerifyPlan plan, WeightsChoice weights, IGraphEngine engine)
    {
        if (ImportedGraph.IsOne(spec))
        {
            return OfFile(session, spec, spec, plan, engine);
        }

        string written = Path.Combine(Path.GetTempPath(), $"zoo-{Guid.NewGuid():N}{Ending}");
        try
        {
            WeightsChoice sized = weights with { Change = options => Sized(weights.Change(options), plan, spec) };
            using (ResolvedModel resolved = ModelArgument.Resolve(session, spec, sized))
            {
                ModelOptions o = resolved.Options;
                resolved.Model.to(CPU);
                OnnxExport.Write(written, resolved.Model, new OnnxExportOptions
                {
                    Input = [o.InChannels, o.InputHeight, o.InputWidth],
                    Checks = plan.Batch,
                    Description = resolved.Describe(),
                });
            }

            return OfFile(session, spec, written, plan, engine);
        }
        finally
        {
            File.Delete(written);
        }
    }

    private static ModelOptions Sized(ModelOptions options, VerifyPlan plan, string spec) =>
        plan.SizeFor(Session.Catalog.TryFind(spec.Split(':', 2)[0], out ModelInfo? info) ? info : null) is { } side
            ? options with { InputHeight = side, InputWidth = side }
            : options;

    private static VerifyResult OfFile(Session session, string spec, string path, VerifyPlan plan, IGraphEngine engine)
    {
        using GraphVerifier verifier = GraphVerifier.Open(path);
        VerifyOptions options = plan.Options((ulong)session.Seed) with { Cancellation = session.Cancel };
        if (verifier.Pictures)
        {
            session.Say($"{spec}: takes pictures; its checks are verified, its layers are not");
            return new(spec, [.. verifier.Checks!.Input.Shape.Skip(1).Select(n => (int)n)], [], verifier.Verify(engine, null, options), 0, []);
        }

        ImageDataset digits = Digits.Load(DataSplit.Test).Take(verifier.Batch ?? plan.Batch);
        Preprocessing how = verifier.Preprocessing! with { Channels = verifier.Channels, Height = verifier.Height, Width = verifier.Width };
        using ImageTensors images = ImageTensors.From(digits, TransferLearning.PreprocessingFor(digits, how), CPU);
        (Tensor x, Tensor labels) = images.Batch([.. Enumerable.Range(0, digits.Count)]);
        using (x)
        using (labels)
        {
            return new(spec, [verifier.Channels, verifier.Height, verifier.Width], [], verifier.Verify(engine, x, options), 0, []);
        }
    }
}
