using ModelZoo.Analysis;
using ModelZoo.Models;
using ModelZoo.Models.Googlenet;
using ModelZoo.Plots;
using ModelZoo.Registry;
using static ModelZoo.Plots.Markup;

namespace ModelZoo.Experiments.Arithmetic;

/// <summary>The real modules 3a and 3b, naive and with their reductions.</summary>
/// <param name="model">Another network whose modules are taken for GoogLeNet's.</param>
public sealed class InceptionReductions(string? model = null) : Experiment(new("inception-reductions", ExperimentGroup.Arithmetic, "Inception's 1×1 reductions")
{
    Claim = "1×1 reductions before the 3×3 and 5×5 convolutions make an inception module cheaper than the naive one, in GoogLeNet's 3a less than half as "
        + "costly.",
    Source = "Szegedy et al., CVPR 2015, section 4 and figure 2; widths of table 1",
    Runs = "GoogLeNet from the catalog, traced at 224×224, against naive modules with the same widths on the same inputs",
})
{
    private static readonly (string Name, int In, int One, int Three, int Five)[] Modules = [("3a", 192, 64, 128, 32), ("3b", 256, 128, 192, 96)];

    /// <inheritdoc/>
    public override ExperimentResult Run(ExperimentContext context)
    {
        ModelInfo info = Catalog.Models.Find(model ?? "googlenet_paper");
        using ZooModel network = info.Create(info.Defaults with { OmitAuxiliary = true });
        ModelSummary summary = ModelSummary.Of(network, 3, 224, 224);
        var costs = Modules.Select(m =>
        {
            using var naive = new NaiveInception(m.In, m.One, m.Three, m.Five, null);
            return (m.Name, Naive: ModelSummary.Of(naive, m.In, 28, 28).Macs, naive.OutChannels,
                Reduced: summary.Layers.Where(l => l.Name.StartsWith($"inception{m.Name}.", StringComparison.Ordinal)).Sum(l => l.Macs));
        }).ToArray();
        double ratio = (double)costs[0].Naive / costs[0].Reduced;
        return ExperimentResult.Of(costs.All(c => c.Reduced > 0 && c.Reduced < c.Naive)
            && ratio > 2, new(ratio, "×",
            $"3a: {Count(costs[0].Naive)} → {Count(costs[0].Reduced)}, {Number(ratio)} times fewer; 3b on its 256 channels: {Count(costs[1].Naive)} → "
            + $"{Count(costs[1].Reduced)}."))
            with
        {
            Figures =
            [
                new BarChart("Multiply-accumulates at 28×28", new("multiply-accumulates"), [.. costs.Select(c => c.Name)],
                    [new("naive", [.. costs.Select(c => (double)c.Naive)]), new("with reductions", [.. costs.Select(c => (double)c.Reduced)])]),
                new BarChart("Channels that the next module gets", new("channels"), [.. Modules.Select(m => m.Name)],
                    [new("naive: the pool passes all on", [.. costs.Select(c => (double)c.OutChannels)]),
                        new("with reductions", [.. Modules.Select(m => (double)Out(summary, m.Name))])]),
            ],
            Notes = ["Multiply-accumulates count convolutions only, biases not."],
        };
    }

    private static long Out(ModelSummary summary, string module) =>
        summary.Layers.LastOrDefault(l => l.Name.StartsWith($"inception{module}.", StringComparison.Ordinal))?.OutputShape[0] ?? 0;
}
