using ModelZoo.Layers;
using ModelZoo.Loading;
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
public class HeadFinderTests
{
    private static readonly Recipe OneStep = new() { Epochs = 1, BatchSize = 4, Optimizer = "sgd", LearningRate = 0.1 };

    private static Sequential FullyConnected() => nn.Sequential(
        ("conv", nn.Conv2d(1, 4, 3)), ("bn", nn.BatchNorm2d(4)), ("relu", nn.ReLU(inplace: true)), ("flatten", nn.Flatten()),
        ("hidden", nn.Linear(4 * 36, 6)), ("act", nn.ReLU()), ("logits", nn.Linear(6, 10)), ("softmax", nn.LogSoftmax(1)));

    private static Sequential FullyConvolutional() => nn.Sequential(
        ("conv", nn.Conv2d(1, 4, 3)), ("bn", nn.BatchNorm2d(4)), ("relu", nn.ReLU(inplace: true)), ("drop", nn.Dropout(0.5)),
        ("conv10", nn.Conv2d(4, 10, 1)), ("relu10", nn.ReLU(inplace: true)), ("pool", nn.AdaptiveAvgPool2d(1)), ("flatten", nn.Flatten()));

    [Theory]
    [InlineData(false, "logits")]
    [InlineData(true, "conv10")]
    public void A_users_model_needs_no_word(bool convolutional, string expected)
    {
        using Sequential model = convolutional ? FullyConvolutional() : FullyConnected();
        using Tensor images = randn(8, 1, 8, 8);
        Assert.Equal(expected, TransferLearning.ReplaceHead(model, 7, images));
        using ImageTensors data = ImageTensors.FromTensors(images.clone(), tensor(new long[] { 0, 1, 2, 3, 4, 5, 6, 0 }), ["a", "b", "c", "d", "e", "f", "g"]);
        Dictionary<string, byte[]> before = Samples.Bytes(model);
        foreach (bool cached in new[] { false, true })
        {
            FineTuner.Train(model, expected, data, null, new FineTuneOptions { Recipe = OneStep, CacheFeatures = cached });
            Dictionary<string, byte[]> after = Samples.Bytes(model);
            Assert.All(after, e => Assert.Equal(!e.Key.StartsWith(expected + ".", StringComparison.Ordinal), e.Value.SequenceEqual(before[e.Key])));
        }
    }

    [Fact]
    public void Statistics_that_move_are_seen()
    {
        using Sequential model = FullyConnected();
        using Tensor images = randn(8, 1, 8, 8);
        TransferLearning.FreezeBackbone(model, "logits");
        Dictionary<string, byte[]> before = Samples.Bytes(model);
        model.train(); // the fault: frozen parameters, but a normalization in train mode
        using (no_grad())
        {
            model.call(images).Dispose();
        }

        string[] moved = [.. Samples.Bytes(model).Where(e => !e.Value.SequenceEqual(before[e.Key])).Select(e => e.Key)];
        Assert.Equal(["bn.running_mean", "bn.running_var", "bn.num_batches_tracked"], moved);
    }

    [Fact]
    public void A_model_whose_forward_calls_functions_is_searched_in_the_order_of_its_layers()
    {
        using var model = new Functional();
        using Tensor images = randn(2, 1, 8, 8);
        Assert.Equal("last", HeadFinder.Find(model, images));
    }

    [Fact]
    public void What_is_no_classifier_is_refused_with_the_reason()
    {
        using Tensor images = randn(2, 1, 8, 8);
        using Sequential dense = nn.Sequential(("conv", nn.Conv2d(1, 4, 1)));
        using Sequential normed = nn.Sequential(("fc", nn.Flatten()), ("logits", nn.Linear(64, 10)), ("norm", nn.BatchNorm1d(10)));
        using Sequential none = nn.Sequential(("pool", nn.AdaptiveAvgPool2d(1)), ("flatten", nn.Flatten()));
        Assert.Contains("gives [2,4,8,8] for a batch of 2: no logits", Message(dense), StringComparison.Ordinal);
        Assert.Contains("'norm' (BatchNorm1d) lies between the logits and any Linear", Message(normed), StringComparison.Ordinal);
        Assert.Contains("runs no Linear and no 1×1 convolution", Message(none), StringComparison.Ordinal);

        string Message(Sequential model) => Assert.Throws<ZooException>(() => HeadFinder.Find(model, images)).Message;
    }

    [Fact]
    public void Auxiliary_classifiers_get_the_new_classes_too()
    {
        using ZooModel model = Samples.Fresh("googlenet", classes: 4);
        using Tensor images = randn(1, 3, 32, 32);
        Assert.Equal("fc", TransferLearning.ReplaceHead(model, 7, images));
        using Tensor batch = randn(2, 3, 64, 64);
        using DisposeScope scope = NewDisposeScope();
        Assert.All(((IAuxiliaryHeads)model).ForwardAll(batch), logits => Assert.Equal([2L, 7L], logits.shape));
    }

    private sealed class Functional : nn.Module<Tensor, Tensor>
    {
#pragma warning disable IDE1006
        private readonly Linear last = nn.Linear(8 * 36, 10); // declared first, runs last
        private readonly Conv2d conv = nn.Conv2d(1, 8, 3);
#pragma warning restore IDE1006

        public Functional() : base(nameof(Functional)) => RegisterComponents();

        public override Tensor forward(Tensor input)
        {
            using DisposeScope scope = NewDisposeScope();
            return (last.call(nn.functional.relu(conv.call(input)).flatten(1)) * 2f).MoveToOuterDisposeScope();
        }
    }
}
