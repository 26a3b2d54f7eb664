using ModelZoo.Imaging;
using ModelZoo.Inference;
using ModelZoo.Models;
using ModelZoo.Registry;
using ModelZoo.Tests.Training;
using ModelZoo.Weights;
using Xunit;

namespace ModelZoo.Tests.Inference;

/// <summary>Descriptions of a few bytes that ask for networks of gigabytes are refused before anything is built.</summary>
[Collection(TorchCollection.Name)]
public sealed class SizeCheckTests : IDisposable
{
    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("small_cnn", 20000, 20000, "4,994,007,090 parameters")]
    [InlineData("lenet5", 1000, 1000, "117,150,986 parameters")]
    public void A_file_that_cannot_hold_the_network_that_it_describes_is_refused(string name, int height, int width, string parameters)
    {
        string path = Described(name, height, width);
        string message = Message(() => ModelResolver.FromFile(Catalog.Models, path));
        Assert.Contains(path, message, StringComparison.Ordinal);
        Assert.Contains($"{height}×{width} has {parameters}", message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
    }

    [Fact]
    public void What_would_take_more_than_the_limit_is_refused_with_the_flag_that_raises_it()
    {
        string path = Described("resnet20", 15000, 15000); // its weights do not grow with the input
        string message = Message(() => ModelResolver.Resolve(Catalog.Models, path, Catalog.ReadResource, maxMemory: 10L << 30));
        Assert.Contains($"{path}: a resnet20 for images of 3×15000×15000 takes about ", message, StringComparison.Ordinal);
        Assert.Contains("may be taken. If that is meant, raise the limit (--max-memory ", message, StringComparison.Ordinal);
        Assert.Equal(message, Message(() => ModelResolver.Resolve(Catalog.Models, path, Catalog.ReadResource, maxMemory: 10L << 30)));
        using ResolvedModel raised = ModelResolver.Resolve(Catalog.Models, path, Catalog.ReadResource, maxMemory: 1L << 50);
        Assert.Equal(15000, raised.Options.InputHeight); // built, and not run
    }

    [Fact]
    public void Flags_are_held_to_the_same_limit()
    {
        ModelInfo info = Catalog.Models.Find("lenet5");
        string message = Message(() => ModelResolver.Resolve(Catalog.Models, "lenet5", Catalog.ReadResource, maxMemory: 1 << 30,
            change: o => o with { InputHeight = 4096, InputWidth = 4096 }));
        Assert.Contains("lenet5: a lenet5 for images of 1×4096×4096 takes about ", message, StringComparison.Ordinal);
        Assert.Contains("and 1000000000 classes takes", Message(() => SizeCheck.Require(info, info.Defaults with { NumClasses = 1_000_000_000 })),
            StringComparison.Ordinal);
        SizeCheck.Require(info, info.Defaults, maxMemory: 1); // of its own size it is not looked at
        Assert.Null(MemoryNeed.Of(info, info.Defaults with { InputHeight = 512, InputWidth = 512 }));
    }

    private static string Message(Func<ResolvedModel> resolve) => Message(() => resolve().Dispose());

    private static string Message(Action action) => Assert.Throws<ZooException>(action).Message;

    private string Described(string name, int height, int width)
    {
        ModelInfo info = Catalog.Models.Find(name);
        using ZooModel model = info.Create();
        string path = folder.File($"{name}.safetensors");
        Preprocessing own = info.Preprocessing;
        Checkpoint.Save(path, model, new CheckpointInfo
        {
            Architecture = name,
            Options = info.Defaults with { InputHeight = height, InputWidth = width },
            Labels = [.. Enumerable.Range(0, info.Classes).Select(c => $"{c}")],
            Preprocessing = own with { Height = height, Width = width },
        });
        return path;
    }
}
