using Xunit;

namespace ModelZoo.Reference.Tests;

public class NormalizationTests
{
    [Fact]
    public void Group_normalization_with_1_group_is_layer_normalization_and_with_C_groups_instance_normalization()
    {
        NdArray x = new Random(1).Array(2, 4, 3, 5), gradY = new Random(2).Array(2, 4, 3, 5), gamma = new Random(3).Array(4), beta = new Random(4).Array(4);
        Near.Equal(LayerNormalization.Forward(x, 3, null, null).Y.Value, GroupNormalization.Forward(x, 1, null, null).Y.Value);
        Near.Equal(LayerNormalization.Backward(x, 3, null, gradY).X.Value, GroupNormalization.Backward(x, 1, null, gradY).X.Value);
        Near.Equal(InstanceNormalization.Forward(x, gamma, beta).Y.Value, GroupNormalization.Forward(x, 4, gamma, beta).Y.Value);
        GradientSums instance = InstanceNormalization.Backward(x, gamma, gradY), group = GroupNormalization.Backward(x, 4, gamma, gradY);
        Near.Equal(instance.X.Value, group.X.Value);
        Near.Equal(instance.Weight.Value, group.Weight.Value);
        Near.Equal(instance.Bias.Value, group.Bias.Value);
    }

    [Fact]
    public void Batch_normalization_makes_the_bias_of_the_convolution_before_it_redundant() => Properties.Hold(20, random =>
    {
        NdArray x = random.Array(2, 2, 4, 4), w = random.Array(3, 2, 3, 3), bias = random.Array(3), gamma = random.Array(3), beta = random.Array(3);
        NdArray with = Convolution.Forward(x, w, bias, new()), without = Convolution.Forward(x, w, null, new()), gradY = random.ArrayLike(with);
        Near.Equal(BatchNormalization.Train(without, gamma, beta).Y.Value, BatchNormalization.Train(with, gamma, beta).Y.Value);
        NdArray gradMiddle = BatchNormalization.TrainBackward(with, gamma, gradY).X.Value;
        Near.Equal(NdArray.Zeros(3), Convolution.Backward(x, w, gradMiddle, new()).Bias);

        (NdArray mean, _) = BatchNormalization.UpdateRunning(without, NdArray.Zeros(3), NdArray.Full(1, 3));
        (NdArray meanWith, _) = BatchNormalization.UpdateRunning(with, NdArray.Zeros(3), NdArray.Full(1, 3));
        Near.Equal(mean.Zip(bias, (m, b) => m + (0.1 * b)), meanWith);
    });

    [Fact]
    public void Batch_normalization_of_a_single_sample_is_instance_normalization()
    {
        NdArray x = new Random(2).Array(1, 3, 4, 5);
        Near.Equal(InstanceNormalization.Forward(x, null, null).Y.Value, BatchNormalization.Train(x, null, null).Y.Value);
    }

    [Fact]
    public void The_output_has_mean_0_and_variance_1_and_the_statistics_are_the_batch_s()
    {
        NdArray x = new([1, 3, 5, 7], 4, 1);
        Normalized result = BatchNormalization.Train(x, null, null, 0);
        Assert.Equal(4, result.Mean.Value[0]);
        Assert.Equal(5, result.Variance.Value[0]);
        Near.Number(0, result.Y.Value.Data.Average());
        Near.Number(1, result.Y.Value.Data.Average(y => y * y));
    }

    [Fact]
    public void Running_statistics_store_the_unbiased_variance_although_the_biased_one_normalizes()
    {
        NdArray x = new([1, 3, 5, 7], 4, 1);
        (NdArray mean, NdArray variance) = BatchNormalization.UpdateRunning(x, NdArray.Zeros(1), NdArray.Full(1, 1), 0.25);
        Near.Number(1, mean[0]);
        Near.Number(0.75 + (0.25 * 20 / 3), variance[0]);
    }

    [Fact]
    public void Evaluation_with_the_batch_s_own_statistics_is_training()
    {
        Random random = new(4);
        NdArray x = random.Array(3, 2, 2, 2), gamma = random.Array(2), beta = random.Array(2);
        Normalized train = BatchNormalization.Train(x, gamma, beta);
        Near.Equal(train.Y.Value, BatchNormalization.Eval(x, gamma, beta, train.Mean.Value, train.Variance.Value).Value);
    }

    [Fact]
    public void Float32_batch_normalization_stays_within_its_rounding_bound() => Properties.Hold(50, random =>
    {
        float[] x = [.. Enumerable.Range(0, 64).Select(_ => (float)random.Number(3, 4))];
        Sums y = BatchNormalization.Train(new NdArray([.. x.Select(v => (double)v)], 64, 1), null, null).Y;
        float mean = 0, variance = 0;
        foreach (float v in x)
        {
            mean += v / 64;
        }

        foreach (float v in x)
        {
            variance += (v - mean) * (v - mean) / 64;
        }

        for (int i = 0; i < 64; i++)
        {
            float narrow = (x[i] - mean) / MathF.Sqrt(variance + 1e-5f);
            Assert.True(Math.Abs(narrow - y.Value.Data[i]) <= y[i].RoundingBound(1.0 / (1 << 24)));
        }
    });

    [Fact]
    public void Local_response_normalization_gives_the_numbers_worked_by_hand()
    {
        NdArray x = new([1, 2, 3, 4], 1, 4, 1, 1);
        NdArray y = LocalResponseNormalization.Forward(x, 3, alpha: 3, beta: 1, k: 2);
        Near.Equal(new NdArray([1.0 / 7, 2.0 / 16, 3.0 / 31, 4.0 / 27], 1, 4, 1, 1), y);
        y = LocalResponseNormalization.Forward(x, 2, alpha: 2, beta: 1, k: 0);
        Near.Equal(new NdArray([1.0 / 1, 2.0 / 5, 3.0 / 13, 4.0 / 25], 1, 4, 1, 1), y);
    }

    [Fact]
    public void Bad_arguments_throw()
    {
        NdArray x = NdArray.Zeros(2, 4, 1, 1);
        Assert.Throws<ArgumentException>(() => BatchNormalization.Train(NdArray.Zeros(1, 4, 1, 1), null, null));
        Assert.Throws<ArgumentException>(() => BatchNormalization.Train(NdArray.Zeros(4), null, null));
        Assert.Throws<ArgumentException>(() => BatchNormalization.Train(x, NdArray.Zeros(3), null));
        Assert.Throws<ArgumentException>(() => BatchNormalization.Train(x, null, null, -1));
        Assert.Throws<ArgumentException>(() => BatchNormalization.Eval(x, null, null, NdArray.Zeros(2), NdArray.Zeros(4)));
        Assert.Throws<ArgumentException>(() => BatchNormalization.Eval(x, NdArray.Zeros(5), null, NdArray.Zeros(4), NdArray.Zeros(4)));
        Assert.Throws<ArgumentException>(() => GroupNormalization.Forward(x, 3, null, null));
        Assert.Throws<ArgumentException>(() => LayerNormalization.Forward(x, 5, null, null));
        Assert.Throws<ArgumentException>(() => LayerNormalization.Forward(x, 3, NdArray.Zeros(4), null));
        Assert.Throws<ArgumentException>(() => InstanceNormalization.Backward(x, null, NdArray.Zeros(2, 4, 1, 2)));
        Assert.Throws<ArgumentException>(() => InstanceNormalization.UpdateRunning(x, NdArray.Zeros(4), NdArray.Zeros(4)));
        Assert.Throws<ArgumentException>(() => LocalResponseNormalization.Forward(x, 0));
    }
}
