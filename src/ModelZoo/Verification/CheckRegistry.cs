using System.Diagnostics.CodeAnalysis;
using ModelZoo.Layers;
using ModelZoo.Verification.Checks;
using TorchSharp.Modules;
using static TorchSharp.torch;
using Surrounding = ModelZoo.Reference.Surrounding;

namespace ModelZoo.Verification;

/// <summary>Which reference check belongs to which type of leaf module. A derived type is another type: it may compute something else.</summary>
public sealed class CheckRegistry
{
    private readonly Dictionary<Type, Func<nn.Module, ILayerCheck>> factories = [];

    /// <summary>The checks that come with the library. Each call makes a registry of its own, to which a caller may add.</summary>
    public static CheckRegistry CreateDefault()
    {
        var registry = new CheckRegistry();
        registry.Add<Conv2d>(ConvolutionCheck.Of);
        registry.Add<Linear>(LinearCheck.Of);
        registry.Add<MaxPool2d>(MaxPoolCheck.Of);
        registry.Add<AvgPool2d>(AvgPoolCheck.Of);
        registry.Add<AdaptiveAvgPool2d>(AdaptiveAvgPoolCheck.Of);
        registry.Add<AdaptiveMaxPool2d>(AdaptiveMaxPoolCheck.Of);
        registry.Add<BorderedAveragePool>(BorderedAvgPoolCheck.Of);
        registry.Add<Mean>(ReductionCheck.Of);
        registry.Add<Total>(ReductionCheck.Of);
        registry.Add<BatchNorm2d>(BatchNormCheck.Of);
        registry.Add<BatchNorm1d>(BatchNormCheck.Of);
        registry.Add<GroupNorm>(GroupNormCheck.Of);
        registry.Add<InstanceNorm2d>(GroupNormCheck.Of);
        registry.Add<InstanceNorm1d>(GroupNormCheck.Of);
        registry.Add<LayerNorm>(LayerNormCheck.Of);
        registry.Add<LocalResponseNorm>(LocalResponseNormCheck.Of);
        registry.Add<TransformInput>(TransformInputCheck.Of);
        registry.Add<MeanImage>(MeanImageCheck.Of);
        registry.Add<Flatten>(static m => new FlattenCheck(m.start_dim, m.end_dim));
        registry.Add<Dropout>(static m => new IdentityCheck { Training = new DropTrainingCheck(m.p, Dropped.Elements) });
        registry.Add<Dropout2d>(static m => new IdentityCheck { Training = new DropTrainingCheck(m.p, Dropped.Channels) });
        registry.Add<Identity>(static _ => new IdentityCheck());
        registry.Add<ReLU>(static _ => ActivationCheck.Relu);
        registry.Add<ReLU6>(static _ => ActivationCheck.Relu6);
        registry.Add<LeakyReLU>(static m => ActivationCheck.LeakyRelu(m.negative_slope));
        registry.Add<Tanh>(static _ => ActivationCheck.Tanh);
        registry.Add<Sigmoid>(static _ => ActivationCheck.Sigmoid);
        registry.Add<SiLU>(static _ => ActivationCheck.Silu);
        registry.Add<PReLU>(static m => new PReluCheck(m.weight.ToNdArray()));
        registry.Add<ELU>(static m => FunctionChecks.Elu(m.alpha));
        registry.Add<SELU>(static _ => FunctionChecks.Selu);
        registry.Add<Softplus>(static m => m.beta == 1 && m.threshold == 20 ? FunctionChecks.Softplus
            : throw new NotSupportedException("the reference knows softplus with beta 1 and threshold 20 only"));
        registry.Add<Softsign>(static _ => FunctionChecks.Softsign);
        registry.Add<Mish>(static _ => FunctionChecks.Mish);
        registry.Add<GELU>(static _ => FunctionChecks.Gelu);
        registry.Add<Hardsigmoid>(static _ => FunctionChecks.HardSigmoid);
        registry.Add<Hardswish>(static _ => FunctionChecks.HardSwish);
        registry.Add<Clip>(static m => FunctionChecks.Clip(m.Least, m.Most));
        registry.Add<HardLogistic>(static m => FunctionChecks.HardLogistic(m.Alpha, m.Beta));
        registry.Add<ElementFunction>(FunctionChecks.Of);
        registry.Add<Softmax>(static m => new SoftmaxCheck(m.dim, Logarithm: false));
        registry.Add<LogSoftmax>(static m => new SoftmaxCheck(m.dim, Logarithm: true));
        registry.Add<ScaledTanh>(static _ => ActivationCheck.ScaledTanh(ScaledTanh.Amplitude, ScaledTanh.Slope));
        registry.Add<Subsampling>(SubsamplingCheck.Of);
        registry.Add<TableConvolution>(TableConvolutionCheck.Of);
        registry.Add<RbfOutput>(RbfCheck.Of);
        registry.Add<Negate>(static _ => new NegateCheck());
        registry.Add<Add>(static _ => new AddCheck());
        registry.Add<Multiply>(static _ => new MultiplyCheck());
        registry.Add<Elementwise>(ElementwiseCheck.Of);
        registry.Add<ConstantOperand>(ConstantOperandCheck.Of);
        registry.Add<PaddedShortcut>(PaddedShortcutCheck.Of);
        registry.Add<Concat>(static m => new ConcatCheck(m.Dim));
        registry.Add<StochasticDepth>(static m => new IdentityCheck { Training = new DropTrainingCheck(m.Probability, Dropped.Rows) });
        registry.Add<ZeroPad2d>(ZeroPadCheck.Of);
        registry.Add<ConstantPad2d>(static m => ArrangementCheck.Of(m, Surrounding.Constant));
        registry.Add<ReflectionPad2d>(static m => ArrangementCheck.Of(m, Surrounding.Reflected));
        registry.Add<ReplicationPad2d>(static m => ArrangementCheck.Of(m, Surrounding.Repeated));
        registry.Add<ConstantBorder>(ArrangementCheck.Of);
        registry.Add<Reshape>(ArrangementCheck.Of);
        registry.Add<Permute>(ArrangementCheck.Of);
        registry.Add<Slice>(ArrangementCheck.Of);
        registry.Add<SelectIndices>(ArrangementCheck.Of);
        registry.Add<Resample>(ResamplingCheck.Of);
        registry.Add<ConvTranspose2d>(TransposedConvolutionCheck.Of);
        registry.Add<Upsample>(UpsampleCheck.Of);
        registry.Add<BedOfNails>(BedOfNailsCheck.Of);
        registry.Add<MaxPoolWithIndices>(MaxPoolWithIndicesCheck.Of);
        registry.Add<MaxUnpool>(MaxUnpoolCheck.Of);
        return registry;
    }

    /// <summary>Registers, or replaces, the check of one type of leaf.</summary>
    /// <param name="describe">Reads hyper-parameters and weights off the module; throws <see cref="NotSupportedException"/> on settings that the check does not
    /// cover.</param>
    public void Add<TModule>(Func<TModule, ILayerCheck> describe)
        where TModule : nn.Module
    {
        ArgumentNullException.ThrowIfNull(describe);
        factories[typeof(TModule)] = module => describe((TModule)module);
    }

    /// <summary>The check of a leaf, or why there is none.</summary>
    public bool TryFind(nn.Module module, [NotNullWhen(true)] out ILayerCheck? check, [NotNullWhen(false)] out string? reason)
    {
        ArgumentNullException.ThrowIfNull(module);
        (check, reason) = (null, null);
        if (!factories.TryGetValue(module.GetType(), out Func<nn.Module, ILayerCheck>? describe))
        {
            reason = $"there is no reference check for {module.GetType().Name}; register one with CheckRegistry.Add";
            return false;
        }

        try
        {
            check = describe(module);
            return true;
        }
        catch (NotSupportedException unsupported)
        {
            reason = unsupported.Message;
            return false;
        }
    }
}
