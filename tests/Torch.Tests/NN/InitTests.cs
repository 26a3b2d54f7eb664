using Torch.Tests.Tensors;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Torch.Tests.NN;

/// <summary>
/// Starting values against PyTorch's for the same seed. The constants: `torch.manual_seed(42)` (7 for nn.init), the same layer, `print(p.flatten()[:4])`
/// and `p.double().abs().sum()`, with torch 1.13.
/// </summary>
[Collection(Alone.Name)]
public class InitTests
{
    [Fact]
    public void Linear_starts_as_in_PyTorch()
    {
        manual_seed(42);
        using Linear m = Linear(5, 3);
        Check(m.weight, 3.69864251, 0.341912031, 0.371190816, -0.104769833, 0.410815448);
        Check(m.bias!, 0.473995306, -0.0631425381, 0.344750613, 0.0661021546);
    }

    [Fact]
    public void Conv2d_with_groups_starts_as_in_PyTorch()
    {
        manual_seed(42);
        using Conv2d m = Conv2d(4, 6, 3, groups: 2);
        Check(m.weight, 13.260669, 0.180203453, 0.195634738, -0.055218555, 0.21651876);
        Check(m.bias!, 0.928968139, -0.20628947, -0.150080606, 0.235610068, 0.0445182547);
    }

    [Fact]
    public void Conv1d_starts_as_in_PyTorch()
    {
        manual_seed(42);
        using Conv1d m = Conv1d(3, 4, 5);
        Check(m.weight, 7.79063878, 0.197402999, 0.214307114, -0.0604888946, 0.237184405);
        Check(m.bias!, 0.361023549, 0.0162571631, -0.176231116, 0.0796161443, -0.0889191255);
    }

    [Fact]
    public void ConvTranspose2d_starts_as_in_PyTorch()
    {
        manual_seed(42);
        using ConvTranspose2d m = ConvTranspose2d(4, 6, (3, 2), groups: 2);
        Check(m.weight, 8.46963792, 0.180203453, 0.195634738, -0.055218555, 0.21651876);
        Check(m.bias!, 1.09353971, 0.226804674, -0.194519475, -0.233787447, -0.18440491);
    }

    [Fact]
    public void Embedding_starts_as_in_PyTorch_with_zeros_for_the_padding_entry()
    {
        manual_seed(42);
        using Embedding m = Embedding(7, 4, padding_idx: 2);
        Check(m.weight!, 23.7626135, 1.92691529, 1.48728406, 0.900717199, -2.10552096);
        Values.Near([0, 0, 0, 0], m.weight![2], 0);
    }

    [Fact]
    public void Bilinear_starts_as_in_PyTorch()
    {
        manual_seed(42);
        using Bilinear m = Bilinear(3, 4, 2);
        Check(m.weight, 6.75475496, 0.441406518, 0.479205281, -0.135257274, 0.53036046);
        Check(m.bias!, 0.721907526, -0.455743074, -0.266164452);
    }

    [Fact]
    public void Norm_layers_start_with_one_and_zero()
    {
        using BatchNorm2d m = BatchNorm2d(2);
        Values.Near([1, 1], m.weight, 0);
        Values.Near([0, 0], m.bias!, 0);
        Values.Near([0, 0], m.running_mean!, 0);
        Values.Near([1, 1], m.running_var!, 0);
        Values.Near([0], m.num_batches_tracked!, 0);
    }

    [Fact]
    public void A_whole_LeNet_starts_as_in_PyTorch()
    {
        manual_seed(42);
        using var net = new LeNet();
        Check(net.get_parameter("conv1.weight")!, 15.9221259, 0.152907714, 0.166001588, -0.046854496, 0.183722258);
        Check(net.get_parameter("conv2.weight")!, 96.7264088, 0.0436377637, 0.028694924, 0.026532542, -0.0441435799);
        Check(net.get_parameter("fc1.weight")!, 1202.83559, -0.000617790211, 0.0428572185, 0.0260494947, -0.037781354);
        Check(net.get_parameter("fc2.weight")!, 461.483053, 0.00631725509, -0.00405387394, -0.00828822982, 0.0801394507);
        Check(net.get_parameter("fc3.weight")!, 46.3442116, -0.0212322101, 0.0396605693, -0.0161775462, -0.083524622);
        Check(net.get_parameter("fc3.bias")!, 0.459444954, 0.106980763, -0.072071068, -0.0190959722, 0.0329526775);
    }

    [Fact]
    public void Kaiming_normal_draws_as_PyTorch_does() => Draw(
        t => init.kaiming_normal_(t, mode: init.FanInOut.FanOut, nonlinearity: init.NonlinearityType.ReLU),
        -0.579922676, 0.279753476, 0.63562429, -0.981749773, -0.118084013, 0.201631472);

    [Fact]
    public void Xavier_uniform_draws_as_PyTorch_does() =>
        Draw(t => init.xavier_uniform_(t, 2), 0.108203538, -0.933224201, 0.493299395, 0.486106753, -0.828008056, -0.232188746);

    [Fact]
    public void Xavier_normal_has_its_spread()
    {
        // TorchSharp 0.105.1 draws from the uniform distribution of this spread instead.
        manual_seed(7);
        using Tensor t = init.xavier_normal_(empty(300, 200), 2);
        Assert.InRange(t.mean().item<float>(), -0.005, 0.005);
        Assert.InRange(t.std().item<float>(), 0.98 * 2 * Math.Sqrt(2 / 500.0), 1.02 * 2 * Math.Sqrt(2 / 500.0));
    }

    [Fact]
    public void Normal_draws_as_PyTorch_does() => Draw(t => init.normal_(t, 1, 2), -0.640269041, 1.79126239, 2.79781699, -1.77680779, 0.666007996);

    [Fact]
    public void Uniform_draws_as_PyTorch_does() => Draw(t => init.uniform_(t, -1, 3), 1.13969016, -0.204787254, 1.63684678, 1.62756109, -0.0689537525);

    [Fact]
    public void Truncated_normal_stays_within_its_bounds()
    {
        // Only the bounds: TorchSharp 0.105.1 takes the mean for the standard deviation and the reverse.
        using Tensor t = init.trunc_normal_(empty(1000), 0.5, 2, -1, 1);
        Assert.True(t.min().item<float>() >= -1 && t.max().item<float>() <= 1);
    }

    [Fact]
    public void Orthogonal_rows_are_orthogonal()
    {
        using Tensor t = init.orthogonal_(empty(4, 6), 2);
        Values.Near([4, 0, 0, 0, 0, 4, 0, 0, 0, 0, 4, 0, 0, 0, 0, 4], t.matmul(t.t()), 1e-5);
        using Tensor tall = init.orthogonal_(empty(6, 2));
        Values.Near([1, 0, 0, 1], tall.t().matmul(tall), 1e-5);
    }

    [Fact]
    public void Sparse_columns_have_their_zeros()
    {
        using Tensor t = init.sparse_(empty(4, 6), 0.5);
        Values.Near([2, 2, 2, 2, 2, 2], t.eq(0).sum(0L), 0);
    }

    [Fact]
    public void Eye_constant_and_dirac_set_plain_values()
    {
        Values.Near([1, 0, 0, 0, 1, 0], init.eye_(empty(2, 3)), 0);
        Values.Near([2.5, 2.5], init.constant_(empty(2), 2.5), 0);
        Values.Near([0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0], init.dirac_(empty(3, 2, 3)), 0);
        Values.Near([1, 1], init.ones_(empty(2)), 0);
        Values.Near([0, 0], init.zeros_(empty(2)), 0);
    }

    [Fact]
    public void Gains_and_fans_are_PyTorch_s()
    {
        Values.Near(5.0 / 3, init.calculate_gain(init.NonlinearityType.Tanh));
        Values.Near(Math.Sqrt(2), init.calculate_gain(init.NonlinearityType.ReLU));
        Values.Near(Math.Sqrt(2 / 1.04), init.calculate_gain(init.NonlinearityType.LeakyReLU, 0.2));
        Values.Near(1, init.calculate_gain(init.NonlinearityType.Conv2D));
        Assert.Equal((27, 45), init.CalculateFanInAndFanOut(empty(5, 3, 3, 3)));
    }

    [Fact]
    public void Initialising_a_parameter_leaves_no_trace_in_autograd()
    {
        using Linear m = Linear(2, 2);
        Assert.Same(m.weight, init.ones_(m.weight));
        Assert.True(m.weight.requires_grad);
        Assert.True(m.weight.is_leaf);
    }

    private static void Draw(Func<Tensor, Tensor> fill, params double[] expected)
    {
        manual_seed(7);
        using Tensor t = fill(empty(4, 6));
        Values.Near(expected, t, 1e-5);
    }

    private static void Check(Tensor p, double absoluteSum, params double[] first)
    {
        Values.Near(first, p);
        Values.Near(absoluteSum, p.detach().to(float64).abs().sum().item<double>(), 1e-5);
    }
}
