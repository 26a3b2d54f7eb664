using ModelZoo.Loading;
using TorchSharp;
using static ModelZoo.Plots.Markup;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ModelZoo.Experiments.Training;

/// <summary>Whitened inputs against batch normalization.</summary>
/// <param name="size">Another size than the preset's.</param>
public sealed class WhitenedInputs(TrainingSize? size = null)
    : TrainingExperiment(new("whitening", ExperimentGroup.Training, "Whitening against batch normalization")
    {
        Claim = "A network trains faster on whitened inputs than on raw pixels; batch normalization, which standardizes every layer's units without "
            + "decorrelating them, makes it faster still.",
        Source = "LeCun et al., Efficient BackProp, 1998, section 4.3; Ioffe and Szegedy, arXiv 1502.03167, sections 2 and 3",
        Runs = "A dense network of two hidden tanh layers on raw, standardized and ZCA-whitened pixels, and on raw pixels with batch normalization; each "
            + "at its best rate of a grid, plain stochastic gradient descent",
        UsesData = true,
        Seeded = true,
    }, size)
{
    private const double Regularization = 0.01;
    private static readonly double[] Rates = [0.01, 0.03, 0.1, 0.3, 1];
    private static readonly (string Name, string Label)[] Inputs = [("raw", "raw pixels"), ("standard", "standardized"), ("zca", "whitened (ZCA)"),
        ("norm", "raw, batch normalization")];
    private static readonly RateGrid Grid = new([.. Inputs.Select(i => (i.Name, (IReadOnlyList<double>)Rates))]);

    /// <inheritdoc/>
    public override IReadOnlyList<string> Variants => Grid.Variants;

    /// <inheritdoc/>
    public override string Rule =>
        "a quarter of the loss of guessing is reached in fewer steps on whitened than on raw pixels, and with batch normalization in fewer than with "
            + "whitening; each at its best rate.";

    /// <inheritdoc/>
    protected override string SourceSize => "an argument on the Hessian's eigenvalues (LeCun et al.); Inception on ImageNet (Ioffe and Szegedy)";

    /// <inheritdoc/>
    protected override (TrainingSize Quick, TrainingSize Full) Sizes => (new(1157, 640, 8, 8, 32, 64), new(int.MaxValue, int.MaxValue, 16, 30, 128, 512));

    /// <inheritdoc/>
    public override ExperimentResult Judge(RunTable runs)
    {
        string Best(string input) => Grid.Best(runs, input, Steps);
        SeedDifference whitening = runs.Ratio(Best("raw"), Best("zca"), Steps), norm = runs.Ratio(Best("zca"), Best("norm"), Steps);
        (string, string)[] best = [.. Inputs.Select(i => (Best(i.Name), $"{i.Label}, rate {RateGrid.Parse(Best(i.Name)).Rate}"))];
        var parts = new ClaimParts(("whitening beats raw pixels", whitening, 0), ("batch normalization beats whitening", norm, 0));
        return new(parts.Verdict, new(Math.Pow(2, whitening.Mean), "×",
            $"Raw pixels take {whitening.Ratio} the steps of whitened ones, and these {norm.Ratio} the steps of batch normalization "
                + $"({Number(runs.Mean(Best("norm"), Steps))})."))
        {
            Figures =
            [
                RunPlots.Loss(runs, best),
                RunPlots.Over("Steps by learning rate", runs, new("learning rate", Logarithmic: true) { Ticks = Rates },
                    new("steps to a quarter of the loss of guessing") { From = 0 }, Steps, [.. Inputs.Select(i => (i.Label, Grid.Of(i.Name)))]),
                RunPlots.Table("Each at its best rate", runs, best, ("steps", Steps), ("last training loss", m => m.LastLoss),
                    ("test error (%)", m => m.TestError), ("time (s)", m => m.Seconds)),
            ],
            Notes =
            [
                parts.Note,
                $"ZCA: (Σ + {Number(Regularization)}·tr(Σ)/d·1)^(−1/2)·(x − mean), Σ from the training images; the added part keeps pixels that never change "
                    + "from being blown up.",
            ],
        };
    }

    internal override Measured Train(ExperimentTraining shop, string variant, long seed)
    {
        (string input, double rate) = RateGrid.Parse(variant);
        using ImageTensors train = Prepared(shop, shop.Data.Train, input), test = Prepared(shop, shop.Data.Test, input);
        bool norm = input == "norm";
        (long inputs, long width) = (train.Shape[0], shop.Size.Width);
        List<(string, Module<Tensor, Tensor>)> layers = [];
        foreach ((string name, long before, long after) in new[] { ("1", inputs, width), ("2", width, width) })
        {
            layers.Add(($"fc{name}", Linear(before, after)));
            if (norm)
            {
                layers.Add(($"norm{name}", BatchNorm1d(after)));
            }

            layers.Add(($"act{name}", Tanh()));
        }

        layers.Add(("fc3", Linear(width, shop.Classes)));
        using var model = Sequential(layers);
        return shop.Train(model, shop.Sgd(rate), seed, train, test);
    }

    private static double Steps(Measured m) => m.StepsTo(p => p.Loss, m.Chance / 4);

    private static ImageTensors Prepared(ExperimentTraining shop, ImageTensors images, string input)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor pixels = All(images); // [N,D] in [0,1]
        Tensor known = All(shop.Data.Train);
        Tensor prepared = input switch
        {
            "standard" => (pixels - known.mean()) / known.std(),
            "zca" => (pixels - known.mean([0L])).matmul(Whitening(known)),
            _ => pixels.clone(),
        };
        return ImageTensors.FromTensors(prepared, images.Labels.clone(), images.ClassNames);

        static Tensor All(ImageTensors data) => data.Raw([.. Enumerable.Range(0, data.Count)]).Inputs.flatten(1);
    }

    /// <summary>
    /// The symmetric matrix that whitens: the covariance's inverse square root, [D,D], by the coupled Newton iteration (N. J. Higham, Functions of Matrices,
    /// 2008, equation 6.35).
    /// </summary>
    private static Tensor Whitening(Tensor rows)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor centered = rows.to_type(ScalarType.Float64);
        centered = centered - centered.mean([0L]);
        long d = rows.shape[1];
        Tensor one = eye(d, dtype: ScalarType.Float64, device: rows.device), covariance = centered.t().matmul(centered) / (double)rows.shape[0];
        covariance = covariance + (one * (Regularization * covariance.trace().item<double>() / d));
        double norm = covariance.norm().item<double>();
        (Tensor root, Tensor inverse) = (covariance / norm, one);
        for (int i = 0; i < 100; i++)
        {
            using DisposeScope step = NewDisposeScope();
            Tensor factor = ((one * 3) - inverse.matmul(root)) / 2;
            double change = (factor - one).norm().item<double>();
            (root, inverse) = (root.matmul(factor).MoveToOuterDisposeScope(), factor.matmul(inverse).MoveToOuterDisposeScope());
            if (change < 1e-10)
            {
                break;
            }
        }

        return (inverse / Math.Sqrt(norm)).to_type(ScalarType.Float32).MoveToOuterDisposeScope();
    }
}
