using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace ModelZoo.Inference.Quantization;

/// <summary>How the range of a value's bytes is chosen from what was seen of it.</summary>
public enum RangeObserver
{
    /// <summary>All that was seen.</summary>
    MinMax,

    /// <summary>All but the outermost 0.01 %.</summary>
    Percentile,

    /// <summary>What makes the mean squared error of rounding and cutting off least.</summary>
    Mse,
}

/// <summary>What was seen of values that share a scale: their least and most in a first pass, how often they had which size in a second.</summary>
internal sealed class ValueRange
{
    private const int Bins = 2048;
    private const int Candidates = 80;
    private const double Outside = 1e-4;

    private readonly long[] counts = new long[Bins];

    public double Least { get; private set; }

    public double Most { get; private set; }

    /// <summary>Of the first pass.</summary>
    public void Widen(Tensor values)
    {
        using Tensor least = values.min(), most = values.max();
        (Least, Most) = (Math.Min(Least, least.item<float>()), Math.Max(Most, most.item<float>()));
    }

    /// <summary>Of the second pass.</summary>
    public void Count(Tensor values)
    {
        if (Most <= Least)
        {
            return;
        }

        using Tensor rows = values.dim() == 4 ? values.permute(0, 2, 3, 1) : values.alias(), held = rows.contiguous(); // as they lie
        float least = (float)Least, step = (float)(Bins / (Most - Least));
        foreach (float value in MemoryMarshal.Cast<byte, float>(held.bytes))
        {
            counts[Math.Clamp((int)((value - least) * step), 0, Bins - 1)]++;
        }
    }

    /// <summary>The scale that an observer chooses.</summary>
    public ByteScale Choose(RangeObserver observer) => observer switch
    {
        RangeObserver.Percentile => Percentile(),
        RangeObserver.Mse => LeastError(),
        _ => ByteScale.Of(Least, Most),
    };

    private ByteScale Percentile()
    {
        double each = counts.Sum() * Outside / 2, below = 0, above = 0;
        int first = 0, last = Bins - 1;
        for (; first < last && below + counts[first] <= each; first++)
        {
            below += counts[first];
        }

        for (; last > first && above + counts[last] <= each; last--)
        {
            above += counts[last];
        }

        return ByteScale.Of(Edge(first), Edge(last + 1));
    }

    private ByteScale LeastError()
    {
        ByteScale best = ByteScale.Of(Least, Most);
        double least = double.PositiveInfinity;
        for (int i = Candidates; i >= 1; i--)
        {
            double part = (double)i / Candidates;
            ByteScale candidate = ByteScale.Of(Least * part, Most * part);
            if (Error(candidate) is var error && error < least)
            {
                (best, least) = (candidate, error);
            }
        }

        return best;
    }

    private double Error(ByteScale scale)
    {
        double sum = 0;
        for (int i = 0; i < Bins; i++)
        {
            if (counts[i] > 0)
            {
                double value = (Edge(i) + Edge(i + 1)) / 2;
                double shown = scale.Scale * (Math.Clamp(Math.Round(value / scale.Scale) + scale.Zero, 0, 255) - scale.Zero);
                sum += counts[i] * (value - shown) * (value - shown);
            }
        }

        return sum;
    }

    private double Edge(int bin) => Least + ((Most - Least) * bin / Bins);
}
