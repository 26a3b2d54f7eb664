using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;

namespace Torch.Tests.Optim;

public class ParamGroupTests
{
    [Fact]
    public void Groups_have_rates_of_their_own()
    {
        using var problem = new Problem();
        using optim.Optimizer optimizer = optim.SGD([new SGD.ParamGroup([problem.W], 0.1), new SGD.ParamGroup([problem.B], 0.0)], 0.5);
        double[] before = problem.Values;
        problem.Train(optimizer, 1);
        Assert.Equal(before[0] - 0.1 * before[0], problem.Values[0], 1e-12);
        Assert.Equal(before[3..], problem.Values[3..]);
    }

    [Fact]
    public void Option_that_a_group_does_not_give_is_the_optimisers()
    {
        using var problem = new Problem();
        SGD.ParamGroup group = new([problem.W], new SGD.Options { momentum = 0.5 });
        using optim.Optimizer optimizer = optim.SGD([group], 0.25, momentum: 0.9, weight_decay: 0.1);
        Assert.Equal(0.25, group.LearningRate);
        Assert.Equal(0.25, group.InitialLearningRate);
        Assert.Equal(0.5, group.Momentum);
        Assert.Equal(0.1, group.Options.weight_decay);
    }

    [Fact]
    public void Weight_decay_is_off_unless_asked_for()
    {
        using var problem = new Problem();
        using AdamW adamW = optim.AdamW(problem.Parameters);
        Assert.Equal(0, ((AdamW.ParamGroup)adamW.ParamGroups.First()).Options.weight_decay);
    }

    [Fact]
    public void Learning_rate_that_is_set_between_steps_counts()
    {
        using var problem = new Problem();
        using optim.Optimizer optimizer = optim.SGD(problem.Parameters, 0.1);
        double before = problem.Values[0];
        foreach (optim.ILearningRateController group in optimizer.ParamGroups)
        {
            group.LearningRate = 0.2;
        }

        problem.Train(optimizer, 1);
        Assert.Equal(0.8 * before, problem.Values[0], 1e-12);
    }

    [Fact]
    public void Group_that_is_added_later_trains_too()
    {
        using var problem = new Problem();
        using SGD optimizer = optim.SGD([problem.W], 0.1);
        problem.Train(optimizer, 1);
        double[] before = problem.Values;
        optimizer.add_param_group(new SGD.ParamGroup([problem.B], 0.1));
        problem.Train(optimizer, 1);
        Assert.Equal(2, optimizer.ParamGroups.Count());
        Assert.NotEqual(before[3], problem.Values[3]);
        Assert.Equal(2, optimizer.parameters().Count());
    }

    [Fact]
    public void Named_parameters_are_as_good_as_parameters()
    {
        using var problem = new Problem();
        using optim.Optimizer optimizer = optim.Adam([("w", problem.W), ("b", problem.B)], 0.1);
        problem.Train(optimizer, 5);
        Assert.All(problem.Values.Zip(PyTorchOptimizerValues.Rows["Adam"]), v => Assert.Equal(v.Second, v.First, 1e-11));
    }

    [Fact]
    public void Betas_and_momentum_can_be_read_and_set()
    {
        using var problem = new Problem();
        // Those of the groups: Adam.Betas and SGD.Momentum themselves reach only groups that are added later in TorchSharp 0.105.1.
        using Adam adam = optim.Adam(problem.Parameters, 0.1);
        var betas = (optim.IBetas)adam.ParamGroups.First();
        Assert.Equal((0.9, 0.999), betas.Betas);
        betas.Betas = (0.5, 0.75);
        Assert.Equal((0.5, 0.75), ((optim.IBetas)adam.ParamGroups.First()).Betas);
        using SGD sgd = optim.SGD(problem.Parameters, 0.1, momentum: 0.9);
        var momentum = (optim.IMomentum)sgd.ParamGroups.First();
        Assert.Equal(0.9, momentum.Momentum);
        momentum.Momentum = 0.25;
        Assert.Equal(0.25, ((optim.IMomentum)sgd.ParamGroups.First()).Momentum);
    }
}
