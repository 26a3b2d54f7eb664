using System.CommandLine;
using ModelZoo.Inference;
using ModelZoo.Models;
using ModelZoo.Registry;
using ModelZoo.Tracing;
using TorchSharp;

namespace ModelZoo.Cli.Inputs;

/// <summary>The model that a command works on: a name of the catalog, shipped or pulled weights (<c>lenet5:mnist</c>), or a checkpoint file.</summary>
internal static class ModelArgument
{
    internal const string Kinds = "A model (lenet5), a model with shipped or pulled weights (lenet5:mnist), a checkpoint file, or an ONNX model (x.onnx)";

    internal static Argument<string> Create() => new("model") { Description = Kinds };

    /// <param name="session">Its token ends forwards between two layers.</param>
    /// <param name="spec">As on the command line.</param>
    /// <param name="weights">Of the command line.</param>
    /// <param name="options">What is asked of the architecture.</param>
    /// <param name="seed">Of fresh weights; null: the session's.</param>
    /// <param name="trained">Whether it is going to be trained: then each step is finished.</param>
    internal static ResolvedModel Resolve(
        Session session, string spec, WeightsChoice? weights = null, ModelOptions? options = null, long? seed = null, bool trained = false)
    {
        session.Cancel.ThrowIfCancellationRequested();
        ResolvedModel resolved = ModelResolver.Resolve(
            Session.Catalog, spec, Catalog.ReadResource, weights?.File, options, (ulong)(seed ?? session.Seed), weights?.Load, weights?.Change,
            session.MaxMemory);
        foreach (string remark in resolved.Loading?.Remarks ?? [])
        {
            session.Say($"{weights?.File ?? spec}: {remark}");
        }

        resolved.Model.to(session.Device);
        if (!trained)
        {
            ForwardCancellation.Attach(resolved.Model, session.Cancel);
        }

        return resolved;
    }
}
