using ModelZoo.Experiments.Arithmetic;
using ModelZoo.Experiments.Identities;
using ModelZoo.Experiments.Pictures;

namespace ModelZoo.Experiments;

/// <summary>The zoo's experiments: one line each.</summary>
public static class ExperimentCatalog
{
    /// <summary>All of them, in the order of the report.</summary>
    public static ExperimentList Experiments { get; } = new(
    [
        new OutputSizes(),
        new SamePadding(),
        new ConvolutionParameters(),
        new StackedConvolutions(),
        new InceptionSlide(),
        new InceptionReductions(),
        new ModelCounts(),
        new DepthwiseSeparable(),
        new SpatiallySeparable(),
        new DilatedField(),
        new SparseInteractions(),
        new ParameterSharing(),
        new DenseShare(),
        new GroupIsLayer(),
        new GroupIsInstance(),
        new FlippedKernel(),
        new TranslationEquivariance(),
        new NormalisationBias(),
        new ResidualGradient(),
        new TransposedAdjoint(),
        new MaxUnpooling(),
        new LeNetStages(),
        new FirstLayerFilters(),
        new FeaturesByDepth(),
        new DecoderUpsampling(),
        new GradCam(),
    ]);
}
