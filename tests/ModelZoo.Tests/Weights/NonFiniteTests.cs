using ModelZoo.Inference;
using ModelZoo.Models;
using ModelZoo.Registry;
using ModelZoo.Tests.Training;
using ModelZoo.Weights;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace ModelZoo.Tests.Weights;

/// <summary>A value in a weights file that is no number is named with its tensor and position, by whatever loads the file.</summary>
[Collection(TorchCollection.Name)]
public class NonFiniteTests
{
    [Theory]
    [InlineData(ScalarType.Float32, float.NaN, 7, "NaN at [1,2]")]
    [InlineData(ScalarType.Float64, float.PositiveInfinity, 0, "infinity at [0,0]")]
    [InlineData(ScalarType.Float16, float.NegativeInfinity, 299_999, "-infinity at [59999,4]")]
    [InlineData(ScalarType.BFloat16, float.NaN, 123_456, "NaN at [24691,1]")]
    [InlineData(ScalarType.Float32, float.NaN, 299_998, "NaN at [59999,3]")] // in the second mebibyte
    public void The_first_value_that_is_not_finite_is_found_in_memory_and_in_the_file(ScalarType type, float value, int index, string expected)
    {
        using var folder = new TempFolder();
        using Tensor values = ones(60_000, 5).to(type);
        using (Tensor flat = values.view(-1))
        {
            flat[index] = value;
            if (index < 1000)
            {
                flat[200_000] = float.NaN; // not the first
            }
        }

        string path = folder.File("x.safetensors");
        SafetensorsWriter.Write(path, [new WeightsTensor("x", type.ToFile(), values.shape, stream => TensorBytes.Write(values, stream))],
            new Dictionary<string, string>());
        using WeightsFile file = WeightsFile.Open(path);
        Assert.Equal((expected, expected), (NonFinite.In(values), NonFinite.In(file, file["x"])));
    }

    [Fact]
    public void Finite_values_and_whole_numbers_are_left_alone()
    {
        using Tensor finite = tensor(new[] { float.MaxValue, float.MinValue, 0f, -0f, float.Epsilon }), none = empty(0, 3),
            whole = tensor(new[] { 1L, long.MaxValue });
        Assert.All([finite, none, whole], t => Assert.Null(NonFinite.In(t)));
    }

    [Theory]
    [InlineData("x.safetensors", float.NaN, "conv1.weight holds NaN at [1,0,2,3]")]
    [InlineData("x.pth", float.NaN, "conv1.weight holds NaN at [1,0,2,3]")]
    [InlineData("x.dat", float.PositiveInfinity, "conv1.weight holds infinity at [1,0,2,3]")]
    public void A_file_that_holds_one_is_refused_and_changes_nothing(string name, float value, string expected)
    {
        using var folder = new TempFolder();
        using ZooModel broken = Samples.Fresh("lenet5", 3), model = Samples.Fresh("lenet5", 4);
        using (no_grad())
        {
            broken.state_dict()["conv1.weight"][1, 0, 2, 3] = value;
        }

        Checkpoint.Export(folder.File(name), broken);
        Dictionary<string, byte[]> before = Samples.Bytes(model);
        string message = Assert.Throws<ZooException>(() => Checkpoint.Load(model, folder.File(name))).Message;
        Assert.Contains($"{name}: {expected}", message, StringComparison.Ordinal);
        Assert.All(Samples.Bytes(model), entry => Assert.Equal(before[entry.Key], entry.Value));
        Assert.Contains(expected, Assert.Throws<ZooException>(() =>
            ModelResolver.Resolve(Catalog.Models, "lenet5", Catalog.ReadResource, folder.File(name))).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1e300, "1E+300, more than float32 can hold, at [1,0,2,3]")]
    [InlineData(-3.5e38, "-3.5E+38, more than float32 can hold, at [1,0,2,3]")]
    [InlineData(double.NaN, "NaN at [1,0,2,3]")]
    [InlineData(3.4e38, null)]
    [InlineData(1e-300, null)] // nothing is lost but what is next to nothing
    public void A_value_that_only_float64_holds_is_one_too(double value, string? expected)
    {
        using var folder = new TempFolder();
        using ZooModel wide = Samples.Fresh("lenet5", 3), model = Samples.Fresh("lenet5", 4);
        wide.to(ScalarType.Float64);
        using (no_grad())
        {
            wide.state_dict()["conv1.weight"][1, 0, 2, 3] = value;
        }

        Checkpoint.Export(folder.File("wide.pth"), wide);
        Dictionary<string, byte[]> before = Samples.Bytes(model);
        ZooException? refused = Record.Exception(() => Checkpoint.Load(model, folder.File("wide.pth"))) as ZooException;
        Assert.Equal(expected is null, refused is null);
        if (expected is not null)
        {
            Assert.Contains($"wide.pth: conv1.weight holds {expected}: such weights answer nothing.", refused!.Message, StringComparison.Ordinal);
            Assert.All(Samples.Bytes(model), entry => Assert.Equal(before[entry.Key], entry.Value));
        }
    }

    [Fact]
    public void A_checkpoint_with_one_is_not_written_over_a_good_one()
    {
        using var folder = new TempFolder();
        using ZooModel model = Samples.Fresh("lenet5");
        string path = folder.File("c.safetensors");
        Checkpoint.Save(path, model, Samples.Description("lenet5"));
        byte[] good = File.ReadAllBytes(path);
        using (no_grad())
        {
            model.state_dict()["fc3.bias"][9] = float.NaN;
        }

        Assert.Contains($"{path} is not written: fc3.bias holds NaN at [9]",
            Assert.Throws<ZooException>(() => Checkpoint.Save(path, model, Samples.Description("lenet5"))).Message, StringComparison.Ordinal);
        Assert.Equal(good, File.ReadAllBytes(path));
        Assert.Single(Directory.GetFiles(folder.Path));
    }

    [Fact]
    public void A_classifier_whose_output_is_not_finite_says_so()
    {
        using ZooModel model = Samples.Fresh("lenet5");
        using (no_grad())
        {
            model.state_dict()["fc3.weight"].fill_(3e38f);
        }

        ModelInfo info = Samples.Info("lenet5");
        using var classifier = ImageClassifier.FromResolved(new ResolvedModel
        {
            Model = model,
            Info = info,
            Options = info.Defaults,
            Labels = [.. Enumerable.Range(0, 10).Select(c => $"{c}")],
            Preprocessing = info.Preprocessing,
            Trained = true,
        });
        Assert.Contains("lenet5: its output for these images is not finite", Assert.Throws<ZooException>(() =>
            classifier.Predict(Samples.Digits(3))).Message, StringComparison.Ordinal);
    }
}
