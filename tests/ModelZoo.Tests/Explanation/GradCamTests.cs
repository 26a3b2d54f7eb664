using ModelZoo.Explanation;
using ModelZoo.Models;
using ModelZoo.Registry;
using ModelZoo.Tests.Training;
using ModelZoo.Tests.Verification;
using TorchSharp;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;

namespace ModelZoo.Tests.Explanation;

[Collection(TorchCollection.Name)]
public class GradCamTests
{
    [Fact]
    public void Of_averaged_maps_and_a_linear_layer_it_is_the_class_activation_map()
    {
        using DisposeScope scope = NewDisposeScope();
        Linear fc = nn.Linear(5, 3);
        Conv2d conv = nn.Conv2d(2, 5, 3, padding: 1);
        nn.Module<Tensor, Tensor> model = nn.Sequential(("conv", conv), ("relu", nn.ReLU(inplace: true)), ("pool", nn.AdaptiveAvgPool2d(1)),
            ("flatten", nn.Flatten()), ("fc", fc));
        Tensor input = randn(2, 2, 6, 7);
        var gradCam = new GradCam(model, [2, 6, 7]);
        Assert.Equal("relu", gradCam.Layer);
        IReadOnlyList<SaliencyMap> maps = gradCam.Explain(input, [2, 0]);

        // Zhou et al. 2016: the map of class c is Σ w[c,k]·A[k]; Grad-CAM's weights are w[c,k] divided by the number of places.
        using IDisposable none = no_grad();
        Tensor features = conv.call(input).relu(); // [2,5,6,7]
        Tensor cam = einsum("k,khw->hw", fc.weight![2], features[0]).relu() / 42;
        Assert.True(Same(cam, maps[0]));
        Assert.Equal((6, 7), (maps[0].Rows.Count, maps[0].Columns.Count));

        // Faults are found: another class, another image, a sum in the place of the mean, no ReLU.
        Assert.False(Same(einsum("k,khw->hw", fc.weight[1], features[0]).relu() / 42, maps[0]));
        Assert.False(Same(einsum("k,khw->hw", fc.weight[2], features[1]).relu() / 42, maps[0]));
        Assert.False(Same(cam * 42, maps[0]));
        Assert.False(Same(einsum("k,khw->hw", fc.weight[2], features[0]) / 42, maps[0]));
    }

    [Fact]
    public void It_agrees_with_finite_differences_of_the_logit_by_the_maps()
    {
        using DisposeScope scope = NewDisposeScope();
        manual_seed(3);
        nn.Module<Tensor, Tensor> first = nn.Sequential(("conv1", nn.Conv2d(1, 3, 3)), ("tanh", nn.Tanh()));
        nn.Module<Tensor, Tensor> rest = nn.Sequential(("conv2", nn.Conv2d(3, 4, 3, stride: 2)), ("gelu", nn.GELU()), ("flatten", nn.Flatten()),
            ("fc1", nn.Linear(16, 6)), ("silu", nn.SiLU()), ("fc2", nn.Linear(6, 3)));
        nn.Module<Tensor, Tensor> model = nn.Sequential(("first", first), ("rest", rest));
        model.to(ScalarType.Float64);
        Tensor input = randn([1, 1, 8, 8], ScalarType.Float64);
        SaliencyMap map = new GradCam(model, [1, 8, 8], "first.tanh").Explain(input, [1])[0];

        using IDisposable none = no_grad();
        Tensor features = first.call(input); // [1,3,6,6]
        double[] at = features.data<double>().ToArray();
        double[] weights = new double[3];
        const double Step = 1e-5;
        for (int i = 0; i < at.Length; i++)
        {
            weights[i / 36] += (Logit(i, Step) - Logit(i, -Step)) / (2 * Step) / 36;
        }

        Tensor expected = einsum("k,khw->hw", tensor(weights), features[0]).relu();
        Assert.True(map.Greatest > 0);
        Assert.True(Same(expected, map));
        weights[1] *= 1.001;
        Assert.False(Same(einsum("k,khw->hw", tensor(weights), features[0]).relu(), map));

        double Logit(int changed, double by)
        {
            using DisposeScope inner = NewDisposeScope();
            double[] other = [.. at];
            other[changed] += by;
            return rest.call(tensor(other, [1, 3, 6, 6]))[0, 1].item<double>();
        }
    }

    [Fact]
    public void The_model_stays_as_it_is_and_frozen_weights_are_no_hindrance()
    {
        using DisposeScope scope = NewDisposeScope();
        using var model = new Branchy();
        model.train();
        foreach (Parameter parameter in model.parameters())
        {
            parameter.requires_grad = false;
        }

        float[] before = Values(model);
        var gradCam = new GradCam(model, [3, 9, 9]);
        Assert.Equal("concat", gradCam.Layer); // before pool, flatten and dropout
        using (no_grad())
        {
            Assert.All(gradCam.Explain(randn(3, 3, 9, 9), [null, 0, 1]), map => Assert.Equal(25, map.Values.Count));
        }

        Assert.True(model.training);
        Assert.Equal(before, Values(model));
        Assert.All(model.parameters(), p => Assert.True(p.grad is null));

        static float[] Values(nn.Module module) => [.. module.state_dict().Values.SelectMany(t => t.to(ScalarType.Float32).data<float>().ToArray())];
    }

    [Fact]
    public void Without_a_choice_the_largest_output_is_explained_and_each_call_of_a_shared_leaf_can_be_named()
    {
        using DisposeScope scope = NewDisposeScope();
        ReLU shared = nn.ReLU();
        nn.Module<Tensor, Tensor> model = nn.Sequential(("conv1", nn.Conv2d(1, 2, 3, padding: 1)), ("act", shared), ("conv2", nn.Conv2d(2, 4, 3, stride: 2)),
            ("again", shared), ("pool", nn.AdaptiveAvgPool2d(1)), ("flatten", nn.Flatten()), ("fc", nn.Linear(4, 3)));
        Tensor input = randn(1, 1, 9, 9);
        var last = new GradCam(model, [1, 9, 9]);
        Assert.Equal("act#2", last.Layer);
        SaliencyMap map = last.Explain(input, [null])[0];
        Assert.Equal(map.Outputs.Max(), map.Outputs[map.Output]);
        Assert.Equal((16, 81), (map.Values.Count, new GradCam(model, [1, 9, 9], "act").Explain(input, [0])[0].Values.Count));
    }

    [Fact]
    public void What_has_no_maps_or_no_such_layer_is_refused_in_a_line()
    {
        using nn.Module<Tensor, Tensor> flat = nn.Sequential(("flatten", nn.Flatten()), ("fc", nn.Linear(16, 3)));
        Assert.Contains("Grad-CAM has nothing to show", Assert.Throws<ZooException>(() => new GradCam(flat, [1, 4, 4])).Message, StringComparison.Ordinal);
        using var model = new Branchy();
        Assert.Contains("Did you mean 'right'?", Assert.Throws<UsageException>(() => new GradCam(model, [3, 9, 9], "rihgt")).Message, StringComparison.Ordinal);
        Assert.Contains("gives [1,12]", Assert.Throws<UsageException>(() => new GradCam(model, [3, 9, 9], "flatten")).Message, StringComparison.Ordinal);
        Assert.Contains("no output 7", Assert.Throws<ZooException>(() => new GradCam(model, [3, 9, 9]).Explain(randn(1, 3, 9, 9), [7])).Message,
            StringComparison.Ordinal);
        using nn.Module<Tensor, Tensor> hidden = new Leaf(x => x.flatten(1));
        Assert.ThrowsAny<ZooException>(() => new GradCam(hidden, [1, 4, 4]));
    }

    [Theory]
    [InlineData("lenet5", "relu2", 10)]
    [InlineData("alexnet", "features.11", 13)]
    [InlineData("squeezenet1_1", "features.12.concat", 13)]
    [InlineData("resnet20", "layer3.2.relu2", 8)]
    [InlineData("mobilenet_v2", "features.18.2", 7)]
    public void The_layer_comes_from_the_trace_of_whatever_network(string name, string layer, int side)
    {
        ModelInfo info = Catalog.Models.Find(name);
        using ZooModel model = info.Create(info.Defaults);
        var gradCam = new GradCam(model, [info.Defaults.InChannels, info.Defaults.InputHeight, info.Defaults.InputWidth]);
        Assert.Equal(layer, gradCam.Layer);
        using Tensor input = randn(1, info.Defaults.InChannels, info.Defaults.InputHeight, info.Defaults.InputWidth);
        SaliencyMap map = gradCam.Explain(input, [1])[0];
        Assert.Equal((side, side), (map.Rows.Count, map.Columns.Count));
        Assert.All(map.Values, v => Assert.True(v >= 0));
    }

    [Fact]
    public void A_map_lies_over_what_its_elements_see()
    {
        // The logit comes from one bright pixel, and so must the map's peak: exactly without padding, else within half an element.
        using DisposeScope scope = NewDisposeScope();
        foreach ((int padding, int side, double error) in new[] { (0, 63, 0.0), (1, 64, 4.0) })
        {
            (string, nn.Module<Tensor, Tensor>)[] layers = [.. Enumerable.Range(0, 3).Select(i => ($"conv{i}",
                (nn.Module<Tensor, Tensor>)nn.Conv2d(1, 1, 3, stride: 2, padding: padding, bias: false)))];
            nn.Module<Tensor, Tensor> model = nn.Sequential([.. layers, ("pool", nn.AdaptiveAvgPool2d(1)), ("flatten", nn.Flatten()),
                ("fc", nn.Linear(1, 1))]);
            using (no_grad())
            {
                foreach (Parameter parameter in model.parameters())
                {
                    parameter.fill_(1);
                }
            }

            var gradCam = new GradCam(model, [1, side, side]);
            double first = padding == 0 ? 7 : 0; // the middle of what the first element sees
            foreach ((int column, int row) in new[] { (1, 1), (2, 5), (4, 3) })
            {
                (int x, int y) = ((int)first + (8 * column), (int)first + (8 * row));
                Tensor input = zeros(1, 1, side, side);
                input[0, 0, y, x] = 1;
                SaliencyMap map = gradCam.Explain(input, [0])[0];
                Assert.InRange(map.Peak.X, x - error, x + error);
                Assert.InRange(map.Peak.Y, y - error, y + error);
                Assert.Equal(1, map.At(map.Peak.X, map.Peak.Y), 6);
                Assert.Equal(0.5, map.At(map.Peak.X + 4, map.Peak.Y), 6);
                Assert.Equal(0, map.At(map.Peak.X + 16, map.Peak.Y), 6);
            }
        }
    }

    private static bool Same(Tensor expected, SaliencyMap map)
    {
        double[] values = expected.to(ScalarType.Float64).contiguous().data<double>().ToArray();
        return values.Length == map.Values.Count && values.Zip(map.Values).All(p => Math.Abs(p.First - p.Second) <= 1e-5 * map.Greatest);
    }
}
