using TorchSharp;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Torch.Tests.Utils;

public class UtilsTests
{
    [Theory]
    [InlineData(2.0, 13.0)]
    [InlineData(1.0, 19.0)]
    [InlineData(double.PositiveInfinity, 12.0)]
    public void Clipping_by_norm_scales_all_gradients_by_one_factor_and_returns_the_norm_before(double p, double norm)
    {
        using DisposeScope scope = NewDisposeScope();
        Parameter[] parameters = Gradients([3f, -4f], [12f]);
        Assert.Equal(norm, nn.utils.clip_grad_norm_(parameters, 1.0, p), 1e-5);
        Assert.Equal(3 / norm, parameters[0].grad![0].item<float>(), 1e-5);
        Assert.Equal(12 / norm, parameters[1].grad![0].item<float>(), 1e-5);
    }

    [Fact]
    public void Clipping_by_norm_leaves_small_gradients_and_parameters_without_one_alone()
    {
        using DisposeScope scope = NewDisposeScope();
        Parameter[] parameters = [.. Gradients([3f, -4f]), new Parameter(ones(2))];
        Assert.Equal(5, nn.utils.clip_grad_norm_(parameters, 6.0), 1e-6);
        Assert.Equal([3f, -4f], parameters[0].grad!.data<float>().ToArray());
    }

    [Fact]
    public void Clipping_by_value_clamps_each_element()
    {
        using DisposeScope scope = NewDisposeScope();
        Parameter[] parameters = Gradients([3f, -4f, 0.5f]);
        nn.utils.clip_grad_value_(parameters, 1.0);
        Assert.Equal([1f, -1f, 0.5f], parameters[0].grad!.data<float>().ToArray());
    }

    [Fact]
    public void Parameters_go_into_a_vector_and_back()
    {
        using DisposeScope scope = NewDisposeScope();
        Parameter[] parameters = [new Parameter(arange(4, dtype: float32).reshape(2, 2).clone()), new Parameter(ones(1))];
        Tensor vector = nn.utils.parameters_to_vector(parameters);
        Assert.Equal([0f, 1f, 2f, 3f, 1f], vector.data<float>().ToArray());
        using IDisposable _ = no_grad();
        nn.utils.vector_to_parameters(vector * 2, parameters);
        Assert.Equal([0f, 2f, 4f, 6f], parameters[0].data<float>().ToArray());
        Assert.Equal([2f], parameters[1].data<float>().ToArray());
    }

    [Fact]
    public void Fused_convolution_equals_convolution_and_batch_norm()
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable _ = no_grad();
        manual_seed(1);
        Tensor x = randn(2, 3, 6, 6), w = randn(4, 3, 3, 3), b = randn(4), mean = randn(4), variance = rand(4), gamma = randn(4), beta = randn(4);
        Tensor wanted = functional.batch_norm(functional.conv2d(x, w, b), mean, variance, gamma, beta);
        (Parameter fusedWeight, Parameter fusedBias) = nn.utils.fuse_conv_bn_weights(w, b, mean, variance, 1e-5, gamma, beta);
        Assert.True(functional.conv2d(x, fusedWeight, fusedBias).allclose(wanted, 1e-4, 1e-4));
    }

    [Fact]
    public void Fused_linear_layer_equals_linear_layer_and_batch_norm()
    {
        using DisposeScope scope = NewDisposeScope();
        manual_seed(1);
        using Linear linear = Linear(3, 4);
        using BatchNorm1d norm = BatchNorm1d(4);
        norm.forward(linear.forward(randn(8, 3)));
        linear.eval();
        norm.eval();
        using Linear fused = nn.utils.fuse_linear_bn_eval(linear, norm);
        Tensor x = randn(5, 3);
        Assert.True(fused.forward(x).allclose(norm.forward(linear.forward(x)), 1e-4, 1e-5));
    }

    private static Parameter[] Gradients(params float[][] gradients) => Array.ConvertAll(gradients, g =>
    {
        var p = new Parameter(zeros(g.Length));
        p.grad = tensor(g);
        return p;
    });
}
