using ModelZoo.Loading;
using ModelZoo.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace ModelZoo.Transfer;

/// <summary>Whether features computed in bfloat16 do as well as those in float32.</summary>
internal static class HalfPrecision
{
    // Rounding may be so large beside what distinguishes one image from another.
    private const double MostNoise = 0.05;
    private const int SampleSize = 16;

    /// <summary>What a check found.</summary>
    /// <param name="Images">Predictions made.</param>
    /// <param name="Close">Those that were so close that they were made again in float32.</param>
    /// <param name="Changed">Those of them that came out otherwise.</param>
    internal readonly record struct Verdict(int Images, int Close, int Changed);

    /// <summary>Compares both on a few images: the difference against how much the images differ from their mean.</summary>
    public static bool IsFine(FeatureReader reader, Tensor sample)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor exact = reader.Run(sample);
        Tensor half = reader.RunHalf(sample);
        double noise = (half - exact).norm().item<float>();
        double signal = (exact - exact.mean([0L], keepdim: true)).norm().item<float>();
        return noise < MostNoise * signal;
    }

    /// <summary>
    /// Makes the predictions of a trained head from bfloat16 features, and again in float32 wherever the two largest logits are closer than twice what could
    /// turn them round: the largest deviation of a logit among the first images, counted for both.
    /// </summary>
    /// <param name="reader">The backbone in both precisions.</param>
    /// <param name="path">The head.</param>
    /// <param name="data">Images to classify.</param>
    /// <param name="features">Their features in bfloat16.</param>
    /// <param name="cancel">Stops between two batches.</param>
    public static Verdict Check(FeatureReader reader, nn.Module<Tensor, Tensor> path, IBatchSource data, ImageTensors features, CancellationToken cancel)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable none = no_grad();
        using ModelMode mode = ModelMode.Eval(path);
        Tensor half = path.call(features.Inputs); // [N,classes]
        if (half.shape[1] < 2)
        {
            return new(features.Count, 0, 0);
        }

        Tensor sample = Features.Example(data, SampleSize);
        float deviation = (Exact(sample) - half.narrow(0, 0, sample.shape[0])).abs().max().item<float>();
        (Tensor best, Tensor indices) = half.topk(2, 1);
        float[] margins = (best.select(1, 0) - best.select(1, 1)).cpu().data<float>().ToArray();
        long[] predictions = indices.select(1, 0).contiguous().cpu().data<long>().ToArray();
        int[] close = [.. Enumerable.Range(0, features.Count).Where(i => margins[i] <= 4 * deviation)];
        return new(features.Count, close.Length, Changed(data, close, predictions, Exact, cancel));

        Tensor Exact(Tensor images) => path.call(reader.Run(images));
    }

    private static int Changed(IBatchSource data, int[] close, long[] predictions, Func<Tensor, Tensor> exact, CancellationToken cancel)
    {
        (int first, int changed) = (0, 0);
        foreach (Batch batch in close.Length == 0 ? [] : data.InOrder(SampleSize))
        {
            using Batch read = batch;
            using DisposeScope scope = NewDisposeScope();
            cancel.ThrowIfCancellationRequested();
            long[] rows = [.. close.Where(i => i >= first && i < first + batch.Count).Select(i => (long)(i - first))];
            if (rows.Length > 0)
            {
                long[] again = exact(batch.Inputs.index_select(0, tensor(rows, device: batch.Inputs.device))).argmax(1).cpu().data<long>().ToArray();
                changed += rows.Where((row, i) => again[i] != predictions[first + row]).Count();
            }

            first += batch.Count;
        }

        return changed;
    }
}
