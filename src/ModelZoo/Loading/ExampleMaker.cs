using ModelZoo.Data;
using ModelZoo.Imaging;
using ModelZoo.Loading.Augmentation;

namespace ModelZoo.Loading;

/// <summary>
/// Makes one example of a model's input by an <see cref="ImagePipeline"/>: decoded (or kept from before), fitted or cropped at random, changed, normalized.
/// Threads may share one.
/// </summary>
internal sealed class ExampleMaker
{
    private readonly LabeledImages images;
    private readonly ImagePipeline pipeline;
    private readonly ImageCache fitted;
    private readonly ImageCache whole;

    public ExampleMaker(LabeledImages images, ImagePipeline pipeline, long cacheBytes)
    {
        (this.images, this.pipeline) = (images, pipeline);
        (fitted, whole) = (new ImageCache(images.Count, cacheBytes), new ImageCache(images.Count, cacheBytes));
    }

    /// <summary>An example for measuring.</summary>
    public void Make(int index, Span<float> destination, bool channelsLast) => pipeline.Normalize(Fitted(index), destination, channelsLast);

    /// <summary>An example for training.</summary>
    public void Make(int index, Augmenter augmenter, SeededRandom random, Span<float> destination, bool channelsLast)
    {
        PixelImage image = augmenter.CropsAtRandom ? augmenter.Crop(Made(whole, index, static picture => picture), pipeline, random)
            : augmenter.CutsAtRandom ? augmenter.Cut(Resized(index), random)
            : Fitted(index);
        image = augmenter.Change(image, random);
        pipeline.Normalize(image, destination, channelsLast, augmenter.Light(random));
        augmenter.Erase(destination, channelsLast, random);
    }

    /// <summary>Crops for measuring, one after the other; never with the channels last, which is a matter of one image.</summary>
    public void MakeCrops(int index, TestViews views, Span<float> destination, bool channelsLast)
    {
        PixelImage resized = Resized(index);
        int length = destination.Length / views.Count;
        foreach ((int view, PixelImage crop) in views.Crops(resized, pipeline.Preprocessing.Width, pipeline.Preprocessing.Height).Index())
        {
            pipeline.Normalize(crop, destination.Slice(view * length, length), channelsLast);
        }
    }

    private PixelImage Resized(int index) => Made(whole, index, pipeline.Uncropped);

    private PixelImage Fitted(int index) => Made(fitted, index, pipeline.Fit);

    private PixelImage Made(ImageCache cache, int index, Func<PixelImage, PixelImage> make) =>
        cache.GetOrMake(index, i => images.Read(i, pipeline.Decoding, make));
}
