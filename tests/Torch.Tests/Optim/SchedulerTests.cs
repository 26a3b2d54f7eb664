using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;
using static TorchSharp.torch.optim.lr_scheduler;
using CyclicMode = TorchSharp.torch.optim.lr_scheduler.impl.CyclicLR.Mode;
using CyclicScale = TorchSharp.torch.optim.lr_scheduler.impl.CyclicLR.ScaleMode;
using Strategy = TorchSharp.torch.optim.lr_scheduler.impl.OneCycleLR.AnnealStrategy;

namespace Torch.Tests.Optim;

public class SchedulerTests
{
    private static readonly double[] Metric = [1.0, 0.5, 0.5, 0.6, 0.5, 0.4, 0.4, 0.4, 0.4, 0.4, 0.3, 0.3];

    private static readonly Dictionary<string, Func<optim.Optimizer, LRScheduler>> Cases = new()
    {
        ["LambdaLR"] = o => LambdaLR(o, e => Math.Pow(0.9, e)),
        ["MultiplicativeLR"] = o => MultiplicativeLR(o, e => 1.0 / (1 + e)),
        ["StepLR"] = o => StepLR(o, 3, 0.2),
        ["MultiStepLR"] = o => MultiStepLR(o, [2, 5], 0.5),
        ["ExponentialLR"] = o => ExponentialLR(o, 0.8),
        ["ConstantLR"] = o => ConstantLR(o, 0.25, 3),
        ["LinearLR"] = o => LinearLR(o, 0.2, 0.8, 4),
        ["PolynomialLR"] = o => PolynomialLR(o, 5, 2.0),
        ["CosineAnnealingLR"] = o => CosineAnnealingLR(o, 4, 0.1),
        ["ChainedLR"] = o => ChainedLR([ConstantLR(o, 0.1, 2), ExponentialLR(o, 0.9)]),
        ["SequentialLR"] = o => SequentialLR(o, [ConstantLR(o, 0.1, 2), ExponentialLR(o, 0.9)], [3]),
        ["ReduceLROnPlateau"] = o => ReduceLROnPlateau(o, factor: 0.5, patience: 1, cooldown: 1, min_lr: [0.1]),
        ["CyclicLR"] = o => CyclicLR(o, 0.1, 0.5, 3, 2, cycle_momentum: false),
        ["CyclicLR halving"] = o => CyclicLR(o, 0.1, 0.5, 2, mode: CyclicMode.Triangular2, cycle_momentum: false),

        // Not CyclicMode.ExpRange: that of TorchSharp 0.105.1 decays once a cycle instead of once a step.
        ["CyclicLR decaying"] = o => CyclicLR(o, 0.1, 0.5, 2, scale_fn: i => Math.Pow(0.9, i), scale_mode: CyclicScale.Iterations, cycle_momentum: false),
        ["OneCycleLR"] = o => OneCycleLR(o, 1.0, 10, cycle_momentum: false),
        ["OneCycleLR three phases"] = o => OneCycleLR(o, 1.0, epochs: 2, steps_per_epoch: 6, anneal_strategy: Strategy.Linear, three_phase: true, cycle_momentum: false),
    };

    public static TheoryData<string> Names => [.. PyTorchScheduleValues.Rates.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Rates_are_those_of_PyTorch(string name)
    {
        using Parameter p = new(zeros(1));
        using SGD optimizer = optim.SGD([p], 0.5);
        LRScheduler schedule = Cases[name](optimizer);
        double[] wanted = PyTorchScheduleValues.Rates[name];
        List<double> rates = [];
        for (int i = 0; i < wanted.Length; i++)
        {
            rates.Add(optimizer.ParamGroups.First().LearningRate);
            optimizer.step();
            if (name == "ReduceLROnPlateau")
            {
                schedule.step(Metric[i]);
            }
            else if (i + 1 < wanted.Length)
            {
                schedule.step();
            }
        }

        Assert.All(rates.Zip(wanted), r => Assert.Equal(r.Second, r.First, 1e-12));
        if (name is not ("ChainedLR" or "ReduceLROnPlateau"))
        {
            Assert.Equal(optimizer.ParamGroups.First().LearningRate, schedule.get_last_lr().First());
        }
    }

    // OneCycleLR only: CyclicLR of TorchSharp 0.105.1 raises the momentum above its maximum, in step with the rate; give it cycle_momentum: false.
    [Fact]
    public void Momentum_moves_against_the_rate()
    {
        using Parameter p = new(zeros(1));
        using SGD optimizer = optim.SGD([p], 0.5, momentum: 0.9);
        LRScheduler schedule = OneCycleLR(optimizer, 1.0, 8);
        var group = (optim.IMomentum)optimizer.ParamGroups.First();
        double[] wanted = PyTorchScheduleValues.Momenta["OneCycleLR"];
        for (int i = 0; i < wanted.Length; i++)
        {
            Assert.Equal(wanted[i], group.Momentum, 1e-12);
            if (i + 1 < wanted.Length)
            {
                schedule.step();
            }
        }
    }

    [Fact]
    public void One_cycle_of_Adam_moves_its_first_beta()
    {
        using Parameter p = new(zeros(1));
        using Adam optimizer = optim.Adam([p], 0.5);
        LRScheduler schedule = OneCycleLR(optimizer, 1.0, 8);
        var group = (optim.IBetas)optimizer.ParamGroups.First();
        Assert.Equal((0.95, 0.999), group.Betas);
        schedule.step();
        Assert.Equal(PyTorchScheduleValues.Momenta["OneCycleLR"][1], group.Betas.Item1, 1e-12);
    }

    [Fact]
    public void Each_group_keeps_its_own_base_rate()
    {
        using Parameter a = new(zeros(1)), b = new(zeros(1));
        using SGD optimizer = optim.SGD([new SGD.ParamGroup([a], 0.1), new SGD.ParamGroup([b], 0.01)], 0.5);
        LRScheduler schedule = StepLR(optimizer, 1, 0.5);
        schedule.step();
        Assert.Equal([0.05, 0.005], optimizer.ParamGroups.Select(g => g.LearningRate));
    }

    [Theory]
    [InlineData("StepLR", 0.5 * 0.2 * 0.2)]
    [InlineData("MultiStepLR", 0.5 * 0.25)]
    [InlineData("ExponentialLR", 0.5 * 0.8 * 0.8 * 0.8 * 0.8 * 0.8 * 0.8)]
    [InlineData("LinearLR", 0.5 * 0.8)]
    [InlineData("ConstantLR", 0.5)]
    [InlineData("PolynomialLR", 0.0)]
    public void Step_to_an_epoch_sets_the_rate_of_that_epoch(string name, double wanted)
    {
        using Parameter p = new(zeros(1));
        using SGD optimizer = optim.SGD([p], 0.5);
        LRScheduler schedule = Cases[name](optimizer);
        schedule.step((int?)6);
        Assert.Equal(wanted, optimizer.ParamGroups.First().LearningRate, 1e-12);
    }

    [Fact]
    public void Wrong_arguments_throw()
    {
        using Parameter p = new(zeros(1));
        using SGD optimizer = optim.SGD([p], 0.5);
        Assert.ThrowsAny<Exception>(() => ReduceLROnPlateau(optimizer, mode: "middle"));
        Assert.ThrowsAny<Exception>(() => OneCycleLR(optimizer, 1.0));
        Assert.ThrowsAny<Exception>(() => LambdaLR(null!, e => 1));
    }
}
