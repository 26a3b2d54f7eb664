using ModelZoo.Models;
using ModelZoo.Registry;
using ModelZoo.Tests.Training;
using ModelZoo.Verification;
using Xunit;
using Xunit.Abstractions;
using static TorchSharp.torch;

namespace ModelZoo.Tests.Verification;

[Collection(TorchCollection.Name)]
public class CatalogVerificationTests(ITestOutputHelper log)
{
    public static TheoryData<string, int> ModelsAndSeeds()
    {
        var data = new TheoryData<string, int>();
        foreach (ModelInfo info in Catalog.Models.Models.Where(AtFullSize))
        {
            for (int seed = 0; seed < 3; seed++)
            {
                data.Add(info.Name, seed);
            }
        }

        return data;
    }

    /// <summary>
    /// The networks for large images, and the many deep ones for CIFAR, have tests of their own (Models/): on smaller inputs and with smaller samples.
    /// </summary>
    internal static bool AtFullSize(ModelInfo info) => info.Input.Height <= 64 && info.Family is not ("resnet_cifar" or "preact" or "wideresnet");

    private const long Large = 100_000_000;

    // A large network holds gigabytes of weights, gradients and copies; of the VGGs, which differ in their number of layers only, the smallest two will do.
    public static TheoryData<string> Names =>
        [.. Catalog.Models.Models.Where(m => Catalog.TryCardOf(m) is not { Parameters: >= Large } || m.Name is "vgg11" or "vgg11_bn").Select(m => m.Name)];

    /// <summary>
    /// Every model of the catalog with less than 100 million parameters and of each family the smallest (the others by `zoo verify --all`): layers in
    /// evaluation and training and one step, on a small input and with small samples.
    /// </summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void Every_model_of_the_catalog_verifies_on_a_small_input(string name)
    {
        manual_seed(9);
        ModelInfo info = Catalog.Models.Find(name);
        int size = Math.Min(info.Input.Height, Math.Max(info.MinimumSize, 32));
        using ZooModel model = info.Create(info.Defaults with { InputHeight = size, InputWidth = size });
        using Tensor input = randn(2, info.Input.Channels, size, size);
        VerificationReport report = Verifier.Verify(model, input, new VerifyOptions { MaxElements = 1024, MaxTerms = 50_000 });
        log.WriteLine($"{name} {report.Elapsed.TotalSeconds:f2} s");
        Assert.True(report.Passed, $"{report.FirstFailure}");
        GC.Collect();
    }

    [Theory]
    [MemberData(nameof(ModelsAndSeeds))]
    public void A_model_of_the_catalog_computes_what_it_says(string name, int seed)
    {
        manual_seed(seed);
        ModelInfo info = Catalog.Models.Find(name);
        using ZooModel model = info.Create();
        using Tensor input = randn(2, info.Input.Channels, info.Input.Height, info.Input.Width);
        VerificationReport report = Verifier.Verify(model, input, new VerifyOptions { Seed = (ulong)seed });
        log.WriteLine($"{name} {report.Elapsed.TotalSeconds:f2} s");
        foreach (LayerCheck check in report.WorstFirst)
        {
            log.WriteLine($"{check}");
        }

        Assert.True(report.Passed, $"{report.FirstFailure}");
    }
}
