using ModelZoo.Loading;
using ModelZoo.Training;
using ModelZoo.Training.Optimizers;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;

namespace ModelZoo.Tests.Training;

/// <summary>What libtorch's fused kernels do not look after themselves: memory layouts, parameters without a gradient, numbers of steps.</summary>
[Collection(TorchCollection.Name)]
public class ParameterOptimizerTests
{
    [Theory]
    [InlineData("sgd")]
    [InlineData("adam")]
    [InlineData("adamw")]
    [InlineData("rmsprop")]
    public void Layouts_of_weights_and_gradients_do_not_matter(string optimizer)
    {
        using Tensor start = randn(6, 5, 3, 2), slope = randn(6, 5, 3, 2);
        float[] expected = Stepped(start.clone(), slope.clone());
        float[][] others = [Stepped(Turned(start), Turned(slope)), Stepped(Turned(start), slope.clone()), Stepped(start.clone(), Turned(slope))];

        // Vectors and what is left over at their end round differently.
        Assert.All(others, other => Assert.All(expected.Zip(other), pair => Assert.Equal(pair.First, pair.Second, 2e-6f)));
        Assert.All(expected.Zip(start.data<float>().ToArray()), pair => Assert.True(Math.Abs(pair.First - pair.Second) > 1e-5));

        static Tensor Turned(Tensor t) => t.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2);

        float[] Stepped(Tensor weights, Tensor gradient)
        {
            using var parameter = new Parameter(weights);
            using var rule = ParameterOptimizer.Create(new Recipe { Optimizer = optimizer, WeightDecay = 0.1, Momentum = optimizer == "sgd" ? 0.9 : 0 });
            rule.Train([new TrainedParameter("w", parameter)]);
            for (int step = 0; step < 3; step++)
            {
                using IDisposable off = no_grad();
                using Tensor own = gradient.clone().mul_(step + 1);
                parameter.grad = own;
                rule.CollectGradients();
                rule.Step(0.1, null);
                rule.ReleaseGradients();
                Assert.Null(parameter.grad);
            }

            return parameter.detach().contiguous().data<float>().ToArray();
        }
    }

    [Theory]
    [InlineData("momentum")]
    [InlineData("adam")]
    public void What_has_no_gradient_stays_out_of_the_step_and_counts_its_own_steps(string optimizer)
    {
        using var model = new Sometimes();
        using ImageTensors data = ImageTensors.FromTensors(eye(3), arange(3), ["a", "b", "c"]);
        List<float[]> seen = [];
        var recipe = new Recipe { Epochs = 5, BatchSize = 3, Optimizer = optimizer, LearningRate = 0.01 };
        new Trainer(model, recipe, new TrainerOptions { OnEpoch = _ => seen.Add(model.Other()) }).Fit(data, null);
        seen.Add(model.Other());

        // It takes part in the second, third and fifth step. Adam's first step is as long as the rate.
        Assert.Equal([false, true, true, false, true], seen.Zip(seen.Skip(1)).Select(pair => !pair.First.SequenceEqual(pair.Second)));
        if (optimizer == "adam")
        {
            Assert.All(seen[1].Zip(seen[2]), pair => Assert.Equal(0.01, Math.Abs(pair.Second - pair.First), 1e-5));
        }
    }

    [Fact]
    public void A_step_can_be_skipped_by_a_flag()
    {
        foreach (string optimizer in new[] { "sgd", "nesterov", "adam", "adamw" })
        {
            using var parameter = new Parameter(ones(40));
            using Tensor flag = zeros([]), slope = full(40, 0.5);
            using var rule = ParameterOptimizer.Create(new Recipe { Optimizer = optimizer });
            Assert.True(rule.CanSkip);
            rule.Train([new TrainedParameter("w", parameter)]);
            Assert.NotEqual(1, Stepped());
            flag.fill_(1);
            float before = parameter.data<float>()[0];
            Assert.Equal(before, Stepped());

            float Stepped()
            {
                using IDisposable off = no_grad();
                parameter.grad = slope;
                rule.CollectGradients();
                rule.Step(0.1, flag);
                rule.ReleaseGradients();
                return parameter.data<float>()[0];
            }
        }
    }

    [Fact]
    public void A_parameter_that_is_part_of_another_tensor_is_named()
    {
        using Tensor whole = randn(4, 6);
        using var parameter = new Parameter(whole.narrow(1, 0, 3));
        using var rule = ParameterOptimizer.Create(new Recipe());
        Assert.Contains("The parameter part [4,3] does not lie densely in memory (strides [6,1])",
            Assert.Throws<ZooException>(() => rule.Train([new TrainedParameter("part", parameter)])).Message, StringComparison.Ordinal);
    }

    /// <summary>Its second parameter takes part in the forwards 2, 3 and 5.</summary>
    private sealed class Sometimes : nn.Module<Tensor, Tensor>
    {
#pragma warning disable IDE1006
        private readonly Parameter always = new(ones(3));
        private readonly Parameter other = new(ones(3));
#pragma warning restore IDE1006
        private int calls;

        public Sometimes() : base(nameof(Sometimes)) => RegisterComponents();

        public float[] Other() => other.detach().data<float>().ToArray();

        public override Tensor forward(Tensor input) => ++calls is 2 or 3 or 5 ? input * always * other : input * always;
    }
}
