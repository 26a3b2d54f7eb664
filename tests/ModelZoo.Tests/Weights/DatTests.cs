using ModelZoo.Registry;
using ModelZoo.Tests.Training;
using ModelZoo.Weights;
using Xunit;

namespace ModelZoo.Tests.Weights;

/// <summary>TorchSharp's own module.save and module.load on the other side.</summary>
[Collection(TorchCollection.Name)]
public sealed class DatTests : IDisposable
{
    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("lenet5")]
    [InlineData("lenet5_classic")]
    public void Our_files_are_those_of_TorchSharp_to_the_byte(string name)
    {
        using ZooModel model = Samples.Fresh(name, 4);
        model.save(folder.File("theirs.dat"));
        Checkpoint.Export(folder.File("ours.dat"), model);
        Assert.Equal(File.ReadAllBytes(folder.File("theirs.dat")), File.ReadAllBytes(folder.File("ours.dat")));
    }

    [Fact]
    public void TorchSharp_loads_our_files_and_we_load_its_files()
    {
        using ZooModel model = Samples.Fresh("lenet5", 4);
        Dictionary<string, byte[]> expected = Samples.Bytes(model);
        Checkpoint.Export(folder.File("ours.dat"), model);
        using ZooModel theirs = Samples.Fresh("lenet5", 5);
        theirs.load(folder.File("ours.dat"));
        Assert.Equal(expected["fc3.weight"], Samples.Bytes(theirs)["fc3.weight"]);
        model.save(folder.File("theirs")); // told by its content, whatever its name
        using ZooModel ours = Samples.Fresh("lenet5", 6);
        Checkpoint.LoadInto(ours, folder.File("theirs"));
        Assert.All(Samples.Bytes(ours), entry => Assert.Equal(expected[entry.Key], entry.Value));
    }

    [Fact]
    public void Every_format_brings_a_model_back_to_the_bit_and_a_failed_write_leaves_nothing()
    {
        using ZooModel model = Samples.Fresh("lenet5_classic", 4);
        Dictionary<string, byte[]> expected = Samples.Bytes(model);
        foreach (string name in new[] { "a.pth", "a.pt", "a.dat", "a.safetensors" })
        {
            Checkpoint.Export(folder.File(name), model);
            using ZooModel again = Samples.Fresh("lenet5_classic", 5);
            Checkpoint.LoadInto(again, folder.File(name));
            Assert.All(Samples.Bytes(again), entry => Assert.Equal(expected[entry.Key], entry.Value));
        }

        Assert.Throws<UsageException>(() => Checkpoint.Export(folder.File("a.onnx"), model));
        int files = Directory.GetFiles(folder.Path).Length;
        foreach (string name in new[] { "b.pth", "b.dat", "b.safetensors" })
        {
            Assert.Throws<InvalidOperationException>(() =>
                WeightsWriter.Write(folder.File(name), [new WeightsTensor("x", DType.F32, [4], stream => stream.Write(new byte[15]))]));
            Assert.Throws<ArgumentException>(() =>
                WeightsWriter.Write(folder.File(name), [new("x", DType.U8, [1], new byte[1]), new("x", DType.U8, [1], new byte[1])]));
        }

        Assert.Equal(files, Directory.GetFiles(folder.Path).Length);
    }
}
