using ModelZoo.Data;
using ModelZoo.Models;
using ModelZoo.Registry;
using ModelZoo.Tests.Data;
using ModelZoo.Tests.Training;
using ModelZoo.Verification;
using Xunit;
using static TorchSharp.torch;

namespace ModelZoo.Tests.Verification;

[Collection(TorchCollection.Name)]
public class DigitsVerificationTests
{
    public static TheoryData<string> Names => [.. Catalog.Models.Models.Where(CatalogVerificationTests.AtFullSize).Select(m => m.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_model_computes_what_it_says_on_handwritten_digits(string name)
    {
        manual_seed(7);
        ModelInfo info = Catalog.Models.Find(name);
        using ZooModel model = info.Create();
        (int channels, int height, int width) = info.Input;
        ImageDataset digits = Digits.Load(DataSplit.Test).Resize(height, width).WithChannels(channels);
        var pixels = new float[3 * digits.Shape.Length];
        digits.CopyBatch([0, 100, 639], pixels, new long[3]);
        using Tensor input = (tensor(pixels).reshape(3, channels, height, width) - info.Preprocessing.Mean[0]) / info.Preprocessing.Std[0];
        VerificationReport report = Verifier.Verify(model, input);
        Assert.True(report.Passed, $"{report.FirstFailure}");
    }
}
