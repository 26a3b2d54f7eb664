using ModelZoo.Models;
using ModelZoo.Registry;
using ModelZoo.Verification;
using static TorchSharp.torch;

namespace ModelZoo.Cli;

/// <summary>How thoroughly <c>zoo verify</c> goes about each model.</summary>
/// <param name="Batch">Images that run through the layers.</param>
/// <param name="Size">Rows and columns of the input; null for the model's own, or what <paramref name="Whole"/> makes of it.</param>
/// <param name="Whole">Whether the whole catalog is verified: then large inputs are reduced and samples are smaller.</param>
/// <param name="EndToEnd">Whether the reference runs the whole network too.</param>
/// <param name="Type">What the layers compute in.</param>
internal sealed record VerifyPlan(int Batch, int? Size, bool Whole, bool EndToEnd, ScalarType Type)
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
