using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace ModelZoo.Inference.Compilation;

// What one thread does of each kernel. Elements behind the last whole vector are computed singly, in the same order of operations.
internal static unsafe partial class Kernels
{
    private const long MeanBlock = 32;
    private const long RowBlock = 4;
    private const int Lanes = 8;

    private static long Blocks(long channels) => (channels + MeanBlock - 1) / MeanBlock;

    // Rows of images from planes.
    [UnmanagedCallersOnly]
    private static void TurnPart(long begin, long end, void* context)
    {
        ref readonly Turn task = ref *(Turn*)context;
        Pixels to = task.To;
        (long channels, long columns, long plane) = (to.Channels, to.Columns, to.Rows * to.Columns);
        for (long row = begin; row < end; row++)
        {
            (long image, long i) = Math.DivRem(row, to.Rows);
            float* x = (float*)task.From + (image * channels * plane) + (i * columns), y = to.Data + (row * columns * to.Distance);
            if (channels == 3)
            {
                float* green = x + plane, blue = green + plane;
                for (long j = 0; j < columns; j++, y += 3)
                {
                    (y[0], y[1], y[2]) = (x[j], green[j], blue[j]);
                }

                continue;
            }

            for (long c = 0; c < channels; c++)
            {
                for (long j = 0; j < columns; j++)
                {
                    y[(j * channels) + c] = x[(c * plane) + j];
                }
            }
        }
    }

    [UnmanagedCallersOnly]
    private static void AffinePart(long begin, long end, void* context)
    {
        ref readonly Pass task = ref *(Pass*)context;
        long channels = task.From.Channels;
        float least = task.Relu ? 0 : float.NegativeInfinity;
        Vector256<float> bottom = Vector256.Create(least);
        for (long p = begin; p < end; p++)
        {
            float* x = task.From.Data + (p * task.From.Distance), y = task.To.Data + (p * task.To.Distance);
            long c = 0;
            for (; c <= channels - Lanes; c += Lanes)
            {
                Vector256<float> value = (Vector256.Load(x + c) * Vector256.Load(task.Factor + c)) + Vector256.Load(task.Shift + c);
                Vector256.Max(value, bottom).Store(y + c);
            }

            for (; c < channels; c++)
            {
                y[c] = Math.Max((x[c] * task.Factor[c]) + task.Shift[c], least);
            }
        }
    }

    [UnmanagedCallersOnly]
    private static void AddPart(long begin, long end, void* context)
    {
        ref readonly Join task = ref *(Join*)context;
        long channels = task.Left.Channels;
        float least = task.Relu ? 0 : float.NegativeInfinity;
        Vector256<float> bottom = Vector256.Create(least);
        for (long p = begin; p < end; p++)
        {
            float* a = task.Left.Data + (p * task.Left.Distance), b = task.Right.Data + (p * task.Right.Distance), y = task.To.Data + (p * task.To.Distance);
            long c = 0;
            for (; c <= channels - Lanes; c += Lanes)
            {
                Vector256.Max(Vector256.Load(a + c) + Vector256.Load(b + c), bottom).Store(y + c);
            }

            for (; c < channels; c++)
            {
                y[c] = Math.Max(a[c] + b[c], least);
            }
        }
    }

    [UnmanagedCallersOnly]
    private static void GatePart(long begin, long end, void* context)
    {
        ref readonly Join task = ref *(Join*)context;
        (long channels, long pixels) = (task.Left.Channels, task.Left.Rows * task.Left.Columns);
        for (long p = begin; p < end; p++)
        {
            float* x = task.Left.Data + (p * task.Left.Distance), gate = task.Right.Data + (p / pixels * task.Right.Distance);
            float* y = task.To.Data + (p * task.To.Distance);
            long c = 0;
            for (; c <= channels - Lanes; c += Lanes)
            {
                (Vector256.Load(x + c) * Vector256.Load(gate + c)).Store(y + c);
            }

            for (; c < channels; c++)
            {
                y[c] = x[c] * gate[c];
            }
        }
    }

    [UnmanagedCallersOnly]
    private static void CopyPart(long begin, long end, void* context)
    {
        ref readonly Copies task = ref *(Copies*)context;
        for (long p = begin; p < end; p++)
        {
            float* to = task.To.Data + (p * task.To.Distance);
            for (int i = 0; i < task.Count; i++)
            {
                Pixels* from = task.From + i;
                long bytes = from->Channels * sizeof(float);
                Buffer.MemoryCopy(from->Data + (p * from->Distance), to, bytes, bytes);
                to += from->Channels;
            }
        }
    }

    // A row of outputs at a time.
    [UnmanagedCallersOnly]
    private static void MaxPoolPart(long begin, long end, void* context)
    {
        ref readonly Pool task = ref *(Pool*)context;
        Pixels from = task.From;
        for (long row = begin; row < end; row++)
        {
            (long image, long i) = Math.DivRem(row, task.To.Rows);
            long top = Math.Max((i * task.StrideH) - task.PaddingH, 0), bottom = Math.Min((i * task.StrideH) - task.PaddingH + task.KernelH, from.Rows);
            for (long j = 0; j < task.To.Columns; j++)
            {
                long left = Math.Max((j * task.StrideW) - task.PaddingW, 0);
                long right = Math.Min((j * task.StrideW) - task.PaddingW + task.KernelW, from.Columns);
                float* y = task.To.Data + (((row * task.To.Columns) + j) * task.To.Distance);
                float* corner = from.Data + ((((image * from.Rows) + top) * from.Columns) + left) * from.Distance;
                Largest(corner, y, from.Channels, bottom - top, right - left, from.Columns * from.Distance, from.Distance);
            }
        }
    }

    // A row of outputs at a time.
    [UnmanagedCallersOnly]
    private static void MeanPoolPart(long begin, long end, void* context)
    {
        ref readonly Pool task = ref *(Pool*)context;
        (Pixels from, Pixels to) = (task.From, task.To);
        float count = task.KernelH * task.KernelW;
        for (long row = begin; row < end; row++)
        {
            (long image, long i) = Math.DivRem(row, to.Rows);
            for (long j = 0; j < to.Columns; j++)
            {
                float* y = to.Data + (((row * to.Columns) + j) * to.Distance);
                float* corner = from.Data + (((((image * from.Rows) + (i * task.StrideH)) * from.Columns) + (j * task.StrideW)) * from.Distance);
                long c = 0;
                for (; c <= from.Channels - Lanes; c += Lanes)
                {
                    Vector256<float> sum = default;
                    for (long h = 0; h < task.KernelH; h++)
                    {
                        float* pixel = corner + (h * from.Columns * from.Distance) + c;
                        for (long w = 0; w < task.KernelW; w++, pixel += from.Distance)
                        {
                            sum += Vector256.Load(pixel);
                        }
                    }

                    (sum / Vector256.Create(count)).Store(y + c);
                }

                for (; c < from.Channels; c++)
                {
                    float sum = 0;
                    for (long p = 0; p < task.KernelH * task.KernelW; p++)
                    {
                        sum += corner[(((p / task.KernelW * from.Columns) + (p % task.KernelW)) * from.Distance) + c];
                    }

                    y[c] = sum / count;
                }
            }
        }
    }

    // NaN wins, as in PyTorch.
    private static void Largest(float* x, float* y, long channels, long rows, long columns, long rowStep, long step)
    {
        long c = 0;
        for (; c <= channels - (2 * Lanes); c += 2 * Lanes)
        {
            Vector256<float> first = Vector256.Create(float.NegativeInfinity), second = first;
            for (long h = 0; h < rows; h++)
            {
                float* pixel = x + (h * rowStep) + c;
                for (long w = 0; w < columns; w++, pixel += step)
                {
                    first = Vector256.Max(first, Vector256.Load(pixel));
                    second = Vector256.Max(second, Vector256.Load(pixel + Lanes));
                }
            }

            first.Store(y + c);
            second.Store(y + c + Lanes);
        }

        for (; c < channels; c++)
        {
            float largest = float.NegativeInfinity;
            for (long h = 0; h < rows; h++)
            {
                for (long w = 0; w < columns; w++)
                {
                    largest = Math.Max(largest, x[(h * rowStep) + (w * step) + c]);
                }
            }

            y[c] = largest;
        }
    }

    // Thirty-two channels of an image at a time.
    [UnmanagedCallersOnly]
    private static void MeanPart(long begin, long end, void* context)
    {
        ref readonly Pass task = ref *(Pass*)context;
        (long channels, long pixels, long step) = (task.From.Channels, task.From.Rows * task.From.Columns, task.From.Distance);
        long blocks = Blocks(channels);
        for (long block = begin; block < end; block++)
        {
            (long image, long number) = Math.DivRem(block, blocks);
            long c = number * MeanBlock, last = Math.Min(c + MeanBlock, channels);
            float* x = task.From.Data + (image * pixels * step), y = task.To.Data + (image * task.To.Distance);
            if (last - c == MeanBlock)
            {
                Vector256<float> s0 = default, s1 = default, s2 = default, s3 = default;
                float* pixel = x + c;
                for (long p = 0; p < pixels; p++, pixel += step)
                {
                    s0 += Vector256.Load(pixel);
                    s1 += Vector256.Load(pixel + Lanes);
                    s2 += Vector256.Load(pixel + (2 * Lanes));
                    s3 += Vector256.Load(pixel + (3 * Lanes));
                }

                Vector256<float> count = Vector256.Create((float)pixels);
                (s0 / count).Store(y + c);
                (s1 / count).Store(y + c + Lanes);
                (s2 / count).Store(y + c + (2 * Lanes));
                (s3 / count).Store(y + c + (3 * Lanes));
                continue;
            }

            for (; c < last; c++)
            {
                float sum = 0;
                for (long p = 0; p < pixels; p++)
                {
                    sum += x[(p * step) + c];
                }

                y[c] = sum / pixels;
            }
        }
    }

    // Four rows of the weights at a time.
    [UnmanagedCallersOnly]
    private static void ProductPart(long begin, long end, void* context)
    {
        ref readonly Matrix task = ref *(Matrix*)context;
        for (long block = begin; block < end; block++)
        {
            long row = block * RowBlock;
            for (long n = 0; n < task.Rows.Images; n++)
            {
                float* x = task.Rows.Data + (n * task.Rows.Distance), y = task.Y + (n * task.Outer);
                if (row + RowBlock <= task.Outer)
                {
                    Dot4(x, task.Weight + (row * task.Inner), task.Inner, y + row);
                }
                else
                {
                    for (long k = row; k < task.Outer; k++)
                    {
                        y[k] = Dot(x, task.Weight + (k * task.Inner), task.Inner);
                    }
                }

                for (long k = row; k < Math.Min(row + RowBlock, task.Outer); k++)
                {
                    float value = task.Bias is null ? y[k] : y[k] + task.Bias[k];
                    y[k] = task.Output switch
                    {
                        Output.Relu => Math.Max(value, 0),
                        Output.Logistic => 1 / (1 + MathF.Exp(-value)),
                        Output.Swish => value / (1 + MathF.Exp(-value)),
                        _ => value,
                    };
                }
            }
        }
    }

    private static void Dot4(float* x, float* w, long length, float* y)
    {
        Vector256<float> a0 = default, a1 = default, b0 = default, b1 = default, c0 = default, c1 = default, d0 = default, d1 = default;
        float* b = w + length, c = b + length, d = c + length;
        long i = 0;
        for (; i <= length - (2 * Lanes); i += 2 * Lanes)
        {
            Vector256<float> x0 = Vector256.Load(x + i), x1 = Vector256.Load(x + i + Lanes);
            a0 = Vector256.FusedMultiplyAdd(x0, Vector256.Load(w + i), a0);
            a1 = Vector256.FusedMultiplyAdd(x1, Vector256.Load(w + i + Lanes), a1);
            b0 = Vector256.FusedMultiplyAdd(x0, Vector256.Load(b + i), b0);
            b1 = Vector256.FusedMultiplyAdd(x1, Vector256.Load(b + i + Lanes), b1);
            c0 = Vector256.FusedMultiplyAdd(x0, Vector256.Load(c + i), c0);
            c1 = Vector256.FusedMultiplyAdd(x1, Vector256.Load(c + i + Lanes), c1);
            d0 = Vector256.FusedMultiplyAdd(x0, Vector256.Load(d + i), d0);
            d1 = Vector256.FusedMultiplyAdd(x1, Vector256.Load(d + i + Lanes), d1);
        }

        (float ya, float yb, float yc, float yd) = (Vector256.Sum(a0 + a1), Vector256.Sum(b0 + b1), Vector256.Sum(c0 + c1), Vector256.Sum(d0 + d1));
        for (; i < length; i++)
        {
            ya += x[i] * w[i];
            yb += x[i] * b[i];
            yc += x[i] * c[i];
            yd += x[i] * d[i];
        }

        (y[0], y[1], y[2], y[3]) = (ya, yb, yc, yd);
    }

    private static float Dot(float* x, float* w, long length)
    {
        Vector256<float> sum = default;
        long i = 0;
        for (; i <= length - Lanes; i += Lanes)
        {
            sum = Vector256.FusedMultiplyAdd(Vector256.Load(x + i), Vector256.Load(w + i), sum);
        }

        float y = Vector256.Sum(sum);
        for (; i < length; i++)
        {
            y += x[i] * w[i];
        }

        return y;
    }
}
