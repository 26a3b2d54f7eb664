using System.Runtime.InteropServices;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Torch.Tests.NN;

/// <summary>A wrong shape is an exception that can be caught, never the end of the process.</summary>
public class ShapeErrorTests
{
    [Fact]
    public void A_convolution_refuses_the_wrong_channels_or_dimensions()
    {
        using Conv2d m = Conv2d(3, 4, 3);
        Assert.Throws<ArgumentException>(() => m.call(zeros(1, 2, 8, 8)));
        Assert.Throws<ArgumentException>(() => m.call(zeros(8, 8)));
        Assert.Throws<ExternalException>(() => m.call(zeros(1, 3, 2, 2)));
        using Tensor y = m.call(zeros(1, 3, 3, 3));
        Assert.Equal([1, 4, 1, 1], y.shape);
    }

    // TorchSharp 0.105.1 makes such a layer without a word and fails when it is called.
    [Fact]
    public void Channels_must_divide_into_groups() => Assert.ThrowsAny<Exception>(() => Conv2d(3, 4, 3, groups: 2).call(zeros(1, 3, 3, 3)));

    [Fact]
    public void A_linear_layer_refuses_the_wrong_features()
    {
        using Linear m = Linear(3, 2);
        Assert.Throws<ExternalException>(() => m.call(zeros(1, 4)));
    }

    [Fact]
    public void Batch_normalisation_refuses_the_wrong_channels_or_dimensions()
    {
        using BatchNorm2d m = BatchNorm2d(3);
        Assert.Throws<ExternalException>(() => m.call(zeros(2, 4, 5, 5)));
        Assert.Throws<ArgumentException>(() => m.call(zeros(2, 3)));
    }

    [Fact]
    public void Pooling_refuses_an_input_smaller_than_its_window()
    {
        using MaxPool2d m = MaxPool2d(4);
        Assert.Throws<ExternalException>(() => m.call(zeros(1, 1, 2, 2)));
    }

    [Fact]
    public void A_loss_refuses_shapes_that_do_not_match()
    {
        using CrossEntropyLoss m = CrossEntropyLoss();
        Assert.Throws<ExternalException>(() => m.call(zeros(4, 3), zeros(5, int64)));
    }

    [Fact]
    public void An_embedding_refuses_an_index_beyond_its_entries()
    {
        using Embedding m = Embedding(3, 2);
        Assert.Throws<ExternalException>(() => m.call(tensor(new long[] { 3 })));
    }

    [Fact]
    public void A_probability_outside_of_zero_to_one_is_an_error() => Assert.ThrowsAny<Exception>(() => Dropout(1.5).call(ones(2)));

    [Fact]
    public void A_forward_honours_changed_hyper_parameters()
    {
        using Conv2d conv = Conv2d(1, 1, 3);
        conv.stride = [2, 2];
        conv.SetPadding([1, 1]);
        using MaxPool2d pool = MaxPool2d(2);
        pool.kernel_size = [1, 1];
        pool.stride = [3, 3];
        using Tensor y = conv.call(zeros(1, 1, 9, 9));
        Assert.Equal([1, 1, 5, 5], y.shape);
        using Tensor z = pool.call(y);
        Assert.Equal([1, 1, 2, 2], z.shape);
        conv.stride = [1, 1];
        conv.SetPadding(TorchSharp.Padding.Same);
        Assert.Equal([1, 1, 9, 9], conv.call(zeros(1, 1, 9, 9)).shape);
    }
}
