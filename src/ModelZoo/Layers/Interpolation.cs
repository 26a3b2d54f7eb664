using TorchSharp;
using static TorchSharp.torch;

namespace ModelZoo.Layers;

/// <summary>How <see cref="Resample"/> makes a value between pixels.</summary>
public enum ResampleMode
{
    /// <summary>The nearest pixel's value.</summary>
    Nearest,

    /// <summary>Between two pixels along each axis.</summary>
    Linear,

    /// <summary>From four pixels along each axis.</summary>
    Cubic,
}

/// <summary>Which place of the input a pixel of the output stands for.</summary>
public enum ResampleCoordinates
{
    /// <summary>(i + ½)/scale − ½.</summary>
    HalfPixel,

    /// <summary>The same, but 0 where the output has one pixel.</summary>
    PytorchHalfPixel,

    /// <summary>Corners on corners: i·(in − 1)/(out − 1).</summary>
    AlignCorners,

    /// <summary>i/scale.</summary>
    Asymmetric,
}

/// <summary>Which of two pixels is nearest.</summary>
public enum ResampleRounding
{
    /// <summary>Half rounds down.</summary>
    RoundPreferFloor,

    /// <summary>Half rounds up.</summary>
    RoundPreferCeil,

    /// <summary>The one before.</summary>
    Floor,

    /// <summary>The one after.</summary>
    Ceil,
}

/// <summary>
/// Rows and columns of [N,C,H,W] resampled as ONNX's Resize defines it, pixels outside repeated from the border; gradients flow through. Where torch
/// has the same (Upsample), that is faster.
/// </summary>
public sealed class Resample : nn.Module<Tensor, Tensor>
{
    private readonly double[] scales;
    private readonly long[] size;

    /// <param name="mode">How values between pixels are made.</param>
    /// <param name="coordinates">Where an output's pixel lies.</param>
    /// <param name="rounding">With nearest pixels: which.</param>
    /// <param name="scales">Output pixels per input pixel, along rows and columns.</param>
    /// <param name="size">Rows and columns of the output; empty: ⌊input·scale⌋.</param>
    /// <param name="cubic">With cubic interpolation: its coefficient a.</param>
    public Resample(ResampleMode mode, ResampleCoordinates coordinates, ResampleRounding rounding, double[] scales, long[] size, double cubic)
        : base(nameof(Resample))
    {
        (Mode, Coordinates, Rounding, this.scales, this.size, Cubic) = (mode, coordinates, rounding, scales, size, cubic);
    }

    /// <summary>How values between pixels are made.</summary>
    public ResampleMode Mode { get; }

    /// <summary>Where an output's pixel lies.</summary>
    public ResampleCoordinates Coordinates { get; }

    /// <summary>With nearest pixels: which.</summary>
    public ResampleRounding Rounding { get; }

    /// <summary>With cubic interpolation: its coefficient a.</summary>
    public double Cubic { get; }

    /// <summary>Rows and columns of the output; empty: ⌊input·scale⌋.</summary>
    public long[] Size => size;

    /// <summary>Output pixels per input pixel, along rows and columns.</summary>
    public IReadOnlyList<double> Scales => scales;

    /// <inheritdoc/>
    public override Tensor forward(Tensor input)
    {
        using DisposeScope scope = NewDisposeScope();
        return Along(Along(input, 0), 1).MoveToOuterDisposeScope();
    }

    private Tensor Along(Tensor x, int axis)
    {
        long pixels = x.shape[2 + axis];
        long wanted = size.Length > 0 ? size[axis] : (long)Math.Floor(pixels * scales[axis]);
        double scale = size.Length > 0 ? (double)wanted / pixels : scales[axis];
        if (wanted == pixels && scale == 1)
        {
            return x;
        }

        double[] places = [.. Enumerable.Range(0, (int)wanted).Select(i => Place(i, scale, pixels, wanted))];
        if (Mode == ResampleMode.Nearest)
        {
            return Pixels(x, axis, places.Select(p => Nearest(p)));
        }

        int taps = Mode == ResampleMode.Linear ? 2 : 4, before = (taps / 2) - 1;
        Tensor? sum = null;
        for (int tap = 0; tap < taps; tap++)
        {
            int offset = tap - before;
            double[] weights = [.. places.Select(p => Weight(p - Math.Floor(p), offset))];
            long[] shape = [1, 1, 1, 1];
            shape[2 + axis] = wanted;
            Tensor term = Pixels(x, axis, places.Select(p => (long)Math.Floor(p) + offset)).mul(tensor(weights, shape, x.dtype, x.device));
            sum = sum is null ? term : sum.add(term);
        }

        return sum!;
    }

    private double Place(int i, double scale, long pixels, long wanted) => Coordinates switch
    {
        ResampleCoordinates.AlignCorners => wanted == 1 ? 0 : (double)i * (pixels - 1) / (wanted - 1),
        ResampleCoordinates.Asymmetric => i / scale,
        ResampleCoordinates.PytorchHalfPixel when wanted == 1 => 0,
        _ => ((i + 0.5) / scale) - 0.5,
    };

    private long Nearest(double place) => (long)(Rounding switch
    {
        ResampleRounding.RoundPreferFloor => Math.Ceiling(place - 0.5),
        ResampleRounding.RoundPreferCeil => Math.Floor(place + 0.5),
        ResampleRounding.Floor => Math.Floor(place),
        _ => Math.Ceiling(place),
    });

    // Of the pixel so many places after the one before the wanted place.
    private double Weight(double part, int offset)
    {
        double distance = Math.Abs(part - offset);
        return Mode == ResampleMode.Linear ? 1 - distance
            : distance <= 1 ? ((((Cubic + 2) * distance) - (Cubic + 3)) * distance * distance) + 1
            : ((((((Cubic * distance) - (5 * Cubic)) * distance) + (8 * Cubic)) * distance) - (4 * Cubic));
    }

    private static Tensor Pixels(Tensor x, int axis, IEnumerable<long> places)
    {
        long last = x.shape[2 + axis] - 1;
        return x.index_select(2 + axis, tensor(places.Select(p => Math.Clamp(p, 0, last)).ToArray(), device: x.device));
    }
}
