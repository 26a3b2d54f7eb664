using System.Diagnostics;
using System.Runtime.InteropServices;
using ModelZoo.Inference;
using ModelZoo.Layers;
using ModelZoo.Registry;
using ModelZoo.Runtime;
using ModelZoo.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace ModelZoo.Experiments.Comparing;

/// <summary>Measures one model once.</summary>
public interface IModelMeter
{
    /// <summary>One turn of a model.</summary>
    /// <param name="model">What to measure.</param>
    /// <param name="memory">Whether memory is measured instead of time: each thing runs once only.</param>
    Turn Measure(ModelChoice model, bool memory);
}

/// <summary>
/// Builds the model anew with fresh weights, lets it run on random images (compiled, as predictions are), trains it, and frees it: only one model is in memory
/// at a time. Times are means over at least <see cref="Least"/>, after one run that does not count.
/// </summary>
/// <param name="batch">Images of a forward and of a training step.</param>
/// <param name="device">Where to compute; memory is measured on the CPU only.</param>
public sealed class ModelMeter(int batch, Device device) : IModelMeter
{
    private const double LearningRate = 1e-4, Momentum = 0.9;

    private readonly HashSet<string> fits = [];

    private static readonly TimeSpan Least = TimeSpan.FromMilliseconds(150);

    /// <inheritdoc/>
    public Turn Measure(ModelChoice model, bool memory)
    {
        ArgumentNullException.ThrowIfNull(model);
        ModelOptions o = model.Options;
        if (fits.Add(model.Name))
        {
            using ZooModel first = model.Info.Create(o);
            TrainingMemory.Require(first, [o.InChannels, o.InputHeight, o.InputWidth], batch, new Recipe());
        }

        long? before = memory && device.type == DeviceType.CPU ? PeakMemory.Restart() : null;
        using ZooModel network = model.Info.Create(o);
        network.to(device);
        using Tensor images = randn(batch, o.InChannels, o.InputHeight, o.InputWidth, device: device);
        double forward;
        using (CompiledModel compiled = network.Compile())
        {
            forward = Time(memory, () => Forward(compiled, images));
        }

        long? forwardPeak = Rise(before);
        if (before is not null)
        {
            PeakMemory.Forget();
        }

        try
        {
            double training = Training(network, images, o.NumClasses, memory);
            return new(forward, training) { ForwardPeakBytes = forwardPeak, TrainingPeakBytes = Rise(before) };
        }
        catch (ExternalException problem)
        {
            // batch normalization of a single value, say
            return new(forward, null) { ForwardPeakBytes = forwardPeak, TrainingProblem = TorchError.Summary(problem) };
        }
    }

    /// <summary>By how many bytes the peak of resident memory lies above what was there before; null where that is not known.</summary>
    internal static long? Rise(long? before) => before is { } from && PeakMemory.Read() is { } peak ? Math.Max(0, peak - from) : null;

    private static void Forward(CompiledModel model, Tensor images)
    {
        using Tensor output = model.Call(images);
        Finish(output);
    }

    private static double Training(ZooModel model, Tensor images, int classes, bool once)
    {
        model.train();
        using optim.Optimizer optimizer = optim.SGD(model.parameters(), LearningRate, Momentum);
        using Tensor labels = randint(classes, new[] { images.shape[0] }, ScalarType.Int64, images.device);
        return Time(once, () =>
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor[] outputs = model is IAuxiliaryHeads { Auxiliary.Count: > 0 } heads ? heads.ForwardAll(images) : [model.call(images)];
            Tensor loss = Loss(outputs[0], labels);
            foreach (Tensor auxiliary in outputs.Skip(1))
            {
                loss = loss + ((IAuxiliaryHeads)model).AuxiliaryWeight * Loss(auxiliary, labels);
            }

            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
            Finish(loss);
        });
    }

    private static Tensor Loss(Tensor output, Tensor labels) =>
        output.dim() == 2 ? nn.functional.cross_entropy(output, labels) : nn.functional.mse_loss(output, zeros_like(output));

    // What runs on a GPU has only been asked for until a value comes back.
    internal static void Finish(Tensor output)
    {
        using DisposeScope scope = NewDisposeScope();
        output.detach().reshape(-1)[-1].cpu();
    }

    /// <summary>The seconds of a step: the mean over at least <see cref="Least"/> after one that does not count, or of that one alone.</summary>
    internal static double Time(bool once, Action step)
    {
        var clock = Stopwatch.StartNew();
        step();
        if (once)
        {
            return clock.Elapsed.TotalSeconds;
        }

        clock.Restart();
        int steps = 0;
        do
        {
            step();
            steps++;
        }
        while (clock.Elapsed < Least);
        return clock.Elapsed.TotalSeconds / steps;
    }
}
