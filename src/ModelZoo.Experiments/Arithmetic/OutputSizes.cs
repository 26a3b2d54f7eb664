using ModelZoo.Plots;
using TorchSharp;
using TorchSharp.Modules;
using static ModelZoo.Plots.Markup;
using static TorchSharp.torch;

namespace ModelZoo.Experiments.Arithmetic;

/// <summary>k = (N + 2p − F)/s + 1 against the shapes that Conv2d really makes.</summary>
/// <param name="formula">Another formula to try in its place: N, F, s, p → k.</param>
public sealed class OutputSizes(Func<int, int, int, int, double>? formula = null)
    : Experiment(new("output-size", ExperimentGroup.Arithmetic, "Output size of a convolution")
    {
        Claim = "A convolution of an N×N input with an F×F kernel, stride s and padding p makes k×k, k = (N + 2p − F)/s + 1; where k is not whole the "
            + "setting is refused.",
        Source = "The lecture, “output size”; Dumoulin and Visin, arXiv 1603.07285, chapter 2, which rounds down",
        Runs = "Conv2d on zeros for every N from 1 to 16, F to 7, s to 4 and p to 3 where the kernel fits, and on the first layers of well-known networks",
    })
{
    private static readonly (string Layer, int N, int F, int S, int P)[] Known =
    [
        ("AlexNet conv1, as drawn", 227, 11, 4, 0),
        ("AlexNet conv1, as printed", 224, 11, 4, 0),
        ("AlexNet conv1, torchvision", 224, 11, 4, 2),
        ("VGG", 224, 3, 1, 1),
        ("ResNet conv1", 224, 7, 2, 3),
        ("LeNet-5 C1", 32, 5, 1, 0),
    ];

    private readonly Func<int, int, int, int, double> formula = formula ?? ((n, f, s, p) => ((n + (2 * p) - f) / (double)s) + 1);

    /// <inheritdoc/>
    public override ExperimentResult Run(ExperimentContext context)
    {
        using DisposeScope scope = NewDisposeScope(); // takes the view of its weight that a new convolution leaves behind
        int whole = 0, right = 0, between = 0, floored = 0;
        for (int f = 1; f <= 7; f++)
        {
            for (int s = 1; s <= 4; s++)
            {
                for (int p = 0; p <= 3; p++)
                {
                    using Conv2d layer = nn.Conv2d(1, 1, f, stride: s, padding: p);
                    for (int n = Math.Max(1, f - (2 * p)); n <= 16; n++)
                    {
                        double k = formula(n, f, s, p);
                        long made = Made(layer, n);
                        bool isWhole = Math.Abs(k - Math.Round(k)) < 1e-9;
                        (whole, right) = (whole + (isWhole ? 1 : 0), right + (isWhole && made == (long)Math.Round(k) ? 1 : 0));
                        (between, floored) = (between + (isWhole ? 0 : 1), floored + (!isWhole && made == (long)Math.Floor(k) ? 1 : 0));
                    }
                }
            }
        }

        double share = 100.0 * right / Math.Max(1, whole);
        return ExperimentResult.Of(right == whole
            && floored == between, new(share, "%",
            $"{Count(right)} of {Count(whole)} sizes with a whole k are as computed; in {Count(between)} more k is not whole, and torch rounds down "
            + $"{Count(floored)} of them."))
            with
        {
            Figures = [Stairs(),
            Layers()],
            Notes = ["The lecture refuses a k that is not whole. PyTorch, and with it this zoo, leaves the last columns out instead: k is rounded down."]
        };
    }

    private static long Made(Conv2d layer, int n)
    {
        using Tensor input = zeros(1, 1, n, n), output = layer.call(input);
        return output.shape[2];
    }

    private LinePlot Stairs()
    {
        using Conv2d layer = nn.Conv2d(1, 1, 3, stride: 2, padding: 1);
        double[] sizes = [.. Enumerable.Range(4, 13).Select(n => (double)n)];
        return new("Kernel 3, stride 2, padding 1", new("input size N", "pixels"), new("output size k", "pixels"),
        [
            new("formula", sizes, [.. sizes.Select(n => formula((int)n, 3, 2, 1))]),
            new("Conv2d", sizes, [.. sizes.Select(n => (double)Made(layer, (int)n))]),
        ])
        { Caption = "Where the formula lies between two whole numbers, Conv2d takes the lower." };
    }

    private TableFigure Layers() => new("First layers of well-known networks", ["layer", ">N", ">F", ">s", ">p", ">k by the formula", ">k of Conv2d"],
    [
        .. Known.Select(k =>
        {
            using Conv2d layer = nn.Conv2d(1, 1, k.F, stride: k.S, padding: k.P);
            double size = formula(k.N, k.F, k.S, k.P);
            return (string[])[k.Layer, $"{k.N}", $"{k.F}", $"{k.S}", $"{k.P}", size == Math.Floor(size)
                ? FormattableString.Invariant($"{size}")
                : FormattableString.Invariant($"{size:0.##}: refused"), $"{Made(layer, k.N)}"];
        }),
    ]);
}
