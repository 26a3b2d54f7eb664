using ModelZoo.Plots;
using static ModelZoo.Plots.Markup;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ModelZoo.Experiments.Pictures;

/// <summary>Hand-made filters against those that training found.</summary>
public sealed class FirstLayerFilters() : Experiment(new("first-layer-filters", ExperimentGroup.Pictures, "Hand-made and learned first-layer filters")
{
    Claim = "The first layer learns filters like those made by hand: edges in some direction (Sobel) and blobs (blur, sharpen).",
    Source = "Krizhevsky et al., NIPS 2012, figure 3; Goodfellow, Bengio and Courville, Deep Learning, section 9.10; the lecture, “filters”",
    Runs = "The 6 filters of 5×5 of the shipped LeNet-5: the share of their energy that a blur, two Sobels and a Laplacian of 5×5 explain, against the same "
        + "share of 2,000 sets of 6 random filters",
    UsesData = true,
})
{
    private const int Side = 5, Sets = 2000;

    /// <inheritdoc/>
    public override ExperimentResult Run(ExperimentContext context)
    {
        using var lenet = new TrainedLeNet(context);
        using IDisposable none = no_grad();
        double[][] basis = Orthonormal(HandMade.Select(h => h.Kernel));
        double[][] learned = Tensors.Rows(Tensors.Values(lenet.Filters), Side * Side);
        double[] shares = [.. learned.Select(f => Explained(f, basis))];
        var draw = new SeededRandom((ulong)context.Seed);
        double[] chance = [.. Enumerable.Range(0, Sets)
            .Select(_ => learned.Average(_ => Explained([.. Enumerable.Range(0, Side * Side).Select(_ => Normal(draw))], basis))).Order()];
        double mean = shares.Average(), typical = chance[Sets / 2], rare = chance[(int)(0.99 * Sets)];
        Verdict verdict = mean > rare ? Verdict.Reproduced : mean < typical ? Verdict.NotReproduced : Verdict.NotDecidable;
        Tensor digit = TrainedLeNet.Input(lenet.Test, 3);
        return new(verdict, new(100 * mean, "%",
            $"{Number(100 * mean)} % of the learned filters’ energy lies in the span of four hand-made ones; of random filters’ {Number(100 * typical)} %, and "
            + $"more than {Number(100 * rare)} % in one set of a hundred."))
        {
            Seeds = [context.Seed],
            DataUsed = lenet.DataUsed(context),
            Figures =
            [
                new ImageGrid("Hand-made filters", [.. HandMade.Select(h => PlotImage.Gray(h.Name, Side, Side, [.. h.Kernel.Select(v => (float)v)],
                    -h.Kernel.Max(Math.Abs), h.Kernel.Max(Math.Abs)))], 4) { Caption = "Gray is 0, white positive, black negative." },
                new ImageGrid("What they make of a digit", [.. HandMade.Select(h => Response(digit, h.Name, h.Kernel))], 4),
                new ImageGrid("Learned filters of LeNet-5",
                    [.. learned.Select((f, i) => PlotImage.Gray($"{i + 1}", Side, Side, [.. f.Select(v => (float)v)], -f.Max(Math.Abs), f.Max(Math.Abs)))], 6),
                new ImageGrid("What they make of it", [.. learned.Select((f, i) => Response(digit, $"{i + 1}", f))], 6),
                new BarChart("Energy in the span of the hand-made filters", new("share", "%") { From = 0, To = 100 },
                    [.. shares.Select((_, i) => $"filter {i + 1}"), "random, median"], [new("", [.. shares.Select(s => 100 * s), 100 * typical])]),
            ],
            Notes = [$"Four filters span {4 * 100 / (Side * Side)} % of the 25 dimensions: a random filter’s share. Six filters learned on digits of one "
                + "collection are few; they say nothing about photographs."],
        };
    }

    private static (string Name, double[] Kernel)[] HandMade { get; } = Make();

    private static (string, double[])[] Make()
    {
        double[] smooth = [1, 4, 6, 4, 1], slope = [-1, -2, 0, 2, 1], bend = [1, 0, -2, 0, 1];
        double[] Outer(double[] rows, double[] columns) => [.. rows.SelectMany(r => columns.Select(c => r * c))];
        double[] laplacian = [.. Outer(bend, smooth).Zip(Outer(smooth, bend), (a, b) => -(a + b))];
        return [("blur", Outer(smooth, smooth)), ("Sobel, across", Outer(smooth, slope)), ("Sobel, down", Outer(slope, smooth)),
            ("sharpen (Laplacian)", laplacian)];
    }

    private static PlotImage Response(Tensor digit, string name, double[] kernel)
    {
        using Tensor weight = tensor(kernel, [1, 1, Side, Side]).to_type(ScalarType.Float32), made = functional.conv2d(digit, weight).contiguous();
        return PlotImage.Gray(name, (int)made.shape[3], (int)made.shape[2], made.data<float>().ToArray());
    }

    private static double[][] Orthonormal(IEnumerable<double[]> vectors)
    {
        List<double[]> basis = [];
        foreach (double[] vector in vectors)
        {
            double[] rest = [.. vector];
            foreach (double[] b in basis)
            {
                double along = Dot(rest, b);
                rest = [.. rest.Zip(b, (r, v) => r - (along * v))];
            }

            double length = Math.Sqrt(Dot(rest, rest));
            basis.Add([.. rest.Select(r => r / length)]);
        }

        return [.. basis];
    }

    private static double Explained(double[] filter, double[][] basis) => basis.Sum(b => Math.Pow(Dot(filter, b), 2)) / Dot(filter, filter);

    private static double Dot(double[] a, double[] b) => a.Zip(b, (x, y) => x * y).Sum();

    private static double Normal(SeededRandom draw) => Math.Sqrt(-2 * Math.Log(1 - draw.NextDouble())) * Math.Cos(2 * Math.PI * draw.NextDouble());
}
