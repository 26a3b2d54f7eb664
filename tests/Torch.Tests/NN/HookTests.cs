using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Torch.Tests.NN;

public class HookTests
{
    [Fact]
    public void Hooks_run_in_the_order_of_registration_and_only_in_call()
    {
        using Linear m = Linear(2, 2);
        List<string> log = [];
        m.register_forward_hook((_, _, y) => Note(log, "after 1", y));
        m.register_forward_pre_hook((_, x) => Note(log, "before 1", x));
        m.register_forward_pre_hook((_, x) => Note(log, "before 2", x));
        m.register_forward_hook((_, _, y) => Note(log, "after 2", y));
        using Tensor x = ones(1, 2);
        m.forward(x);
        Assert.Empty(log);
        m.call(x);
        Assert.Equal(["before 1", "before 2", "after 1", "after 2"], log);
    }

    [Fact]
    public void A_removed_hook_runs_no_more()
    {
        using Linear m = Linear(2, 2);
        int runs = 0;
        var first = m.register_forward_hook((_, _, y) => { runs++; return y; });
        var second = m.register_forward_pre_hook((_, x) => { runs += 10; return x; });
        using Tensor x = ones(1, 2);
        m.call(x);
        first.remove();
        m.call(x);
        second.remove();
        m.call(x);
        Assert.Equal(21, runs);
    }

    [Fact]
    public void A_pre_hook_replaces_the_input_and_a_hook_the_output()
    {
        using Linear m = Linear(Parameter(eye(2)));
        m.register_forward_pre_hook((_, x) => x * 3);
        m.register_forward_hook((_, x, y) => y + x);
        using Tensor x = ones(1, 2);
        Values.Near([6, 6], m.call(x));
        Values.Near([1, 1], m.forward(x));
    }

    [Fact]
    public void A_hook_sees_the_module_its_input_and_its_output()
    {
        using Linear m = Linear(2, 3);
        using Tensor x = ones(1, 2);
        (object? Module, Tensor? Input, Tensor? Output) seen = default;
        m.register_forward_hook((self, input, output) =>
        {
            seen = (self, input, output);
            return output;
        });
        using Tensor y = m.call(x);
        Assert.Same(m, seen.Module);
        Assert.Same(x, seen.Input);
        Assert.Same(y, seen.Output);
    }

    [Fact]
    public void Hooks_on_leaves_inside_Sequential_see_one_leaf_s_output_as_the_next_one_s_input()
    {
        using Sequential s = Sequential(Conv2d(1, 2, 3), ReLU(inplace: true), Dropout(), Flatten(), Linear(8, 2));
        s.eval();
        List<(Tensor In, Tensor Out)> steps = [];
        foreach (Module m in s.children())
        {
            ((Module<Tensor, Tensor>)m).register_forward_hook((_, input, output) =>
            {
                steps.Add((input, output));
                return output;
            });
        }

        using Tensor x = ones(1, 1, 4, 4);
        using Tensor y = s.call(x);
        Assert.Same(x, steps[0].In);
        for (int i = 1; i < steps.Count; i++)
        {
            Assert.Same(steps[i - 1].Out, steps[i].In);
            Assert.NotSame(steps[i].In, steps[i].Out);
        }

        Assert.Same(y, steps[^1].Out);
    }

    [Fact]
    public void Modules_of_two_inputs_have_hooks_of_two_inputs()
    {
        using var add = new Add();
        using Tensor a = ones(2), b = ones(2);
        add.register_forward_pre_hook((_, x, y) => (x * 2, y * 5));
        add.register_forward_hook((_, x, y, z) => z * 10 + x);
        Values.Near([72, 72], add.call(a, b));
    }

    [Fact]
    public void A_loss_is_a_module_with_hooks()
    {
        using MSELoss loss = MSELoss();
        int runs = 0;
        loss.register_forward_hook((_, _, _, y) => { runs++; return y; });
        Values.Near(4, loss.call(zeros(2), ones(2) * 2).item<float>());
        Assert.Equal(1, runs);
    }

    private static Tensor Note(List<string> log, string text, Tensor t)
    {
        log.Add(text);
        return t;
    }

    private sealed class Add : Module<Tensor, Tensor, Tensor>
    {
        internal Add() : base(nameof(Add))
        {
        }

        public override Tensor forward(Tensor input1, Tensor input2) => input1 + input2;
    }
}
