using ModelZoo.Statistics;

namespace ModelZoo.Audit;

/// <summary>
/// Whether two thumbnails show the same picture: their normalized correlation, as they are and mirrored, over crops of either that leave 87.5 % or more of its
/// sides. Scenes that are merely alike agree in large areas of light; copies of one picture also agree in what is left when those are taken away.
/// </summary>
internal sealed class Likeness
{
    private const int Fine = PictureFacts.Thumb, Middle = Fine / 2, Coarse = Fine / 4;
    private const double Promising = 0.6; // of the coarse correlation

    // Of one axis: where a crop begins and how much of the side it has.
    private static readonly (float Start, float Size)[] Crops =
        [(0, 1), .. new[] { 0.975f, 0.95f, 0.925f, 0.9f, 0.875f }.SelectMany(size => new[] { 0, 0.5f, 1 }.Select(at => (at * (1 - size), size)))];

    private readonly Face straight;
    private readonly Face mirrored;

    /// <param name="small">[32,32,3].</param>
    public Likeness(ReadOnlySpan<byte> small)
    {
        float[] luma = [.. PictureFacts.Luma(small).Select(v => (float)v)], turned = new float[luma.Length];
        for (int i = 0; i < luma.Length; i++)
        {
            turned[i] = luma[(i / Fine * Fine) + Fine - 1 - (i % Fine)];
        }

        (straight, mirrored) = (new(luma), new(turned));
    }

    /// <summary>How much two pictures agree.</summary>
    /// <param name="a">One.</param>
    /// <param name="b">The other.</param>
    public static Agreement Between(Likeness a, Likeness b)
    {
        Agreement best = default;
        foreach (Face other in new[] { b.straight, b.mirrored })
        {
            if (InnerProduct.Of(a.straight.Coarse, other.Coarse) < Promising)
            {
                continue;
            }

            foreach (Agreement found in new[] { Aligned(a.straight, other), Aligned(other, a.straight) })
            {
                best = found.Score > best.Score ? found with { Mirrored = other == b.mirrored } : best;
            }
        }

        return best;
    }

    // The crop of the first that agrees best with the second: along one axis, then along the other, twice; looked for in the middle resolution.
    private static Agreement Aligned(Face from, Face to)
    {
        Span<float> crop = stackalloc float[Fine * Fine];
        (int x, int y, double best) = (0, 0, double.NegativeInfinity);
        for (int round = 0; round < 2; round++)
        {
            (int bestX, int bestY) = (x, y);
            for (int c = 0; c < 2 * Crops.Length; c++)
            {
                (int tryX, int tryY) = c < Crops.Length ? (c, bestY) : (bestX, c - Crops.Length);
                Span<float> middle = crop[..(Middle * Middle)];
                Cut(from.Middle, Middle, Crops[tryX], Crops[tryY], middle);
                Standardize(middle);
                double agreement = InnerProduct.Of(middle, to.MiddleStandard);
                if (agreement > best)
                {
                    (best, bestX, bestY) = (agreement, tryX, tryY);
                }
            }

            if ((bestX, bestY) == (x, y))
            {
                break;
            }

            (x, y) = (bestX, bestY);
        }

        Span<float> detail = stackalloc float[Fine * Fine];
        Cut(from.Luma, Fine, Crops[x], Crops[y], crop);
        Detail(crop, detail);
        Standardize(detail);
        Standardize(crop);
        return new(InnerProduct.Of(crop, to.Standard), InnerProduct.Of(detail, to.Detail), false);
    }

    private static void Cut(ReadOnlySpan<float> from, int side, (float Start, float Size) columns, (float Start, float Size) rows, Span<float> into)
    {
        Span<int> places = stackalloc int[side];
        Span<float> shares = stackalloc float[side];
        for (int x = 0; x < side; x++)
        {
            (places[x], shares[x]) = Between(columns, x, side);
        }

        for (int y = 0; y < side; y++)
        {
            (int row, float below) = Between(rows, y, side);
            ReadOnlySpan<float> upper = from.Slice(row * side, side), lower = from.Slice((row + 1) * side, side);
            for (int x = 0; x < side; x++)
            {
                int at = places[x];
                float top = upper[at] + (shares[x] * (upper[at + 1] - upper[at])), bottom = lower[at] + (shares[x] * (lower[at + 1] - lower[at]));
                into[(y * side) + x] = top + (below * (bottom - top));
            }
        }

        static (int Place, float Share) Between((float Start, float Size) crop, int at, int side)
        {
            float place = Math.Clamp((((at + 0.5f) * crop.Size) + (crop.Start * side)) - 0.5f, 0, side - 1);
            int whole = Math.Min((int)place, side - 2);
            return (whole, place - whole);
        }
    }

    // Less the mean of the 5 × 5 around.
    private static void Detail(ReadOnlySpan<float> image, Span<float> detail)
    {
        for (int y = 0; y < Fine; y++)
        {
            for (int x = 0; x < Fine; x++)
            {
                (float sum, int count) = (0, 0);
                for (int v = Math.Max(0, y - 2); v <= Math.Min(Fine - 1, y + 2); v++)
                {
                    for (int u = Math.Max(0, x - 2); u <= Math.Min(Fine - 1, x + 2); u++)
                    {
                        sum += image[(v * Fine) + u];
                        count++;
                    }
                }

                detail[(y * Fine) + x] = image[(y * Fine) + x] - (sum / count);
            }
        }
    }

    // To mean 0 and length 1; what is the same everywhere becomes 0.
    private static void Standardize(Span<float> values)
    {
        float mean = 0;
        foreach (float value in values)
        {
            mean += value;
        }

        mean /= values.Length;
        double square = 0;
        foreach (ref float value in values)
        {
            value -= mean;
            square += (double)value * value;
        }

        float scale = square > 1e-6 ? (float)(1 / Math.Sqrt(square)) : 0;
        foreach (ref float value in values)
        {
            value *= scale;
        }
    }

    /// <summary>A thumbnail in three resolutions, and what is compared of them.</summary>
    private sealed class Face
    {
        public Face(float[] luma)
        {
            Luma = luma;
            Middle = Halved(luma, Fine);
            Coarse = Halved(Middle, Likeness.Middle);
            (Standard, MiddleStandard, Detail) = ([.. luma], [.. Middle], new float[luma.Length]);
            Likeness.Detail(luma, Detail);
            foreach (float[] values in new[] { Standard, MiddleStandard, Detail, Coarse })
            {
                Standardize(values);
            }
        }

        public float[] Luma { get; } // [32,32]

        public float[] Standard { get; } // of mean 0 and length 1, as what follows

        public float[] Detail { get; }

        public float[] Middle { get; } // [16,16], as it is

        public float[] MiddleStandard { get; }

        public float[] Coarse { get; } // [8,8]

        private static float[] Halved(float[] image, int side)
        {
            int half = side / 2;
            var means = new float[half * half];
            for (int i = 0; i < means.Length; i++)
            {
                int at = (2 * (i / half) * side) + (2 * (i % half));
                means[i] = (image[at] + image[at + 1] + image[at + side] + image[at + side + 1]) / 4;
            }

            return means;
        }
    }
}

/// <summary>How much two pictures agree, aligned.</summary>
/// <param name="Light">The correlation of their brightness, in [−1,1].</param>
/// <param name="Detail">The same without the large areas.</param>
/// <param name="Mirrored">Whether one is the other's mirror image.</param>
internal readonly record struct Agreement(double Light, double Detail, bool Mirrored)
{
    /// <summary>Both together.</summary>
    public double Score => Math.Max(0, Light) * Math.Max(0, Detail);
}
