using ModelZoo.Data;
using ModelZoo.Imaging;
using ModelZoo.Inference;
using ModelZoo.Loading;
using ModelZoo.Models;
using ModelZoo.Registry;
using ModelZoo.Tests.Training;
using ModelZoo.Training;
using ModelZoo.Transfer;
using TorchSharp;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;

namespace ModelZoo.Tests.Transfer;

[Collection(TorchCollection.Name)]
public class FineTunerTests
{
    private static ResolvedModel Pretrained(string name) => ModelResolver.Resolve(Catalog.Models, name, Catalog.ReadResource, seed: 6);

    private static ImageDataset ThreeClasses(DataSplit split, int count)
    {
        ImageDataset digits = Digits.Load(split);
        int[] chosen = [.. Enumerable.Range(0, digits.Count).Where(i => digits.Labels[i] < 3).Take(count)];
        var pixels = new float[count * 64];
        for (int i = 0; i < count; i++)
        {
            digits.CopyImage(chosen[i], pixels.AsSpan(i * 64, 64));
        }

        int[] labels = [.. chosen.Select(i => digits.Labels[i])];
        return ImageDataset.FromFloats(new DatasetInfo("three", "", "", ["zero", "one", "two"]), digits.Shape, pixels, labels);
    }

    [Theory]
    [InlineData("lenet5")]
    [InlineData("lenet5_classic")]
    [InlineData("convnet")]
    [InlineData("small_cnn")]
    public void Only_the_head_changes_and_the_result_can_be_opened_again(string name)
    {
        using var folder = new TempFolder();
        using ResolvedModel pretrained = Pretrained(name);
        Dictionary<string, byte[]> before = Samples.Bytes(pretrained.Model);
        var options = new FineTuneOptions { Recipe = Samples.Quick with { LearningRate = 0.01 }, CheckpointPath = folder.File("tuned.safetensors"), Seed = 2 };
        using FineTuneResult result = FineTuner.Run(pretrained, ThreeClasses(DataSplit.Train, 60), ThreeClasses(DataSplit.Test, 30), options);
        Assert.True(result.CachedFeatures);
        Assert.NotNull(result.Training.TestAccuracy);
        Assert.All(Samples.Bytes(pretrained.Model), entry => Assert.Equal(before[entry.Key], entry.Value));
        string head = pretrained.Model.Head + ".";
        Assert.All(Samples.Bytes(result.Model.Model), entry =>
            Assert.Equal(!entry.Key.StartsWith(head, StringComparison.Ordinal), entry.Value.SequenceEqual(before[entry.Key])));
        Assert.Equal(["zero", "one", "two"], result.Model.Labels);

        using ResolvedModel opened = ModelResolver.Resolve(Catalog.Models, options.CheckpointPath, Catalog.ReadResource);
        Dictionary<string, byte[]> tuned = Samples.Bytes(result.Model.Model);
        Assert.All(Samples.Bytes(opened.Model), entry => Assert.Equal(tuned[entry.Key], entry.Value));
        using ImageTensors test = ImageTensors.From(ThreeClasses(DataSplit.Test, 30), opened.Preprocessing);
        Assert.Equal(result.Training.TestAccuracy, Evaluator.Evaluate(opened.Model, test).Accuracy);
        Assert.Equal("three", opened.Checkpoint!.Extra["data"]);
    }

    [Theory]
    [InlineData("lenet5")]
    [InlineData("lenet5_classic")]
    [InlineData("convnet")]
    public void Cached_features_give_what_the_whole_forward_gives(string name)
    {
        using ResolvedModel pretrained = Pretrained(name);
        var options = new FineTuneOptions { Recipe = Samples.Quick with { LearningRate = 0.01 } };
        ImageDataset train = ThreeClasses(DataSplit.Train, 60);
        using FineTuneResult cached = FineTuner.Run(pretrained, train, train, options);
        using FineTuneResult whole = FineTuner.Run(pretrained, train, train, options with { CacheFeatures = false });
        Assert.True(cached.CachedFeatures && !whole.CachedFeatures);
        Assert.All(cached.Training.Epochs.Zip(whole.Training.Epochs), e => Assert.Equal(e.First.Loss, e.Second.Loss, 1e-4 * Math.Max(1, e.First.Loss)));
        Dictionary<string, Tensor> expected = whole.Model.Model.state_dict();
        foreach ((string key, Tensor value) in cached.Model.Model.state_dict())
        {
            Assert.True(allclose(value, expected[key], rtol: 1e-4, atol: 1e-5), key);
        }
    }

    [Fact]
    public void Augmentation_cannot_be_cached()
    {
        using ResolvedModel pretrained = Pretrained("lenet5");
        using FineTuneResult result = FineTuner.Run(pretrained, ThreeClasses(DataSplit.Train, 20), null,
            new FineTuneOptions { Recipe = Samples.Quick with { RandomShift = 1 } });
        Assert.False(result.CachedFeatures);
    }

    [Fact]
    public void Without_a_frozen_backbone_everything_changes()
    {
        using ResolvedModel pretrained = Pretrained("lenet5");
        Dictionary<string, byte[]> before = Samples.Bytes(pretrained.Model);
        using FineTuneResult result = FineTuner.Run(pretrained, ThreeClasses(DataSplit.Train, 20), null,
            new FineTuneOptions { Recipe = Samples.Quick, BackboneFrozen = false });
        Assert.All(Samples.Bytes(result.Model.Model), entry => Assert.False(entry.Value.SequenceEqual(before[entry.Key])));
    }

    [Fact]
    public void A_users_model_whose_forward_calls_functions_is_tuned_too()
    {
        using var model = new UserModel();
        TransferLearning.ReplaceHead(model, "fc", 3);
        using ImageTensors data = ImageTensors.From(ThreeClasses(DataSplit.Train, 30), new Preprocessing(1, 8, 8, Fit.Pad, [0], [1]));
        TrainingResult result = FineTuner.Train(model, "fc", data, data,
            new FineTuneOptions { Recipe = new Recipe { Epochs = 60, BatchSize = 10, Optimizer = "adam", LearningRate = 0.02 } });
        Assert.Equal(["conv.weight", "conv.bias"], TransferLearning.Frozen(model));
        Assert.True(result.TestAccuracy > 0.9, $"{result.TestAccuracy}");
        Assert.Equal(result.TestAccuracy, Evaluator.Evaluate(model, data).Accuracy);
    }

    [Fact]
    public void Features_are_what_the_layer_sees()
    {
        using ZooModel model = Samples.Fresh("lenet5");
        using ImageTensors data = Samples.Tensors("lenet5", 5);
        using ImageTensors features = Features.Before(model, "fc3", data, batchSize: 2);
        Assert.Equal([84L], features.Shape);
        using (no_grad())
        {
            using Tensor expected = model.call(data.Batch([0, 1, 2, 3, 4]).Inputs);
            using Tensor actual = TransferLearning.Find(model, "fc3").call(features.Inputs);
            Assert.True(allclose(expected, actual, atol: 1e-5));
        }
    }

    [Fact]
    public void Small_gray_images_get_a_margin_and_images_of_the_right_kind_stay()
    {
        Preprocessing lenet = Samples.Info("lenet5").Preprocessing;
        Preprocessing small = TransferLearning.PreprocessingFor(Samples.Digits(1), lenet);
        Assert.Equal((Fit.Resize, 6), (small.Fit, small.Border));
        Assert.Equal(lenet, TransferLearning.PreprocessingFor(Samples.Digits(1).Resize(28, 28), lenet));
        Assert.Equal((Fit.Resize, 0), (TransferLearning.PreprocessingFor(Samples.Digits(1).Resize(40, 40), lenet) is { } p ? (p.Fit, p.Border) : default));
    }

    private sealed class UserModel : nn.Module<Tensor, Tensor>
    {
#pragma warning disable IDE1006
        private readonly Conv2d conv = nn.Conv2d(1, 8, 3);
        private readonly Linear fc = nn.Linear(8 * 36, 10);
#pragma warning restore IDE1006

        public UserModel() : base(nameof(UserModel)) => RegisterComponents();

        public override Tensor forward(Tensor input)
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor x = nn.functional.relu(conv.call(input)).flatten(1);
            return (fc.call(x) * 1.0f).MoveToOuterDisposeScope();
        }
    }
}
