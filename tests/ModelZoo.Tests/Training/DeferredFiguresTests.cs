using System.Text.Json;
using ModelZoo.Loading;
using ModelZoo.Registry;
using ModelZoo.Training;
using ModelZoo.Training.Runs;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;

namespace ModelZoo.Tests.Training;

/// <summary>Losses that stay on the device until they are needed, as on CUDA: nothing that a run tells or leaves differs from reading them at once.</summary>
[Collection(TorchCollection.Name)]
public class DeferredFiguresTests
{
    private static readonly Recipe Base = new() { Epochs = 3, BatchSize = 4, Optimizer = "momentum", LearningRate = 0.05, Schedule = "cosine" };

    [Theory]
    [InlineData("momentum", 1, 0)]
    [InlineData("adam", 2, 0.5)]
    [InlineData("adamw", 1, 0.5)]
    [InlineData("rmsprop", 2, 0.5)] // cannot skip a step, and so reads at once
    public void Weights_figures_and_log_are_the_same(string optimizer, int accumulation, double clip)
    {
        Recipe recipe = Base with { Optimizer = optimizer, AccumulationSteps = accumulation, ClipNorm = clip, EmaDecay = 0.5, LearningRate = 0.01 };
        (Dictionary<string, byte[]> weights, string told, string log) = Run(false);
        (Dictionary<string, byte[]> weightsDeferred, string toldDeferred, string logDeferred) = Run(true);
        Assert.All(weights, entry => Assert.Equal(entry.Value, weightsDeferred[entry.Key]));
        Assert.Equal(told, toldDeferred);
        Assert.Equal(log, logDeferred);

        (Dictionary<string, byte[]>, string, string) Run(bool defers)
        {
            using var folder = new TempFolder();
            using ZooModel model = Samples.Fresh("lenet5");
            using ImageTensors data = Samples.Tensors("lenet5", 30);
            TrainingResult result = new Trainer(model, recipe, new TrainerOptions
            {
                DefersFigures = defers,
                RunFolder = folder.Path,
                LogEverySteps = 3,
                SaveEverySteps = 4,
                Describe = _ => Samples.Description("lenet5"),
            }).Fit(data, data);
            string figures = string.Join(' ', result.Epochs.Select(e => $"{e.Loss:r} {e.TrainAccuracy:r} {e.Images}"));
            return (Samples.Bytes(model), figures, string.Join('\n', File.ReadLines(new RunFolder(folder.Path).Log).Select(Line)));
        }

        // Without what a clock has measured.
        static string Line(string json) =>
            string.Join(' ', JsonDocument.Parse(json).RootElement.EnumerateObject().Where(p => !p.Name.Contains("second", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("sgd", 1, 7, 7)]
    [InlineData("adam", 1, 10, 10)]
    [InlineData("adamw", 2, 7, 4)]
    [InlineData("momentum", 3, 11, 4)]
    public void An_overflow_is_found_in_its_step_and_layer_and_leaves_the_weights_before_it(string optimizer, int accumulation, int badBatch, int badStep)
    {
        // Six batches an epoch; the bad one overflows in the layer "one".
        Recipe recipe = Base with { Optimizer = optimizer, AccumulationSteps = accumulation };
        (string message, Dictionary<string, byte[]> weights) = Fail(false);
        (string deferred, Dictionary<string, byte[]> kept) = Fail(true);
        Assert.Contains($"at step {badStep} (epoch 2, ", message, StringComparison.Ordinal);
        Assert.Contains("The first layer whose output is not finite is one (Linear). Lower the learning rate", message, StringComparison.Ordinal);
        Assert.Equal(message, deferred);
        Assert.All(weights, entry => Assert.Equal(entry.Value, kept[entry.Key]));

        (string, Dictionary<string, byte[]>) Fail(bool defers)
        {
            random.manual_seed(2);
            using Sequential model = nn.Sequential(("one", nn.Linear(4, 6)), ("act", nn.ReLU()), ("two", nn.Linear(6, 3)));
            using (no_grad())
            {
                model.get_parameter("one.weight")!.fill_(0.5); // 4 · 0.5 · 3e38 is more than float32 holds
            }

            random.manual_seed(1);
            using ImageTensors data = ImageTensors.FromTensors(randn(24, 4), arange(24).remainder(3).to(ScalarType.Int64), ["a", "b", "c"]);
            var trainer = new Trainer(model, recipe, new TrainerOptions { DefersFigures = defers });
            string said = Assert.Throws<NotFiniteException>(() => trainer.Fit(new Overflowing(data, badBatch), null)).Message;
            return (said, Samples.Bytes(model));
        }
    }

    [Fact]
    public void A_gradient_that_is_not_finite_is_named()
    {
        using var model = new LearningTests.Rooted();
        using ImageTensors data = ImageTensors.FromTensors(zeros(4, 3), zeros(4, dtype: ScalarType.Int64), ["a", "b", "c"]);
        var trainer = new Trainer(model, Base with { ClipNorm = 1 }, new TrainerOptions { DefersFigures = true });
        Assert.Contains("The norm of the gradients became NaN at step 1 (epoch 1, learning rate 0.05). The gradient of scale is not finite",
            Assert.Throws<NotFiniteException>(() => trainer.Fit(data, null)).Message, StringComparison.Ordinal);
        Assert.Equal([1f, 1, 1], model.parameters().Single().data<float>().ToArray());
    }

    [Fact]
    public void What_is_reported_while_it_trains_is_the_mean_so_far()
    {
        using var model = new Passing();
        using ImageTensors data = ImageTensors.FromTensors(zeros(40, 3), zeros(40, dtype: ScalarType.Int64), ["a", "b", "c"]);
        List<TrainingProgress> reports = [];
        new Trainer(model, Base, new TrainerOptions { DefersFigures = true }).Fit(new Slow(data), null, new TrainerTests.Collecting(reports));
        Assert.True(reports.Count > 3, $"{reports.Count} reports");
        Assert.All(reports, r => Assert.Equal(Math.Log(3), r.Loss, 1e-6));
    }

    /// <summary>Finite inputs in one batch, counted from 1 over all epochs, that a layer cannot take.</summary>
    private sealed class Overflowing(ImageTensors data, int badBatch) : IBatchSource
    {
        public int Count => data.Count;

        public long[] Shape => data.Shape;

        public IReadOnlyList<string> ClassNames => data.ClassNames;

        public IEnumerable<Batch> Shuffled(EpochSampler plan)
        {
            int number = (plan.Epoch - 1) * plan.Steps(Count) + plan.FirstStep;
            foreach (Batch batch in data.Shuffled(plan))
            {
                if (++number == badBatch)
                {
                    batch.Inputs.fill_(3e38f);
                }

                yield return batch;
            }
        }

        public IEnumerable<Batch> InOrder(int batchSize) => data.InOrder(batchSize);
    }

    private sealed class Slow(ImageTensors data) : IBatchSource
    {
        public int Count => data.Count;

        public long[] Shape => data.Shape;

        public IReadOnlyList<string> ClassNames => data.ClassNames;

        public IEnumerable<Batch> Shuffled(EpochSampler plan) => data.Shuffled(plan).Select(batch =>
        {
            Thread.Sleep(30);
            return batch;
        });

        public IEnumerable<Batch> InOrder(int batchSize) => data.InOrder(batchSize);
    }
}
