using System.Globalization;
using ModelZoo.Models;
using ModelZoo.Plots;
using ModelZoo.Registry;
using static ModelZoo.Plots.Markup;

namespace ModelZoo.Experiments.Arithmetic;

/// <summary>Parameters and multiply-accumulates of the whole catalog.</summary>
/// <param name="published">Other figures to hold the models against.</param>
public sealed class ModelCounts(IReadOnlyList<(string Model, long Parameters, string GMacs)>? published = null)
    : Experiment(new("model-counts", ExperimentGroup.Arithmetic, "Parameters and MACs of all models")
    {
        Claim = "The zoo's networks have exactly the published numbers of parameters, and the published multiply-accumulates to the last printed digit.",
        Source = "Each model's paper, and torchvision's figures where it has the model",
        Runs = "Every model of the catalog, built at its own input size and traced; MACs count convolutions and linear layers only",
    })
{
    private readonly IReadOnlyList<(string Model, long Parameters, string GMacs)> published = published ?? PublishedFigures.All;

    /// <inheritdoc/>
    public override ExperimentResult Run(ExperimentContext context)
    {
        List<(string Name, long Parameters, long Macs)> counted = [];
        foreach (ModelInfo info in Catalog.Models.Models)
        {
            context.Cancel.ThrowIfCancellationRequested();
            context.Say(info.Name);
            ModelCard card = ModelCard.Measure(info, Catalog.ReadResource);
            counted.Add((info.Name, card.Parameters, card.Macs));
        }

        var byName = counted.ToDictionary(c => c.Name);
        List<string[]> rows = [];
        int wrong = 0, compared = 0;
        foreach ((string model, long parameters, string macs) in published)
        {
            (_, long ours, long cost) = byName.GetValueOrDefault(model);
            bool sameParameters = ours == parameters, sameMacs = macs.Length == 0 || Printed(cost, macs) == macs;
            compared += macs.Length == 0 ? 1 : 2;
            wrong += (sameParameters ? 0 : 1) + (sameMacs ? 0 : 1);
            rows.Add([model, Count(ours), Count(parameters), Printed(cost, macs.Length == 0 ? "0.0000" : macs), macs, sameParameters && sameMacs
                ? "equal"
                : "DIFFERS"]);
        }

        return ExperimentResult.Of(wrong == 0, new(wrong, "differences",
            $"{Count(compared - wrong)} of {Count(compared)} published figures of {published.Count} models are met exactly; {counted.Count} models counted."))
            with
        {
            Figures =
            [
                new ScatterPlot("Cost and size", new("multiply-accumulates per image", Logarithmic: true), new("parameters", Logarithmic: true),
                    [.. counted.Where(c => c.Macs > 0).Select(c => new ScatterPoint(c.Name, c.Macs,
                        c.Parameters))]) { Caption = "Labels stand where there is room; the others are in the tooltips. Each at its own input size." },
                new BarChart("Parameters of models for 224×224", new("parameters", Logarithmic: true), [.. Plotted(byName).Select(c => c.Name)],
                    [new("", [.. Plotted(byName).Select(c => (double)c.Parameters)])]),
                new TableFigure("Against the published figures", ["model", ">parameters", ">published", ">GMACs", ">published GMACs", "verdict"], rows),
            ],
        };
    }

    private static IEnumerable<(string Name, long Parameters, long Macs)> Plotted(Dictionary<string, (string Name, long Parameters, long Macs)> all) =>
        new[] { "alexnet_original", "zfnet", "vgg16", "vgg19", "googlenet_paper", "resnet18", "resnet50", "resnet152", "densenet121", "mobilenet_v1",
            "efficientnet_b0" }.Where(all.ContainsKey).Select(n => all[n]);

    /// <summary>In 10⁹, with as many decimals as the other figure.</summary>
    private static string Printed(long macs, string like) =>
        (macs / 1e9m).ToString($"F{like.Length - 1 - like.IndexOf('.', StringComparison.Ordinal)}", CultureInfo.InvariantCulture);
}
