using ModelZoo.Data;
using ModelZoo.Imaging;
using ModelZoo.Loading;
using ModelZoo.Tests.Data;
using ModelZoo.Tests.Training;
using ModelZoo.Training;
using Xunit;

namespace ModelZoo.Tests.Loading;

[Collection(TorchCollection.Name)]
public sealed class UnreadableClassesTests : IDisposable
{
    private static readonly Preprocessing Input = Preprocessing.ImageNet(crop: 12, shorterSide: 14);

    private readonly TempFolder folder = new();

    public UnreadableClassesTests() => Pictures.WriteClasses(folder.Path, ["ants", "bees"], each: 4);

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("empty")]
    [InlineData("text")]
    [InlineData("cut in the header")]
    [InlineData("cut in the pixels")]
    [InlineData("another format")]
    public void A_class_of_which_nothing_can_be_read_is_refused_though_bad_images_are_skipped(string fault)
    {
        foreach (string file in Directory.GetFiles(folder.File("bees")))
        {
            byte[] whole = File.ReadAllBytes(file);
            File.WriteAllBytes(file, fault switch
            {
                "empty" => [],
                "text" => "no picture"u8.ToArray(),
                "cut in the header" => whole[..20],
                "cut in the pixels" => whole[..60],
                _ => "MM\0*"u8.ToArray(),
            });
        }

        ZooException refused = Assert.Throws<ZooException>(() => Read(OnBadImage.Skip));
        Assert.Contains("none of the images of 'bees' (4) can be read", refused.Message, StringComparison.Ordinal);
        Assert.Contains("00.png", refused.Message, StringComparison.Ordinal);
        Assert.Contains("00.png", Assert.Throws<ZooException>(() => Read(OnBadImage.Fail)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_class_with_one_sound_image_is_read()
    {
        foreach (string file in Directory.GetFiles(folder.File("bees")).Order(StringComparer.Ordinal).Take(3))
        {
            File.WriteAllBytes(file, []);
        }

        Assert.Equal(5, Read(OnBadImage.Skip));
    }

    private int Read(OnBadImage onBadImage)
    {
        using var loader = new ImageLoader(ImageFolder.Open(folder.Path, DataSplit.Train, new SplitOptions { ValShare = 0 }), Input,
            new LoaderOptions { OnBadImage = onBadImage, Workers = 2 });
        return loader.InOrder(3).Sum(batch =>
        {
            using Batch read = batch;
            return batch.Count;
        });
    }
}
