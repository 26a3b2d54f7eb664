using ModelZoo.Inference;
using ModelZoo.Loading;
using ModelZoo.Models;
using ModelZoo.Registry;
using ModelZoo.Training;
using ModelZoo.Weights;
using Xunit;

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
