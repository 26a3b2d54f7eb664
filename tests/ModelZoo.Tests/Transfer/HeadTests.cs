using ModelZoo.Layers;
using ModelZoo.Registry;
using ModelZoo.Tests.Training;
using ModelZoo.Transfer;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;

namespace ModelZoo.Tests.Transfer;

[Collection(TorchCollection.Name)]
public class HeadTests
{
    private static Tensor Input(string name) => ones(2, Samples.Info(name).Input.Channels, Samples.Info(name).Input.Height, Samples.Info(name).Input.Width);

    [Theory]
    [InlineData("lenet5")]
    [InlineData("lenet5_classic")]
    [InlineData("convnet")]
    [InlineData("small_cnn")]
    public void A_new_head_keeps_keys_order_hooks_and_backbone(string name)
    {
        using ZooModel model = Samples.Fresh(name);
        Dictionary<string, byte[]> before = Samples.Bytes(model);
        string[] keys = [.. model.state_dict().Keys];
        string[] children = [.. model.named_children().Select(c => c.name)];
        int calls = 0;
        TransferLearning.Find(model, model.Head).register_forward_hook((_, _, output) =>
        {
            calls++;
            return output;
        });
        nn.Module<Tensor, Tensor> head = TransferLearning.ReplaceHead(model, 7);
        Assert.Equal(keys, model.state_dict().Keys);
        Assert.Equal(children, model.named_children().Select(c => c.name));
        Assert.All(Samples.Bytes(model), entry =>
            Assert.Equal(!entry.Key.StartsWith(model.Head + ".", StringComparison.Ordinal), entry.Value.SequenceEqual(before[entry.Key])));
        Assert.All(head.parameters(), p => Assert.True(p.requires_grad));
        Assert.Contains(head.parameters().First(), model.parameters());
        using Tensor input = Input(name);
        using Tensor logits = model.call(input);
        Assert.Equal([2L, 7L], logits.shape);
        Assert.Equal(1, calls);
        logits.sum().backward();
        Assert.All(head.parameters(), p => Assert.NotNull(p.grad));
    }

    [Fact]
    public void A_new_head_is_what_a_fresh_layer_is()
    {
        using ZooModel model = Samples.Fresh("lenet5");
        random.manual_seed(11);
        var head = Assert.IsType<Linear>(TransferLearning.ReplaceHead(model, 7));
        random.manual_seed(11);
        using Linear fresh = nn.Linear(84, 7);
        Assert.Equal((84, 7), (head.in_features, head.out_features));
        Assert.Equal(fresh.weight.data<float>().ToArray(), head.weight.data<float>().ToArray());
        Assert.Equal(fresh.bias!.data<float>().ToArray(), head.bias!.data<float>().ToArray());
    }

    [Fact]
    public void Learned_codes_give_the_softmax_of_a_linear_layer()
    {
        using ZooModel model = Samples.Fresh("lenet5_classic");
        var head = Assert.IsType<RbfOutput>(TransferLearning.ReplaceHead(model, 3));
        Assert.Equal(60_000 + 3 * 84, model.parameters().Sum(p => p.numel()));
        Assert.Empty(model.buffers());
        using Tensor x = randn(5, 84);
        using Tensor expected = nn.functional.softmax(nn.functional.linear(x, head.Codes * 2, -head.Codes.pow(2).sum(1)), 1);
        using Tensor actual = nn.functional.softmax(-head.call(x), 1);
        Assert.True(allclose(expected, actual, atol: 1e-5));
    }

    [Fact]
    public void A_head_inside_a_Sequential_and_a_convolution_can_be_replaced()
    {
        Conv2d inner = nn.Conv2d(4, 5, 1);
        using Sequential model = nn.Sequential(
            ("stem", nn.Conv2d(1, 4, 3)), ("classifier", nn.Sequential(("dropout", nn.Dropout(0.5)), ("conv", inner))), ("pool", nn.AdaptiveAvgPool2d(1)),
                ("flatten", nn.Flatten()));
        Assert.Same(inner, TransferLearning.ReplaceHead(model, "classifier.conv", 3));
        Assert.Equal(3, inner.out_channels);
        Assert.Equal(["stem.weight", "stem.bias", "classifier.conv.weight", "classifier.conv.bias"], model.state_dict().Keys);
        using Tensor input = ones(2, 1, 6, 6);
        using Tensor output = model.call(input);
        Assert.Equal([2L, 3L], output.shape);
        TransferLearning.FreezeBackbone(model, "classifier.conv");
        Assert.Equal(["stem.weight", "stem.bias"], TransferLearning.Frozen(model));
    }

    [Fact]
    public void Freezing_leaves_the_head_alone()
    {
        using ZooModel model = Samples.Fresh("lenet5");
        Assert.Empty(TransferLearning.Frozen(model));
        TransferLearning.FreezeBackbone(model);
        Assert.Equal(["conv1.weight", "conv1.bias", "conv2.weight", "conv2.bias", "fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias"],
            TransferLearning.Frozen(model));
    }

    [Fact]
    public void A_head_that_is_not_there_or_of_another_kind_is_explained()
    {
        using ZooModel model = Samples.Fresh("lenet5");
        Assert.Contains("lenet5 has no layer 'fc4'. Did you mean 'fc1'?",
            Assert.Throws<ZooException>(() => TransferLearning.ReplaceHead(model, "fc4", 3)).Message, StringComparison.Ordinal);
        Assert.Contains("is a ReLU; a Linear, Conv2d or RbfOutput can be replaced",
            Assert.Throws<ZooException>(() => TransferLearning.ReplaceHead(model, "relu4", 3)).Message, StringComparison.Ordinal);
    }
}
