using ModelZoo.Analysis;
using ModelZoo.Layers;
using ModelZoo.Models;
using ModelZoo.Models.Googlenet;
using ModelZoo.Registry;
using ModelZoo.Tests.Training;
using ModelZoo.Tests.Verification;
using ModelZoo.Tracing;
using ModelZoo.Transfer;
using ModelZoo.Verification;
using TorchSharp;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;

namespace ModelZoo.Tests.Models;

/// <summary>
/// GoogLeNet in its four forms. Figures: shared reference figures; MACs to the unit by hooks on independent networks in Python
/// (Manifests/alexnet_vgg_googlenet.py).
/// </summary>
[Collection(TorchCollection.Name)]
public class GoogLeNetTests
{
    [Theory]
    [InlineData("googlenet", 6_624_904, 6_379_984, 1_498_376_192)]
    [InlineData("googlenet_paper", 6_998_552, 6_379_728, 1_582_671_872)]
    [InlineData("googlenet_bn", 7_005_832, 6_379_984, 1_582_671_872)]
    [InlineData("googlenet_naive", 6_281_128, 0, 2_702_755_840)]
    public void Figures_and_keys(string name, long parameters, long auxiliary, long macs)
    {
        ModelInfo info = Catalog.Models.Find(name);
        using ZooModel model = info.Create();
        ModelSummary summary = ModelSummary.Of(model, 3, 224, 224);
        Assert.Equal((parameters, auxiliary, macs), (summary.Parameters, summary.AuxiliaryParameters, summary.Macs));
        Assert.Equal(parameters, summary.Trainable);
        Assert.Equal(parameters + auxiliary, summary.TotalParameters);
        Assert.Equal(parameters + auxiliary, model.parameters().Sum(p => p.numel()));
        Assert.Equal(parameters, summary.Layers.Sum(layer => layer.Parameters));
        Assert.Equal(parameters, ModelCard.Measure(info, Catalog.ReadResource).Parameters);
        using ZooModel without = info.Create(info.Defaults with { OmitAuxiliary = true });
        Assert.Equal(parameters, without.parameters().Sum(p => p.numel()));
    }

    [Theory]
    [InlineData("googlenet")]
    [InlineData("googlenet_paper")]
    public void Sizes_round_up_before_the_global_pool(string name)
    {
        ModelInfo info = Catalog.Models.Find(name);
        using ZooModel model = info.Create();
        ModelAssert.Sizes(model, info.Input,
            ("conv1.conv", 64, 112), ("maxpool1", 64, 56), ("conv3.conv", 192, 56), ("maxpool2", 192, 28), ("inception3a.concat", 256, 28),
                ("inception3b.concat", 480, 28), ("maxpool3", 480, 14),
            ("inception4a.concat", 512, 14), ("inception4d.concat", 528, 14), ("inception4e.concat", 832, 14), ("maxpool4", 832, 7),
                ("inception5b.concat", 1024, 7));
        Assert.Equal([2d, 4d, 8d, 16d, 32d], FeatureExtractor.Describe(model, info.Defaults).Select(f => f.Stride!.Value));
    }

    [Fact]
    public void The_naive_module_grows_and_costs_what_the_slide_says()
    {
        using ZooModel model = Catalog.Models.Find("googlenet_naive").Create();
        ModelAssert.Sizes(model, (3, 224, 224), ("inception3a.concat", 416, 28), ("inception3b.concat", 832, 28), ("inception4a.concat", 1280, 14));
        Normalization? bias = null;
        using NaiveInception naive3a = new(192, 64, 128, 32, bias), slideNaive = new(256, 128, 192, 96, bias);
        using Inception real3a = new(192, 64, 96, 128, 16, 32, 32, 5, bias), real3b = new(256, 128, 128, 192, 32, 96, 64, 5, bias),
            slide = new(256, 128, 64, 192, 64, 96, 64, 5, bias);
        Assert.Equal(303_464_448, ModelSummary.Of(naive3a, 192, 28, 28).Macs);
        Assert.Equal(128_049_152, ModelSummary.Of(real3a, 192, 28, 28).Macs);
        Assert.Equal(304_267_264, ModelSummary.Of(real3b, 256, 28, 28).Macs);
        Assert.Equal(854_196_224, ModelSummary.Of(slideNaive, 256, 28, 28).Macs);
        ModelSummary six = ModelSummary.Of(slide, 256, 28, 28);
        Assert.Equal(6, six.Layers.Count(layer => layer.Op == nameof(Conv2d)));
        Assert.Equal(271_351_808, six.Macs);
        Assert.Equal(358_055_936, six.Macs + six.Layers.Single(layer => layer.Name == "branch2.1.conv").Macs); // the slide's sum has the 3×3 twice
    }

    [Theory]
    [InlineData("googlenet")]
    [InlineData("googlenet_paper")]
    [InlineData("googlenet_naive")]
    public void The_smallest_input_is_the_smallest(string name) => ModelAssert.MinimumHolds(Catalog.Models.Find(name));

    [Theory]
    [InlineData("googlenet", 32)]
    [InlineData("googlenet_paper", 79)]
    [InlineData("googlenet_naive", 32)]
    public void Layers_compute_what_they_say(string name, int size)
    {
        ModelInfo info = Catalog.Models.Find(name);
        using ZooModel model = info.Create(info.Defaults with { NumClasses = 5, InputHeight = size, InputWidth = size, TransformInput = name == "googlenet" });
        ModelAssert.Verifies(model, 3, size);
    }

    [Fact]
    public void The_auxiliary_heads_are_traced_and_verified_with_the_rest()
    {
        using ZooModel model = Small("googlenet", 32), trusted = Small("googlenet", 32);
        model.load_state_dict(trusted.state_dict());
        model.eval(); // in training the trace's forward would move the running statistics
        using Tensor input = randn(2, 3, 32, 32);
        using (Trace trace = Trace.RunAll(model, input))
        {
            Assert.Equal(["fc", "aux2.fc2", "aux1.fc2"], trace.Outputs.Select(i => trace.Nodes[i].Name));
            Assert.Equal(trace.Outputs[0], trace.Output);
        }

        using (Trace plain = Trace.Run(model, input))
        {
            Assert.Equal([plain.Output], plain.Outputs);
            Assert.DoesNotContain(plain.Nodes, node => node.Name.StartsWith("aux", StringComparison.Ordinal));
        }

        FaultTests.Change(FaultTests.Find<Linear>(model, "aux1.fc1").bias!, bias => bias + 1);
        LayerCheck? failure = Verifier.Verify(model, input, new VerifyOptions { MaxTerms = 100_000, Backward = false }, against: trusted).FirstFailure;
        Assert.Equal("aux1.fc1", failure?.Name);
        Assert.Contains("1024 of 1024 values of its bias", failure?.LikelyCause, StringComparison.Ordinal);
    }

    [Fact]
    public void Both_auxiliary_heads_train_what_lies_before_them()
    {
        using ZooModel model = Small("googlenet", 64);
        using Tensor input = randn(2, 3, 64, 64);
        TrainOne(2);
        Assert.NotNull(Gradient("inception4a"));
        Assert.Null(Gradient("inception4b"));
        TrainOne(1);
        Assert.NotNull(Gradient("inception4d"));
        Assert.Null(Gradient("inception4e"));

        Tensor? Gradient(string module) => FaultTests.Find<Conv2d>(model, $"{module}.branch1.conv").weight.grad;

        void TrainOne(int head)
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor[] all = ((IAuxiliaryHeads)model).ForwardAll(input);
            Assert.All(all, logits => Assert.Equal([2L, 5L], logits.shape));
            all[head].sum().backward();
        }
    }

    [Fact]
    public void A_new_head_comes_with_new_auxiliary_heads_and_a_frozen_backbone_freezes_them()
    {
        using ZooModel model = Small("googlenet", 32);
        TransferLearning.ReplaceHead(model, 3);
        using Tensor input = randn(2, 3, 32, 32);
        Assert.All(((IAuxiliaryHeads)model).ForwardAll(input), logits => Assert.Equal([2L, 3L], logits.shape));
        TransferLearning.FreezeBackbone(model);
        Assert.Equal(["fc.weight", "fc.bias"], model.named_parameters().Where(p => p.parameter.requires_grad).Select(p => p.name));
    }

    [Fact]
    public void Without_auxiliary_heads_there_are_the_logits_alone()
    {
        ModelInfo info = Catalog.Models.Find("googlenet");
        using ZooModel model = info.Create(info.Defaults with { OmitAuxiliary = true, NumClasses = 5 });
        var heads = (IAuxiliaryHeads)model;
        using Tensor input = randn(2, 3, 32, 32);
        Assert.Empty(heads.Auxiliary);
        Assert.Single(heads.ForwardAll(input)).Dispose();
    }

    [Fact]
    public void The_published_weights_input_transform_is_a_layer_only_where_it_is_asked_for()
    {
        ModelInfo info = Catalog.Models.Find("googlenet");
        ModelOptions small = info.Defaults with { NumClasses = 5, InputHeight = 32, InputWidth = 32 };
        using ZooModel plain = info.Create(small), transformed = info.Create(info.PublishedOptions!(small));
        Assert.Equal(plain.state_dict().Keys, transformed.state_dict().Keys);
        using Trace without = Trace.Run(plain, 1, 3, 32, 32), with = Trace.Run(transformed, 1, 3, 32, 32);
        Assert.Equal("conv1.conv", without.Nodes[0].Name);
        Assert.Equal(["TransformInput", "Conv2d"], with.Nodes.Take(2).Select(n => n.Op));
        using Tensor gray = (full(1, 3, 2, 2, 0.25) - tensor(info.Preprocessing.Mean).reshape(1, 3, 1, 1)) / tensor(info.Preprocessing.Std).reshape(1, 3, 1, 1);
        using var layer = new TransformInput(3);
        Assert.All(layer.call(gray).data<float>().ToArray(), value => Assert.Equal(-0.5f, value, 1e-6f));
    }

    private static ZooModel Small(string name, int size)
    {
        manual_seed(5);
        ModelInfo info = Catalog.Models.Find(name);
        return info.Create(info.Defaults with { NumClasses = 5, InputHeight = size, InputWidth = size });
    }
}
