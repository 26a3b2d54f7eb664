using ModelZoo.Layers;
using ModelZoo.Registry;
using static TorchSharp.torch;

namespace ModelZoo.Tests.Verification.Mutations;

/// <summary>
/// A module with another one's children, under their names, and a <c>forward</c> of its own: a network or a block whose author wired it wrongly.
/// </summary>
internal class Rewired : nn.Module<Tensor, Tensor>
{
    private readonly Func<Wires, Tensor, Tensor> body;

    /// <param name="original">Whose children it has.</param>
    /// <param name="body">Its forward.</param>
    /// <param name="replaced">Children that stand in place of the original's of the same name, or come after all of them.</param>
    public Rewired(nn.Module original, Func<Wires, Tensor, Tensor> body, params (string Name, nn.Module Module)[] replaced) : base(original.GetName())
    {
        this.body = body;
        foreach ((string name, nn.Module module) in original.named_children())
        {
            register_module(name, replaced.FirstOrDefault(r => r.Name == name).Module ?? module);
        }

        foreach ((string name, nn.Module module) in replaced.Where(r => original.named_children().All(child => child.name != r.Name)))
        {
            register_module(name, module);
        }
    }

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        return body(new Wires(this), input).MoveToOuterDisposeScope();
    }

    /// <summary>Calls children by name.</summary>
    internal sealed class Wires(nn.Module owner)
    {
        /// <summary>One after the other.</summary>
        public Tensor Chain(Tensor x, params string[] names) => names.Aggregate(x, (y, name) => ((nn.Module<Tensor, Tensor>)Child(name)).call(y));

        public Tensor Join(string name, Tensor a, Tensor b) => ((nn.Module<Tensor, Tensor, Tensor>)Child(name)).call(a, b);

        public Tensor Join(string name, params Tensor[] all) => ((nn.Module<Tensor[], Tensor>)Child(name)).call(all);

        public bool Has(string name) => owner.named_children().Any(child => child.name == name);

        private nn.Module Child(string name) => owner.named_children().Single(child => child.name == name).module;
    }
}

/// <summary>The same with auxiliary classifiers, whose outputs come in the wrong order.</summary>
internal sealed class SwappedHeads(ZooModel original) : Rewired(original, (_, x) => original.call(x)), IAuxiliaryHeads
{
    private readonly Func<Tensor, Tensor[]> all = ((IAuxiliaryHeads)original).ForwardAll;

    public IReadOnlyList<string> Auxiliary { get; } = [.. ((IAuxiliaryHeads)original).Auxiliary.Reverse()];

    public double AuxiliaryWeight => 0.3;

    public Tensor[] ForwardAll(Tensor input) => all(input) is [var main, var first, var second] ? [main, second, first] : throw new InvalidOperationException();
}

/// <summary>A network whose fields have another order or another name.</summary>
internal sealed class Rearranged : nn.Module<Tensor, Tensor>
{
    private readonly Func<Tensor, Tensor> body;

    public Rearranged(ZooModel original, Func<IEnumerable<string>, IEnumerable<string>> order, params (string From, string To)[] renamed)
        : base(original.GetName())
    {
        body = original.call;
        foreach (string name in order(original.named_children().Select(child => child.name)))
        {
            register_module(renamed.FirstOrDefault(r => r.From == name).To ?? name, original.named_children().Single(child => child.name == name).module);
        }
    }

    public override Tensor forward(Tensor input) => body(input);
}
