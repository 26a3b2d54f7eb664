using ModelZoo.Data;
using ModelZoo.Reference;

namespace ModelZoo.Verification;

/// <summary>Holds an array that a layer computed against what the reference promises, element by element.</summary>
internal static class Comparison
{
    /// <summary>Compares every element, or a seeded sample of <paramref name="maxElements"/> positions where there are more.</summary>
    public static LayerCheck Of(string name, string op, Quantity expected, NdArray actual, int maxElements, ulong seed)
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

        Element worst = Worst(expected, actual, Positions(expected, maxElements, seed), out int count);
        return check with
        {
            CheckedCount = count,
            MaxError = worst.Error,
            BoundThere = worst.Bound,
            WorstRatio = worst.Ratio,
            WorstIndex = Index(worst.Position, actual.Shape),
            Expected = worst.Expected,
            Actual = actual.Data[worst.Position],
            Verdict = worst.Ratio <= 1 ? Verdict.Passed : Verdict.Failed,
        };
    }

    /// <summary>Whether the quantity explains what was computed, judged by at most so many positions.</summary>
    public static bool Fits(Quantity expected, NdArray actual, int maxElements, ulong seed) =>
        actual.Shape.SequenceEqual(expected.Shape) && Worst(expected, actual, Positions(expected, maxElements, seed), out _).Ratio <= 1;

    private static Element Worst(Quantity expected, NdArray actual, int[]? positions, out int count)
    {
        count = positions?.Length ?? actual.Count;
        var gate = new Lock();
        var worst = new Element(positions?[0] ?? 0, 0, 0, 0, -1);
        Parallel.For(
            0,
            count,
            () => worst,
            (i, _, local) =>
            {
                int position = positions?[i] ?? i;
                return Element.Worse(local, Element.Of(position, expected.At(position), actual.Data[position]));
            },
            local =>
            {
                lock (gate)
                {
                    worst = Element.Worse(worst, local);
                }
            });
        return worst;
    }

    /// <summary>Null for all of them. The first and the last are always in the sample: borders are where mistakes show.</summary>
    private static int[]? Positions(Quantity quantity, int maxElements, ulong seed)
    {
        int total = quantity.Shape.Aggregate(1, (a, b) => checked(a * b));
        if (total <= maxElements)
        {
            return null;
        }

        var random = new SeededRandom(seed);
        SortedSet<int> chosen = [0, total - 1];
        while (chosen.Count < maxElements)
        {
            chosen.Add(random.Next(total));
        }

        return [.. chosen];
    }

    private static long[] Index(int position, IReadOnlyList<int> shape)
    {
        var index = new long[shape.Count];
        for (int axis = shape.Count - 1; axis >= 0; axis--)
        {
            index[axis] = position % shape[axis];
            position /= shape[axis];
        }

        return index;
    }

    private readonly record struct Element(int Position, double Expected, double Error, double Bound, double Ratio)
    {
        // Equal infinities and two NaN agree; a NaN on one side only is an infinite error.
        public static Element Of(int position, Bounded expected, double actual)
        {
            double error = actual.Equals(expected.Value) ? 0 : Math.Abs(actual - expected.Value);
            error = double.IsNaN(error) ? double.PositiveInfinity : error;
            double ratio = error == 0 ? 0 : expected.Error > 0 ? error / expected.Error : double.PositiveInfinity;
            return new(position, expected.Value, error, expected.Error, double.IsNaN(ratio) ? double.PositiveInfinity : ratio);
        }

        // Of equal ratios the first position, so that the result does not depend on the threads.
        public static Element Worse(Element a, Element b) => b.Ratio > a.Ratio || (b.Ratio == a.Ratio && b.Position < a.Position) ? b : a;
    }
}
