using ModelZoo.Layers;
using TorchSharp.Modules;
using static ModelZoo.Tests.Verification.Mutations.Plant;
using static TorchSharp.torch;

namespace ModelZoo.Tests.Verification.Mutations;

/// <summary>Networks with wrong weights, held against a trusted copy.</summary>
internal static class WeightMutants
{
    public static IEnumerable<Mutant> All => [
        new("exponent bit", "resnet20", "of a convolution", m =>
            FlipBit(In<Conv2d>(m, "layer2.1.conv1").weight, 4321, 24), "layer2.1.conv1", "1 of 9216 values of its weight", Against.Copy),
        new("exponent bit", "encdec_transposed", "of a transposed convolution", m =>
            FlipBit(In<ConvTranspose2d>(m, "dec1").weight, 99, 23), "dec1", "1 of 4608 values of its weight", Against.Copy),
        new("exponent bit", "lenet5_classic", "of a coefficient", m =>
            FlipBit(In<Subsampling>(m, "s2").Coefficient, 2, 23), "s2", "1 of 6 values of its coefficient", Against.Copy),
        new("exponent bit", "mobilenet_v1_050", "of a normalization's scale", m =>
            FlipBit(In<BatchNorm2d>(m, "features.5.norm1").weight!, 7, 23), "features.5.norm1", "1 of 128 values of its weight", Against.Copy),
        new("transposed weights", "conv_plain", "input and output channels", m => FaultTests.Change(In<Conv2d>(m, "block1.0").weight, w => w.transpose(0, 1)),
            "block1.0", "input and output channels of the weight are swapped", Against.Copy),
        new("transposed weights", "lenet5", "rows and columns", m =>
            FaultTests.Change(In<Conv2d>(m, "conv2").weight, w => w.transpose(2, 3)), "conv2", "rows and columns of the kernels are swapped", Against.Copy),
        new("transposed weights", "zfnet", "a linear layer", m =>
            FaultTests.Change(In<Linear>(m, "fc7").weight, w => w.t()), "fc7", "the weight is transposed", Against.Copy),
        new("BN statistics", "resnet20", "the variance is a deviation", m => FaultTests.Change(In<BatchNorm2d>(m, "layer1.0.bn1").running_var!, v => v.sqrt()),
            "layer1.0.bn1", "16 of 16 values of its running_var", Against.Copy),
        new("BN statistics", "densenet121", "means and variances exchanged", m =>
            Exchange(In<BatchNorm2d>(m, "features.norm0")), "features.norm0", "64 of 64 values of its running_mean", Against.Copy),
        new("BN statistics", "wrn_16_8", "one mean",
            m => FaultTests.Change(In<BatchNorm2d>(m, "layer2.0.bn1").running_mean!, v => v.index_fill(0, tensor(5L), 3)), "layer2.0.bn1",
            "1 of 128 values of its running_mean", Against.Copy),
    ];

    private static void Exchange(BatchNorm2d norm)
    {
        using Tensor mean = norm.running_mean!.clone();
        FaultTests.Change(norm.running_mean!, _ => norm.running_var!);
        FaultTests.Change(norm.running_var!, _ => mean.abs());
    }
}
