using ModelZoo.Loading;
using ModelZoo.Models;
using ModelZoo.Registry;
using ModelZoo.Training;
using ModelZoo.Training.Precision;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;

namespace ModelZoo.Tests.Training;

[Collection(TorchCollection.Name)]
public class MixedPrecisionTests
{
    /// <summary>The smallest classifier of every family.</summary>
    public static TheoryData<string> Smallest() => [.. Catalog.Models.Models
        .Where(info => info.Task == ModelTask.Classification)
        .GroupBy(info => info.Family)
        .Select(family => family.MinBy(info => info.MinimumSize * 1000 + info.Name.Length)!.Name)];

    [Theory]
    [MemberData(nameof(Smallest))]
    public void Every_family_has_nearly_the_gradients_of_float32(string name)
    {
        ModelInfo info = Catalog.Models.Find(name);
        int size = Math.Max(info.MinimumSize, 32);
        random.manual_seed(3);
        using ZooModel model = info.Create(info.Defaults with { NumClasses = 5, InputHeight = size, InputWidth = size });
        using Tensor images = randn(4, info.Input.Channels, size, size);
        using Tensor labels = tensor(new long[] { 0, 1, 2, 3 });
        Dictionary<string, Tensor> full = Gradients(model, model.named_parameters().ToDictionary(p => p.name, p => p.parameter), images, labels);
        model.zero_grad();
        using var mixed = new MixedPrecision(model);
        Dictionary<string, Tensor> half;
        using (mixed.Enter())
        {
            Assert.Contains(model.parameters(), p => p.dtype == ScalarType.BFloat16);
            half = Gradients(model, model.named_parameters().ToDictionary(p => p.name, p => mixed.Parameters.GetValueOrDefault(p.name) ?? p.parameter), images,
                labels, mixed);
        }

        Assert.All(model.parameters(), p => Assert.Equal(ScalarType.Float32, p.dtype));

        // bfloat16 has 8 bits: by layer, nearly the same direction. Layers whose gradient is nothing (biases before a batch normalization) have none.
        double largest = full.Values.Max(g => g.abs().max().item<float>());
        var cosines = full.Where(g => g.Value.abs().max().item<float>() > 1e-3 * largest).Select(g => Cosine(g.Value, half[g.Key])).ToArray();
        Assert.True(cosines.Average() > 0.9, $"{name}: mean cosine {cosines.Average():g4}, least {cosines.Min():g4}");
    }

    [Fact]
    public void Updates_too_small_for_bfloat16_add_up_in_the_float32_weights()
    {
        using var layer = nn.Linear(1, 1, hasBias: false);
        using (no_grad())
        {
            layer.weight.fill_(1);
        }

        using var mixed = new MixedPrecision(layer);
        using (mixed.Enter())
        {
            for (int step = 0; step < 64; step++)
            {
                using (no_grad())
                {
                    mixed.Parameters["weight"].sub_(0.001); // bfloat16's step at 1 is 1/256 below: each alone would be lost
                }

                mixed.Publish();
            }

            Assert.Equal(0.936, layer.weight.to(ScalarType.Float32).item<float>(), 0.004);
        }

        Assert.Equal(ScalarType.Float32, layer.weight.dtype);
        Assert.Equal(0.936, layer.weight.item<float>(), 1e-5);
    }

    [Fact]
    public void Gradients_of_several_backward_passes_add_up()
    {
        using var layer = nn.Linear(2, 1, hasBias: false);
        using Tensor input = tensor([1f, 2f], [1, 2]);
        using var mixed = new MixedPrecision(layer);
        using (mixed.Enter())
        {
            for (int pass = 1; pass <= 3; pass++)
            {
                using Tensor output = layer.call(input);
                Assert.Equal(ScalarType.BFloat16, output.dtype);
                output.sum().backward();
                mixed.GatherGradients();
                Assert.Equal([pass, 2f * pass], mixed.Parameters["weight"].grad!.data<float>().ToArray());
            }
        }
    }

    [Fact]
    public void What_is_frozen_keeps_its_bits()
    {
        using ZooModel model = Samples.Fresh("resnet20");
        Dictionary<string, byte[]> before = Samples.Bytes(model);
        foreach ((string name, Parameter parameter) in model.named_parameters())
        {
            parameter.requires_grad = name.StartsWith("fc", StringComparison.Ordinal) || name.StartsWith("linear", StringComparison.Ordinal);
        }

        using ImageTensors data = ImageTensors.FromTensors(randn(8, 3, 32, 32), zeros(8, dtype: ScalarType.Int64), ["a", "b"]);
        string precision = Bfloat16.OnProcessor ? "bf16" : "fp32";
        new Trainer(model, new Recipe { Epochs = 2, BatchSize = 4, LearningRate = 0.1, Precision = precision, ChannelsLast = true }, new TrainerOptions())
            .Fit(data, null);
        Dictionary<string, byte[]> after = Samples.Bytes(model);
        string[] changed = [.. before.Keys.Where(key => !before[key].SequenceEqual(after[key]))];
        Assert.NotEmpty(changed);
        Assert.All(changed, key => Assert.Equal(model.Head, key[..key.LastIndexOf('.')]));
    }

    [Fact]
    public void Bfloat16_is_used_where_the_machine_has_it_and_refused_where_it_would_be_emulated()
    {
        using ZooModel model = Samples.Fresh("lenet5");
        using ImageTensors data = Samples.Tensors("lenet5", 20);
        var recipe = new Recipe { Epochs = 60, BatchSize = 10, LearningRate = 0.02, Momentum = 0.9, Precision = "bf16" };
        if (Bfloat16.OnProcessor)
        {
            Assert.Equal(1, new Trainer(model, recipe).Fit(data, data).TestAccuracy);
        }
        else
        {
            Assert.Contains("auto", Assert.Throws<ZooException>(() => new Trainer(model, recipe).Fit(data, data)).Message, StringComparison.Ordinal);
            Assert.Equal(1, new Trainer(model, recipe with { Precision = "auto" }).Fit(data, data).TestAccuracy);
        }
    }

    [Theory]
    [InlineData(3)]
    [InlineData(1)] // contiguous either way: only the strides tell libtorch
    public void Channels_last_has_the_strides_of_NHWC_and_changes_nothing_else(long channels)
    {
        using Tensor images = randn(2, channels, 4, 5);
        using Tensor last = ChannelsLast.Of(images);
        Assert.Equal([2, channels, 4, 5], last.shape);
        Assert.Equal([20 * channels, 1, 5 * channels, channels], last.stride());
        Assert.Equal(images.data<float>().ToArray(), last.contiguous().data<float>().ToArray());
        Assert.Same(last, ChannelsLast.Of(last));
        using nn.Module<Tensor, Tensor> layer = nn.Conv2d(channels, 7, 3);
        using Tensor output = layer.call(last);
        Assert.Equal(7, output.stride(3));
        using Tensor turned = randn(2, 5, 4, channels).transpose(1, 3); // neither layout
        using Tensor straight = ChannelsLast.Of(turned);
        Assert.Equal([20 * channels, 1, 5 * channels, channels], straight.stride());
        Assert.True(straight.equal(turned).all().item<bool>());
        using Tensor features = randn(2, 3);
        Assert.Same(features, ChannelsLast.Of(features));

        using ZooModel model = Samples.Fresh("resnet20");
        model.eval();
        using IDisposable frozen = no_grad();
        using Tensor pictures = randn(2, 3, 32, 32);
        Assert.True(allclose(model.call(pictures), model.call(ChannelsLast.Of(pictures)), 1e-4, 1e-5));
    }

    [Fact]
    public void Convolution_weights_lie_channels_last_for_a_while_and_stay_the_same_parameters_with_the_same_values()
    {
        using ZooModel model = Samples.Fresh("resnet20");
        Parameter[] before = [.. model.parameters()];
        float[][] values = [.. before.Select(p => p.data<float>().ToArray())];
        Parameter weight = before.First(p => p.dim() == 4 && p.shape[1] > 1);
        long[] strides = weight.stride();
        using (ChannelsLast.Weights(model))
        {
            Assert.Equal(1, weight.stride(1));
            Assert.Equal(weight.shape[1], weight.stride(3));
            Assert.True(weight.requires_grad);
            using Tensor images = ChannelsLast.Of(randn(2, 3, 32, 32));
            using Tensor logits = model.call(images);
            using Tensor sum = logits.sum();
            sum.backward();
            Assert.Equal(weight.stride(), weight.grad!.stride());
        }

        Assert.Equal(strides, weight.stride());
        Assert.Equal(before, [.. model.parameters()], ReferenceEqualityComparer.Instance);
        Assert.Equal(values, [.. before.Select(p => p.data<float>().ToArray())]);
    }

    private static Dictionary<string, Tensor> Gradients(ZooModel model, Dictionary<string, Parameter> parameters, Tensor images, Tensor labels,
        MixedPrecision? mixed = null)
    {
        model.eval(); // batch statistics of four small images would magnify every rounding
        using Tensor logits = model.call(ChannelsLast.Of(images));
        using Tensor loss = nn.functional.cross_entropy(logits.to(ScalarType.Float32), labels);
        loss.backward();
        mixed?.GatherGradients();
        return parameters.Where(p => p.Value.grad is not null).ToDictionary(p => p.Key, p => p.Value.grad!.clone());
    }

    private static double Cosine(Tensor a, Tensor b) =>
        nn.functional.cosine_similarity(a.flatten().to(ScalarType.Float64), b.flatten().to(ScalarType.Float64), dim: 0).item<double>();
}
