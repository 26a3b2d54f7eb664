using System.Collections.Concurrent;
using System.Globalization;
using ModelZoo.Reference;
using static TorchSharp.torch;

namespace ModelZoo.Verification;

/// <summary>Holds an array that a layer computed against what the reference promises, element by element.</summary>
internal static class Comparison
{
    /// <summary>Compares every element, or a seeded sample of <paramref name="maxElements"/> positions where there are more.</summary>
    public static LayerCheck Of(string name, string op, Quantity expected, ActualValues actual, int maxElements, ulong seed)
    {
        long[] shape = [.. actual.Shape.Select(size => (long)size)];
        LayerCheck check = new() { Name = name, Op = op, Quantity = expected.Name, Shape = shape, TotalCount = actual.Count, Verdict = Verdict.Failed };
        if (!actual.Shape.SequenceEqual(expected.Shape))
        {
            return check with
            {
                Note = $"its shape is [{string.Join(",", actual.Shape)}], but must be [{string.Join(",", expected.Shape)}]",
                MaxError = double.PositiveInfinity,
                WorstRatio = double.PositiveInfinity,
            };
        }

        int[]? positions = Positions(expected, maxElements, seed);
        double[] values = actual.Read(positions);
        Element worst = Worst(expected, values, positions);
        return check with
        {
            CheckedCount = values.Length,
            MaxError = worst.Error,
            BoundThere = worst.Bound,
            WorstRatio = worst.Ratio,
            WorstIndex = Index(worst.Position, actual.Shape),
            Expected = worst.Expected,
            Actual = worst.Actual,
            Verdict = worst.Ratio <= 1 ? Verdict.Passed : Verdict.Failed,
        };
    }

    /// <summary>Whether the quantity explains what was computed, judged by at most so many positions.</summary>
    public static bool Fits(Quantity expected, ActualValues actual, int maxElements, ulong seed)
    {
        if (!actual.Shape.SequenceEqual(expected.Shape))
        {
            return false;
        }

        int[]? positions = Positions(expected, maxElements, seed);
        return Worst(expected, actual.Read(positions), positions).Ratio <= 1;
    }

    private static Element Worst(Quantity expected, double[] values, int[]? positions)
    {
        var gate = new Lock();
        var worst = new Element(positions?[0] ?? 0, 0, 0, 0, 0, -1);
        Parallel.ForEach(Partitioner.Create(0, values.Length, Math.Max(1, values.Length / (4 * Environment.ProcessorCount))), range =>
        {
            Element local = worst with { Ratio = -1 };
            for (int i = range.Item1; i < range.Item2; i++)
            {
                int position = positions?[i] ?? i;
                local = Element.Worse(local, Element.Of(position, expected.At(position), values[i]));
            }

            lock (gate)
            {
                worst = Element.Worse(worst, local);
            }
        });
        return worst;
    }

    /// <summary>
    /// Null for all of them. Else one of each of so many equal stretches of the row-major data: no part of the array goes unseen. The first and the last are
    /// always in the sample: borders are where mistakes show.
    /// </summary>
    private static int[]? Positions(Quantity quantity, int maxElements, ulong seed)
    {
        int total = quantity.Shape.Aggregate(1, (a, b) => checked(a * b));
        if (total <= maxElements)
        {
            return null;
        }

        var random = new SeededRandom(seed);
        var chosen = new int[Math.Max(2, maxElements)];
        for (int i = 0; i < chosen.Length; i++)
        {
            (int from, int to) = ((int)((long)i * total / chosen.Length), (int)((long)(i + 1) * total / chosen.Length));
            chosen[i] = from + random.Next(to - from);
        }

        (chosen[0], chosen[^1]) = (0, total - 1);
        return chosen;
    }

    private static long[] Index(int position, int[] shape)
    {
        var index = new long[shape.Length];
        for (int axis = shape.Length - 1; axis >= 0; axis--)
        {
            index[axis] = position % shape[axis];
            position /= shape[axis];
        }

        return index;
    }

    private readonly record struct Element(int Position, double Expected, double Actual, double Error, double Bound, double Ratio)
    {
        // Equal infinities and two NaN agree; a NaN on one side only is an infinite error.
        public static Element Of(int position, Bounded expected, double actual)
        {
            double error = actual.Equals(expected.Value) ? 0 : Math.Abs(actual - expected.Value);
            error = double.IsNaN(error) ? double.PositiveInfinity : error;
            double ratio = error == 0 ? 0 : expected.Error > 0 ? error / expected.Error : double.PositiveInfinity;
            return new(position, expected.Value, actual, error, expected.Error, double.IsNaN(ratio) ? double.PositiveInfinity : ratio);
        }

        // Of equal ratios the first position, so that the result does not depend on the threads.
        public static Element Worse(Element a, Element b) => b.Ratio > a.Ratio || (b.Ratio == a.Ratio && b.Position < a.Position) ? b : a;
    }
}

/// <summary>Looks for the single change of a layer's description that explains what the layer computed.</summary>
internal static class LikelyCause
{
    // Enough to tell one formula from another; a wrong one does not hit so many bounds by chance.
    private const int Samples = 512;

    /// <summary>The changes that fit, or null. Where the weights differ from the description's, those are tried first.</summary>
    public static string? Find(ILayerCheck check, nn.Module described, nn.Module actual, IReadOnlyList<NdArray> inputs, ActualValues output, Rounding rounding,
        VerifyOptions options)
    {
        List<string> causes = [.. Differences(described, actual)];
        foreach (LayerVariant variant in check.Variants)
        {
            if (Fits(variant.Check, inputs, output, rounding, options.Seed))
            {
                causes.Add(variant.Change);
            }
        }

        return causes.Count == 0 ? null : string.Join(", or ", causes);
    }

    private static bool Fits(ILayerCheck check, IReadOnlyList<NdArray> inputs, ActualValues output, Rounding rounding, ulong seed)
    {
        try
        {
            return Comparison.Fits(check.Output(inputs, rounding), output, Samples, seed);
        }
        catch (ArgumentException)
        {
            return false; // The changed layer does not even take this input.
        }
    }

    /// <summary>Parameters and buffers that are not what the description has.</summary>
    private static IEnumerable<string> Differences(nn.Module described, nn.Module actual)
    {
        if (ReferenceEquals(described, actual))
        {
            yield break;
        }

        Dictionary<string, Tensor> expected = described.state_dict();
        foreach ((string name, Tensor tensor) in actual.state_dict())
        {
            if (!expected.TryGetValue(name, out Tensor? other) || !tensor.shape.SequenceEqual(other.shape))
            {
                yield return $"its {name} is [{string.Join(",", tensor.shape)}], the description's "
                    + $"{(other is null ? "is missing" : $"[{string.Join(",", other.shape)}]")}";
                continue;
            }

            NdArray a = tensor.ToNdArray(), b = other.ToNdArray();
            int[] different = [.. Enumerable.Range(0, a.Count).Where(i => !a.Data[i].Equals(b.Data[i]))];
            if (different.Length > 0)
            {
                yield return string.Create(CultureInfo.InvariantCulture,
                    $"{different.Length} of {a.Count} values of its {name} differ from the description's, the first at "
                    + $"{different[0]}: {a.Data[different[0]]:r} instead of {b.Data[different[0]]:r}");
            }
        }
    }
}
