using ModelZoo.Imaging;
using ModelZoo.Loading;
using ModelZoo.Registry;
using ModelZoo.Training;
using Xunit;

namespace ModelZoo.Tests.Training;

[Collection(TorchCollection.Name)]
public class ProgressiveSizeTests
{
    private static readonly Recipe Growing = Samples.Quick with { Epochs = 5, ProgressiveSizes = new(16, 24, 32) };
    private static readonly Preprocessing Input = new(3, 32, 32, ModelZoo.Imaging.Fit.Resize, [0.5f, 0.5f, 0.5f], [0.5f, 0.5f, 0.5f]);

    [Fact]
    public void The_epochs_are_divided_evenly_and_the_last_has_the_inputs_side()
    {
        Assert.Equal([16, 16, 24, 24, 32], Enumerable.Range(1, 5).Select(e => Growing.SideIn(e)!.Value));
        Assert.Equal([16, 24, 32], Enumerable.Range(1, 3).Select(e => (Growing with { Epochs = 3 }).SideIn(e)!.Value));
        Assert.Null(Samples.Quick.SideIn(1));
        using var loader = new ImageLoader(Samples.Digits(20), Input);
        Assert.Equal([16, 16, 24, 24, 32], Enumerable.Range(1, 5).Select(e => Side(loader, Growing, e)));
        Assert.Equal(32, loader.InOrder(20).Select(b => (int)b.Inputs.shape[3]).Single()); // measured at the input's side
        Assert.Contains("the input is 32×32", Assert.Throws<ZooException>(() => Side(loader, Growing with { ProgressiveSizes = new(8, 16) }, 1)).Message,
            StringComparison.Ordinal);
        Assert.Equal((128, 146), (Preprocessing.ImageNet().Sized(128).Height, Preprocessing.ImageNet().Sized(128).ShorterSide));
    }

    [Fact]
    public void A_run_that_is_stopped_goes_on_with_the_size_of_its_epoch_and_the_same_bits()
    {
        using var folder = new TempFolder();
        byte[] whole = Fit(folder.File("whole"), Growing, null, resume: false);
        for (int stop = 0; stop < 3; stop++)
        {
            Fit(folder.File("parts"), Growing, TimeSpan.Zero, resume: true);
        }

        Assert.Contains("progressive_sizes was [16,24,32] and is [16,32]", Assert.Throws<ZooException>(() =>
            Fit(folder.File("parts"), Growing with { ProgressiveSizes = new(16, 32) }, null, resume: true)).Message, StringComparison.Ordinal);
        Assert.Equal(whole, Fit(folder.File("parts"), Growing, null, resume: true));
        Assert.NotEqual(whole, Fit(folder.File("even"), Growing with { ProgressiveSizes = null }, null, resume: false));
    }

    [Fact]
    public void A_network_of_one_size_is_refused()
    {
        using ZooModel model = Samples.Fresh("lenet5");
        using var loader = new ImageLoader(Samples.Digits(20), Input with { Channels = 1, Mean = [0], Std = [1] });
        Assert.Contains("takes no pictures of 16×16", Assert.Throws<ZooException>(() => new Trainer(model, Growing).Fit(loader, null)).Message,
            StringComparison.Ordinal);
    }

    private static int Side(ImageLoader loader, Recipe recipe, int epoch)
    {
        using Batch batch = loader.Shuffled(new EpochSampler(recipe with { BatchSize = 20 }, 1, epoch)).Single();
        Assert.Equal(batch.Inputs.shape[2], batch.Inputs.shape[3]);
        return (int)batch.Inputs.shape[3];
    }

    private static byte[] Fit(string path, Recipe recipe, TimeSpan? limit, bool resume)
    {
        using ZooModel model = Samples.Fresh("resnet20");
        using IImageBatches images = ImageBatches.Open(Samples.Digits(32), Input, recipe);
        new Trainer(model, recipe, new TrainerOptions
        {
            Seed = 4,
            RunFolder = path,
            Resume = resume,
            TimeLimit = limit,
            Describe = _ => Samples.Description("resnet20"),
        }).Fit(images, null);
        return Samples.Bytes(model)["conv1.weight"];
    }
}
