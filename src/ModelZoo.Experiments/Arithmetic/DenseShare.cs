using ModelZoo.Analysis;
using ModelZoo.Models;
using ModelZoo.Plots;
using ModelZoo.Registry;
using static ModelZoo.Plots.Markup;

namespace ModelZoo.Experiments.Arithmetic;

/// <summary>Where a network's parameters are.</summary>
/// <param name="heavy">Other networks to claim it of.</param>
public sealed class DenseShare(IReadOnlyList<string>? heavy = null)
    : Experiment(new("dense-share", ExperimentGroup.Arithmetic, "Parameters in the dense layers")
    {
        Claim = "Most parameters of AlexNet and VGG are in their fully connected layers; GoogLeNet, which averages over the last map, has most in its "
        + "convolutions.",
        Source = "Szegedy et al., CVPR 2015, sections 3 and 5; the lecture, “AlexNet”, “VGG”, “GoogLeNet”",
        Runs = "The networks from the catalog, traced: parameters of their Linear layers against all",
    })
{
    private readonly IReadOnlyList<string> heavy = heavy ?? ["alexnet_original", "alexnet", "vgg16", "vgg19"];

    /// <inheritdoc/>
    public override ExperimentResult Run(ExperimentContext context)
    {
        string[] light = ["googlenet_paper", "resnet50"];
        var shares = heavy.Concat(light).Select(name =>
        {
            context.Cancel.ThrowIfCancellationRequested();
            context.Say(name);
            ModelInfo info = Catalog.Models.Find(name);
            using ZooModel model = info.Create();
            ModelSummary summary = ModelSummary.Of(model, info.Input.Channels, info.Input.Height, info.Input.Width);
            long dense = summary.Layers.Where(l => l.Op == "Linear").Sum(l => l.Parameters);
            return (Name: name, Dense: dense, All: summary.Parameters,
                Macs: summary.Layers.Where(l => l.Op == "Linear").Sum(l => l.Macs) / (double)summary.Macs, Share: (double)dense / summary.Parameters);
        }).ToArray();
        bool holds = shares.Take(heavy.Count).All(s => s.Share > 0.5) && shares.Skip(heavy.Count).All(s => s.Share < 0.5);
        var google = shares[heavy.Count];
        return ExperimentResult.Of(holds, new(100 * shares[0].Share, "%", string.Join(", ", shares.Select(s => $"{s.Name} {Number(100 * s.Share)} %")) + "."))
            with
        {
            Figures =
            [
                new BarChart("Share of the dense layers", new("share", "%") { From = 0, To = 100 }, [.. shares.Select(s => s.Name)],
                    [new("of the parameters", [.. shares.Select(s => 100 * s.Share)]),
                        new("of the multiply-accumulates", [.. shares.Select(s => 100 * s.Macs)])]),
                new TableFigure("Parameters", ["model", ">in dense layers", ">in all"],
                    [.. shares.Select(s => (string[])[s.Name, Count(s.Dense), Count(s.All)])]),
            ],
            Notes = [$"The paper's “12 times fewer parameters than AlexNet” is not what the tables give: {Count(shares[0].All)} / {Count(google.All)} = "
                + $"{Number((double)shares[0].All / google.All)}."],
        };
    }
}
