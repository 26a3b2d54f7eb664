using Xunit;

namespace ModelZoo.Reference.Tests;

public class OptimizerTests
{
    [Fact]
    public void Gradient_descent_goes_down_the_gradient() => Follows(new GradientDescent(0.1), [0.8, 0.6]);

    [Fact]
    public void Weight_decay_adds_to_the_gradient() => Follows(new GradientDescent(0.1, weightDecay: 1), [0.7, 0.43]);

    [Fact]
    public void Momentum_carries_on() => Follows(new GradientDescent(0.1, momentum: 0.5), [0.8, 0.5, 0.15]);

    [Fact]
    public void Dampening_does_not_touch_the_first_step() => Follows(new GradientDescent(0.1, momentum: 0.5, dampening: 0.5), [0.8, 0.6, 0.4]);

    [Fact]
    public void Nesterov_looks_ahead() => Follows(new GradientDescent(0.1, momentum: 0.5, nesterov: true), [0.7, 0.35]);

    [Fact]
    public void Rmsprop_divides_by_the_running_size_of_the_gradient() =>
        Follows(new RmsProp(0.1, alpha: 0.75, eps: 0), [0.8, 0.8 - (0.2 / Math.Sqrt(1.75))]);

    [Fact]
    public void Centered_rmsprop_divides_by_the_running_deviation() =>
        Follows(new RmsProp(0.1, alpha: 0.5, eps: 1, centered: true), [1 - (0.2 / 2), 0.9 - (0.2 / (1 + Math.Sqrt(0.75)))]);

    [Fact]
    public void Rmsprop_with_momentum_carries_on() =>
        Follows(new RmsProp(0.1, alpha: 0.75, eps: 0, momentum: 0.5), [0.8, 0.8 - 0.1 - (0.2 / Math.Sqrt(1.75))]);

    [Fact]
    public void The_bias_correction_makes_Adam_step_by_the_learning_rate_under_a_constant_gradient() => Follows(new Adam(0.1, eps: 0), [0.9, 0.8, 0.7]);

    [Fact]
    public void AdamW_decays_the_weight_itself_and_Adam_the_gradient()
    {
        Follows(new AdamW(0.1, eps: 0, weightDecay: 0.5), [0.95 - 0.1, (0.85 * 0.95) - 0.1]);
        Follows(new Adam(0.1, eps: 0, weightDecay: 0.5), [0.9]);
    }

    [Fact]
    public void The_learning_rate_may_change_between_steps()
    {
        GradientDescent optimizer = new(0.1);
        NdArray theta = NdArray.Full(1, 1);
        optimizer.Step(theta, NdArray.Full(2, 1));
        optimizer.LearningRate = 0.01;
        optimizer.Step(theta, NdArray.Full(2, 1));
        Near.Number(0.78, theta[0]);
        Assert.Equal(2, optimizer.Steps);
    }

    [Fact]
    public void Bad_arguments_throw()
    {
        Assert.Throws<ArgumentException>(() => new GradientDescent(0.1, nesterov: true));
        Assert.Throws<ArgumentException>(() => new GradientDescent(0.1, momentum: 0.9, dampening: 0.1, nesterov: true));
        Assert.Throws<ArgumentException>(() => new GradientDescent(0.1).Step(NdArray.Zeros(2), NdArray.Zeros(3)));
        GradientDescent used = new(0.1);
        used.Step(NdArray.Zeros(2), NdArray.Zeros(2));
        Assert.Throws<ArgumentException>(() => used.Step(NdArray.Zeros(3), NdArray.Zeros(3)));
    }

    /// <summary>From θ = 1 under the constant gradient 2, the parameter takes these values.</summary>
    private static void Follows(Optimizer optimizer, double[] path)
    {
        NdArray theta = NdArray.Full(1, 1), gradient = NdArray.Full(2, 1);
        foreach (double expected in path)
        {
            optimizer.Step(theta, gradient);
            Near.Number(expected, theta[0]);
        }
    }
}
