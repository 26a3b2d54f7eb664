using ModelZoo.Layers;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ModelZoo.Onnx.Export;

/// <summary>
/// How each type of layer is written as ONNX. Types match exactly: a derived one may compute something else. A layer or a setting that has no row is a
/// <see cref="NotSupportedException"/> whose message says why.
/// </summary>
internal static class LayerExports
{
    private static readonly Dictionary<Type, Func<nn.Module, LayerCall, string[]>> Rows = [];

    static LayerExports()
    {
        Add<Conv2d>(ConvolutionExports.Convolution);
        Add<ConvTranspose2d>(ConvolutionExports.Transposed);
        Add<TableConvolution>(ConvolutionExports.Table);
        Add<BedOfNails>(ConvolutionExports.BedOfNails);
        Add<Linear>(ConvolutionExports.Linear);
        Add<RbfOutput>(ConvolutionExports.Rbf);

        Add<MaxPool2d>(PoolingExports.Max);
        Add<AvgPool2d>(PoolingExports.Average);
        Add<AdaptiveAvgPool2d>(PoolingExports.AdaptiveAverage);
        Add<AdaptiveMaxPool2d>(PoolingExports.AdaptiveMax);
        Add<Subsampling>(PoolingExports.Subsampling);
        AddMany<MaxPoolWithIndices>(PoolingExports.MaxWithIndices);
        Add<MaxUnpool>(PoolingExports.Unpool);
        Add<Upsample>(ShapeExports.Upsample);
        Add<Resample>(GraphExports.Resample);
        Add<Mean>(GraphExports.Mean);
        Add<Total>(GraphExports.Total);
        Add<BorderedAveragePool>(GraphExports.BorderedAverage);

        Add<BatchNorm2d>(NormalizationExports.Batch);
        Add<BatchNorm1d>(NormalizationExports.Batch);
        Add<InstanceNorm2d>(NormalizationExports.Instance);
        Add<InstanceNorm1d>(NormalizationExports.Instance);
        Add<GroupNorm>(NormalizationExports.Group);
        Add<LayerNorm>(NormalizationExports.Layer);
        Add<LocalResponseNorm>(NormalizationExports.LocalResponse);

        Add<ReLU>(static (_, c) => c.Out("Relu", [c.X]));
        Add<ReLU6>(static (_, c) => c.Out("Clip", [c.X, c.Scalar("least", 0), c.Scalar("most", 6)]));
        Add<LeakyReLU>(static (l, c) => c.Out("LeakyRelu", [c.X], AttributeProto.Of("alpha", (float)l.negative_slope)));
        Add<PReLU>(static (p, c) =>
            c.Out("PRelu", [c.X, c.Shape.Length == 4 && p.num_parameters > 1 ? c.PerChannel("weight", p.weight) : c.Weight("weight", p.weight)]));
        Add<ELU>(static (e, c) => c.Out("Elu", [c.X], AttributeProto.Of("alpha", (float)e.alpha)));
        Add<Sigmoid>(static (_, c) => c.Out("Sigmoid", [c.X]));
        Add<Tanh>(static (_, c) => c.Out("Tanh", [c.X]));
        Add<SiLU>(static (_, c) => c.Out("Mul", [c.X, c.Inner("Sigmoid", "sigmoid", [c.X])]));
        Add<Hardsigmoid>(static (_, c) => c.Out("HardSigmoid", [c.X], AttributeProto.Of("alpha", 1f / 6), AttributeProto.Of("beta", 0.5f)));
        Add<Hardswish>(static (_, c) => c.Out("HardSwish", [c.X]));
        Add<Softmax>(static (s, c) => c.Out("Softmax", [c.X], AttributeProto.Of("axis", s.dim)));
        Add<LogSoftmax>(static (s, c) => c.Out("LogSoftmax", [c.X], AttributeProto.Of("axis", s.dim)));
        Add<SELU>(static (_, c) => c.Out("Selu", [c.X]));
        Add<Softplus>(GraphExports.Softplus);
        Add<Softsign>(static (_, c) => c.Out("Softsign", [c.X]));
        Add<Mish>(static (_, c) => GraphExports.Mish(c));
        Add<GELU>(static (_, c) => GraphExports.Gelu(c));
        Add<HardLogistic>(static (h, c) =>
            c.Out("HardSigmoid", [c.X], AttributeProto.Of("alpha", (float)h.Alpha), AttributeProto.Of("beta", (float)h.Beta)));
        Add<Clip>(GraphExports.Clip);
        Add<ElementFunction>(static (f, c) => c.Out($"{f.Kind}", [c.X]));
        Add<ScaledTanh>(static (_, c) => c.Out("Mul", [
            c.Inner("Tanh", "tanh", [c.Inner("Mul", "scaled", [c.X, c.Scalar("slope", ScaledTanh.Slope)])]),
            c.Scalar("amplitude", ScaledTanh.Amplitude),
        ]));

        Add<Elementwise>(static (e, c) => GraphExports.Elementwise(e.Operation, c, c.Inputs));
        Add<ConstantOperand>(GraphExports.Operand);
        Add<Layers.Add>(static (_, c) => c.Out("Add", c.Inputs));
        Add<Multiply>(static (_, c) => c.Out("Mul", c.Inputs));
        Add<Negate>(static (_, c) => c.Out("Neg", [c.X]));
        Add<Concat>(static (j, c) => c.Out("Concat", c.Inputs, AttributeProto.Of("axis", j.Dim)));
        Add<MeanImage>(ShapeExports.Centered);
        Add<TransformInput>(static (t, c) => c.Out("Add", [
            c.Inner("Mul", "scaled", [c.X, c.Floats("scale", t.Scale, t.Scale.Count, 1, 1)]), c.Floats("shift", t.Shift, t.Shift.Count, 1, 1),
        ]));
        Add<Flatten>(ShapeExports.Flatten);
        Add<ZeroPad2d>(static (p, c) => ShapeExports.Pad(p, c, "constant"));
        Add<ConstantPad2d>(static (p, c) => ShapeExports.Pad(p, c, "constant"));
        Add<ReflectionPad2d>(static (p, c) => ShapeExports.Pad(p, c, "reflect"));
        Add<ReplicationPad2d>(static (p, c) => ShapeExports.Pad(p, c, "edge"));
        Add<PaddedShortcut>(ShapeExports.PaddedShortcut);
        Add<ConstantBorder>(GraphExports.Border);
        Add<Reshape>(GraphExports.Reshape);
        Add<Permute>(static (p, c) => c.Out("Transpose", [c.X], AttributeProto.Of("perm", p.Order)));
        Add<Slice>(GraphExports.Slice);
        Add<SelectIndices>(GraphExports.Select);

        // What only training needs is gone: its output is its input.
        Add<Dropout>(static (_, c) => c.X);
        Add<Dropout2d>(static (_, c) => c.X);
        Add<StochasticDepth>(static (_, c) => c.X);
        Add<Identity>(static (_, c) => c.X);
    }

    /// <summary>The types that can be written.</summary>
    public static IReadOnlyCollection<Type> Types => Rows.Keys;

    /// <summary>Writes one call of a layer.</summary>
    /// <returns>The names of its outputs.</returns>
    /// <exception cref="NotSupportedException">There is no way to write it.</exception>
    public static string[] Write(LayerCall call) => Rows.TryGetValue(call.Node.Module.GetType(), out Func<nn.Module, LayerCall, string[]>? write)
        ? write(call.Node.Module, call)
        : throw new NotSupportedException("no operator of ONNX is known for it");

    private static void Add<T>(Func<T, LayerCall, string> write)
        where T : nn.Module => AddMany<T>((module, call) => [write(module, call)]);

    private static void AddMany<T>(Func<T, LayerCall, string[]> write)
        where T : nn.Module => Rows.Add(typeof(T), (module, call) => write((T)module, call));
}
