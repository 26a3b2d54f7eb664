using TorchSharp;
using Xunit;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Torch.Tests.Functional;

public class FunctionalBehaviourTests
{
    public static TheoryData<string, Action> BadCalls => new()
    {
        { "a convolution of too few channels", () => F.conv2d(ones(1, 2, 5, 5), ones(3, 4, 3, 3)) },
        { "a kernel larger than the input", () => F.conv2d(ones(1, 2, 2, 2), ones(3, 2, 3, 3)) },
        { "a linear layer of other width", () => F.linear(ones(2, 3), ones(4, 5)) },
        { "pooling of a vector", () => F.max_pool2d(ones(5), 2) },
        { "more padding than half a kernel", () => F.max_pool2d(ones(1, 1, 4, 4), 2, 2, 2) },
        { "a reflection wider than the input", () => F.pad(ones(1, 1, 3, 3), (4, 4), PaddingModes.Reflect) },
        { "a normalised shape that is not the input's", () => F.layer_norm(ones(2, 3), [4]) },
        { "groups that do not divide the channels", () => F.group_norm(ones(2, 5, 3, 3), 2) },
        { "a class number too large", () => F.cross_entropy(ones(2, 3), tensor(new[] { 0L, 3L })) },
        { "targets of another batch size", () => F.nll_loss(ones(2, 3), tensor(new[] { 0L, 1L, 2L })) },
        { "a dropout probability above 1", () => F.dropout(ones(3), 1.5) },
        { "interpolation without a size", () => F.interpolate(ones(1, 1, 3, 3)) },
        { "pixels that do not shuffle", () => F.pixel_shuffle(ones(1, 3, 2, 2), 2) },
    };

    [Theory]
    [MemberData(nameof(BadCalls))]
    public void A_wrong_argument_throws(string what, Action call)
    {
        Assert.NotEmpty(what);
        Assert.ThrowsAny<Exception>(call);
    }

    [Fact]
    public void In_place_activation_changes_its_argument_and_returns_another_handle_to_it()
    {
        using Tensor x = tensor(new[] { -1f, 2f });
        using (Tensor y = F.relu(x, inplace: true))
        {
            Assert.Equal([0f, 2f], y.data<float>().ToArray());
        }

        Assert.Equal([0f, 2f], x.data<float>().ToArray());
    }

    [Fact]
    public void Dropout_zeros_about_p_of_the_elements_and_scales_the_others()
    {
        using DisposeScope scope = NewDisposeScope();
        manual_seed(1);
        float[] y = F.dropout(ones(10000), 0.25).data<float>().ToArray();
        Assert.All(y, v => Assert.True(v == 0 || Math.Abs(v - 4f / 3) < 1e-6));
        Assert.InRange(y.Count(v => v == 0), 2300, 2700);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Channel_dropout_keeps_or_zeros_whole_channels(int dimensions)
    {
        using DisposeScope scope = NewDisposeScope();
        manual_seed(2);
        long[] shape = [4, 8, .. Enumerable.Repeat(3L, dimensions)];
        Tensor x = ones(shape);
        Tensor y = dimensions == 1 ? F.dropout1d(x) : dimensions == 2 ? F.dropout2d(x) : F.dropout3d(x);
        float[] v = y.reshape(32, -1).data<float>().ToArray();
        int n = v.Length / 32;
        Assert.All(Enumerable.Range(0, 32), c => Assert.Single(v.Skip(c * n).Take(n).Distinct()));
        Assert.Equal([0f, 2f], v.Distinct().Order());
    }

    [Fact]
    public void Batch_norm_in_training_moves_the_running_statistics()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor mean = zeros(1), variance = ones(1);
        F.batch_norm(tensor(new[] { 1f, 2f, 3f, 6f }).reshape(4, 1), mean, variance, training: true, momentum: 0.1);
        Assert.Equal(0.3f, mean.item<float>(), 1e-6f);
        Assert.Equal(0.9f + 0.1f * 14 / 3, variance.item<float>(), 1e-6f);
    }

    [Fact]
    public void Max_pooling_says_where_the_maxima_were()
    {
        using DisposeScope scope = NewDisposeScope();
        (Tensor values, Tensor indices) = F.max_pool2d_with_indices(arange(16, dtype: float32).reshape(1, 1, 4, 4), [2, 2]);
        Assert.Equal([5f, 7f, 13f, 15f], values.data<float>().ToArray());
        Assert.Equal([5L, 7L, 13L, 15L], indices.data<long>().ToArray());
    }

    [Fact]
    public void Unpooling_to_the_whole_shape_inverts_pooling_of_an_even_size()
    {
        using DisposeScope scope = NewDisposeScope();
        (Tensor values, Tensor indices) = F.max_pool2d_with_indices(arange(16, dtype: float32).reshape(1, 1, 4, 4), [2, 2]);
        Tensor back = F.max_unpool2d(values, indices, [2, 2], [2, 2], [0, 0], [1, 1, 4, 4]);
        Assert.Equal(40f, back.sum().item<float>());
        Assert.Equal([1L, 1L, 4L, 4L], back.shape);
    }

    [Fact]
    public void Fractional_pooling_gives_the_size_or_ratio_that_was_asked_for()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor x = rand(2, 3, 16, 16);
        Assert.Equal([2L, 3L, 7L, 7L], F.fractional_max_pool2d(x, 3, output_size: 7).shape);
        Assert.Equal([2L, 3L, 8L, 8L], F.fractional_max_pool2d(x, 3, output_ratio: 0.5).shape);
    }

    [Fact]
    public void One_hot_makes_a_row_for_each_class_number()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor y = F.one_hot(tensor(new[] { 1L, 0L }), 3);
        Assert.Equal([0L, 1L, 0L, 1L, 0L, 0L], y.data<long>().ToArray());
    }

#if TORCH_SYSTEM
    // TorchSharp leaves some temporaries to the scope.
    [Fact]
    public void Functions_leave_no_tensor_behind()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor x = rand(2, 4, 8, 8), w = rand(4, 4, 3, 3), target = zeros([2, 8, 8], int64);
        long before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        for (int i = 0; i < 50; i++)
        {
            F.conv2d(x, w).Dispose();
            F.local_response_norm(x, 5).Dispose();
            F.softsign(x).Dispose();
            F.lp_pool2d(x, 2, 2).Dispose();
            F.normalize(x).Dispose();
            F.adaptive_max_pool2d(x, [2, 2]).Dispose();
            F.cross_entropy(x, target).Dispose();
            F.gaussian_nll_loss(x, x, x).Dispose();
            F.multilabel_soft_margin_loss(x, x).Dispose();
            F.triplet_margin_with_distance_loss(x, x, x, swap: true).Dispose();
            F.scaled_dot_product_attention(x, x, x).Dispose();
            F.dropout3d(x).Dispose();
        }

        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }
#endif
}
