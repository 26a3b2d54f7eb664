using ModelZoo.Data.Augmentation;
using ModelZoo.Imaging;

namespace ModelZoo.Data.Loading;

/// <summary>Makes one example of a model's input: decoded (or kept from before), fitted or cropped at random, changed, normalised. Threads may share one.</summary>
internal sealed class ExampleMaker
{
    private readonly LabelledImages images;
    private readonly Preprocessing preprocessing;
    private readonly Normalizer normalizer;
    private readonly ImageCache fitted;
    private readonly ImageCache whole;

    public ExampleMaker(LabelledImages images, Preprocessing preprocessing, long cacheBytes)
    {
        (this.images, this.preprocessing) = (images, preprocessing);
        normalizer = new Normalizer(preprocessing);
        (fitted, whole) = (new ImageCache(images.Count, cacheBytes), new ImageCache(images.Count, cacheBytes));
    }

    /// <summary>An example for measuring.</summary>
    public void Make(int index, Span<float> destination, bool channelsLast) => normalizer.Write(Fitted(index), destination, channelsLast);

    /// <summary>An example for training.</summary>
    public void Make(int index, Augmenter augmenter, SeededRandom random, Span<float> destination, bool channelsLast)
    {
        PixelImage image = augmenter.CropsAtRandom ? augmenter.Crop(whole.GetOrMake(index, images.Picture), random)
            : augmenter.CutsAtRandom ? augmenter.Cut(Resized(index), random)
            : Fitted(index);
        image = augmenter.Change(image, random);
        normalizer.Write(image, destination, channelsLast, augmenter.Light(random));
        augmenter.Erase(destination, channelsLast, random);
    }

    /// <summary>Ten crops for measuring, one after the other; never with the channels last, which is a matter of one image.</summary>
    public void MakeTen(int index, Span<float> destination, bool channelsLast)
    {
        PixelImage resized = Resized(index);
        int length = destination.Length / TenCrop.Views;
        foreach ((int view, PixelImage crop) in TenCrop.Of(resized, preprocessing.Width, preprocessing.Height).Index())
        {
            normalizer.Write(crop, destination.Slice(view * length, length), channelsLast);
        }
    }

    private PixelImage Resized(int index) => whole.GetOrMake(index, i => ImageFit.ShorterSide(images.Picture(i), preprocessing));

    private PixelImage Fitted(int index) => fitted.GetOrMake(index, i => ImageFit.Apply(images.Picture(i), preprocessing, images.NameOf(i)));
}
