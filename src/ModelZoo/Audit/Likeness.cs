namespace ModelZoo.Audit;

/// <summary>
/// Whether two thumbnails show the same picture: their normalized correlation, as they are and mirrored, over crops of either that leave 87.5 % or more of its
/// sides. Scenes that are merely alike agree in large areas of light; copies of one picture also agree in what is left when those are taken away.
/// </summary>
internal sealed class Likeness
{
    private const int Side = PictureFacts.Thumb, Coarse = 8;
    private const double Promising = 0.6; // of the coarse correlation

    // Of one axis: where a crop begins and how much of the side it has.
    private static readonly (float Start, float Size)[] Crops =
        [(0, 1), .. new[] { 0.975f, 0.95f, 0.925f, 0.9f, 0.875f }.SelectMany(size => new[] { 0, 0.5f, 1 }.Select(at => (at * (1 - size), size)))];

    private readonly float[] luma; // [32,32]
    private readonly float[] coarse; // [8,8], of mean 0 and length 1
    private readonly float[] mirroredCoarse;

    /// <param name="small">[32,32,3].</param>
    public Likeness(ReadOnlySpan<byte> small)
    {
        luma = [.. PictureFacts.Luma(small).Select(v => (float)v)];
        coarse = Coarsen(luma);
        mirroredCoarse = Coarsen(Mirrored(luma));
    }

    /// <summary>How much two pictures agree.</summary>
    /// <param name="a">One.</param>
    /// <param name="b">The other.</param>
    public static Agreement Between(Likeness a, Likeness b)
    {
        Agreement best = default;
        foreach (bool mirrored in new[] { false, true })
        {
            if (Dot(a.coarse, mirrored ? b.mirroredCoarse : b.coarse) < Promising)
            {
                continue;
            }

            float[] other = mirrored ? Mirrored(b.luma) : b.luma;
            foreach (Agreement found in new[] { Aligned(a.luma, other), Aligned(other, a.luma) })
            {
                best = found.Score > best.Score ? found with { Mirrored = mirrored } : best;
            }
        }

        return best;
    }

    // The crop of the first that agrees best with the second: along one axis, then along the other, twice.
    private static Agreement Aligned(float[] from, float[] to)
    {
        float[] wanted = Standardized(to), crop = new float[to.Length];
        (int x, int y, double best) = (0, 0, double.NegativeInfinity);
        for (int round = 0; round < 2; round++)
        {
            (int bestX, int bestY) = (x, y);
            for (int c = 0; c < Crops.Length; c++)
            {
                bestX = Try(c, bestY) ? c : bestX;
            }

            for (int c = 0; c < Crops.Length; c++)
            {
                bestY = Try(bestX, c) ? c : bestY;
            }

            if ((bestX, bestY) == (x, y))
            {
                break;
            }

            (x, y) = (bestX, bestY);
        }

        Cut(from, Crops[x], Crops[y], crop);
        return new(best, Dot(Standardized(Detail(crop)), Standardized(Detail(to))), false);

        bool Try(int cx, int cy)
        {
            Cut(from, Crops[cx], Crops[cy], crop);
            double agreement = Dot(Standardized(crop), wanted);
            if (agreement <= best)
            {
                return false;
            }

            best = agreement;
            return true;
        }
    }

    private static void Cut(float[] from, (float Start, float Size) columns, (float Start, float Size) rows, float[] into)
    {
        Span<int> places = stackalloc int[Side];
        Span<float> shares = stackalloc float[Side];
        for (int x = 0; x < Side; x++)
        {
            (places[x], shares[x]) = Between(columns, x);
        }

        for (int y = 0; y < Side; y++)
        {
            (int row, float below) = Between(rows, y);
            ReadOnlySpan<float> upper = from.AsSpan(row * Side, Side), lower = from.AsSpan((row + 1) * Side, Side);
            for (int x = 0; x < Side; x++)
            {
                int at = places[x];
                float top = upper[at] + (shares[x] * (upper[at + 1] - upper[at])), bottom = lower[at] + (shares[x] * (lower[at + 1] - lower[at]));
                into[(y * Side) + x] = top + (below * (bottom - top));
            }
        }

        static (int Place, float Share) Between((float Start, float Size) crop, int at)
        {
            float place = Math.Clamp((((at + 0.5f) * crop.Size) + (crop.Start * Side)) - 0.5f, 0, Side - 1);
            int whole = Math.Min((int)place, Side - 2);
            return (whole, place - whole);
        }
    }

    // Less the mean of the 5 × 5 around.
    private static float[] Detail(float[] image)
    {
        var detail = new float[image.Length];
        for (int y = 0; y < Side; y++)
        {
            for (int x = 0; x < Side; x++)
            {
                (float sum, int count) = (0, 0);
                for (int v = Math.Max(0, y - 2); v <= Math.Min(Side - 1, y + 2); v++)
                {
                    for (int u = Math.Max(0, x - 2); u <= Math.Min(Side - 1, x + 2); u++)
                    {
                        sum += image[(v * Side) + u];
                        count++;
                    }
                }

                detail[(y * Side) + x] = image[(y * Side) + x] - (sum / count);
            }
        }

        return detail;
    }

    private static float[] Coarsen(float[] image)
    {
        var means = new float[Coarse * Coarse];
        for (int i = 0; i < image.Length; i++)
        {
            means[(i / Side * Coarse / Side * Coarse) + (i % Side * Coarse / Side)] += image[i];
        }

        return Standardized(means);
    }

    private static float[] Mirrored(float[] image)
    {
        var mirrored = new float[image.Length];
        for (int i = 0; i < image.Length; i++)
        {
            mirrored[i] = image[(i / Side * Side) + Side - 1 - (i % Side)];
        }

        return mirrored;
    }

    private static float[] Standardized(float[] values)
    {
        float mean = values.Average();
        double square = values.Sum(v => (double)(v - mean) * (v - mean));
        float scale = square > 1e-6 ? (float)(1 / Math.Sqrt(square)) : 0;
        return [.. values.Select(v => (v - mean) * scale)];
    }

    private static double Dot(float[] a, float[] b)
    {
        double sum = 0;
        for (int i = 0; i < a.Length; i++)
        {
            sum += (double)a[i] * b[i];
        }

        return sum;
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
