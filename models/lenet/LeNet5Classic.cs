using ModelZoo.Imaging;
using ModelZoo.Layers;
using ModelZoo.Registry;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ModelZoo.Models.Lenet;

/// <summary>
/// LeNet-5 as it was published: C3's connection table, trainable subsampling, scaled hyperbolic tangents, and Euclidean radial basis
/// functions on fixed codes as the output. 60,000 trainable parameters: C1 156, S2 12, C3 1,516, S4 32, C5 48,120, F6 10,164.
/// </summary>
/// <remarks>
/// Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, "Gradient-based learning applied to document recognition", Proc. IEEE 86(11), 1998,
/// section II.B and appendix A. The logits are minus the distances, so that cross entropy on them is the paper's criterion (eq. 9, section II.C)
/// without its constant for the rubbish class. The input is scaled as in section II.B: background −0.1, foreground 1.175.
/// </remarks>
public sealed class LeNet5Classic : ZooModel
{
    private readonly Conv2d c1;
    private readonly ScaledTanh squash1 = new();
    private readonly Subsampling s2 = new(6);
    private readonly ScaledTanh squash2 = new();
    private readonly TableConvolution c3 = new(6, TableConvolution.LeNet5, 5);
    private readonly ScaledTanh squash3 = new();
    private readonly Subsampling s4 = new(16);
    private readonly ScaledTanh squash4 = new();
    private readonly Conv2d c5;
    private readonly ScaledTanh squash5 = new();
    private readonly Flatten flatten = Flatten();
    private readonly Linear f6;
    private readonly ScaledTanh squash6 = new();
    private readonly RbfOutput output;
    private readonly Negate negate = new();

    /// <summary>Builds the network. C5's 5×5 kernels cover S4 exactly, so the input is 32×32.</summary>
    public LeNet5Classic(ModelOptions options) : base("lenet5_classic")
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.InputHeight != 32 || options.InputWidth != 32)
        {
            throw new ZooException($"lenet5_classic needs an input of 32×32 (C5's kernels cover S4 exactly), not {options.InputHeight}×{options.InputWidth}.");
        }

        c1 = Conv2d(options.InChannels, 6, 5);
        c5 = Conv2d(16, 120, 5);
        f6 = Linear(120, 84);
        output = new RbfOutput(DigitCodes.Codes(options.NumClasses));
        foreach ((Parameter weight, Parameter bias, long fanIn) in new[]
        {
            (c1.weight, c1.bias!, options.InChannels * 25L), (c5.weight, c5.bias!, 400L), (f6.weight, f6.bias!, 120L),
        })
        {
            ClassicInit.Uniform(weight, fanIn);
            ClassicInit.Uniform(bias, fanIn);
        }

        RegisterComponents();
    }

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        Tensor x = squash1.call(c1.call(input));        // [N,6,28,28]
        x = squash2.call(s2.call(x));                   // [N,6,14,14]
        x = squash3.call(c3.call(x));                   // [N,16,10,10]
        x = squash4.call(s4.call(x));                   // [N,16,5,5]
        x = squash5.call(c5.call(x));                   // [N,120,1,1]
        x = squash6.call(f6.call(flatten.call(x)));     // [N,84]
        x = output.call(x);                             // [N,10] distances
        return negate.call(x).MoveToOuterDisposeScope();
    }

    internal static ModelInfo Info { get; } = new()
    {
        Name = "lenet5_classic",
        Family = "lenet",
        Summary = "LeNet-5 as published: connection table, trainable subsampling, scaled tanh, RBF output",
        Source = "LeCun, Bottou, Bengio, Haffner: Gradient-based learning applied to document recognition, Proc. IEEE 1998, II.B and appendix A",
        Input = (1, 32, 32),
        MinimumSize = 32,
        Preprocessing = new(1, 32, 32, Fit.Pad, [0.1f / 1.275f], [1f / 1.275f]), // x·1.275 − 0.1
        Head = nameof(output),
        Stem = nameof(c1),
        Stages = [nameof(squash2), nameof(squash4), nameof(squash5)],
        Build = options => new LeNet5Classic(options),
    };
}
