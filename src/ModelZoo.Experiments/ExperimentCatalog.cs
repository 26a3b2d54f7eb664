using ModelZoo.Experiments.Arithmetic;
using ModelZoo.Experiments.Identities;
using ModelZoo.Experiments.Pictures;
using ModelZoo.Experiments.Training;

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
        new NormalizationBias(),
        new ResidualGradient(),
        new TransposedAdjoint(),
        new MaxUnpooling(),
        new Degradation(),
        new NormalizationRate(),
        new NormsByBatch(),
        new VanishingGradients(),
        new RectifierSpeed(),
        new OptimizerRace(),
        new ZeroPadding(),
        new DropoutOverfitting(),
        new AugmentationOverfitting(),
        new AveragedMembers(),
        new TransferTime(),
        new TransferByData(),
        new WhitenedInputs(),
        new LeNetStages(),
        new FirstLayerFilters(),
        new FeaturesByDepth(),
        new DecoderUpsampling(),
        new GradCam(),
    ]);
}
