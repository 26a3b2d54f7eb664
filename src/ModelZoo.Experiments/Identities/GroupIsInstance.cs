using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ModelZoo.Experiments.Identities;

/// <summary>A group for each channel.</summary>
/// <param name="other">Another normalization to take for instance normalization.</param>
public sealed class GroupIsInstance(Func<Tensor, Tensor>? other = null)
    : Experiment(new("groupnorm-instancenorm", ExperimentGroup.Identities, "GroupNorm with C groups is InstanceNorm")
    {
        Claim = "Group normalization with as many groups as channels is instance normalization.",
        Source = "Wu and He, arXiv 1803.08494, section 3.1",
        Runs = "Both on random feature maps in double, for every number of groups",
    })
{
    /// <inheritdoc/>
    public override ExperimentResult Run(ExperimentContext context) =>
        GroupNormalization.Result(context, "instance normalization", GroupNormalization.Channels,
            GroupNormalization.Differences(other ?? (x => functional.instance_norm(x))));
}
