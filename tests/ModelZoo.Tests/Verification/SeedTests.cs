using ModelZoo.Models;
using ModelZoo.Registry;
using ModelZoo.Tests.Training;
using ModelZoo.Verification;
using ModelZoo.Verification.Blueprints;
using TorchSharp.Modules;
using Xunit;
using Xunit.Abstractions;
using static TorchSharp.torch;

namespace ModelZoo.Tests.Verification;

/// <summary>Verification that cries wolf would be worth nothing: right networks with random weights, statistics and inputs pass, whatever the seed.</summary>
[Collection(TorchCollection.Name)]
public class SeedTests(ITestOutputHelper log)
{
    // 200 in all.
    private static readonly (string Model, int Size, int Seeds)[] Networks =
    [
        ("lenet5", 32, 30), ("lenet5_classic", 32, 20), ("small_cnn", 28, 20),
        ("conv_plain", 32, 15), ("conv_dilated", 32, 15), ("conv_depthwise_separable", 32, 15), ("conv_spatially_separable", 32, 15),
            ("conv_pointwise", 32, 15),
        ("encdec_transposed", 16, 10), ("encdec_unpool", 16, 10), ("encdec_nearest", 16, 10), ("encdec_nails", 16, 10),
        ("resnet20", 16, 8), ("resnet20_b", 16, 4), ("plain20", 16, 3),
    ];

    [Fact]
    public void A_right_network_never_fails_in_200_seeds()
    {
        Assert.Equal(200, Networks.Sum(n => n.Seeds));
        List<string> failures = [];
        (double Ratio, string Where) tightest = (0, "");
        foreach ((string name, int size, int seeds) in Networks)
        {
            ModelInfo info = Catalog.Models.Find(name);
            for (int seed = 0; seed < seeds; seed++)
            {
                VerificationReport report = Verify(info, size, seed);
                LayerCheck worst = report.Checks.MaxBy(check => check.WorstRatio)!;
                tightest = worst.WorstRatio > tightest.Ratio ? (worst.WorstRatio, $"{name}, seed {seed}: {worst}") : tightest;
                if (!report.Passed)
                {
                    failures.Add($"{name}, seed {seed}: {report.FirstFailure}");
                }
            }
        }

        log.WriteLine($"worst error/bound {tightest.Ratio:f3} ({tightest.Where})");
        Assert.Empty(failures);
    }

    private static VerificationReport Verify(ModelInfo info, int size, int seed)
    {
        manual_seed(1000 + seed);
        using ZooModel model = info.Create();
        foreach (BatchNorm2d norm in model.modules().OfType<BatchNorm2d>())
        {
            FaultTests.Change(norm.running_mean!, mean => randn_like(mean));
            FaultTests.Change(norm.running_var!, variance => rand_like(variance) * 4 + 1e-3);
        }

        using Tensor standard = randn(2, info.Input.Channels, size, size), input = standard * Math.Pow(10, seed % 5 - 2); // 0.01 … 100
        Blueprint blueprint = Catalog.BlueprintOf(info).For(info.Defaults);
        return Verifier.Verify(model, input, new VerifyOptions { Seed = (ulong)seed, MaxTerms = 500_000 }, blueprint: blueprint);
    }
}
