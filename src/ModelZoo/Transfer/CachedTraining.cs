using ModelZoo.Loading;
using ModelZoo.Training;
using ModelZoo.Training.Precision;
using TorchSharp;
using static TorchSharp.torch;

namespace ModelZoo.Transfer;

/// <summary>Trains a head on features that its frozen backbone made once.</summary>
internal sealed class CachedTraining(nn.Module<Tensor, Tensor> model, string head, HeadPath path, FineTuneOptions options)
{
    private const int SampleSize = 16;
    private const double MuchToCompute = 2e10; // multiply-accumulates, about a second of two cores

    private readonly Device device = model.parameters().FirstOrDefault()?.device ?? CPU;

    /// <summary>Computes the features and trains; where bfloat16 changed a prediction, once more in float32.</summary>
    /// <returns>What the training came to, and how the features were computed.</returns>
    public (TrainingResult Training, string? Features) Fit(
        IBatchSource train, IBatchSource? test, TrainerOptions trainer, IProgress<TrainingProgress>? progress, CancellationToken cancel)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor example = Features.Example(train);
        bool half = options.Precision != FeaturePrecision.Full && options.Bytes is null && train.Count >= SampleSize;
        using var reader = new FeatureReader(model, head, before: true, example, half, options.Bytes);
        string folded = reader.Folded > 0 ? $", {reader.Folded} batch normalizations folded into convolutions" : "";
        bool pays = train.Targets is null // what is checked afterwards are classes
            && (options.Precision == FeaturePrecision.Bfloat16 || (Bfloat16.IsFastOn(device) && (double)reader.Macs * train.Count >= MuchToCompute));
        if (!reader.HasHalf || !pays || !HalfPrecision.IsFine(reader, Features.Example(train, SampleSize)))
        {
            string why = reader.HasHalf && pays ? " (bfloat16 is too coarse for these features)" : "";
            string precision = options.Bytes is null ? "float32" : "int8";
            using Seen plain = Compute(reader.Run, precision, train, test, cancel);
            return (Train(plain, trainer, progress, cancel), $"{precision}{folded}{why}");
        }

        var fresh = path.state_dict().ToDictionary(e => e.Key, e => e.Value.detach().clone());
        using Seen seen = Compute(reader.RunHalf, "bfloat16", train, test, cancel);
        TrainingResult result = Train(seen, trainer, progress, cancel);
        if (result.Canceled)
        {
            return (result, $"bfloat16{folded}, not checked");
        }

        HalfPrecision.Verdict verdict = HalfPrecision.Check(reader, path, test ?? train, seen.Test ?? seen.Train, cancel);
        if (verdict.Changed == 0)
        {
            return (result,
                $"bfloat16{folded}; of {verdict.Images} {(test is null ? "training" : "test")} predictions the {verdict.Close} closest were made again in "
                + "float32, and none differs");
        }

        options.Remarks?.Report($"bfloat16 changes {verdict.Changed} of {verdict.Images} predictions: the features are computed again in float32, and the head "
            + "is trained on those");
        using (no_grad())
        {
            foreach ((string key, Tensor value) in path.state_dict())
            {
                value.copy_(fresh[key]);
            }
        }

        using Seen exact = Compute(reader.Run, "float32", train, test, cancel);
        return (Train(exact, trainer, progress, cancel), $"float32{folded} (bfloat16 changed {verdict.Changed} of {verdict.Images} predictions)");
    }

    private TrainingResult Train(Seen seen, TrainerOptions trainer, IProgress<TrainingProgress>? progress, CancellationToken cancel) =>
        new Trainer(path, options.Chosen, trainer).Fit(seen.Train, seen.Test, progress, cancel);

    private Seen Compute(Func<Tensor, Tensor> compute, string precision, IBatchSource train, IBatchSource? test, CancellationToken cancel)
    {
        ImageTensors first = Compute(compute, precision, train, cancel);
        try
        {
            return new Seen(first, test is null ? null : Compute(compute, precision, test, cancel));
        }
        catch
        {
            first.Dispose();
            throw;
        }
    }

    private ImageTensors Compute(Func<Tensor, Tensor> compute, string precision, IBatchSource images, CancellationToken cancel) =>
        options.Shared is { } shared
            ? shared.Of(all => ComputeAll(compute, precision, all, cancel))
            : ComputeAll(compute, precision, images, cancel);

    private ImageTensors ComputeAll(Func<Tensor, Tensor> compute, string precision, IBatchSource images, CancellationToken cancel)
    {
        KeptFeatures kept = FeatureFile.GetOrCompute(options.FeatureCache, model, head, images, precision, options.Bytes, compute, options.Remarks, cancel);
        if (options.Shared is { } shared)
        {
            shared.Seconds = kept.Seconds;
        }

        return kept.Features;
    }

    private sealed record Seen(ImageTensors Train, ImageTensors? Test) : IDisposable
    {
        public void Dispose()
        {
            Train.Dispose();
            Test?.Dispose();
        }
    }
}
