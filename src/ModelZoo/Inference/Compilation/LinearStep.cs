using ModelZoo.Tracing;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ModelZoo.Inference.Compilation;

/// <summary>act(x·Wᵀ + b), [N,in] → [N,out].</summary>
internal sealed class LinearStep : Step
{
    // From more rows on it pays to lay the weights out (AlexNet at batch 8).
    private const long MostRows = 4;

    private readonly Backend backend;
    private readonly Linear linear;
    private readonly Tensor weight;
    private readonly Tensor? bias;
    private readonly PointwiseFunction? function;
    private readonly Activation? activation; // null where the zoo's own kernel is not used
    private readonly Tensor? ownBias; // of that kernel

    public LinearStep(IReadOnlyList<TraceNode> layers, int[] inputs, int output, Backend backend) : base(layers, inputs, output)
    {
        this.backend = backend;
        linear = (Linear)layers[0].Module;
        function = layers.Count > 1 ? PointwiseFunction.Of(layers[1].Module) : null;
        using DisposeScope scope = NewDisposeScope();
        using IDisposable none = no_grad();
        weight = Keep(linear.weight.detach().to(backend.Type).contiguous().alias()); // the model's memory, in float32
        bias = linear.bias is { } own ? Keep(own.detach().to(backend.Type).alias()) : null;
        activation = backend.Kernels && DirectConvolution.IsSupported ? Activation.Of(function) : null;
        ownBias = activation is null ? null : Keep(DirectConvolution.PackBias(bias, linear.out_features));
    }

    /// <summary>The activation; null for none.</summary>
    internal PointwiseFunction? Function => function;

    public override string Kind => Join("linear", function?.Name);

    public override IEnumerable<Func<Tensor?>> Sources => [() => linear.weight, () => linear.bias];

    public override Tensor Run(ReadOnlySpan<Tensor> x, Tensor? pack)
    {
        if (backend.Kernels && x[0].shape[0] <= MostRows)
        {
            return Kernels.Product(x[0], weight, bias, function);
        }

        if (activation is { } own)
        {
            return ByOwnKernel(x[0], pack!, own);
        }

        if (backend.Fused && pack is not null)
        {
            return NativeOperators.Linear(x[0], pack, bias, function);
        }

        Tensor plain = nn.functional.linear(x[0], weight, bias);
        return function?.Apply(plain) ?? plain;
    }

    public override Tensor? Pack(long batch)
    {
        if ((backend.Kernels && batch <= MostRows) || !backend.Fused || (activation is null && !backend.Has(Fusions.Packing)))
        {
            return null;
        }

        using DisposeScope scope = NewDisposeScope();
        using IDisposable none = no_grad();
        return Keep(activation is null ? NativeOperators.PackLinear(weight, batch) : DirectConvolution.Pack(weight.reshape([.. weight.shape, 1, 1])));
    }

    public override bool OnTeam => activation is not null;

    private Tensor ByOwnKernel(Tensor x, Tensor pack, Activation own)
    {
        Tensor y = empty(x.shape[0], linear.out_features, dtype: ScalarType.Float32);
        Pixels rows = Pixels.OfRows(x, out Tensor held);
        DirectConvolution.Run(rows, Pixels.OfRows(y, out _), null, pack, ownBias!, (1, 1), Window.Point, own);
        GC.KeepAlive(held);
        return y;
    }

    public override void Dispose()
    {
        weight.Dispose();
        bias?.Dispose();
        ownBias?.Dispose();
        base.Dispose();
    }
}
