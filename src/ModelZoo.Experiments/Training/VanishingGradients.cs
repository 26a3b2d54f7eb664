using ModelZoo.Plots;
using TorchSharp;
using TorchSharp.Modules;
using static ModelZoo.Plots.Markup;
using static TorchSharp.torch;

namespace ModelZoo.Experiments.Training;

/// <summary>The gradient of a deep sigmoid network vanishes toward its input.</summary>
/// <param name="size">Another size than the preset's.</param>
public sealed class VanishingGradients(TrainingSize? size = null)
    : TrainingExperiment(new("vanishing-gradients", ExperimentGroup.Training, "Sigmoids let the gradient vanish")
    {
        Claim = "With sigmoid units the gradient shrinks from layer to layer on its way to the first ones; with rectifiers it keeps its size, and the deep "
            + "network learns.",
        Source = "Glorot and Bengio, AISTATS 2010, sections 3 and 4; the lecture, “activation functions”",
        Runs = "Eight 3×3 convolutions of one width without normalization; each at every rate of a grid, momentum 0.9; the norm of the loss's gradient by each "
        + "layer's weights before and after training",
        UsesData = true,
        Seeded = true,
    }, size)
{
    private const int Depth = 8;
    private static readonly string[] Units = ["sigmoid", "tanh", "relu", "leaky"];
    private static readonly RateGrid Grid = new([.. Units.Select(u => (u, (IReadOnlyList<double>)[0.003, 0.01, 0.03, 0.1]))]);

    /// <inheritdoc/>
    public override IReadOnlyList<string> Variants => Grid.Variants;

    /// <inheritdoc/>
    public override string Rule =>
        "before training, layer 2's share of layer 8's gradient is at least ten times smaller with sigmoids than with rectifiers, and after it, each at its "
            + "best rate, the sigmoid network's training loss is higher.";

    /// <inheritdoc/>
    protected override string SourceSize => "dense networks of one to five hidden layers of 1,000 units on Shapeset-3×2, MNIST, CIFAR-10 and Small-ImageNet";

    /// <inheritdoc/>
    protected override (TrainingSize Quick, TrainingSize Full) Sizes => (new(1157, 640, 8, 5, 32, 16), new(int.MaxValue, int.MaxValue, 32, 20, 128, 64));

    /// <inheritdoc/>
    public override ExperimentResult Judge(RunTable runs)
    {
        static double Share(Measured m) =>
            m.Of("start") is { Count: > 1 } norms ? Math.Log10(Math.Max(norms[1], 1e-30) / Math.Max(norms[^1], 1e-30)) : double.NaN;
        string Best(string unit) => Grid.Best(runs, unit, m => m.LastLoss);
        SeedDifference lost = runs.More(Best("relu"), Best("sigmoid"), Share), loss = runs.More(Best("sigmoid"), Best("relu"), m => m.LastLoss);
        (string Variant, string Label)[] lines = [.. Units.Select(u => (Best(u), $"{u}, rate {RateGrid.Parse(Best(u)).Rate}"))];
        var parts = new ClaimParts(("less gradient arrives", lost, 1), ("and training ends higher", loss, 0));
        return new(parts.Verdict, new(Math.Pow(10, lost.Mean), "×",
            $"Of layer {Depth}'s gradient {Number(Math.Pow(10, runs.Mean(Best("sigmoid"), Share)))} reaches layer 2 through sigmoids, "
                + $"{Number(Math.Pow(10, runs.Mean(Best("relu"), Share)))} through rectifiers; the training loss ends at "
                + $"{Number(runs.Mean(Best("sigmoid"), m => m.LastLoss))} against {Number(runs.Mean(Best("relu"), m => m.LastLoss))}."))
        {
            Figures = [Gradients("Gradient by layer before training", runs, lines, "start"), Gradients("Gradient by layer after training", runs, lines, "end"),
                RunPlots.Loss(runs, lines)],
            Notes = [parts.Note, "Weights begin as Glorot and Bengio propose for sigmoid and tanh, as He et al. propose for the rectifiers. "
                + "With that, tanh keeps its gradient too; a sigmoid's slope is at most 1/4."],
        };
    }

    internal override Measured Train(ExperimentTraining shop, string variant, long seed)
    {
        (string unit, double rate) = RateGrid.Parse(variant);
        using Sequential model = new ConvStack(shop.Data.Channels, shop.Classes, shop.Size.Width, Depth) { Activation = unit }.Build();
        model.to(shop.Context.Device);
        double[] start = Norms(model, shop);
        Measured measured = shop.Train(model, shop.Sgd(rate, 0.9), seed);
        return measured with { More = new Dictionary<string, IReadOnlyList<double>> { ["start"] = start, ["end"] = Norms(model, shop) } };
    }

    private static double[] Norms(Sequential model, ExperimentTraining shop)
    {
        using DisposeScope scope = NewDisposeScope();
        (Tensor inputs, Tensor labels) = shop.Data.Train.Batch([.. Enumerable.Range(0, Math.Min(256, shop.Data.Train.Count))]);
        nn.functional.cross_entropy(model.call(inputs), labels).backward();
        double[] norms = [.. model.named_parameters()
            .Where(p => p.name.StartsWith("conv", StringComparison.Ordinal) && p.name.EndsWith("weight", StringComparison.Ordinal))
            .Select(p => (double)p.parameter.grad!.norm().item<float>())];
        model.zero_grad();
        return norms;
    }

    private static LinePlot Gradients(string title, RunTable runs, IReadOnlyList<(string Variant, string Label)> lines, string moment)
    {
        double[] layers = [.. Enumerable.Range(1, Depth).Select(l => (double)l)];
        return new(title, new("layer, from the input") { Ticks = layers }, new("norm of ∂loss/∂weights", Logarithmic: true),
            [.. lines.Select(l => Series.OfRuns(l.Label, layers,
                [.. runs[l.Variant].Select(m => (IReadOnlyList<double>)(m.Of(moment).Count == Depth ? m.Of(moment) : [.. layers.Select(_ => double.NaN)]))]))])
        { Caption = "Layers 2 to 8 are of one shape. A loss over 256 training images." };
    }
}
