using ModelZoo.Data;
using ModelZoo.Imaging;
using ModelZoo.Inference;
using ModelZoo.Models;
using ModelZoo.Registry;
using ModelZoo.Tests.Training;
using ModelZoo.Transfer;
using ModelZoo.Weights;
using Xunit;

namespace ModelZoo.Tests.Data;

[Collection(TorchCollection.Name)]
public class PreprocessingTests
{
    private static readonly DatasetInfo Info = new("toy", "made here", "none", ["a"]);

    public static TheoryData<int> Cases => [.. Enumerable.Range(0, PreprocessingValues.All.Length)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Resampling_and_cropping_equal_PyTorchs_and_torchvisions(int index)
    {
        PreprocessingValues.Case c = PreprocessingValues.All[index];
        float[] actual = c.Kind == "resize"
            ? Resized(c)
            : Values(Gray(c.Height, c.Width, c.Image).ResizeShorterSide(c.ShorterSide, c.Mode).CenterCrop(c.ToHeight, c.ToWidth));
        Assert.Equal(c.Expected.Length, actual.Length);
        Assert.All(c.Expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, 2e-6));
    }

    [Fact]
    public void The_cubic_filter_by_hand()
    {
        // Doubling puts new pixels at −1/4 and +1/4 of an old one: the cubic with a = −1/2 weighs the four neighbors (−9, 111, 29, −3)/128 there.
        var result = new float[16];
        float[] impulse = [0, 0, 0, 1, 0, 0, 0, 0];
        new Resizer(1, 8, 1, 16, Interpolation.Bicubic).Resize(impulse, result);
        int[] expected = [-3, -9, 29, 111, 111, 29, -9, -3];
        Assert.All(Enumerable.Range(0, 8), i => Assert.Equal(expected[i] / 128f, result[3 + i], 1e-6));
        Assert.All(Values(Gray(1, 8, impulse).Resize(1, 16, Interpolation.Bicubic)), v => Assert.InRange(v, 0, 1));
    }

    [Theory]
    [InlineData(500, 375, 256, 341, 256)]
    [InlineData(375, 500, 256, 256, 341)]
    [InlineData(33, 100, 10, 10, 30)]
    [InlineData(7, 7, 224, 224, 224)]
    public void The_longer_side_is_rounded_down(int height, int width, int size, int expectedHeight, int expectedWidth) =>
        Assert.Equal(new ImageShape(1, expectedHeight, expectedWidth), Gray(height, width, new float[height * width]).ResizeShorterSide(size).Shape);

    [Fact]
    public void A_crop_takes_the_middle_and_pads_what_is_smaller()
    {
        ImageDataset row = Gray(1, 7, [1, 2, 3, 4, 5, 6, 7]);
        Assert.Equal([3, 4, 5], Values(row.CenterCrop(1, 3)));
        Assert.Equal([3, 4, 5, 6], Values(row.CenterCrop(1, 4)));              // (7 − 4)/2 = 1.5 → 2
        Assert.Equal([1, 2, 3, 4, 5, 6], Values(row.CenterCrop(1, 6)));        // (7 − 6)/2 = 0.5 → 0
        Assert.Equal([0, 0, 0, 3, 4, 5, 0, 0, 0, 0, 0, 0], Values(row.CenterCrop(4, 3)));
        Assert.Equal([0, 1, 2, 3, 4, 5, 6, 7, 0, 0], Values(row.CenterCrop(1, 10)));
    }

    [Fact]
    public void A_crop_preprocessing_prepares_any_size_and_color_for_a_model()
    {
        var preprocessing = Preprocessing.ImageNet(crop: 8, shorterSide: 10, Interpolation.Bicubic);
        ImageDataset prepared = Gray(30, 20, [.. Enumerable.Range(0, 600).Select(i => i % 7 / 6f)]).Apply(preprocessing);
        Assert.Equal(new ImageShape(3, 8, 8), prepared.Shape);
        Assert.All(Values(prepared), v => Assert.InRange(v, 0, 1));
        Assert.Equal(new ImageShape(3, 8, 8), Gray(2, 3, new float[6]).Apply(preprocessing).Shape);
    }

    [Fact]
    public void Impossible_settings_are_refused_by_name()
    {
        Preprocessing good = Preprocessing.ImageNet();
        good.Check();
        Assert.Contains("shorter side of 0", Refused(good with { ShorterSide = 0 }), StringComparison.Ordinal);
        Assert.Contains("shorter side of -1", Refused(good with { Fit = Fit.Resize, ShorterSide = -1 }), StringComparison.Ordinal);
        Assert.Contains("interpolation 7", Refused(good with { Interpolation = (Interpolation)7 }), StringComparison.Ordinal);
        Assert.Contains("border of 2", Refused(good with { Border = 2 }), StringComparison.Ordinal);
        Assert.Contains("too many", Assert.Throws<ZooException>(() => Gray(1, 5000, new float[5000]).ResizeShorterSide(4000)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_checkpoint_carries_crop_and_interpolation()
    {
        using var folder = new TempFolder();
        using ZooModel model = Samples.Fresh("small_cnn");
        ModelInfo info = Samples.Info("small_cnn");
        Preprocessing crop = info.Preprocessing with { Fit = Fit.Crop, ShorterSide = 37, Interpolation = Interpolation.Bicubic, Border = 0 };
        var described = new CheckpointInfo
        {
            Architecture = "small_cnn",
            Options = info.Defaults,
            Labels = [.. "0123456789".Select(c => $"{c}")],
            Preprocessing = crop
        };
        Checkpoint.Save(folder.File("crop.safetensors"), model, described);
        Preprocessing read = Checkpoint.ReadInfo(folder.File("crop.safetensors")).Preprocessing;
        Assert.Equal(crop with { Mean = read.Mean, Std = read.Std }, read);
        Assert.Throws<ZooException>(() =>
            Checkpoint.Save(folder.File("bad.safetensors"), model, described with { Preprocessing = crop with { ShorterSide = 0 } }));
    }

    [Fact]
    public void Other_sizes_and_channels_scale_the_shorter_side_in_proportion()
    {
        ModelInfo info = Samples.Info("small_cnn") with { Input = (3, 28, 28), Preprocessing = Preprocessing.ImageNet(crop: 28, shorterSide: 32) };
        var catalog = new ModelCatalog([info]);
        using ResolvedModel larger = ModelResolver.Resolve(catalog, "small_cnn", Catalog.ReadResource, options: new ModelOptions(10, 1, 56, 60));
        Assert.Equal((64, 1), (larger.Preprocessing.ShorterSide, larger.Preprocessing.Mean.Length));
        larger.Preprocessing.Check();
        using ResolvedModel same = ModelResolver.Resolve(catalog, "small_cnn", Catalog.ReadResource);
        Assert.Equal(32, same.Preprocessing.ShorterSide);
    }

    [Fact]
    public void Transfer_crops_large_images_and_enlarges_small_ones_whole()
    {
        Preprocessing weights = Preprocessing.ImageNet(crop: 24, shorterSide: 28);
        Assert.Equal(weights, TransferLearning.PreprocessingFor(Gray(90, 80, new float[7200]), weights));
        Assert.Equal(Fit.Resize, TransferLearning.PreprocessingFor(Gray(8, 8, new float[64]), weights).Fit);
        ImageDataset small = Gray(8, 8, new float[64]);
        Assert.Equal(new ImageShape(3, 24, 24), small.Apply(TransferLearning.PreprocessingFor(small, weights)).Shape);
    }

    private static float[] Resized(PreprocessingValues.Case c)
    {
        var result = new float[c.ToHeight * c.ToWidth];
        new Resizer(c.Height, c.Width, c.ToHeight, c.ToWidth, c.Mode).Resize(c.Image, result);
        return result;
    }

    private static ImageDataset Gray(int height, int width, float[] values) => ImageDataset.FromFloats(Info, new ImageShape(1, height, width), values, [0]);

    private static float[] Values(ImageDataset data)
    {
        var image = new float[data.Shape.Length];
        data.CopyImage(0, image);
        return image;
    }

    private static string Refused(Preprocessing preprocessing) => Assert.Throws<ZooException>(preprocessing.Check).Message;
}
