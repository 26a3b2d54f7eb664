using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ModelZoo.Experiments.Identities;

/// <summary>A group for each channel.</summary>
/// <param name="other">Another normalisation to take for instance normalisation.</param>
public sealed class GroupIsInstance(Func<Tensor, Tensor>? other = null) : Experiment(new("groupnorm-instancenorm", ExperimentGroup.Identities, "GroupNorm with C groups is InstanceNorm")
{
    Claim = "Group normalisation with as many groups as channels is instance normalisation.",
    Source = "Wu and He, arXiv 1803.08494, section 3.1",
    Runs = "Both on random feature maps in double, for every number of groups",
})
{
    /// <inheritdoc/>
    public override ExperimentResult Run(ExperimentContext context) =>
        GroupNormalisation.Result(context, "instance normalisation", GroupNormalisation.Channels, GroupNormalisation.Differences(other ?? (x => functional.instance_norm(x))));
}
