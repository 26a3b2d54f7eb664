using ModelZoo.Inference;
using ModelZoo.Loading;
using ModelZoo.Models;
using ModelZoo.Registry;
using ModelZoo.Training;
using ModelZoo.Training.Runs;
using ModelZoo.Weights;
using Xunit;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ModelZoo.Tests.Training;

[Collection(TorchCollection.Name)]
public class CancellationTests
{
    [Fact]
    public void A_canceled_training_leaves_a_checkpoint_that_holds_its_last_state()
    {
        using var folder = new TempFolder();
        using ZooModel model = Samples.Fresh("lenet5");
        using ImageTensors data = Samples.Tensors("lenet5", 64);
        using var source = new CancellationTokenSource();
        var options = new TrainerOptions { CheckpointPath = folder.File("run.safetensors"), Describe = Describe };
        var stop = new TrainerTests.Collecting([], p =>
        {
            if (p.Epoch == 3)
            {
                source.Cancel();
            }
        });
        TrainingResult result = new Trainer(model, Samples.Quick with { Epochs = 1000 }, options).Fit(data, data, stop, source.Token);
        Assert.True(result.Canceled);
        Assert.InRange(result.Steps, 9, 12);
        using ResolvedModel loaded = ModelResolver.FromFile(Catalog.Models, options.CheckpointPath);
        Dictionary<string, byte[]> expected = Samples.Bytes(model);
        Assert.All(Samples.Bytes(loaded.Model), entry => Assert.Equal(expected[entry.Key], entry.Value));
        Assert.Equal(result.Steps.ToString(System.Globalization.CultureInfo.InvariantCulture), loaded.Checkpoint!.Extra["steps"]);
        Assert.Single(Directory.GetFiles(folder.Path));
    }

    [Fact]
    public void A_training_that_is_canceled_before_it_begins_takes_no_step()
    {
        using ZooModel model = Samples.Fresh("lenet5");
        using ImageTensors data = Samples.Tensors("lenet5", 20);
        TrainingResult result = new Trainer(model, Samples.Quick).Fit(data, data, null, new CancellationToken(canceled: true));
        Assert.True(result.Canceled);
        Assert.Equal(0, result.Steps);
        Assert.Null(result.TestAccuracy);
    }

    [Theory]
    [InlineData("as the third epoch begins", 2, false)]
    [InlineData("before the third epoch's first batch", 2, false)]
    [InlineData("in the test after the second epoch", 2, false)]
    [InlineData("after the third epoch's first step", 3, true)]
    [InlineData("before anything", 0, false)]
    public void At_the_edge_of_an_epoch_no_epoch_of_zeros_is_left(string when, int epochs, bool partial)
    {
        using var folder = new TempFolder();
        using ImageTensors data = Samples.Tensors("lenet5", 32);
        using var source = new CancellationTokenSource();
        if (when == "before anything")
        {
            source.Cancel();
        }

        var run = new RunFolder(folder.Path);
        TrainingResult result = Fit(folder, new Edge(data, when, source), new Edge(data, when, source), epoch =>
        {
            if (epoch == 3 && when == "as the third epoch begins")
            {
                source.Cancel();
            }
        }, source.Token);
        Assert.True(result.Canceled);
        Assert.Equal(epochs, result.Epochs.Count);
        Assert.All(result.Epochs, e => Assert.True(e.Images == (partial && e.Epoch == 3 ? 16 : 32) && e.Loss > 0));
        Assert.Equal(epochs, File.ReadLines(run.Log).Count(l => l.Contains("train_loss", StringComparison.Ordinal)));
        Assert.Equal(epochs > 0, File.Exists(run.Last));

        TrainingResult whole = Fit(folder, data, data, null, default);
        using var straight = new TempFolder();
        TrainingResult expected = Fit(straight, data, data, null, default);
        Assert.Equal(expected.Epochs.Select(e => (e.Epoch, e.Images, e.Loss)), whole.Epochs.Select(e => (e.Epoch, e.Images, e.Loss)));
        Assert.Equal(File.ReadAllBytes(new RunFolder(straight.Path).Last), File.ReadAllBytes(run.Last));
        Assert.Equal(4, File.ReadLines(run.Log).Count(l => l.Contains("train_loss", StringComparison.Ordinal)));
    }

    [Fact]
    public void A_step_is_given_up_between_two_layers_and_taken_again_with_the_same_bits()
    {
        using var folder = new TempFolder();
        using var straight = new TempFolder();
        using ImageTensors data = Samples.Tensors("lenet5", 64);
        Recipe recipe = Samples.Quick with { Epochs = 2 };
        using ZooModel model = Samples.Fresh("lenet5");
        using var source = new CancellationTokenSource();
        Module<Tensor, Tensor> first = Assert.IsAssignableFrom<Module<Tensor, Tensor>>(model.named_children().First().module);
        int forwards = 0, after = 0;
        first.register_forward_hook((_, _, y) =>
        {
            if (++forwards == 3)
            {
                source.Cancel();
            }

            return y;
        });
        Assert.IsAssignableFrom<Module<Tensor, Tensor>>(model.named_children().Last().module).register_forward_hook((_, _, y) =>
        {
            after++;
            return y;
        });
        var options = new TrainerOptions { RunFolder = folder.Path, Resume = true, Describe = Describe };
        TrainingResult given = new Trainer(model, recipe, options).Fit(data, null, null, source.Token);
        Assert.True(given.Canceled);
        Assert.Equal((3, 2, 2), (forwards, after, given.Steps));

        using ZooModel again = Samples.Fresh("lenet5"), whole = Samples.Fresh("lenet5");
        TrainingResult resumed = new Trainer(again, recipe, options).Fit(data, null);
        TrainingResult expected = new Trainer(whole, recipe, options with { RunFolder = straight.Path }).Fit(data, null);
        Assert.Equal(expected.Epochs.Select(e => e.Loss), resumed.Epochs.Select(e => e.Loss));
        Assert.Equal(File.ReadAllBytes(new RunFolder(straight.Path).Last), File.ReadAllBytes(new RunFolder(folder.Path).Last));
    }

    private static TrainingResult Fit(TempFolder folder, IBatchSource train, IBatchSource test, Action<int>? onEpoch, CancellationToken cancel)
    {
        using ZooModel model = Samples.Fresh("lenet5");
        var options = new TrainerOptions { RunFolder = folder.Path, Resume = true, Describe = Describe, OnEpoch = onEpoch };
        return new Trainer(model, Samples.Quick with { Epochs = 4 }, options).Fit(train, test, null, cancel);
    }

    /// <summary>Asks for a stop at one moment of a training of two batches an epoch.</summary>
    private sealed class Edge(ImageTensors data, string when, CancellationTokenSource source) : IBatchSource, IFingerprinted
    {
        private int tests;

        public int Count => data.Count;

        public long[] Shape => data.Shape;

        public IReadOnlyList<string> ClassNames => data.ClassNames;

        public string Fingerprint => data.Fingerprint;

        public IEnumerable<Batch> Shuffled(EpochSampler plan)
        {
            int batch = 0;
            foreach (Batch read in data.Shuffled(plan))
            {
                if (plan.Epoch == 3 && ((batch == 0 && when.StartsWith("before the third", StringComparison.Ordinal))
                    || (batch == 1 && when.StartsWith("after the third", StringComparison.Ordinal))))
                {
                    source.Cancel();
                }

                batch++;
                yield return read;
            }
        }

        public IEnumerable<Batch> InOrder(int batchSize)
        {
            if (++tests == 2 && when.StartsWith("in the test", StringComparison.Ordinal))
            {
                source.Cancel();
            }

            return data.InOrder(batchSize);
        }
    }

    private static CheckpointInfo Describe(TrainingResult result)
    {
        ModelInfo info = Samples.Info("lenet5");
        return new CheckpointInfo
        {
            Architecture = info.Name,
            Options = info.Defaults,
            Labels = [.. Enumerable.Range(0, 10).Select(c => $"{c}")],
            Preprocessing = info.Preprocessing,
            Extra = new Dictionary<string, string> { ["steps"] = result.Steps.ToString(System.Globalization.CultureInfo.InvariantCulture) },
        };
    }
}
