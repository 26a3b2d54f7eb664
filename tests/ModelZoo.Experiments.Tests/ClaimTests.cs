using ModelZoo.Experiments.Arithmetic;
using ModelZoo.Experiments.Identities;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace ModelZoo.Experiments.Tests;

/// <summary>Every exact claim comes out as it must, and a wrong formula or layer in its place is seen.</summary>
[Collection(TorchCollection.Name)]
public class ClaimTests
{
    // Building all models takes half a minute: ModelZoo.Tests holds them against the same figures, and the fault below is planted without building them.
    private static readonly string[] Slow = ["model-counts", "dense-share"];

    // Claims of the lecture that are wrong as they are written.
    private static readonly string[] Wrong = ["conv-parameters", "inception-854m-358m"];

    public static TheoryData<string> Exact =>
        [.. ExperimentCatalog.Experiments.All.Where(e => e.Info.Group is ExperimentGroup.Arithmetic or ExperimentGroup.Identities && !Slow.Contains(e.Name))
            .Select(e => e.Name)];

    public static TheoryData<string, Experiment> Faults => new()
    {
        { "the kernel is added, not subtracted", new OutputSizes((n, f, s, p) => ((n + (2 * p) + f) / (double)s) + 1) },
        { "a padding for stride 1 only", new SamePadding((_, f, _) => (f - 1) / 2.0) },
        { "five 3×3", new StackedConvolutions(c => (45 * c * c, 49 * c * c)) },
        { "a network without reductions", new InceptionReductions("googlenet_naive") },
        { "only the depthwise part", new DepthwiseSeparable((_, k) => 1.0 / (k * k)) },
        { "one over k", new SpatiallySeparable(k => 1.0 / k) },
        { "dilation counted once too often", new DilatedField((k, d) => ((d + 1) * (k - 1)) + 1) },
        { "as many products as dense", new SparseInteractions((m, n, _) => m * n) },
        { "a kernel of four cells", new ParameterSharing(_ => 4) },
        { "no dense layers to speak of", new DenseShare(["resnet18"]) },
        { "instance for layer", new GroupIsLayer(x => nn.functional.instance_norm(x)) },
        { "layer for instance", new GroupIsInstance(x => nn.functional.layer_norm(x, x.shape[1..])) },
        { "turned about one axis", new FlippedKernel(w => w.flip(2)) },
        { "not turned", new FlippedKernel(w => w) },
        { "a layer that knows where it is", new TranslationEquivariance((x, w) =>
            nn.functional.conv2d(x, w, padding: [1, 1]).mul(arange(0, x.shape[3], ScalarType.Float64))) },
        { "no normalization", new NormalizationBias((x, scale, shift) => x.mul(scale.reshape(1, -1, 1, 1)).add(shift.reshape(1, -1, 1, 1))) },
        { "half a shortcut", new ResidualGradient((f, x) => f.add(x.mul(0.5))) },
        { "no shortcut", new ResidualGradient((f, _) => f) },
        { "the kernel turned", new TransposedAdjoint(w => w.flip(2, 3)) },
        { "places moved by one", new MaxUnpooling(places => places.bitwise_xor(tensor(1L))) },
    };

    [Theory]
    [MemberData(nameof(Exact))]
    public void An_exact_claim_comes_out_as_it_must(string name)
    {
        ExperimentResult result = Try(ExperimentCatalog.Experiments.Find(name));
        Assert.Equal(Wrong.Contains(name) ? Verdict.NotReproduced : Verdict.Reproduced, result.Verdict);
        Assert.NotEmpty(result.Figures);
        Assert.True(double.IsFinite(result.Effect.Value));
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public void A_planted_fault_is_not_reproduced(string fault, Experiment experiment) => Assert.True(Try(experiment).Verdict == Verdict.NotReproduced, fault);

    [Fact]
    public void The_claims_that_fail_hold_once_they_are_put_right()
    {
        Assert.Equal(Verdict.Reproduced, Try(new ConvolutionParameters((n, m, k, l) => ((n * m * k) + 1) * l)).Verdict);
        ExperimentResult slide = Try(new InceptionSlide((854, 271)));
        Assert.Equal(Verdict.Reproduced, slide.Verdict);
        Assert.Contains("854,196,224 → 271,351,808", slide.Effect.Sentence, StringComparison.Ordinal);
        Assert.Contains(slide.Notes, note => note.Contains("358,055,936", StringComparison.Ordinal));
    }

    [Fact]
    public void The_same_seed_gives_the_same_result_and_another_another()
    {
        string Of(long seed)
        {
            manual_seed(seed);
            return Try(new ResidualGradient(), seed).Effect.Sentence;
        }

        Assert.Equal(Of(1), Of(1));
        Assert.NotEqual(Of(1), Of(2));
    }

    private static ExperimentResult Try(Experiment experiment, long seed = 0)
    {
        using DisposeScope scope = NewDisposeScope();
        manual_seed(seed);
        return experiment.Run(new ExperimentContext { Seed = seed });
    }
}
