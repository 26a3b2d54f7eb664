using ModelZoo.Analysis;
using ModelZoo.Layers;
using ModelZoo.Tests.Training;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace ModelZoo.Tests.Analysis;

[Collection(TorchCollection.Name)]
public class LayerFactsTests
{
    public static TheoryData<string, Func<nn.Module>> Layers => new()
    {
        { "k3", () => nn.Conv2d(4, 8, 3) },
        { "k7 s2 p3", () => nn.Conv2d(3, 8, 7, stride: 2, padding: 3) },
        { "k3 p2 d2 g4", () => nn.Conv2d(4, 8, 3, padding: 2, dilation: 2, groups: 4) },
        { "k1×7 p0×3", () => nn.Conv2d(4, 8, (1, 7), padding: (0, 3)) },
        { "k3 p1 Reflect", () => nn.Conv2d(4, 8, 3, padding: 1, padding_mode: PaddingModes.Reflect) },
        { "k2 s2", () => nn.ConvTranspose2d(4, 8, 2, stride: 2) },
        { "k2 s2", () => nn.MaxPool2d(2) },
        { "k3 s2 p1 ceil", () => nn.MaxPool2d(3, stride: 2, padding: 1, ceil_mode: true) },
        { "k3 s1 p1 pads not counted", () => nn.AvgPool2d(3, stride: 1, padding: 1, count_include_pad: false) },
        { "to 1", () => nn.AdaptiveAvgPool2d(1) },
        { "400→120", () => nn.Linear(400, 120) },
        { "4→2 no bias", () => nn.Linear(4, 2, hasBias: false) },
        { "", () => nn.BatchNorm2d(4) },
        { "eps 0.001", () => nn.BatchNorm2d(4, eps: 1e-3) },
        { "2 groups", () => nn.GroupNorm(2, 4) },
        { "p0.2", () => nn.Dropout(0.2) },
        { "slope 0.1", () => nn.LeakyReLU(0.1) },
        { "", () => nn.ReLU() },
        { "", () => nn.Flatten() },
        { "", () => new Concat() },
        { "dim 2", () => new Concat(2) },
        { "exponent 3", () => new Power(3) },
    };

    [Theory]
    [MemberData(nameof(Layers))]
    public void Settings_are_told_in_short(string expected, Func<nn.Module> make)
    {
        using nn.Module layer = make();
        Assert.Equal(expected, LayerFacts.Describe(layer));
    }

    /// <summary>A leaf as users write them.</summary>
    private sealed class Power(int power) : nn.Module<Tensor, Tensor>(nameof(Power))
    {
        public int Exponent => power;

        public override Tensor forward(Tensor input) => input.pow(power);
    }
}
