using System.Diagnostics.CodeAnalysis;
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
        new PhotographTransfer(),
        new WhitenedInputs(),
        new LeNetStages(),
        new FirstLayerFilters(),
        new FeaturesByDepth(),
        new DecoderUpsampling(),
        new GradCam(),
    ]);
}

/// <summary>Experiments by name, in order.</summary>
public sealed class ExperimentList
{
    private readonly Dictionary<string, Experiment> byName = new(StringComparer.Ordinal);

    /// <param name="experiments">In the order of the report.</param>
    /// <exception cref="ArgumentException">Two share a name, or a name is not kebab-case.</exception>
    public ExperimentList(IEnumerable<Experiment> experiments)
    {
        ArgumentNullException.ThrowIfNull(experiments);
        foreach (Experiment experiment in experiments)
        {
            string name = experiment.Name;
            if (name.Length == 0 || !name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-') || name.StartsWith('-') || name.EndsWith('-')
                || name.Contains("--", StringComparison.Ordinal))
            {
                throw new ArgumentException($"An experiment is called '{name}'; names are lower case letters, digits and single hyphens.", nameof(experiments));
            }

            if (!byName.TryAdd(name, experiment))
            {
                throw new ArgumentException($"Two experiments are called '{name}'.", nameof(experiments));
            }
        }
    }

    /// <summary>All of them.</summary>
    public IReadOnlyCollection<Experiment> All => byName.Values;

    /// <summary>Looks one up without complaint.</summary>
    public bool TryFind(string name, [NotNullWhen(true)] out Experiment? experiment) => byName.TryGetValue(name, out experiment);

    /// <summary>Looks one up.</summary>
    /// <exception cref="UsageException">There is none of that name; the message offers the nearest.</exception>
    public Experiment Find(string name) => TryFind(name, out Experiment? experiment)
        ? experiment
        : throw new UsageException($"There is no experiment '{name}'.{NearestName.Hint(name, byName.Keys)} `zoo reproduce --list` shows them all.");
}
