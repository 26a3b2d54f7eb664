using Xunit;

namespace ModelZoo.Reference.Tests;

public class ReceptiveFieldTests
{
    [Fact]
    public void Three_3x3_convolutions_see_what_one_7x7_sees()
    {
        ReceptiveField three = ReceptiveField.Input.Then(3, padding: 1).Then(3, padding: 1).Then(3, padding: 1);
        Assert.Equal(ReceptiveField.Input.Then(7, padding: 3), three);
        Assert.Equal(new ReceptiveField(1, 7, 0.5), three);
    }

    [Fact]
    public void Three_3x3_convolutions_reach_exactly_the_7x7_pixels_and_cost_27_of_49_weights()
    {
        NdArray w = NdArray.Full(1, 1, 1, 3, 3), gradY = NdArray.Zeros(1, 1, 11, 11);
        gradY[0, 0, 5, 5] = 1;
        for (int layer = 0; layer < 3; layer++)
        {
            gradY = Convolution.Backward(NdArray.ZerosLike(gradY), w, gradY, new() { Padding = 1 }).X;
        }

        for (int i = 0; i < 121; i++)
        {
            Assert.Equal(i / 11 is >= 2 and <= 8 && i % 11 is >= 2 and <= 8, gradY.Data[i] != 0);
        }

        Assert.Equal(27 * 64 * 64, 3 * Counts.ConvolutionParameters(64, 64, 3, bias: false));
        Assert.Equal(49 * 64 * 64, Counts.ConvolutionParameters(64, 64, 7, bias: false));
    }

    [Fact]
    public void AlexNet_sees_195_pixels_and_VGG16_212_at_a_jump_of_32()
    {
        ReceptiveField alexNet = ReceptiveField.Input.Then(11, 4).Then(3, 2).Then(5, padding: 2).Then(3, 2)
            .Then(3, padding: 1).Then(3, padding: 1).Then(3, padding: 1).Then(3, 2), vgg = ReceptiveField.Input;
        foreach (int convolutions in new[] { 2, 2, 3, 3, 3 })
        {
            for (int layer = 0; layer < convolutions; layer++)
            {
                vgg = vgg.Then(3, padding: 1);
            }

            vgg = vgg.Then(2, 2);
        }

        Assert.Equal((32, 195), (alexNet.Jump, alexNet.Size));
        Assert.Equal(new ReceptiveField(32, 212, 16), vgg);
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
    public void A_random_chain_of_layers_reaches_exactly_the_pixels_that_jump_size_and_start_say() => Properties.Hold(60, random =>
    {
        ReceptiveField field = ReceptiveField.Input;
        List<(NdArray X, NdArray W, ConvolutionShape Shape)> layers = [];
        NdArray x = NdArray.Zeros(1, 1, 1, 90);
        for (int layer = random.From(1, 4); layer > 0; layer--)
        {
            int kernel = random.From(1, 4), stride = random.From(1, 2), padding = random.From(0, 2), dilation = random.From(1, 2);
            ConvolutionShape shape = new() { Stride = (1, stride), Padding = (0, padding), Dilation = (1, dilation) };
            layers.Add((x, NdArray.Full(1, 1, 1, 1, kernel), shape));
            x = Convolution.Forward(x, layers[^1].W, null, shape);
            field = field.Then(kernel, stride, padding, dilation);
        }

        NdArray reached = NdArray.ZerosLike(x);
        int place = x.Count / 2;
        reached[0, 0, 0, place] = 1;
        foreach ((NdArray input, NdArray kernel, ConvolutionShape shape) in Enumerable.Reverse(layers))
        {
            reached = Convolution.Backward(input, kernel, reached, shape).X;
        }

        int[] seen = [.. Enumerable.Range(0, 90).Where(v => reached[0, 0, 0, v] != 0)];
        double center = field.Start + (place * field.Jump);
        Assert.Equal(center - (field.Size / 2.0), seen[0]);
        Assert.Equal(center + (field.Size / 2.0), seen[^1] + 1);
    });

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
        Assert.Throws<ArgumentException>(() => ReceptiveField.Input.Then(0));
    }
}
