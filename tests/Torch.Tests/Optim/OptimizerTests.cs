using TorchSharp;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;

namespace Torch.Tests.Optim;

public class OptimizerTests
{
    private static readonly Dictionary<string, Func<Parameter[], optim.Optimizer>> Cases = new()
    {
        ["SGD"] = p => optim.SGD(p, 0.1),
        ["SGD momentum"] = p => optim.SGD(p, 0.1, momentum: 0.9),
        ["SGD dampening"] = p => optim.SGD(p, 0.1, momentum: 0.9, dampening: 0.3),
        ["SGD weight decay"] = p => optim.SGD(p, 0.1, momentum: 0.9, weight_decay: 0.05),
        ["SGD nesterov"] = p => optim.SGD(p, 0.1, momentum: 0.9, weight_decay: 0.05, nesterov: true),
        ["SGD maximize"] = p => optim.SGD(p, 0.01, momentum: 0.9, maximize: true),
        ["Adam"] = p => optim.Adam(p, 0.1),
        ["Adam weight decay"] = p => optim.Adam(p, 0.1, 0.8, 0.95, 1e-6, 0.1),
        ["Adam amsgrad"] = p => optim.Adam(p, 0.4, 0.5, 0.6, amsgrad: true),
        ["Adam maximize"] = p => optim.Adam(p, 0.1, maximize: true),
        ["AdamW"] = p => optim.AdamW(p, 0.1, weight_decay: 0.2),
        ["AdamW amsgrad"] = p => optim.AdamW(p, 0.4, 0.5, 0.6, weight_decay: 0.1, amsgrad: true),
        ["AdamW maximize"] = p => optim.AdamW(p, 0.1, weight_decay: 0.2, maximize: true),
        ["RMSProp"] = p => optim.RMSProp(p, 0.05),
        ["RMSProp momentum"] = p => optim.RMSProp(p, 0.01, 0.9, momentum: 0.8, weight_decay: 0.1),
        ["RMSProp centered"] = p => optim.RMSProp(p, 0.01, 0.9, centered: true, momentum: 0.5),
        ["RMSProp maximize"] = p => optim.RMSProp(p, 0.01, maximize: true),
        ["Adagrad"] = p => optim.Adagrad(p, 0.5),
        ["Adagrad options"] = p => optim.Adagrad(p, 0.5, lr_decay: 0.1, weight_decay: 0.2, initial_accumulator_value: 0.3),
        ["Adadelta"] = p => optim.Adadelta(p, 1.0),
        ["Adadelta options"] = p => optim.Adadelta(p, 0.8, 0.7, 1e-4, 0.1),
        ["Adadelta maximize"] = p => optim.Adadelta(p, maximize: true),
        ["Adamax"] = p => optim.Adamax(p, 0.1),
        ["Adamax weight decay"] = p => optim.Adamax(p, 0.1, 0.7, 0.9, weight_decay: 0.3),
        ["NAdam"] = p => optim.NAdam(p, 0.1),
        ["NAdam options"] = p => optim.NAdam(p, 0.05, 0.8, 0.9, weight_decay: 0.1, momentum_decay: 0.01),
        ["RAdam"] = p => optim.RAdam(p, 0.1),
        ["RAdam weight decay"] = p => optim.RAdam(p, 0.1, 0.8, 0.99, weight_decay: 0.1),
        ["ASGD"] = p => optim.ASGD(p, 0.1, weight_decay: 0.05),
        ["ASGD averaging"] = p => optim.ASGD(p, 0.1, lambd: 0.1, t0: 1.0),
        ["Rprop"] = p => optim.Rprop(p, 0.1),
        ["Rprop options"] = p => optim.Rprop(p, 0.9, 0.4, 1.5, 1e-3, 0.8),
    };

    public static TheoryData<string> Names => [.. PyTorchOptimizerValues.Rows.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Five_steps_end_where_those_of_PyTorch_end(string name)
    {
        using var problem = new Problem();
        using optim.Optimizer optimizer = Cases[name](problem.Parameters);
        problem.Train(optimizer, 5);

        // PyTorch keeps ASGD's factors in single precision.
        double tolerance = name.StartsWith("ASGD", StringComparison.Ordinal) ? 1e-6 : 1e-11;
        double[] wanted = PyTorchOptimizerValues.Rows[name];
        Assert.All(problem.Values.Zip(wanted), v => Assert.Equal(v.Second, v.First, tolerance));
    }

    [Fact]
    public void Every_case_has_a_row_of_PyTorch_values() => Assert.Equal(Cases.Keys.Order(), PyTorchOptimizerValues.Rows.Keys.Order());

    [Theory]
    [MemberData(nameof(Names))]
    public void Parameter_without_a_gradient_stays_as_it_is(string name)
    {
        using var problem = new Problem();
        double[] before = problem.Values;
        problem.B.requires_grad = false;
        using optim.Optimizer optimizer = Cases[name](problem.Parameters);
        problem.Train(optimizer, 3);
        Assert.Equal(before[3..], problem.Values[3..]);
        Assert.NotEqual(before[0], problem.Values[0]);
        Assert.Null(problem.B.grad);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Step_before_any_backward_changes_nothing(string name)
    {
        using var problem = new Problem();
        double[] before = problem.Values;
        using optim.Optimizer optimizer = Cases[name](problem.Parameters);
        optimizer.zero_grad();
        optimizer.step();
        Assert.Equal(before, problem.Values);
    }

    [Fact]
    public void Momentum_step_equals_its_rule_written_with_single_tensor_operators_to_the_last_bit()
    {
        using DisposeScope scope = NewDisposeScope();
        manual_seed(3);
        var p = new Parameter(randn(1000));
        Tensor mine = p.detach().clone(), buffer = zeros(1000);
        using optim.Optimizer optimizer = optim.SGD([p], 0.1, momentum: 0.9, weight_decay: 1e-3);
        for (int i = 0; i < 5; i++)
        {
            Tensor gradient = randn(1000);
            p.grad = gradient;
            optimizer.step();
            Tensor decayed = gradient.add(mine, 1e-3);
            buffer = i == 0 ? decayed : buffer.mul(0.9).add(decayed, 1.0);
            mine = mine.add(buffer, -0.1);
            Assert.Equal(mine.data<float>().ToArray(), p.data<float>().ToArray());
        }
    }

    [Fact]
    public void Closure_runs_with_gradients_and_its_loss_is_returned()
    {
        using var problem = new Problem();
        using optim.Optimizer optimizer = optim.SGD(problem.Parameters, 0.1);
        using Tensor loss = optimizer.step(() =>
        {
            optimizer.zero_grad();
            Tensor l = problem.Loss();
            l.backward();
            return l;
        });
        Assert.Equal(9.125, loss.item<double>() - B0(), 1e-9);
        Assert.Equal(0.5 - 0.1 * 0.5, problem.Values[0], 1e-12);

        static double B0() => new[] { 0.3, -0.7, 1.1, 0.2 }.Sum(b => Math.Sin(b) * b) - 1.56;
    }

    [Fact]
    public void Zero_grad_keeps_the_gradients_and_fills_them_with_zeros()
    {
        using var problem = new Problem();
        using optim.Optimizer optimizer = optim.SGD(problem.Parameters, 0.1);
        problem.Backward();
        optimizer.zero_grad();
        using Tensor? gradient = problem.W.grad;
        Assert.Equal([0.0, 0.0, 0.0], gradient!.data<double>().ToArray());
    }

    [Fact]
    public void Training_leaves_no_tensor_behind()
    {
        // In a scope: each step of TorchSharp 0.105.1 leaves some handles (of gradients, mostly) to it or to the garbage collector.
        using var problem = new Problem();
        foreach ((string name, Func<Parameter[], optim.Optimizer> make) in Cases)
        {
            using optim.Optimizer optimizer = make(problem.Parameters);
            problem.Train(optimizer, 2);
            long before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
            using (NewDisposeScope())
            {
                problem.Train(optimizer, 20);
            }

            Assert.True(before == DisposeScopeManager.Statistics.ThreadTotalLiveCount, $"{name} leaks");
        }
    }

    [Fact]
    public void State_outlives_the_scope_of_the_first_step()
    {
        using var problem = new Problem();
        using optim.Optimizer optimizer = optim.Adam(problem.Parameters, 0.1, amsgrad: true);
        for (int i = 0; i < 3; i++)
        {
            using DisposeScope scope = NewDisposeScope();
            problem.Train(optimizer, 1);
        }
    }

#if TORCH_SYSTEM
    // A promise of src/LibTorch alone; see Training_leaves_no_tensor_behind.
    [Fact]
    public void Training_outside_of_any_scope_leaves_no_tensor_behind_either()
    {
        using var problem = new Problem();
        foreach ((string name, Func<Parameter[], optim.Optimizer> make) in Cases)
        {
            using optim.Optimizer optimizer = make(problem.Parameters);
            problem.Train(optimizer, 2);
            long before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
            problem.Train(optimizer, 20);
            Assert.True(before == DisposeScopeManager.Statistics.ThreadTotalLiveCount, $"{name} leaks");
        }
    }

    // TorchSharp 0.105.1 multiplies by the rate twice once the variance is rectified, which is from the sixth step on.
    [Fact]
    public void Rectified_Adam_ends_where_that_of_PyTorch_ends_after_nine_steps()
    {
        using var problem = new Problem();
        using optim.Optimizer optimizer = optim.RAdam(problem.Parameters, 0.1);
        problem.Train(optimizer, 9);
        double[] wanted = [0.26305574013035987, -0.23125304194408244, -0.13322140440897437, 0.05362277499125484, -0.18171025234885724, 0.42317490160133936, 0.03079067379385913];
        Assert.All(problem.Values.Zip(wanted), v => Assert.Equal(v.Second, v.First, 1e-11));
    }
#endif
}
