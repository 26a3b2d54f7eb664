using ModelZoo.Layers;
using ModelZoo.Reference;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ModelZoo.Verification.Checks;

/// <summary>
/// Rows and columns at other places: each value is a sum over a few pixels along one axis, then along the other. A term meets two products, its weights'
/// two roundings and the additions: γ of the number of terms and four more. A nearest pixel is exact.
/// </summary>
/// <remarks>
/// The layer of the zoo forms weights in double. PyTorch's own forms the places i·scale in the element's type, so a weight is off by a few roundings of a
/// number as large as the place; a place near a pixel may even come to lie on its other side. Both cost at most that share of the pixels around, which are
/// taken one wider on each side.
/// </remarks>
/// <param name="How">The taps for an input of so many rows and columns.</param>
/// <param name="Exact">Whether one pixel is taken.</param>
/// <param name="RoughPlaces">Whether the places are formed in the element's type.</param>
internal sealed record ResamplingCheck(Func<int, int, Resampling> How, bool Exact, bool RoughPlaces) : ILayerCheck
{
    // What a weight may be off in double precision: the cubic's terms reach 48 and cancel.
    private const double Polynomial = 256.0 / (1L << 53);

    /// <inheritdoc/>
    public long Parameters => 0;

    /// <inheritdoc/>
    public IEnumerable<LayerVariant> Variants { get; init; } = [];

    public static ResamplingCheck Of(Resample module)
    {
        return Changed(module.Coordinates, module.Mode, module.Rounding) with
        {
            Variants = [
                .. Enum.GetValues<ResampleCoordinates>().Where(other => other != module.Coordinates).Select(other =>
                    new LayerVariant($"places by {other} instead of {module.Coordinates}", Changed(other, module.Mode, module.Rounding))),
                .. Enum.GetValues<ResampleMode>().Where(other => other != module.Mode).Select(other =>
                    new LayerVariant($"{other} instead of {module.Mode}", Changed(module.Coordinates, other, module.Rounding))),
                .. Enum.GetValues<ResampleRounding>().Where(other => module.Mode == ResampleMode.Nearest && other != module.Rounding).Select(other =>
                    new LayerVariant($"{other} instead of {module.Rounding}", Changed(module.Coordinates, module.Mode, other))),
            ],
        };

        ResamplingCheck Changed(ResampleCoordinates coordinates, ResampleMode mode, ResampleRounding rounding)
        {
            return new((rows, columns) => new(Along(rows, 0), Along(columns, 1)), mode == ResampleMode.Nearest, RoughPlaces: false);

            Tap[][] Along(int pixels, int axis)
            {
                int wanted = (int)(module.Size.Length > 0 ? module.Size[axis] : Math.Floor(pixels * module.Scales[axis]));
                double scale = module.Size.Length > 0 ? (double)wanted / pixels : module.Scales[axis];
                return [.. Enumerable.Range(0, wanted).Select(i => Taps(mode, rounding, Place(coordinates, i, scale, pixels, wanted), pixels, module.Cubic))];
            }
        }
    }

    /// <summary>PyTorch's bilinear interpolation.</summary>
    /// <exception cref="NotSupportedException">It is another.</exception>
    public static ResamplingCheck OfLinear(Upsample module)
    {
        double[] factors = module.scale_factor.ToArray();
        long[] sizes = module.size.ToArray();
        bool corners = module.align_corners == true, recomputed = module.recompute_scale_factor == true;
        return module.mode != UpsampleMode.Bilinear
            ? throw new NotSupportedException("the reference upsamples by repetition and whole scales, or bilinearly")
            : Changed(corners) with
            {
                Variants = [new($"align_corners {!corners} instead of {corners}", Changed(!corners))],
            };

        ResamplingCheck Changed(bool aligned)
        {
            return new((rows, columns) => new(Along(rows, 0), Along(columns, 1)), Exact: false, RoughPlaces: true);

            Tap[][] Along(int pixels, int axis)
            {
                double factor = factors.Length == 0 ? 0 : factors[Math.Min(axis, factors.Length - 1)];
                int wanted = sizes.Length > 0 ? (int)sizes[Math.Min(axis, sizes.Length - 1)] : (int)Math.Floor(pixels * factor);
                double scale = sizes.Length > 0 || recomputed ? (double)wanted / pixels : factor;
                ResampleCoordinates coordinates = aligned ? ResampleCoordinates.AlignCorners : ResampleCoordinates.HalfPixel;
                return [.. Enumerable.Range(0, wanted).Select(i => Resampling.Linear(Math.Max(0, Place(coordinates, i, scale, pixels, wanted)), pixels))];
            }
        }
    }

    /// <inheritdoc/>
    public Quantity Output(IReadOnlyList<NdArray> inputs, Rounding rounding)
    {
        NdArray x = inputs[0];
        Resampling how = Taken(x);
        int[] shape = [x.Shape[0], x.Shape[1], how.Rows.Length, how.Columns.Length];
        return Quantity.Of(Quantity.Output, shape, how.Rows[0].Length * how.Columns[0].Length, (n, c, i, j) =>
        {
            Sum sum = how.ForwardAt(x, n, c, i, j);
            if (Exact)
            {
                return Bounded.Exact(sum.Value);
            }

            Bounded y = rounding.Of(sum.WithRoundings(4), stores: 4);
            return y with { Error = y.Error + (Off(rounding, how, i, j) * Largest(x, how, n, c, i, j)) };
        });
    }

    /// <inheritdoc/>
    public IEnumerable<Quantity> Gradients(IReadOnlyList<NdArray> inputs, NdArray gradY, Rounding rounding)
    {
        NdArray x = inputs[0];
        Resampling how = Taken(x);
        Sums sums = how.Backward(x, gradY);
        if (Exact)
        {
            yield return new(Quantity.GradInput, x.ShapeOf(), i => sums[i] is { Terms: > 1 } sum ? rounding.Of(sum) : Bounded.Exact(sums[i].Value));
            yield break;
        }

        double[] off = new double[x.Count];
        for (int at = 0; at < gradY.Count; at++)
        {
            int map = at / (how.Rows.Length * how.Columns.Length), i = at / how.Columns.Length % how.Rows.Length, j = at % how.Columns.Length;
            double share = Off(rounding, how, i, j) * Math.Abs(gradY.Data[at]);
            foreach (int row in Around(how.Rows[i], x.Shape[2]))
            {
                foreach (int column in Around(how.Columns[j], x.Shape[3]))
                {
                    off[(((map * x.Shape[2]) + row) * x.Shape[3]) + column] += share;
                }
            }
        }

        yield return new(Quantity.GradInput, x.ShapeOf(), i =>
            rounding.Of(sums[i].WithRoundings(4), stores: 4) is var bounded ? bounded with { Error = bounded.Error + off[i] } : default);
    }

    private Resampling Taken(NdArray x) => x.Rank == 4 ? How(x.Shape[2], x.Shape[3]) : throw new ArgumentException($"{x} has no rows and columns.");

    private static double Place(ResampleCoordinates coordinates, int i, double scale, int pixels, int wanted) => coordinates switch
    {
        ResampleCoordinates.AlignCorners => wanted == 1 ? 0 : (double)i * (pixels - 1) / (wanted - 1),
        ResampleCoordinates.Asymmetric => i / scale,
        ResampleCoordinates.PytorchHalfPixel when wanted == 1 => 0,
        _ => ((i + 0.5) / scale) - 0.5,
    };

    private static Tap[] Taps(ResampleMode mode, ResampleRounding rounding, double place, int pixels, double cubic) => mode switch
    {
        ResampleMode.Linear => Resampling.Linear(place, pixels),
        ResampleMode.Cubic => Resampling.Cubic(place, pixels, cubic),
        _ => Resampling.Nearest(place, pixels, rounding switch
        {
            ResampleRounding.RoundPreferFloor => static p => Math.Ceiling(p - 0.5),
            ResampleRounding.RoundPreferCeil => static p => Math.Floor(p + 0.5),
            ResampleRounding.Floor => Math.Floor,
            _ => Math.Ceiling,
        }),
    };

    // How much the weights of a value may be off: the places' roundings, for rows and for columns.
    private double Off(Rounding rounding, Resampling how, int i, int j) =>
        Polynomial + (RoughPlaces ? 4 * rounding.Unit * (how.Rows[i][0].Pixel + how.Columns[j][0].Pixel + 4) : 0);

    private static double Largest(NdArray x, Resampling how, int n, int c, int i, int j)
    {
        double largest = 0;
        foreach (int row in Around(how.Rows[i], x.Shape[2]))
        {
            foreach (int column in Around(how.Columns[j], x.Shape[3]))
            {
                largest = Math.Max(largest, Math.Abs(x[n, c, row, column]));
            }
        }

        return 2 * largest;
    }

    private static IEnumerable<int> Around(Tap[] taps, int pixels)
    {
        (int first, int last) = (Math.Max(0, taps[0].Pixel - 1), Math.Min(pixels - 1, taps[^1].Pixel + 1));
        return Enumerable.Range(first, last - first + 1);
    }
}
