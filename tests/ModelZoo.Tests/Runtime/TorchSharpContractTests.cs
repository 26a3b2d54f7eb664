using System.Runtime.InteropServices;
using TorchSharp;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ModelZoo.Tests.Runtime;

/// <summary>
/// What the zoo relies on in TorchSharp beyond its documentation: when another version changes it, this says what, rather than a test of the zoo
/// far from the cause.
/// </summary>
public class TorchSharpContractTests
{
    [Fact]
    public void Hooks_run_in_order_only_in_call_and_until_they_are_removed()
    {
        using Linear layer = Linear(2, 2);
        List<string> log = [];
        layer.register_forward_hook((_, _, y) => Noted("after 1", y));
        var before = layer.register_forward_pre_hook((_, x) => Noted("before 1", x));
        layer.register_forward_pre_hook((_, x) => Noted("before 2", x));
        var after = layer.register_forward_hook((_, _, y) => Noted("after 2", y));
        using Tensor x = ones(1, 2);
        layer.forward(x).Dispose();
        Assert.Empty(log);
        layer.call(x).Dispose();
        Assert.Equal(["before 1", "before 2", "after 1", "after 2"], log);
        before.remove();
        after.remove();
        layer.call(x).Dispose();
        Assert.Equal(["before 2", "after 1"], log[4..]);

        Tensor Noted(string text, Tensor t)
        {
            log.Add(text);
            return t;
        }
    }

    // A trace finds the edges of a network by the identity of these objects.
    [Fact]
    public void Hooks_get_the_very_tensors_that_pass_and_replace_them()
    {
        using Sequential chain = Sequential(Conv2d(1, 2, 3), ReLU(inplace: true), Dropout(), Flatten(), Linear(8, 2));
        chain.eval();
        List<(Tensor In, Tensor Out)> steps = [];
        foreach (nn.Module<Tensor, Tensor> leaf in chain.children())
        {
            leaf.register_forward_hook((self, x, y) =>
            {
                Assert.Same(leaf, self);
                steps.Add((x, y));
                return y;
            });
        }

        using Tensor input = ones(1, 1, 4, 4), output = chain.call(input);
        Assert.Equal([input, .. steps.Select(s => s.Out)], [.. steps.Select(s => s.In), output], ReferenceEqualityComparer.Instance);
        Assert.All(steps, s => Assert.NotSame(s.In, s.Out));

        using var sum = new Sum();
        sum.register_forward_pre_hook((_, a, b) => (a * 2, b * 5));
        sum.register_forward_hook((_, a, _, y) => y * 10 + a);
        using Tensor one = ones(1), replaced = sum.call(one, one);
        Assert.Equal(72, replaced.item<float>());
    }

    [Fact]
    public void Fields_name_parameters_buffers_and_children_in_their_order()
    {
        using var block = new Block();
        string[] parameters = ["scale", "conv.weight", "norm.weight", "norm.bias", "tail.0.weight", "tail.0.bias", "list.0.weight", "list.0.bias"];
        string[] buffers = ["offset", "norm.running_mean", "norm.running_var", "norm.num_batches_tracked"];
        Assert.Equal(parameters, block.named_parameters().Select(p => p.name));
        Assert.Equal(buffers, block.named_buffers().Select(b => b.name));
        Assert.Equal([.. parameters, .. buffers], block.state_dict().Keys);
        Assert.Equal(["conv", "norm", "tail", "list"], block.named_children().Select(c => c.name));
        Assert.Equal(["conv", "norm", "tail", "list", "tail.0", "tail.1", "list.0"], block.named_modules().Select(m => m.name)); // by level, no root
        Assert.Same(block.Scale, block.state_dict()["scale"]);
        Assert.Same(block.Scale, block.get_parameter("scale"));
        Assert.Equal(ScalarType.Int64, block.get_buffer("norm.num_batches_tracked")!.dtype);
    }

    [Fact]
    public void Training_and_evaluation_reach_all_that_is_inside()
    {
        using var block = new Block();
        Assert.All(block.modules(), m => Assert.True(m.training));
        block.eval();
        Assert.All(block.modules().Append(block), m => Assert.False(m.training));
        block.train();
        Assert.All(block.modules().Append(block), m => Assert.True(m.training));
    }

    // Optimizers hold the objects.
    [Fact]
    public void Moving_to_the_same_device_and_type_keeps_the_parameters_and_converting_keeps_requires_grad()
    {
        using var block = new Block();
        block.Scale.requires_grad = false;
        Parameter[] before = [.. block.parameters()];
        block.to(CPU).to(float32);
        Assert.Equal(before, block.parameters(), ReferenceEqualityComparer.Instance);
        block.to(float64);
        Assert.All(block.parameters(), p => Assert.Equal(ScalarType.Float64, p.dtype));
        Assert.All(block.named_parameters(), p => Assert.Equal(p.name != "scale", p.parameter.requires_grad));
        Assert.Equal(ScalarType.Float64, block.get_buffer("offset")!.dtype);
        Assert.Equal(ScalarType.Int64, block.get_buffer("norm.num_batches_tracked")!.dtype);
        Assert.Same(block.Scale, block.get_parameter("scale"));
    }

    [Fact]
    public void What_needs_no_gradient_gets_none()
    {
        using Sequential chain = Sequential(Linear(2, 3), Linear(3, 1));
        foreach (Parameter p in ((Linear)chain[0]).parameters())
        {
            p.requires_grad = false;
        }

        using DisposeScope scope = NewDisposeScope();
        chain.call(ones(1, 2)).sum().backward();
        Assert.Equal([false, false, true, true], chain.parameters().Select(p => p.grad is not null));
        using (no_grad())
        {
            Assert.False(chain.call(ones(1, 2)).requires_grad);
        }
    }

    [Fact]
    public void Permuting_makes_channels_last_and_layers_keep_it()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor x = rand(2, 3, 8, 8).permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2);
        Assert.Equal([192, 1, 24, 3], x.stride());
        using Conv2d conv = Conv2d(3, 4, 3, padding: 1);
        using BatchNorm2d norm = BatchNorm2d(4);
        using MaxPool2d pool = MaxPool2d(2);
        using AvgPool2d mean = AvgPool2d(2);
        using ReLU relu = ReLU();
        foreach (Func<Tensor, Tensor> step in new Func<Tensor, Tensor>[] { conv.call, norm.call, relu.call, pool.call, mean.call })
        {
            x = step(x);
            Assert.Equal([x.shape[1] * x.shape[2] * x.shape[3], 1, x.shape[3] * x.shape[1], x.shape[1]], x.stride());
        }
    }

    [Fact]
    public void A_scope_disposes_what_is_made_in_it_unless_it_moves_out_or_is_detached()
    {
        Tensor inside, moved, detached;
        Linear layer;
        using (NewDisposeScope())
        {
            using (NewDisposeScope())
            {
                inside = ones(2);
                moved = ones(2).MoveToOuterDisposeScope();
                detached = ones(2).DetachFromDisposeScope();
                layer = Linear(2, 2);
            }

            Assert.Equal([true, false, false], new[] { inside, moved, detached }.Select(t => t.IsInvalid));
        }

        Assert.Equal([true, false], new[] { moved, detached }.Select(t => t.IsInvalid));
        Assert.All(layer.parameters(), p => Assert.False(p.IsInvalid)); // a layer of TorchSharp's own outlives the scope that it is made in
        detached.Dispose();
        layer.Dispose();
        Assert.Throws<InvalidOperationException>(() => detached.shape);
    }

    // A module's own Parameter and Tensor fields do not: ClassicInit.NewParameter detaches them.
    [Fact]
    public void Own_parameters_and_buffers_belong_to_the_scope_that_they_are_made_in()
    {
        Block block;
        using (NewDisposeScope())
        {
            block = new Block();
        }

        Assert.True(block.Scale.IsInvalid);
        block.Dispose();
    }

    [Fact]
    public void Batch_normalization_tracks_the_unbiased_variance_with_its_momentum_in_training_only()
    {
        using DisposeScope scope = NewDisposeScope();
        using BatchNorm1d norm = BatchNorm1d(1);
        Tensor x = tensor(new float[] { 1, 3 }, 2, 1); // mean 2, variance 1, unbiased 2
        Assert.Equal([-1, 1], norm.call(x).data<float>().Select(v => Math.Round(v, 4)));
        Assert.Equal((0.2, 1.1, 1), Statistics());
        norm.eval();
        norm.call(x);
        Assert.Equal((0.2, 1.1, 1), Statistics());
        norm.train();
        norm.momentum = 0.5;
        norm.call(x);
        Assert.Equal((1.1, 1.55, 2), Statistics());

        (double Mean, double Variance, long Batches) Statistics() =>
            (Math.Round(norm.running_mean!.item<float>(), 5), Math.Round(norm.running_var!.item<float>(), 5), norm.num_batches_tracked!.item<long>());
    }

    [Fact]
    public void Cross_entropy_smooths_labels_and_takes_soft_targets()
    {
        using DisposeScope scope = NewDisposeScope();
        double[] z = [1, 2, 4];
        double log = Math.Log(z.Sum(Math.Exp));
        double hard = log - z[2], even = z.Average(v => log - v);
        Tensor logits = tensor(z, 1, 3), label = tensor([2L]), soft = tensor(new[] { 0.25, 0, 0.75 }, 1, 3);
        Assert.Equal(hard, functional.cross_entropy(logits, label).item<double>(), 12);
        Assert.Equal((0.9 * hard) + (0.1 * even), functional.cross_entropy(logits, label, label_smoothing: 0.1).item<double>(), 12);
        Assert.Equal((0.25 * (log - z[0])) + (0.75 * hard), functional.cross_entropy(logits, soft).item<double>(), 12);
    }

    [Fact]
    public void A_generator_of_the_same_seed_gives_the_same_bits()
    {
        using DisposeScope scope = NewDisposeScope();
        using var first = new Generator(7);
        using var second = new Generator(7);
        Assert.Equal(Bits(randn([100], generator: first)), Bits(randn([100], generator: second)));
        Assert.NotEqual(Bits(randn([100], generator: first)), Bits(randn([101], generator: second)[1..]));

        static byte[] Bits(Tensor t) => t.bytes.ToArray();
    }

    // Reading, and writing in place, goes through the memory itself; weights are loaded that way.
    [Fact]
    public void Bytes_are_the_tensor_s_own_memory()
    {
        using Tensor t = tensor(new[] { 1f, 2f });
        Assert.Equal([0, 0, 0x80, 0x3f, 0, 0, 0, 0x40], t.bytes.ToArray());
        BitConverter.TryWriteBytes(t.bytes[4..], 5f);
        using Tensor second = t[1];
        Assert.Equal(5, second.item<float>());
    }

    [Fact]
    public void A_compiled_script_takes_lists_of_tensors_and_changes_them_in_place()
    {
        using DisposeScope scope = NewDisposeScope();
        using jit.CompilationUnit script = jit.compile("""
            def add(into: List[Tensor], what: List[Tensor], times: float) -> List[Tensor]:
                torch._foreach_add_(into, what, alpha=times)
                return into

            """);
        Tensor[] into = [ones(2), ones(1)];
        script.invoke("add", into, new[] { ones(2), ones(1) }, 3.0);
        Assert.Equal([4, 4, 4], into.SelectMany(t => t.data<float>()));
    }

    [Fact]
    public void A_wrong_shape_is_an_exception_and_the_next_call_works()
    {
        using DisposeScope scope = NewDisposeScope();
        using Linear layer = Linear(3, 2);
        Assert.Throws<ExternalException>(() => layer.call(ones(1, 4)));
        Assert.Throws<ExternalException>(() => ones(2) + ones(3));
        Assert.ThrowsAny<Exception>(() => functional.conv2d(ones(1, 2, 4, 4), ones(1, 3, 3, 3)));
        Assert.Equal([1, 2], layer.call(ones(1, 3)).shape);
    }

#pragma warning disable IDE1006, CS0414 // TorchSharp names parameters, buffers and children by their fields.
    private sealed class Block : Module<Tensor, Tensor>
    {
        private readonly Parameter scale = Parameter(ones(1));
        private readonly Conv2d conv = Conv2d(3, 4, 1, bias: false);
        private readonly BatchNorm2d norm = BatchNorm2d(4);
        private readonly Tensor offset = zeros(1); // a buffer, though nobody said so
        private readonly Sequential tail = Sequential(Conv2d(4, 2, 1), ReLU());
        private readonly ModuleList<Module<Tensor, Tensor>> list = ModuleList<Module<Tensor, Tensor>>(Conv2d(2, 2, 1));

        internal Block() : base(nameof(Block)) => RegisterComponents();

        internal Parameter Scale => scale;

        public override Tensor forward(Tensor input) => list[0].call(tail.call(norm.call(conv.call(input)))) * scale + offset;
    }

    private sealed class Sum() : Module<Tensor, Tensor, Tensor>(nameof(Sum))
    {
        public override Tensor forward(Tensor input1, Tensor input2) => input1 + input2;
    }
#pragma warning restore IDE1006, CS0414
}
