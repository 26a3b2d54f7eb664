using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ModelZoo.Tests.Training;

/// <summary>Returns its input, [N,classes], times a trainable 1: what comes in are the logits.</summary>
internal sealed class Passing : nn.Module<Tensor, Tensor>
{
#pragma warning disable IDE1006
    private readonly Parameter factor = new(ones(1));
#pragma warning restore IDE1006

    public Passing() : base(nameof(Passing)) => RegisterComponents();

    public override Tensor forward(Tensor input) => input * factor;
}

/// <summary>Batch norm, dropout and two linear layers: everything whose mode matters.</summary>
internal sealed class Normalized : nn.Module<Tensor, Tensor>
{
#pragma warning disable IDE1006
    private readonly Linear first = nn.Linear(4, 8);
    private readonly BatchNorm1d bn = nn.BatchNorm1d(8);
    private readonly Dropout drop = nn.Dropout(0.5);
    private readonly Linear last = nn.Linear(8, 3);
#pragma warning restore IDE1006

    public Normalized() : base(nameof(Normalized)) => RegisterComponents();

    public Linear First => first;

    public BatchNorm1d Statistics => bn;

    public override Tensor forward(Tensor input)
    {
        using DisposeScope scope = NewDisposeScope();
        return last.call(drop.call(bn.call(first.call(input)))).MoveToOuterDisposeScope();
    }
}
