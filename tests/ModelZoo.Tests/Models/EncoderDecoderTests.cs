using ModelZoo.Analysis;
using ModelZoo.Models;
using ModelZoo.Registry;
using ModelZoo.Tests.Training;
using ModelZoo.Tracing;
using ModelZoo.Transfer;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace ModelZoo.Tests.Models;

[Collection(TorchCollection.Name)]
public class EncoderDecoderTests
{
    public static TheoryData<string> Names => [.. Catalog.Models.Models.Where(m => m.Family == "encoderdecoder").Select(m => m.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void All_ways_have_the_same_parameters_and_a_transposed_convolution_a_quarter_of_the_decoders_products(string name)
    {
        using ZooModel model = Catalog.Models.Find(name).Create();
        var summary = ModelSummary.Of(model, 1, 28, 28);
        Assert.Equal(11_761, summary.Parameters);
        const long Decoder = 903_168 + 1_806_336;
        Assert.Equal(112_896 + 903_168 + 12_544 + (name == "encdec_transposed" ? Decoder / 4 : Decoder), summary.Macs);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void An_image_of_the_inputs_size_comes_out(string name)
    {
        ModelInfo info = Catalog.Models.Find(name);
        foreach ((int channels, int height, int width, int outputs) in ((int, int, int, int)[])[(1, 28, 28, 1), (3, 32, 32, 3), (2, 4, 12, 5)])
        {
            var options = new ModelOptions(outputs, channels, height, width);
            using ZooModel model = info.Create(options);
            using Tensor input = rand(2, channels, height, width);
            using Tensor output = model.call(input);
            Assert.Equal([2, outputs, height, width], output.shape);
            IReadOnlyList<FeatureMap> maps = FeatureExtractor.Describe(model, options, ["relu1", "relu2", "dec1", "dec2"]);
            Assert.Equal([1.0, 2.0, 2.0, 1.0], maps.Select(map => map.Stride!.Value));
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Sides_that_cannot_be_halved_twice_are_refused(string name)
    {
        ModelInfo info = Catalog.Models.Find(name);
        Assert.Contains("30×28 must be divisible by 4", Assert.Throws<ZooException>(() => info.Create(new ModelOptions(1, 1, 30, 28))).Message,
            StringComparison.Ordinal);
        Assert.Throws<ZooException>(() => info.Build(new ModelOptions(1, 1, info.MinimumSize - 1, info.MinimumSize - 1)));
    }

    [Fact]
    public void A_transposed_convolution_is_a_bed_of_nails_and_the_turned_convolution()
    {
        using ZooModel transposed = Catalog.Models.Find("encdec_transposed").Create(), nails = Catalog.Models.Find("encdec_nails").Create();
        Dictionary<string, Tensor> state = transposed.state_dict();
        foreach (string key in (string[])["dec1.weight", "dec2.weight"])
        {
            state[key] = state[key].detach().transpose(0, 1).flip(2, 3).contiguous(); // [C,K,3,3] → [K,C,3,3]
        }

        nails.load_state_dict(state);
        using Tensor input = rand(2, 1, 28, 28);
        using Tensor a = transposed.call(input), b = nails.call(input);
        Assert.True((a - b).abs().max().ToSingle() < 1e-5 * a.abs().max().ToSingle());
    }

    [Fact]
    public void Unpooling_takes_the_places_that_the_pooling_of_the_same_scale_found()
    {
        using ZooModel model = Catalog.Models.Find("encdec_unpool").Create();
        using Trace trace = Trace.Run(model, 1, 1, 28, 28);
        foreach ((string unpool, string values, string places) in ((string, string, string)[])[("up1", "pool2", "pool2"), ("up2", "relu3", "pool1")])
        {
            TraceNode node = trace.Nodes.Single(n => n.Name == unpool);
            Assert.Equal([values, places], node.Inputs.Select(i => trace.Nodes[i].Name));
            Assert.Equal([0, 1], node.InputSlots);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void It_learns_to_copy_its_input(string name)
    {
        manual_seed(5);
        using ZooModel model = Catalog.Models.Find(name).Create(new ModelOptions(1, 1, 16, 16));
        using var optimizer = optim.Adam(model.parameters(), 0.01);
        using Tensor images = rand(8, 1, 4, 4).repeat_interleave(4, 2).repeat_interleave(4, 3);
        var losses = new List<float>();
        for (int step = 0; step < 40; step++)
        {
            using DisposeScope scope = NewDisposeScope();
            optimizer.zero_grad();
            Tensor loss = nn.functional.mse_loss(model.call(images), images);
            loss.backward();
            optimizer.step();
            losses.Add(loss.ToSingle());
        }

        Assert.True(losses[^1] < 0.25f * losses[0], $"{losses[0]} → {losses[^1]}");
    }

    [Fact]
    public void It_is_no_classifier()
    {
        Assert.Contains("encdec_nails makes an image, not classes",
            Assert.Throws<UsageException>(() => Catalog.Models.Find("encdec_nails").RequireClasses("this")).Message, StringComparison.Ordinal);
    }
}
