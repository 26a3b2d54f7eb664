using ModelZoo.Plots;
using TorchSharp;
using TorchSharp.Modules;
using static ModelZoo.Plots.Markup;
using static TorchSharp.torch;

namespace ModelZoo.Experiments.Arithmetic;

/// <summary>The padding that keeps the size, and no other.</summary>
/// <param name="formula">Another formula to try in its place: N, F, s → p.</param>
public sealed class SamePadding(Func<int, int, int, double>? formula = null)
    : Experiment(new("same-padding", ExperimentGroup.Arithmetic, "Padding that keeps the size")
    {
        Claim = "The output is as large as the input if and only if p = ((N − 1)s + F − N)/2.",
        Source = "The lecture, “same padding”; Dumoulin and Visin, arXiv 1603.07285, section 2.3, for stride 1",
        Runs = "Conv2d on zeros for every N from 2 to 12, F to 7, s to 3 and every p to 15 where the window fits evenly",
    })
{
    private const int MostPadding = 15;
    private readonly Func<int, int, int, double> formula = formula ?? ((n, f, s) => (((n - 1) * s) + f - n) / 2.0);

    /// <inheritdoc/>
    public override ExperimentResult Run(ExperimentContext context)
    {
        using DisposeScope scope = NewDisposeScope(); // takes the view of its weight that a new convolution leaves behind
        int tried = 0, agree = 0, rounded = 0;
        for (int f = 1; f <= 7; f++)
        {
            for (int s = 1; s <= 3; s++)
            {
                for (int p = 0; p <= MostPadding; p++)
                {
                    using Conv2d layer = nn.Conv2d(1, 1, f, stride: s, padding: p);
                    for (int n = Math.Max(2, f - (2 * p)); n <= 12; n++)
                    {
                        using Tensor input = zeros(1, 1, n, n), output = layer.call(input);
                        bool kept = output.shape[2] == n, said = formula(n, f, s) == p;
                        if ((n + (2 * p) - f) % s == 0)
                        {
                            (tried, agree) = (tried + 1, agree + (kept == said ? 1 : 0));
                        }
                        else if (kept)
                        {
                            rounded++;
                        }
                    }
                }
            }
        }

        return ExperimentResult.Of(agree == tried,
            new(100.0 * agree / tried, "%",
            $"In {Count(agree)} of {Count(tried)} settings that fit evenly the size is kept exactly where the formula says so."))
            with
        {
            Figures = [Figure()],
            Notes = ["Where the window does not fit evenly the lecture refuses the setting. PyTorch rounds down, and so keeps the size with a further padding "
                + $"in {Count(rounded)} settings that were swept: there “only if” does not hold of it.",
                "With stride 1 and an odd kernel p is (F − 1)/2. With stride 2 it grows with the image, which nobody does: a stride is there to make the map "
                    + "smaller."],
        };
    }

    private static LinePlot Figure()
    {
        double[] kernels = [1, 2, 3, 4, 5, 6, 7];
        return new("Padding that keeps 12 pixels", new("kernel F", "pixels") { Ticks = kernels }, new("padding p", "pixels on each side"),
            [.. Enumerable.Range(1, 3).Select(s => new Series($"stride {s}", kernels, [.. kernels.Select(f => Found((int)f, s))]))])
        { Caption = "Found by trying every padding; a gap means that none keeps the size." };
    }

    private static double Found(int kernel, int stride)
    {
        const int Size = 12;
        return Enumerable.Range(0, MostPadding + 1).Where(p => (Size + (2 * p) - kernel) % stride == 0).Select(p =>
        {
            using Conv2d layer = nn.Conv2d(1, 1, kernel, stride: stride, padding: p);
            using Tensor input = zeros(1, 1, Size, Size), output = layer.call(input);
            return output.shape[2] == Size ? p : double.NaN;
        }).Where(double.IsFinite).DefaultIfEmpty(double.NaN).First();
    }
}
