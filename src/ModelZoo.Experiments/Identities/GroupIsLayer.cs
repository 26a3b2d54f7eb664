using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ModelZoo.Experiments.Identities;

/// <summary>One group of all channels.</summary>
/// <param name="other">Another normalization to take for layer normalization.</param>
public sealed class GroupIsLayer(Func<Tensor, Tensor>? other = null)
    : Experiment(new("groupnorm-layernorm", ExperimentGroup.Identities, "GroupNorm with one group is LayerNorm")
    {
        Claim = "Group normalization with G = 1 is layer normalization over channels, rows and columns.",
        Source = "Wu and He, arXiv 1803.08494, section 3.1",
        Runs = "Both on random feature maps in double, for every number of groups",
    })
{
    /// <inheritdoc/>
    public override ExperimentResult Run(ExperimentContext context) =>
        GroupNormalization.Result(context, "layer normalization", 1, GroupNormalization.Differences(other ?? (x => functional.layer_norm(x, x.shape[1..]))));
}
