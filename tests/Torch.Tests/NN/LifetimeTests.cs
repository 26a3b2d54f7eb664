using System.Runtime.InteropServices;
using TorchSharp;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Torch.Tests.NN;

public class LifetimeTests
{
    [Fact]
    public void A_module_made_in_a_scope_outlives_it()
    {
        Block block;
        using (NewDisposeScope())
        {
            block = new Block();
        }

        Assert.All(block.state_dict().Values, t => Assert.False(t.IsInvalid));
        block.Dispose();
    }

    [Fact]
    public void Disposing_a_module_disposes_what_it_holds()
    {
        var block = new Block();
        List<Tensor> all = [.. block.state_dict().Values];
        block.Dispose();
        Assert.All(all, t => Assert.True(t.IsInvalid));
    }

    [Fact]
    public void A_disposed_module_has_no_parameters_and_does_not_run()
    {
        var block = new Block();
        var linear = Linear(2, 2);
        block.Dispose();
        block.Dispose();
        linear.Dispose();
        Assert.Empty(block.parameters());
        Assert.Empty(block.buffers());
        Assert.Empty(linear.parameters());
        Assert.Throws<InvalidOperationException>(() => linear.call(ones(1, 2)));
    }

    [Fact]
    public void A_layer_that_changes_nothing_hands_its_input_on_in_a_new_handle()
    {
        foreach (Module<Tensor, Tensor> m in new Module<Tensor, Tensor>[] { Identity(), Dropout(), Flatten(), Sequential(), Dropout(inplace: true), ReLU(inplace: true) })
        {
            m.eval();
            using Tensor x = ones(2, 3), y = m.call(x);
            Assert.NotSame(x, y);
            y.mul_(5);
            Values.Near([5, 5, 5, 5, 5, 5], x, 0);
        }
    }

    [Fact]
    public void A_parameter_takes_over_its_tensor()
    {
        Tensor t = ones(2);
        using Parameter p = Parameter(t);
        Assert.True(t.IsInvalid);
        Assert.True(p.requires_grad);
        Assert.True(p.is_leaf);
        using Parameter frozen = Parameter(ones(2), requires_grad: false);
        Assert.False(frozen.requires_grad);
    }

    [Fact]
    public void Converting_replaces_parameters_and_floating_point_buffers()
    {
        using var block = new Block();
        block.Scale.requires_grad = false;
        Assert.Same(block, block.to(float64));
        foreach ((string name, Parameter p) in block.named_parameters())
        {
            Assert.Equal(ScalarType.Float64, p.dtype);
            Assert.Equal(name != "scale", p.requires_grad);
        }

        Assert.Equal(ScalarType.Float64, block.Scale.dtype);
        Assert.Equal(ScalarType.Float64, block.Offset.dtype);
        Assert.Equal(ScalarType.Float64, block.Norm.running_mean!.dtype);
        Assert.Equal(ScalarType.Int64, block.Norm.num_batches_tracked!.dtype);
        Assert.Same(block.Scale, block.get_parameter("scale"));
        Assert.Same(block.Conv.weight, block.get_parameter("conv.weight"));
        using Tensor y = block.call(Values.Wave(1, 3, 4, 4));
        Assert.Equal(ScalarType.Float64, y.dtype);
    }

    [Fact]
    public void Converting_to_the_same_type_changes_nothing()
    {
        using Linear m = Linear(2, 2);
        Parameter before = m.weight;
        m.to(float32).cpu();
        Assert.Same(before, m.weight);
        Assert.False(before.IsInvalid);
    }

    [Fact]
    public void Converting_to_integers_is_an_error()
    {
        using Linear m = Linear(2, 2);
        Assert.Throws<ExternalException>(() => m.to(int32));
    }

    [Fact]
    public void Frozen_parameters_get_no_gradient()
    {
        using Sequential s = Sequential(Linear(2, 3), Linear(3, 1));
        foreach (Parameter p in s[0] is Linear first ? first.parameters() : [])
        {
            p.requires_grad = false;
        }

        using Tensor x = ones(1, 2);
        s.call(x).sum().backward();
        Assert.Equal([false, false, true, true], s.parameters().Select(p => p.grad is not null));
    }

    [Fact]
    public void Zero_grad_forgets_gradients_or_zeros_them()
    {
        using Linear m = Linear(2, 1);
        using Tensor x = ones(1, 2);
        m.call(x).sum().backward();
        Values.Near([1, 1], m.weight.grad!, 0);
        m.zero_grad(set_to_none: false);
        Values.Near([0, 0], m.weight.grad!, 0);
        m.zero_grad();
        Assert.Null(m.weight.grad);
    }

    [Fact]
    public void Sequential_disposes_its_intermediate_results_only()
    {
        using Sequential s = Sequential(Linear(2, 2), ReLU(), Linear(2, 2));
        List<Tensor> seen = [];
        foreach (Module m in s.children())
        {
            ((Module<Tensor, Tensor>)m).register_forward_hook((_, _, y) =>
            {
                seen.Add(y);
                return y;
            });
        }

        using Tensor x = ones(1, 2);
        using Tensor y = s.call(x);
        Assert.False(x.IsInvalid);
        Assert.Equal([true, true, false], seen.Select(t => t.IsInvalid));
        y.sum().backward();
        Assert.NotNull(((Linear)s[0]).weight.grad);
    }

    [Fact]
    public void An_empty_Sequential_hands_its_input_on_in_a_new_handle()
    {
        using Sequential s = Sequential();
        using Tensor x = ones(2);
        using Tensor y = s.call(x);
        Assert.NotSame(x, y);
        Values.Near([1, 1], y, 0);
    }

    [Fact]
    public void Replacing_a_weight_replaces_the_registered_parameter()
    {
        using Linear m = Linear(2, 1);
        m.weight = Parameter(ones(1, 2) * 3);
        m.bias = null;
        Assert.Equal(["weight"], m.state_dict().Keys);
        Assert.Same(m.weight, m.get_parameter("weight"));
        using Tensor x = ones(1, 2);
        Values.Near([6], m.call(x));
    }

    [Fact]
    public void Eight_threads_run_one_network()
    {
        using var net = new LeNet();
        net.eval();
        using Tensor x = Values.Wave(4, 1, 28, 28).to(float32);
        double[] expected;
        using (no_grad())
        {
            expected = Values.Doubles(net.call(x));
        }

        Parallel.For(0, 8, new ParallelOptions { MaxDegreeOfParallelism = 8 }, _ =>
        {
            using IDisposable mode = no_grad();
            for (int i = 0; i < 10; i++)
            {
                using Tensor y = net.call(x);
                Values.Near(expected, y, 1e-5);
            }
        });
    }
}
