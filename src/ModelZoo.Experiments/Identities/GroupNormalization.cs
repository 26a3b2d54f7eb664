using ModelZoo.Plots;
using static ModelZoo.Plots.Markup;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ModelZoo.Experiments.Identities;

/// <summary>Group normalization against what it becomes at the ends of its range.</summary>
internal static class GroupNormalization
{
    public const int Channels = 12;
    public const double Tolerance = 1e-10;

    public static readonly int[] Groups = [1, 2, 3, 4, 6, 12];

    /// <summary>The largest difference to another normalization, for each number of groups.</summary>
    public static double[] Differences(Func<Tensor, Tensor> other)
    {
        // Channels of different means and sizes: else every normalization would be nearly the same.
        Tensor scale = Tensors.Normal(1, Channels, 1, 1).abs().add(0.5), shift = Tensors.Normal(1, Channels, 1, 1).mul(3);
        Tensor x = Tensors.Normal(4, Channels, 5, 7).mul(scale).add(shift), expected = other(x);
        return [.. Groups.Select(g => Tensors.Difference(functional.group_norm(x, g), expected))];
    }

    /// <summary>A result: equal at one number of groups, different at all others.</summary>
    public static ExperimentResult Result(ExperimentContext context, string name, int at, double[] differences)
    {
        double equal = differences[Array.IndexOf(Groups, at)], least = Groups.Zip(differences).Where(pair => pair.First != at).Min(pair => pair.Second);
        return ExperimentResult.Of(equal < Tolerance
            && least > 1e-3, new(equal, "largest difference",
            $"With G = {at} the largest difference to {name} is {Number(equal)}; with any other G at least {Number(least)}."))
            with
        {
            Seeds = [context.Seed],
            DataUsed = $"random values, [4,{Channels},5,7], channels of different means and sizes",
            Figures = [new LinePlot($"Group normalization against {name}", new("groups G", Logarithmic: true) { Ticks = [.. Groups.Select(g => (double)g)] },
                new("largest difference"),
                [new("", [.. Groups.Select(g => (double)g)], differences)]) { Caption = $"Of {Channels} channels." }],
        };
    }
}

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
