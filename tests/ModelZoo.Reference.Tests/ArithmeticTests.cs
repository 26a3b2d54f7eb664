using Xunit;

namespace ModelZoo.Reference.Tests;

public class ArithmeticTests
{
    [Fact]
    public void Convolution_sizes_are_the_ones_worked_by_hand()
    {
        Assert.Equal(5, OutputSize.Convolution(7, 3));
        Assert.Equal(3, OutputSize.Convolution(7, 3, stride: 2));
        Assert.Equal(7, OutputSize.Convolution(7, 3, padding: 1));
        Assert.Equal(55, OutputSize.Convolution(227, 11, stride: 4));
        Assert.Equal(112, OutputSize.Convolution(224, 7, stride: 2, padding: 3));
        Assert.Equal(5, OutputSize.Convolution(9, 3, dilation: 2));
    }

    [Fact]
    public void A_size_that_is_not_whole_is_refused_by_the_exact_rule_and_rounded_down_by_the_usual_one()
    {
        Assert.Equal(3, OutputSize.ConvolutionExact(7, 3, stride: 2));
        Assert.Throws<ArgumentException>(() => OutputSize.ConvolutionExact(7, 3, stride: 3));
        Assert.Equal(2, OutputSize.Convolution(7, 3, stride: 3));
    }

    [Fact]
    public void The_size_stays_if_and_only_if_the_padding_is_the_same_padding()
    {
        for (int kernel = 1; kernel <= 7; kernel += 2)
        {
            int padding = OutputSize.SamePadding(9, kernel);
            Assert.Equal((kernel - 1) / 2, padding);
            Assert.Equal(9, OutputSize.Convolution(9, kernel, padding: padding));
        }

        Assert.Equal(5, OutputSize.SamePadding(9, 3, stride: 2));
        Assert.Equal(9, OutputSize.Convolution(9, 3, stride: 2, padding: 5));
        Assert.Throws<ArgumentException>(() => OutputSize.SamePadding(9, 2));
    }

    [Fact]
    public void Ceil_mode_rounds_up_but_drops_a_window_that_starts_in_the_right_padding()
    {
        Assert.Equal(56, OutputSize.Pooling(112, 3, 2, ceilMode: true));
        Assert.Equal(55, OutputSize.Pooling(112, 3, 2));
        Assert.Equal(2, OutputSize.Pooling(3, 2, 2, ceilMode: true));
        Assert.Equal(2, OutputSize.Pooling(3, 2, 2, padding: 1, ceilMode: true));
        Assert.Equal(1, OutputSize.Pooling(2, 1, 3, ceilMode: true));
        Assert.Equal(1, OutputSize.Pooling(2, 3, 2, ceilMode: true));
        Assert.Throws<ArgumentException>(() => OutputSize.Pooling(1, 3, 2, ceilMode: true));
    }

    [Fact]
    public void In_ceil_mode_every_window_starts_inside_and_every_pixel_is_seen()
    {
        for (int n = 1; n < 20; n++)
        {
            for (int kernel = 1; kernel <= Math.Min(n, 4); kernel++)
            {
                for (int stride = 1; stride <= kernel; stride++)
                {
                    for (int padding = 0; padding <= kernel / 2; padding++)
                    {
                        int last = ((OutputSize.Pooling(n, kernel, stride, padding, ceilMode: true) - 1) * stride) - padding;
                        Assert.True(last < n, "the last window starts inside");
                        Assert.True(last + kernel >= n, "the last window reaches the last pixel");
                    }
                }
            }
        }
    }

    [Fact]
    public void A_transposed_convolution_undoes_the_size_of_a_convolution() => Seeds.ForAll(100, random =>
    {
        int kernel = random.From(1, 5), stride = random.From(1, 4), dilation = random.From(1, 3), padding = random.From(0, 2);
        int n = (dilation * (kernel - 1)) + 1 + random.From(0, 20);
        int size = OutputSize.Convolution(n, kernel, stride, padding, dilation);
        int rest = (n + (2 * padding) - (dilation * (kernel - 1)) - 1) % stride;
        Assert.Equal(n, OutputSize.TransposedConvolution(size, kernel, stride, padding, dilation, rest));
    });

    [Fact]
    public void The_layers_of_LeNet5_have_the_published_numbers_of_parameters()
    {
        Assert.Equal(156, Counts.ConvolutionParameters(1, 6, 5));
        Assert.Equal(12, Counts.SubsamplingParameters(6));
        Assert.Equal(1516, Counts.TableConvolutionParameters(ConnectionTable.LeNet5, 5));
        Assert.Equal(32, Counts.SubsamplingParameters(16));
        Assert.Equal(48120, Counts.ConvolutionParameters(16, 120, 5));
        Assert.Equal(10164, Counts.LinearParameters(120, 84));
        Assert.Equal(60000, 156 + 12 + 1516 + 32 + 48120 + 10164);
    }

    [Fact]
    public void Modern_LeNet5_has_61706_parameters_and_416520_MACs()
    {
        Assert.Equal(61706, Counts.ConvolutionParameters(1, 6, 5) + Counts.ConvolutionParameters(6, 16, 5)
            + Counts.LinearParameters(400, 120) + Counts.LinearParameters(120, 84) + Counts.LinearParameters(84, 10));
        Assert.Equal(416520, Counts.ConvolutionMacs(1, 6, 5, 28) + Counts.ConvolutionMacs(6, 16, 5, 10)
            + Counts.LinearMacs(400, 120) + Counts.LinearMacs(120, 84) + Counts.LinearMacs(84, 10));
    }

    [Fact]
    public void C3_has_the_published_151600_connections_with_its_biases() =>
        Assert.Equal(151_600, Counts.TableConvolutionMacs(ConnectionTable.LeNet5, 5, 10) + (16 * 100));

    [Fact]
    public void The_naive_Inception_module_costs_854196224_MACs()
    {
        long naive = Counts.ConvolutionMacs(256, 128, 1, 28) + Counts.ConvolutionMacs(256, 192, 3, 28) + Counts.ConvolutionMacs(256, 96, 5, 28);
        long bottleneck = Counts.ConvolutionMacs(256, 128, 1, 28) + Counts.ConvolutionMacs(256, 64, 1, 28) + Counts.ConvolutionMacs(64, 192, 3, 28)
            + Counts.ConvolutionMacs(256, 64, 1, 28) + Counts.ConvolutionMacs(64, 96, 5, 28) + Counts.ConvolutionMacs(256, 64, 1, 28);
        Assert.Equal(854_196_224, naive);
        Assert.Equal(271_351_808, bottleneck);
    }

    [Fact]
    public void A_depthwise_separable_convolution_costs_1_over_out_plus_1_over_k_squared_of_a_full_one()
    {
        long full = Counts.ConvolutionMacs(32, 64, 3, 14);
        long separable = Counts.ConvolutionMacs(32, 32, 3, 14, groups: 32) + Counts.ConvolutionMacs(32, 64, 1, 14);
        Near.Number((1.0 / 64) + (1.0 / 9), (double)separable / full);
    }

    [Fact]
    public void Grouped_transposed_and_normalising_layers_count_their_weights()
    {
        Assert.Equal((48 * 25 * 256) + 256, Counts.ConvolutionParameters(96, 256, 5, groups: 2));
        Assert.Equal((8 * 4 * 6) + 4, Counts.TransposedConvolutionParameters(8, 4, (2, 3)));
        Assert.Equal(8 * 49 * 4 * 6, Counts.TransposedConvolutionMacs(8, 4, (2, 3), 7));
        Assert.Equal(128, Counts.BatchNormalisationParameters(64));
        Assert.Equal(9408, Counts.ConvolutionParameters(3, 64, 7, bias: false));
    }

    [Fact]
    public void Three_3x3_convolutions_see_what_one_7x7_sees()
    {
        ReceptiveField three = ReceptiveField.Input.Then(3, padding: 1).Then(3, padding: 1).Then(3, padding: 1);
        Assert.Equal(ReceptiveField.Input.Then(7, padding: 3), three);
        Assert.Equal(new ReceptiveField(1, 7, 0.5), three);
    }

    [Fact]
    public void Dilation_2_turns_a_3x3_kernel_into_a_field_of_5() => Assert.Equal(5, ReceptiveField.Input.Then(3, dilation: 2).Size);

    [Fact]
    public void Jump_size_and_start_of_LeNet5_are_the_ones_worked_by_hand()
    {
        ReceptiveField c1 = ReceptiveField.Input.Then(5), s2 = c1.Then(2, 2), c3 = s2.Then(5), s4 = c3.Then(2, 2), c5 = s4.Then(5);
        Assert.Equal([new(1, 5, 2.5), new(2, 6, 3), new(2, 14, 7), new(4, 16, 8), new(4, 32, 16)], [c1, s2, c3, s4, c5]);
    }

    [Fact]
    public void A_pixel_outside_the_receptive_field_changes_nothing_and_one_inside_does()
    {
        NdArray w = NdArray.Full(1, 1, 1, 1, 3), x = NdArray.Zeros(1, 1, 1, 20);
        ConvolutionShape first = new() { Stride = (1, 2), Padding = (0, 1) }, second = new() { Dilation = (1, 2) };
        ReceptiveField field = ReceptiveField.Input.Then(3, 2, 1).Then(3, 1, 0, 2);
        NdArray gradY = NdArray.Zeros(1, 1, 1, 6);
        gradY[0, 0, 0, 2] = 1;
        NdArray middle = Convolution.Forward(x, w, null, first);
        NdArray reached = Convolution.Backward(x, w, Convolution.Backward(middle, w, gradY, second).X, first).X;
        int[] seen = [.. Enumerable.Range(0, 20).Where(v => reached[0, 0, 0, v] != 0)];
        double centre = field.Start + (2 * field.Jump);
        Assert.Equal(centre - (field.Size / 2.0), seen[0]);
        Assert.Equal(centre + (field.Size / 2.0), seen[^1] + 1);
    }

    [Fact]
    public void Branches_that_meet_see_what_either_saw()
    {
        ReceptiveField wide = ReceptiveField.Input.Then(5, padding: 2), narrow = ReceptiveField.Input;
        Assert.Equal(wide, narrow.Join(wide));
        Assert.Equal(new ReceptiveField(1, 6, 3), ReceptiveField.Input.Join(ReceptiveField.Input.Then(6)));
        Assert.Throws<ArgumentException>(() => narrow.Join(narrow.Then(1, 2)));
    }

    [Fact]
    public void Bad_arguments_throw()
    {
        Assert.Throws<ArgumentException>(() => OutputSize.Convolution(2, 3));
        Assert.Throws<ArgumentException>(() => OutputSize.Convolution(5, 3, stride: 0));
        Assert.Throws<ArgumentException>(() => OutputSize.Pooling(5, 3, 2, padding: 2));
        Assert.Throws<ArgumentException>(() => OutputSize.TransposedConvolution(1, 1, padding: 1));
        Assert.Throws<ArgumentException>(() => Counts.ConvolutionParameters(3, 4, 3, groups: 2));
        Assert.Throws<ArgumentException>(() => ReceptiveField.Input.Then(0));
    }
}
