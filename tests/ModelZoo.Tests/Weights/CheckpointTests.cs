using ModelZoo.Inference;
using ModelZoo.Models;
using ModelZoo.Registry;
using ModelZoo.Tests.Training;
using ModelZoo.Weights;
using Xunit;
using static TorchSharp.torch;

namespace ModelZoo.Tests.Weights;

[Collection(TorchCollection.Name)]
public class CheckpointTests
{
    private static CheckpointInfo Describe(string name = "lenet5", int classes = 10) => new()
    {
        Architecture = name,
        Options = Samples.Info(name).Defaults with { NumClasses = classes },
        Labels = [.. Enumerable.Range(0, classes).Select(c => $"class {c}")],
        Preprocessing = Samples.Info(name).Preprocessing,
        Extra = new Dictionary<string, string> { ["seed"] = "7", ["data"] = "digits" },
    };

    private static string Saved(TempFolder folder, string name = "lenet5", int classes = 10)
    {
        using ZooModel model = Samples.Fresh(name, seed: 9, classes);
        Checkpoint.Save(folder.File("c.safetensors"), model, Describe(name, classes));
        return folder.File("c.safetensors");
    }

    private static string Rewritten(TempFolder folder, Func<List<WeightsTensor>, List<WeightsTensor>> change)
    {
        using SafetensorsFile file = SafetensorsFile.Open(Saved(folder));
        List<WeightsTensor> tensors = [.. file.Entries.Select(e => new WeightsTensor(e.Name, e.Type, e.Shape, file.Use(e.Name, bytes => bytes.ToArray())))];
        SafetensorsWriter.Write(folder.File("d.safetensors"), change(tensors), file.Metadata.ToDictionary());
        return folder.File("d.safetensors");
    }

    private static string Message(Action action) => Assert.Throws<ZooException>(action).Message;

    [Theory]
    [InlineData("lenet5")]
    [InlineData("lenet5_classic")]
    [InlineData("convnet")]
    [InlineData("small_cnn")]
    public void A_model_survives_the_round_trip_to_the_bit(string name)
    {
        using var folder = new TempFolder();
        string path = Saved(folder, name);
        using ZooModel expected = Samples.Fresh(name, seed: 9);
        using ZooModel model = Samples.Fresh(name, seed: 2);
        bool[] gradients = [.. model.parameters().Select(p => p.requires_grad)];
        Checkpoint.LoadInto(model, path);
        Dictionary<string, byte[]> bytes = Samples.Bytes(expected);
        Assert.All(Samples.Bytes(model), entry => Assert.Equal(bytes[entry.Key], entry.Value));
        Assert.Equal(gradients, model.parameters().Select(p => p.requires_grad));
        using ZooModel again = Samples.Fresh(name, seed: 3);
        Checkpoint.LoadInto(again, File.ReadAllBytes(path), "embedded");
        Assert.All(Samples.Bytes(again), entry => Assert.Equal(bytes[entry.Key], entry.Value));
    }

    [Fact]
    public void The_description_survives_and_the_same_model_gives_the_same_file()
    {
        using var folder = new TempFolder();
        string path = Saved(folder);
        byte[] first = File.ReadAllBytes(path);
        foreach (CheckpointInfo info in new[] { Checkpoint.ReadInfo(path), Checkpoint.ReadInfo(first, "embedded") })
        {
            Assert.Equal(Describe() with { Labels = info.Labels, Extra = info.Extra, Preprocessing = info.Preprocessing }, info);
            Assert.Equal(Describe().Labels, info.Labels);
            Assert.Equal(Describe().Extra.OrderBy(e => e.Key), info.Extra.OrderBy(e => e.Key));
            Assert.Equal(Describe().Preprocessing with { Mean = info.Preprocessing.Mean, Std = info.Preprocessing.Std }, info.Preprocessing);
            Assert.Equal([0.1307f], info.Preprocessing.Mean);
        }

        Saved(folder);
        Assert.Equal(first, File.ReadAllBytes(path));
    }

    [Fact]
    public void Wider_and_narrower_floats_are_converted()
    {
        using var folder = new TempFolder();
        string path = Rewritten(folder, tensors =>
            [.. tensors.Select(t => t.Name == "fc3.bias" ? new WeightsTensor("fc3.bias", DType.F16, [10], new byte[20]) : t.Name == "fc2.bias"
            ? new WeightsTensor("fc2.bias", DType.F64, [84], new byte[672]) : t.Name == "fc1.bias"
            ? new WeightsTensor("fc1.bias", DType.BF16, [120], Enumerable.Repeat(new byte[] { 0x80, 0x3F }, 120).SelectMany(b => b).ToArray()) : t)]);
        using ZooModel model = Samples.Fresh("lenet5");
        Checkpoint.LoadInto(model, path);
        Assert.All(model.parameters(), p => Assert.Equal(ScalarType.Float32, p.dtype));
        Dictionary<string, byte[]> bytes = Samples.Bytes(model);
        Assert.All(bytes["fc3.bias"], b => Assert.Equal(0, b));
        Assert.All(bytes["fc2.bias"], b => Assert.Equal(0, b));
        Assert.Equal(BitConverter.GetBytes(1f), bytes["fc1.bias"][..4]);
    }

    [Fact]
    public void A_file_that_does_not_fit_is_refused_by_name_and_changes_nothing()
    {
        using var folder = new TempFolder();
        using ZooModel model = Samples.Fresh("lenet5");
        Dictionary<string, byte[]> before = Samples.Bytes(model);
        string path = Rewritten(folder, t =>
            [.. t.Where(e => e.Name != "fc1.bias").Select(e => e.Name == "fc3.bias" ? new WeightsTensor("fc3.bias", DType.F32, [3], new byte[12]) : e),
            new WeightsTensor("fc9.weight", DType.F32, [1], new byte[4])]);
        Assert.Equal($"{path}: these are not weights of lenet5: 1 tensor missing ('fc1.bias'); 1 tensor unexpected ('fc9.weight'); 1 tensor of another shape "
            + "(fc3.bias is [3], not [10])."
            + " The head (fc3) would stay random: build the model for the file's classes (--num-classes), or ask for a new head (--reinit-head), to be "
                + "trained.",
            Message(() => Checkpoint.LoadInto(model, path)));
        Assert.All(Samples.Bytes(model), entry => Assert.Equal(before[entry.Key], entry.Value));
    }

    [Fact]
    public void Only_the_first_few_keys_are_shown()
    {
        using var folder = new TempFolder();
        using ZooModel model = Samples.Fresh("lenet5");
        string message = Message(() => Checkpoint.LoadInto(model, Saved(folder, "lenet5_classic")));
        Assert.Contains("10 tensors missing ('conv1.weight', 'conv1.bias', 'conv2.weight', 'conv2.bias', …)", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_damaged_or_foreign_file_is_refused()
    {
        using var folder = new TempFolder();
        string path = Saved(folder);
        byte[] bytes = File.ReadAllBytes(path);
        using ZooModel model = Samples.Fresh("lenet5");
        Assert.Contains("cut.safetensors", Message(() => Checkpoint.LoadInto(model, folder.Write("cut.safetensors", bytes[..^100]))), StringComparison.Ordinal);
        Assert.Contains("text.safetensors", Message(() => Checkpoint.ReadInfo(folder.Write("text.safetensors", "hello, world"u8.ToArray()))),
            StringComparison.Ordinal);
        Assert.Contains("no such file", Message(() => Checkpoint.ReadInfo(folder.File("none.safetensors"))), StringComparison.Ordinal);
        SafetensorsWriter.Write(folder.File("plain.safetensors"), [new WeightsTensor("a", DType.F32, [1], new byte[4])]);
        Assert.Contains("no checkpoint made by the zoo", Message(() => Checkpoint.ReadInfo(folder.File("plain.safetensors"))), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{", "cannot be read")]
    [InlineData("{}", "cannot be read")]
    [InlineData("null", "cannot be read")]
    public void A_damaged_description_is_refused(string json, string message)
    {
        using var folder = new TempFolder();
        string path = folder.File("x.safetensors");
        SafetensorsWriter.Write(path, [], new Dictionary<string, string> { ["modelzoo"] = json });
        Assert.Contains(message, Message(() => Checkpoint.ReadInfo(path)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_description_that_contradicts_itself_is_not_written()
    {
        using var folder = new TempFolder();
        using ZooModel model = Samples.Fresh("lenet5");
        CheckpointInfo good = Describe();
        Assert.Contains("3 labels for 10 classes", Message(() => Checkpoint.Save(folder.File("x"), model, good with { Labels = ["a", "b", "c"] })),
            StringComparison.Ordinal);
        Assert.Contains("another size", Message(() =>
            Checkpoint.Save(folder.File("x"), model, good with { Preprocessing = good.Preprocessing with { Height = 28 } })), StringComparison.Ordinal);
        Assert.Contains("standard deviations", Message(() =>
            Checkpoint.Save(folder.File("x"), model, good with { Preprocessing = good.Preprocessing with { Std = [0] } })), StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(folder.Path));
    }

    [Fact]
    public void An_architecture_that_the_catalog_lacks_is_named()
    {
        using var folder = new TempFolder();
        using ZooModel model = Samples.Fresh("lenet5");
        Checkpoint.Save(folder.File("x.safetensors"), model, Describe() with { Architecture = "lenet6" });
        string message = Message(() => ModelResolver.FromFile(Catalog.Models, folder.File("x.safetensors")));
        Assert.Contains("made with the architecture 'lenet6'", message, StringComparison.Ordinal);
        Assert.Contains("Did you mean 'lenet5'?", message, StringComparison.Ordinal);
    }
}
