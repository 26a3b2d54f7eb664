using ModelZoo.Tests.Training;
using ModelZoo.Tests.Verification;
using ModelZoo.Tracing;
using TorchSharp;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;

namespace ModelZoo.Tests.Tracing;

[Collection(TorchCollection.Name)]
public class TraceTests
{
    [Fact]
    public void Branches_and_joins_are_recovered()
    {
        using var model = new Branchy();
        using Trace trace = Trace.Run(model, 2, 3, 9, 9);
        Assert.Equal(["conv1", "bn1", "relu", "left", "add", "right", "concat", "pool", "flatten", "dropout", "fc"], trace.Nodes.Select(n => n.Name));
        Assert.Equal([Trace.ModelInput], trace.Nodes[0].Inputs);
        Assert.Equal(["left", "relu"], Sources(trace, "add"));
        Assert.Equal(["add", "right"], Sources(trace, "concat"));
        Assert.Equal(10, trace.Output);
        Assert.Equal([2, 12, 5, 5], trace.Nodes[6].OutputShape);
        Assert.Equal([[2, 6, 5, 5], [2, 6, 5, 5]], trace.Nodes[6].InputShapes);
        Assert.Equal([2, 3, 9, 9], trace.InputShape);
    }

    [Fact]
    public void Of_a_leaf_with_two_outputs_each_consumer_says_which_it_takes()
    {
        using var model = new PoolAndUnpool();
        using Tensor input = randn(1, 2, 4, 4);
        using Trace trace = Trace.Run(model, input, keepValues: true);
        Assert.Equal(["pool", "unpool"], trace.Nodes.Select(n => n.Name));
        Assert.Equal([0], trace.Nodes[0].InputSlots);
        Assert.Equal([0, 0], trace.Nodes[1].Inputs);
        Assert.Equal([0, 1], trace.Nodes[1].InputSlots);
        Assert.Equal([1, 2, 2, 2], trace.Nodes[0].OutputShape);
        Assert.Equal(ScalarType.Int64, Assert.Single(trace.Nodes[0].FurtherOutputValues).dtype);
    }

    [Fact]
    public void A_shared_module_gets_a_node_for_each_call()
    {
        ReLU shared = nn.ReLU();
        using nn.Module<Tensor, Tensor> model = nn.Sequential(("a", shared), ("fc", nn.Linear(4, 4)), ("b", shared));
        using Trace trace = Trace.Run(model, 1, 4);
        Assert.Equal(["a", "fc", "a#2"], trace.Nodes.Select(n => n.Name));
        Assert.Same(trace.Nodes[0].Module, trace.Nodes[2].Module);
        Assert.Equal([1], trace.Nodes[2].Inputs);
    }

    [Fact]
    public void An_in_place_leaf_keeps_the_input_that_it_saw()
    {
        using nn.Module<Tensor, Tensor> model = nn.Sequential(("bn", nn.Identity()), ("relu", nn.ReLU(inplace: true)));
        model.eval();
        using Tensor input = tensor(new[] { -1f, 2f }).reshape(1, 2);
        using Trace trace = Trace.Run(model, input, keepValues: true);
        Assert.Equal([-1f, 2f], trace.Nodes[1].InputValues[0].data<float>().ToArray());
        Assert.Equal([0f, 2f], trace.Nodes[1].OutputValue!.data<float>().ToArray());
    }

    [Fact]
    public void Kept_values_are_copies_that_live_until_the_trace_is_disposed()
    {
        using nn.Module<Tensor, Tensor> model = nn.Sequential(("flatten", nn.Flatten()), ("relu", nn.ReLU()));
        Trace trace;
        using (DisposeScope scope = NewDisposeScope())
        {
            Tensor input = ones(1, 2, 2);
            trace = Trace.Run(model, input, keepValues: true);
            input.zero_();
        }

        Tensor kept = trace.Nodes[0].OutputValue!;
        Assert.Equal([1f, 1f, 1f, 1f], kept.data<float>().ToArray());
        trace.Dispose();
        Assert.True(kept.IsInvalid);
    }

    [Fact]
    public void Dropout_in_evaluation_is_a_node_like_any_other()
    {
        using nn.Module<Tensor, Tensor> model = nn.Sequential(("drop", nn.Dropout(0.9)), ("fc", nn.Linear(3, 2)));
        using Trace trace = Trace.Run(model, 1, 3);
        Assert.Equal(["drop", "fc"], trace.Nodes.Select(n => n.Name));
        Assert.Equal([0], trace.Nodes[1].Inputs);
        Assert.True(model.training);
    }

    [Fact]
    public void Nested_sequentials_give_paths()
    {
        using nn.Module<Tensor, Tensor> model = nn.Sequential(
            ("stem", nn.Sequential(("conv", nn.Conv2d(1, 2, 3)), ("inner", nn.Sequential(nn.ReLU(), nn.MaxPool2d(2))))),
            ("head", nn.Flatten()));
        using Trace trace = Trace.Run(model, 1, 1, 6, 6);
        Assert.Equal(["stem.conv", "stem.inner.0", "stem.inner.1", "head"], trace.Nodes.Select(n => n.Name));
        Assert.Equal(["Conv2d", "ReLU", "MaxPool2d", "Flatten"], trace.Nodes.Select(n => n.Op));
        Assert.Equal([20, 0, 0, 0], trace.Nodes.Select(n => n.ParameterCount));
    }

    [Fact]
    public void A_model_that_is_one_leaf_has_one_node()
    {
        using Linear model = nn.Linear(3, 2);
        using Trace trace = Trace.Run(model, 5, 3);
        Assert.Equal([5, 2], Assert.Single(trace.Nodes).OutputShape);
    }

    [Theory]
    [InlineData(nameof(Branchy.Wiring.HiddenFunction), "'concat'")]
    [InlineData(nameof(Branchy.Wiring.HiddenFunctionAtTheEnd), "'fc'")]
    public void A_hidden_function_is_named(string wiring, string place)
    {
        using var model = new Branchy(Enum.Parse<Branchy.Wiring>(wiring));
        TraceException error = Assert.Throws<TraceException>(() => Trace.Run(model, 1, 3, 9, 9).Dispose());
        Assert.Contains(place, error.Message, StringComparison.Ordinal);
        Assert.True(model.training);
    }

    [Fact]
    public void Hooks_are_gone_afterwards_even_when_the_forward_failed()
    {
        bool fail = true;
        using nn.Module<Tensor, Tensor> model = nn.Sequential(
            ("fc", nn.Linear(3, 3)),
            ("leaf", new Leaf(x => fail ? throw new InvalidOperationException("no more") : x.neg())));
        Assert.Throws<InvalidOperationException>(() => Trace.Run(model, 1, 3).Dispose());
        fail = false;
        long before = 0;
        for (int i = 0; i < 2; i++)
        {
            using Trace trace = Trace.Run(model, 1, 3);
            Assert.Equal(2, trace.Nodes.Count);
        }

        using Tensor input = ones(1, 3);
        using Tensor warm = model.call(input);
        before = Tensor.TotalCount;
        using Tensor output = model.call(input);
        Assert.True(Tensor.TotalCount - before <= 4);
    }

    private static string[] Sources(Trace trace, string name) => [.. trace.Nodes.Single(n => n.Name == name).Inputs.Select(i => trace.Nodes[i].Name)];
}
