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
public class LayerGroupTests
{
    private static readonly Recipe OneStep = new() { Epochs = 1, BatchSize = 8, Optimizer = "sgd", LearningRate = 0.1 };

    private static IReadOnlyList<LayerGroup> Groups(nn.Module<Tensor, Tensor> model, string head, params long[] shape)
    {
        using Tensor example = rand(shape);
        return LayerGroup.Of(model, head, example);
    }

    [Theory]
    [InlineData("resnet18", 32, "stem layer1 layer2 layer3 layer4 head")]
    [InlineData("resnet20", 32, "stem layer1 layer2 layer3 head")]
    [InlineData("lenet5", 32, "pool1 pool2 fc1…fc2 head")]
    [InlineData("googlenet", 64, "conv1 conv3 inception3b inception4e inception5b head")]
    [InlineData("densenet121", 32, "stem features.denseblock1 features.denseblock2 features.denseblock3 features.denseblock4 features.norm5 head")]
    public void Groups_follow_the_forward_and_hold_every_parameter_once(string name, int size, string expected)
    {
        using ZooModel model = Samples.Fresh(name);
        IReadOnlyList<LayerGroup> groups = Groups(model, model.Head, 1, Samples.Info(name).Input.Channels, size, size);
        Assert.Equal(expected, string.Join(' ', groups.Select(g => g.Name)));
        Assert.Equal(model.named_parameters().Select(p => p.name).Order(), groups.SelectMany(g => g.Parameters).Order());
    }

    [Fact]
    public void A_users_model_is_grouped_by_its_layers_and_normalization_goes_with_its_convolution()
    {
        using Sequential model = User();
        Assert.Equal(["conv1", "conv2", "head"], Groups(model, "fc", 1, 1, 8, 8).Select(g => g.Name));
        Assert.Equal(["conv1.weight", "conv1.bias", "bn1.weight", "bn1.bias"], Groups(model, "fc", 1, 1, 8, 8)[0].Parameters);
    }

    [Theory]
    [InlineData("layer1", 12)]
    [InlineData("layer1.*", 12)]
    [InlineData("layer1.0.conv1.weight", 1)]
    [InlineData("*.bn?.bias", 16)]
    [InlineData("*bn1.weight", 9)]
    public void Patterns_name_modules_parameters_and_sets_of_them(string pattern, int count)
    {
        using ZooModel model = Samples.Fresh("resnet18");
        IReadOnlyList<string> frozen = (FreezePlan.Nothing with { Patterns = [pattern] }).Apply(model, Groups(model, "fc", 1, 3, 32, 32));
        Assert.Equal(count, frozen.Count);
        Assert.Equal(frozen, TransferLearning.Frozen(model));
    }

    [Fact]
    public void Stages_freeze_in_the_order_of_the_forward()
    {
        using ZooModel model = Samples.Fresh("resnet18");
        IReadOnlyList<LayerGroup> groups = Groups(model, "fc", 1, 3, 32, 32);
        string[] Trained(FreezePlan plan)
        {
            plan.Apply(model, groups);
            return [.. model.named_parameters().Where(p => p.parameter.requires_grad).Select(p => p.name.Split('.')[0]).Distinct()];
        }

        Assert.Equal(["fc"], Trained(FreezePlan.HeadOnly));
        Assert.Equal(["layer3", "layer4", "fc"], Trained(FreezePlan.LastGroups(2)));
        Assert.Equal(["layer3", "layer4", "fc"], Trained(new FreezePlan { UpTo = "layer2" }));
        Assert.Equal(["conv1", "bn1", "layer1", "layer2", "layer3", "layer4", "fc"], Trained(FreezePlan.Nothing));
        Assert.Equal(["layer4", "fc"], Trained(FreezePlan.LastGroups(2) with { Patterns = ["layer3"] }));
    }

    [Fact]
    public void What_cannot_be_frozen_is_explained()
    {
        using ZooModel model = Samples.Fresh("resnet18");
        IReadOnlyList<LayerGroup> groups = Groups(model, "fc", 1, 3, 32, 32);
        Assert.Contains("'layr1' fits no parameter of resnet18. Did you mean 'layer1'?", Message(new FreezePlan { Patterns = ["layr1"] }),
            StringComparison.Ordinal);
        Assert.Contains("'*' would freeze 'fc.weight' of the head", Message(new FreezePlan { Patterns = ["*"] }), StringComparison.Ordinal);
        Assert.Contains("no stage 'layer9' to freeze up to. Did you mean 'layer", Message(new FreezePlan { UpTo = "layer9" }), StringComparison.Ordinal);

        string Message(FreezePlan plan) => Assert.Throws<ZooException>(() => plan.Apply(model, groups)).Message;
    }

    [Theory]
    [InlineData("resnet20", false)]
    [InlineData("resnet20", true)]
    public void A_partly_frozen_backbone_keeps_its_frozen_statistics_to_the_byte(string name, bool freezeAll)
    {
        using ZooModel model = Samples.Fresh(name);
        using ImageTensors data = Data(10);
        Dictionary<string, byte[]> before = Samples.Bytes(model);
        FineTuner.Train(model, "fc", data, null, new FineTuneOptions { Recipe = OneStep, Plan = FreezePlan.LastGroups(1), FreezeNormalization = freezeAll });
        string[] changed = [.. Samples.Bytes(model).Where(e => !e.Value.SequenceEqual(before[e.Key])).Select(e => e.Key)];
        Assert.All(changed, key => Assert.True(key.StartsWith("layer3.", StringComparison.Ordinal) || key.StartsWith("fc.", StringComparison.Ordinal), key));
        Assert.Equal(freezeAll, !changed.Any(key => key.Contains("running", StringComparison.Ordinal)));
        Assert.All(model.named_parameters().Where(p => p.name.StartsWith("layer3.", StringComparison.Ordinal)), p => Assert.Contains(p.name, changed));
    }

    [Fact]
    public void Each_group_nearer_to_the_input_takes_smaller_steps()
    {
        // With plain gradient descent a step is rate times gradient: the same gradients, so the steps of two runs differ by the groups' factors.
        Dictionary<string, float> full = Steps(1), decayed = Steps(0.5);
        foreach ((string key, float step) in full)
        {
            int distance = key.Split('.')[0] switch { "fc" => 0, "layer3" => 1, "layer2" => 2, "layer1" => 3, _ => 4 };
            Assert.Equal(Math.Pow(0.5, distance), decayed[key] / step, 2e-2);
        }

        static Dictionary<string, float> Steps(double decay)
        {
            using ZooModel model = Samples.Fresh("resnet20");
            using ImageTensors data = Data(10);
            using DisposeScope scope = NewDisposeScope();
            var before = model.named_parameters().ToDictionary(p => p.name, p => p.parameter.detach().clone());
            FineTuner.Train(model, "fc", data, null, new FineTuneOptions { Recipe = OneStep, BackboneFrozen = false, RateDecay = decay });
            return model.named_parameters().Where(p => p.parameter.dim() > 1)
                .ToDictionary(p => p.name, p => (p.parameter.detach() - before[p.name]).norm().item<float>());
        }
    }

    [Fact]
    public void Unfreezing_goes_from_the_head_down_one_group_at_a_time()
    {
        using ZooModel model = Samples.Fresh("resnet20");
        using ImageTensors data = Data(10);
        List<string> perEpoch = [];
        Dictionary<string, byte[]> before = Samples.Bytes(model);
        var watch = new Watch(() =>
        {
            Dictionary<string, byte[]> now = Samples.Bytes(model);
            perEpoch.Add(string.Join(' ', now.Where(e => !e.Value.SequenceEqual(before[e.Key])).Select(e => e.Key.Split('.')[0]).Distinct()));
            before = now;
        });
        FineTuner.Train(model, "fc", data, null, new FineTuneOptions { Recipe = OneStep with { Epochs = 5 }, BackboneFrozen = false, UnfreezeEvery = 2 },
            watch);
        Assert.Equal(["fc", "fc", "layer3 fc", "layer3 fc", "layer2 layer3 fc"], perEpoch);
    }

    [Fact]
    public void Strategies_follow_the_amount_and_kind_of_data_and_say_why()
    {
        Assert.Equal("head", TransferStrategy.Suggest(244, 2, DataSimilarity.Similar).Name);
        Assert.Equal("last-stages", TransferStrategy.Suggest(244, 2, DataSimilarity.Different).Name);
        Assert.Equal("last-stages", TransferStrategy.Suggest(5000, 10, DataSimilarity.Similar).Name);
        Assert.Equal("all", TransferStrategy.Suggest(5000, 10, DataSimilarity.Different).Name);
        Assert.Equal("all", TransferStrategy.Suggest(50_000, 10, DataSimilarity.Similar).Name);
        Assert.Equal(FreezePlan.HeadOnly, TransferStrategy.Parse("head").Plan);
        Assert.StartsWith("244 images, 122 per class, like those that the weights know: few",
            TransferStrategy.Suggest(244, 2, DataSimilarity.Similar).Explanation, StringComparison.Ordinal);
        Assert.Contains("Did you mean 'last-stages'?", Assert.Throws<UsageException>(() => TransferStrategy.Parse("last-stage")).Message,
            StringComparison.Ordinal);
    }

    private static ImageTensors Data(int classes)
    {
        random.manual_seed(3);
        return ImageTensors.FromTensors(rand(8, 3, 32, 32), arange(8, dtype: ScalarType.Int64), [.. Enumerable.Range(0, classes).Select(i => $"{i}")]);
    }

    private static Sequential User() => nn.Sequential(
        ("conv1", nn.Conv2d(1, 4, 3)), ("bn1", nn.BatchNorm2d(4)), ("relu1", nn.ReLU()), ("conv2", nn.Conv2d(4, 4, 3)), ("bn2", nn.BatchNorm2d(4)),
            ("relu2", nn.ReLU()),
        ("pool", nn.AdaptiveAvgPool2d(1)), ("flatten", nn.Flatten()), ("fc", nn.Linear(4, 10)));

    // Called at the end of each epoch (data of one step: no other report comes in between).
    private sealed class Watch(Action epoch) : IProgress<TrainingProgress>
    {
        private int seen;

        public void Report(TrainingProgress value)
        {
            if (value.Step == value.Steps && value.Epoch > seen)
            {
                seen = value.Epoch;
                epoch();
            }
        }
    }
}
