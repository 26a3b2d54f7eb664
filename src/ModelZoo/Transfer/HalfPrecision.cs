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
    /// Makes the predictions of a trained head from bfloat16 features, and again in float32 wherever the two largest logits are closer than twice what could turn them round: the largest
    /// deviation of a logit among the first images, counted for both.
    /// </summary>
    /// <param name="reader">The trunk in both precisions.</param>
    /// <param name="path">The head.</param>
    /// <param name="data">Images to classify.</param>
    /// <param name="features">Their features in bfloat16.</param>
    /// <param name="cancel">Stops between two batches.</param>
    public static Verdict Check(FeatureReader reader, nn.Module<Tensor, Tensor> path, ImageTensors data, ImageTensors features, CancellationToken cancel)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable none = no_grad();
        using ModelMode mode = ModelMode.Eval(path);
        Tensor half = path.call(features.Inputs); // [N,classes]
        if (half.shape[1] < 2)
        {
            return new(data.Count, 0, 0);
        }

        int sample = Math.Min(SampleSize, data.Count);
        float deviation = (Exact(Features.Example(data, sample)) - half.narrow(0, 0, sample)).abs().max().item<float>();
        (Tensor best, Tensor indices) = half.topk(2, 1);
        float[] margins = (best.select(1, 0) - best.select(1, 1)).cpu().data<float>().ToArray();
        long[] predictions = indices.select(1, 0).contiguous().cpu().data<long>().ToArray();
        int[] close = [.. Enumerable.Range(0, data.Count).Where(i => margins[i] <= 4 * deviation)];
        int changed = 0;
        foreach (int[] chunk in close.Chunk(SampleSize))
        {
            cancel.ThrowIfCancellationRequested();
            using DisposeScope batch = NewDisposeScope();
            long[] again = Exact(data.Batch(chunk).Inputs).argmax(1).cpu().data<long>().ToArray();
            changed += chunk.Where((image, i) => again[i] != predictions[image]).Count();
        }

        return new(data.Count, close.Length, changed);

        Tensor Exact(Tensor images) => path.call(reader.Run(images));
    }
}
