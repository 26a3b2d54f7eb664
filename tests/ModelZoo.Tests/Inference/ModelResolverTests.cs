using ModelZoo.Inference;
using ModelZoo.Models;
using ModelZoo.Registry;
using ModelZoo.Tests.Training;
using ModelZoo.Weights;
using Xunit;

namespace ModelZoo.Tests.Inference;

[Collection(TorchCollection.Name)]
public class ModelResolverTests
{
    private static ResolvedModel Resolve(string spec, string? weights = null, ModelOptions? options = null, ulong seed = 0) =>
        ModelResolver.Resolve(Catalog.Models, spec, Catalog.ReadResource, weights, options, seed);

    private static string Message(Func<object> action) => Assert.ThrowsAny<ZooException>(action).Message;

    private static string Checkpointed(TempFolder folder, int classes = 4)
    {
        using ZooModel model = Samples.Fresh("small_cnn", 5, classes);
        ModelInfo info = Samples.Info("small_cnn");
        Checkpoint.Save(folder.File("best.safetensors"), model, new CheckpointInfo
        {
            Architecture = "small_cnn",
            Options = info.Defaults with { NumClasses = classes },
            Labels = [.. Enumerable.Range(0, classes).Select(c => $"kind {c}")],
            Preprocessing = info.Preprocessing with { Border = 4 },
        });
        return folder.File("best.safetensors");
    }

    [Fact]
    public void A_name_gives_fresh_weights_that_the_seed_decides()
    {
        using ResolvedModel first = Resolve("lenet5", seed: 3);
        using ResolvedModel same = Resolve("lenet5", seed: 3);
        using ResolvedModel other = Resolve("lenet5", seed: 4);
        Assert.False(first.Trained);
        Assert.Null(first.Checkpoint);
        Assert.Equal("9", first.Labels[^1]);
        Assert.Equal(Samples.Bytes(first.Model)["fc1.weight"], Samples.Bytes(same.Model)["fc1.weight"]);
        Assert.NotEqual(Samples.Bytes(first.Model)["fc1.weight"], Samples.Bytes(other.Model)["fc1.weight"]);
    }

    [Fact]
    public void Options_change_the_sizes_and_the_preprocessing_with_them()
    {
        using ResolvedModel model = Resolve("lenet5", options: new ModelOptions(7, 3, 40, 36));
        Assert.Equal(7, model.Labels.Count);
        Assert.Equal((3, 40, 36), (model.Preprocessing.Channels, model.Preprocessing.Height, model.Preprocessing.Width));
        Assert.Equal(3, model.Preprocessing.Mean.Length);
    }

    [Fact]
    public void A_checkpoint_brings_its_classes_labels_and_preprocessing()
    {
        using var folder = new TempFolder();
        string path = Checkpointed(folder);
        foreach (ResolvedModel model in new[] { Resolve(path), Resolve("small_cnn", path) })
        {
            using (model)
            {
                Assert.True(model.Trained);
                Assert.Equal("small_cnn", model.Info.Name);
                Assert.Equal(4, model.Options.NumClasses);
                Assert.Equal("kind 3", model.Labels[^1]);
                Assert.Equal(4, model.Preprocessing.Border);
                using ZooModel expected = Samples.Fresh("small_cnn", 5, 4);
                Assert.Equal(Samples.Bytes(expected)["fc.weight"], Samples.Bytes(model.Model)["fc.weight"]);
            }
        }
    }

    [Fact]
    public void A_plain_file_decides_the_number_of_classes_by_its_head()
    {
        using var folder = new TempFolder();
        using SafetensorsFile file = SafetensorsFile.Open(Checkpointed(folder));
        SafetensorsWriter.Write(folder.File("plain.safetensors"),
            file.Entries.Select(e => new WeightsTensor(e.Name, e.Type, e.Shape, file.Use(e.Name, b => b.ToArray()))));
        using ResolvedModel model = Resolve("small_cnn", folder.File("plain.safetensors"));
        Assert.Equal(4, model.Options.NumClasses);
        Assert.Equal(["0", "1", "2", "3"], model.Labels);
    }

    [Fact]
    public void What_cannot_be_resolved_is_explained()
    {
        using var folder = new TempFolder();
        string path = Checkpointed(folder);
        Assert.Contains("Did you mean 'lenet5'?", Message(() => Resolve("lenet")), StringComparison.Ordinal);
        Assert.Contains("Did you mean 'mnist'?", Message(() => Resolve("lenet5:mnits")), StringComparison.Ordinal);
        Assert.Contains("No weights of convnet are shipped or published", Message(() => Resolve("convnet:mnist")), StringComparison.Ordinal);
        Assert.Contains("no such file", Message(() => Resolve(folder.File("none.safetensors"))), StringComparison.Ordinal);
        Assert.Contains("none.safetensors", Message(() => Resolve("lenet5", folder.File("none.safetensors"))), StringComparison.Ordinal);
        Assert.Contains("holds weights of small_cnn, not of lenet5", Message(() => Resolve("lenet5", path)), StringComparison.Ordinal);
        Assert.Contains("names its weights already", Message(() => Resolve("lenet5:mnist", path)), StringComparison.Ordinal);
    }
}
