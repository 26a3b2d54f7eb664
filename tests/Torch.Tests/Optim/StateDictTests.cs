using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;

namespace Torch.Tests.Optim;

public class StateDictTests
{
    public static TheoryData<string, Func<Parameter[], double, OptimizerHelper>> Optimizers => new()
    {
        { "SGD", (p, lr) => optim.SGD(p, lr, momentum: 0.9) },
        { "Adam", (p, lr) => optim.Adam(p, lr, amsgrad: true) },
        { "AdamW", (p, lr) => optim.AdamW(p, lr) },
        { "RMSProp", (p, lr) => optim.RMSProp(p, lr, momentum: 0.5, centered: true) },
        { "Adagrad", (p, lr) => optim.Adagrad(p, lr) },
        { "Adadelta", (p, lr) => optim.Adadelta(p, lr) },
        { "Adamax", (p, lr) => optim.Adamax(p, lr) },
        { "NAdam", (p, lr) => optim.NAdam(p, lr) },
        { "RAdam", (p, lr) => optim.RAdam(p, lr) },
        { "ASGD", (p, lr) => optim.ASGD(p, lr) },
        { "Rprop", (p, lr) => optim.Rprop(p, lr) },
    };

    [Theory]
    [MemberData(nameof(Optimizers))]
    public void Training_goes_on_from_a_saved_state_as_if_it_had_not_stopped(string name, Func<Parameter[], double, OptimizerHelper> make)
    {
        Assert.NotEmpty(name);
        using Problem straight = new(), stopped = new();
        using OptimizerHelper first = make(straight.Parameters, 0.05);
        straight.Train(first, 6);

        using OptimizerHelper before = make(stopped.Parameters, 0.05);
        stopped.Train(before, 3);
        string file = Path.GetTempFileName();
        try
        {
            before.save_state_dict(file);
            using OptimizerHelper after = make(stopped.Parameters, 0.7);
            after.load_state_dict(file);
            Assert.Equal(0.05, after.ParamGroups.First().LearningRate);
            Assert.All(before.state_dict().State.Zip(after.state_dict().State), s => Assert.True(s.First.ApproximatelyEquals(s.Second)));
            stopped.Train(after, 3);
        }
        finally
        {
            File.Delete(file);
        }

        Assert.Equal(straight.Values, stopped.Values);
    }

    [Theory]
    [MemberData(nameof(Optimizers))]
    public void State_in_memory_is_copied_from_one_optimiser_to_another(string name, Func<Parameter[], double, OptimizerHelper> make)
    {
        Assert.NotEmpty(name);
        using Problem one = new(), two = new();
        using OptimizerHelper first = make(one.Parameters, 0.05), second = make(two.Parameters, 0.7);
        one.Train(first, 2);
        two.Train(second, 3);
        Assert.False(second.state_dict().State[0].ApproximatelyEquals(first.state_dict().State[0]));
        second.load_state_dict(first.state_dict());
        Assert.True(second.state_dict().State[0].ApproximatelyEquals(first.state_dict().State[0]));
        one.Train(first, 1);
        Assert.False(second.state_dict().State[0].ApproximatelyEquals(first.state_dict().State[0]));
    }

    [Fact]
    public void State_of_another_optimiser_is_refused()
    {
        using var problem = new Problem();
        using OptimizerHelper sgd = optim.SGD(problem.Parameters, 0.1), adam = optim.Adam(problem.Parameters, 0.1);
        string file = Path.GetTempFileName();
        try
        {
            sgd.save_state_dict(file);
            Assert.ThrowsAny<Exception>(() => adam.load_state_dict(file));
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public void State_of_other_groups_is_refused()
    {
        using var problem = new Problem();
        using OptimizerHelper one = optim.SGD([problem.W], 0.1), two = optim.SGD(problem.Parameters, 0.1);
        Assert.Throws<ArgumentException>(() => one.load_state_dict(two.state_dict()));
    }

    [Fact]
    public void Index_says_which_states_belong_to_which_group()
    {
        using var problem = new Problem();
        using SGD optimizer = optim.SGD([problem.W], 0.1);
        optimizer.add_param_group(new SGD.ParamGroup([problem.B], 0.2));
        optim.Optimizer.StateDictionary state = optimizer.state_dict();
        Assert.Equal([0], state.StateIndexRef[0]);
        Assert.Equal([1], state.StateIndexRef[1]);
        Assert.Equal(0.2, state.Options[1].LearningRate);
    }
}
