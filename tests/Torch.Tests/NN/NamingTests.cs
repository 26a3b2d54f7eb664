using TorchSharp;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Torch.Tests.NN;

public class NamingTests
{
    [Fact]
    public void Fields_name_children_and_parameters()
    {
        using var net = new LeNet();
        Assert.Equal(
            ["conv1.weight", "conv1.bias", "conv2.weight", "conv2.bias", "fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias", "fc3.weight", "fc3.bias"],
            net.state_dict().Keys);
        Assert.Equal(["conv1", "conv2", "fc1", "fc2", "fc3", "pool", "relu", "flatten"], net.named_children().Select(c => c.name));
        Assert.Equal(61706, net.parameters().Sum(p => p.numel()));
    }

    [Fact]
    public void A_module_s_own_parameters_and_buffers_have_their_fields_names()
    {
        using var block = new Block();
        Assert.Equal(["scale", "conv.weight", "norm.weight", "norm.bias", "tail.mix.weight", "tail.mix.bias"], block.named_parameters().Select(p => p.name));
        Assert.Equal(["offset", "norm.running_mean", "norm.running_var", "norm.num_batches_tracked"], block.named_buffers().Select(b => b.name));
    }

    [Fact]
    public void State_holds_each_module_s_parameters_before_its_buffers()
    {
        using BatchNorm2d norm = BatchNorm2d(3);
        Assert.Equal(["weight", "bias", "running_mean", "running_var", "num_batches_tracked"], norm.state_dict().Keys);
        Assert.Equal(ScalarType.Int64, norm.num_batches_tracked!.dtype);

        using var block = new Block();
        string[] expected =
        [
            "scale", "offset", "conv.weight", "norm.weight", "norm.bias", "norm.running_mean", "norm.running_var", "norm.num_batches_tracked",
            "tail.mix.weight", "tail.mix.bias",
        ];
        Assert.Equal(expected.Order(), block.state_dict().Keys.Order());
    }

    [Fact]
    public void Sequential_names_its_children_by_index_or_as_told()
    {
        using Sequential s = Sequential(Linear(2, 3), ReLU(), Linear(3, 1, hasBias: false));
        Assert.Equal(["0.weight", "0.bias", "2.weight"], s.state_dict().Keys);
        Assert.Equal(["0", "1", "2"], s.named_children().Select(c => c.name));
        s.append(Tanh()).append("last", Linear(1, 1));
        Assert.Equal(["0", "1", "2", "3", "last"], s.named_children().Select(c => c.name));
        Assert.Equal(5, s.Count);
    }

    [Fact]
    public void Sequential_slices_keep_the_names_and_share_the_modules()
    {
        using Sequential s = Sequential(("a", Linear(2, 3)), ("b", ReLU()), ("c", Linear(3, 1)));
        Sequential slice = s[1..3];
        Assert.Equal(["b", "c"], slice.named_children().Select(c => c.name));
        Assert.Same(s[2], slice[1]);
        Assert.Same(s[0], s[(0, 2)][0]);
    }

    [Fact]
    public void Lists_and_dictionaries_name_their_entries()
    {
        using var net = new Holder();
        string[] expected =
        [
            "blocks.0.weight", "blocks.0.bias", "blocks.1.weight", "blocks.1.bias", "heads.small.weight", "heads.small.bias",
            "scales.0", "scales.1", "named.gamma",
        ];
        Assert.Equal(expected, net.named_parameters().Select(p => p.name));
        Assert.True(net.has_parameter("blocks.1.weight"));
        Assert.True(net.has_parameter("named.gamma"));
        Assert.False(net.has_parameter("blocks.2.weight"));
        Assert.Equal([3, 2], net.get_parameter("heads.small.weight")!.shape);
    }

    [Fact]
    public void Fields_of_base_types_are_registered_after_the_type_s_own()
    {
        using var net = new Derived();
        Assert.Equal(["head.weight", "head.bias", "trunk.weight", "trunk.bias"], net.state_dict().Keys);
        net.to(float64);
        using Tensor y = net.call(ones(1, 2, float64));
        Assert.Equal(ScalarType.Float64, y.dtype);
    }

    [Fact]
    public void Modules_are_listed_level_by_level_without_the_root()
    {
        using var block = new Block();
        Assert.Equal(["conv", "norm", "tail", "tail.act", "tail.mix"], block.named_modules().Select(m => m.name));
        using Sequential s = Sequential(("a", Sequential(("b", ReLU()))), ("c", Sequential(("d", ReLU()))));
        Assert.Equal(["a", "c", "a.b", "c.d"], s.named_modules().Select(m => m.name));
        Assert.Equal(4, s.modules().Count());
    }

    [Fact]
    public void A_module_list_is_a_list()
    {
        using Linear a = Linear(1, 1), b = Linear(1, 1), c = Linear(1, 1);
        using ModuleList<Linear> list = ModuleList(a, b);
        list.Insert(1, c);
        Assert.Equal(3, list.Count);
        Assert.Same(c, list[1]);
        Assert.Equal(2, list.IndexOf(b));
        Assert.True(list.Remove(a));
        list[0] = a;
        Assert.Same(a, list[0]);
        Assert.Same(b, list.Last());
    }

    [Fact]
    public void A_module_dictionary_is_an_ordered_dictionary()
    {
        using Linear a = Linear(1, 1), b = Linear(1, 1);
        using ModuleDict<Linear> dict = ModuleDict(("one", a), ("two", b));
        Assert.Equal(["one", "two"], dict.keys());
        Assert.Same(b, dict["two"]);
        Assert.True(dict.ContainsKey("one"));
        Assert.False(dict.ContainsKey("three"));
        Assert.True(dict.Remove("one"));
        Assert.Equal(["two"], dict.Keys);
        Assert.Equal(("two", b), dict[0]);
    }

    [Fact]
    public void Registering_by_hand_needs_a_plain_new_name()
    {
        using var net = new Open();
        net.register_module("child", Linear(1, 1));
        net.register_buffer("table", zeros(2));
        net.register_buffer("scratch", zeros(2), persistent: false);
        net.register_parameter("w", Parameter(ones(2)));
        Assert.Equal(new[] { "child.bias", "child.weight", "table", "w" }, net.state_dict().Keys.Order());
        Assert.True(net.has_buffer("scratch"));
        Assert.NotNull(net.get_buffer("scratch"));
        Assert.Equal(["table"], net.named_buffers().Select(b => b.name));
        Assert.Single(net.buffers());
        Assert.ThrowsAny<Exception>(() => net.register_module("child", Linear(1, 1)));
        Assert.ThrowsAny<Exception>(() => net.register_buffer("table", zeros(2)));
        Assert.ThrowsAny<Exception>(() => net.register_parameter("w", Parameter(ones(2))));
    }

    [Fact]
    public void A_module_without_parameters_takes_none()
    {
        using ReLU relu = ReLU();
        Assert.Throws<InvalidOperationException>(() => relu.register_parameter("w", Parameter(ones(1))));
        Assert.Throws<InvalidOperationException>(() => relu.register_buffer("b", ones(1)));
        Assert.Throws<InvalidOperationException>(() => relu.register_module("m", Linear(1, 1)));
    }

    [Fact]
    public void Apply_reaches_every_module()
    {
        using Sequential s = Sequential(Linear(1, 1), Sequential(ReLU(), Linear(1, 1)));
        List<string> names = [];
        // Not GetName(): that of a Sequential is "torch::nn::SequentialImpl" in TorchSharp 0.105.1.
        s.apply(m => names.Add(m.GetType().Name));
        Assert.Equal(["Linear", "ReLU", "Linear", "Sequential", "Sequential"], names);
    }

    private sealed class Holder : Module<Tensor, Tensor>
    {
        private readonly ModuleList<Linear> blocks = ModuleList(Linear(1, 2), Linear(2, 2));
        private readonly ModuleDict<Linear> heads = ModuleDict(("small", Linear(2, 3)));
        private readonly ParameterList scales = ParameterList(Parameter(ones(1)), Parameter(ones(2)));
        private readonly ParameterDict named = ParameterDict(("gamma", Parameter(ones(3))));

        internal Holder() : base(nameof(Holder)) => RegisterComponents();

        public override Tensor forward(Tensor input) => heads["small"].call(blocks[1].call(blocks[0].call(input))) * named["gamma"] + scales[0];
    }

    private abstract class Base : Module<Tensor, Tensor>
    {
        private readonly Linear trunk = Linear(2, 2);

        protected Base(string name) : base(name)
        {
        }

        protected Tensor Trunk(Tensor x) => trunk.call(x);
    }

    private sealed class Derived : Base
    {
        private readonly Linear head = Linear(2, 1);

        internal Derived() : base(nameof(Derived)) => RegisterComponents();

        public override Tensor forward(Tensor input) => head.call(Trunk(input));
    }

    private sealed class Open : Module<Tensor, Tensor>
    {
        internal Open() : base(nameof(Open)) => RegisterComponents();

        public override Tensor forward(Tensor input) => input.alias();
    }
}
