using ModelZoo.Training;

namespace ModelZoo.Data.Loading;

/// <summary>Labelled images, opened for one model's input: what a trainer and an evaluator read.</summary>
public interface IImageBatches : IBatchSource, IDisposable
{
    /// <summary>The images that could not be read so far, in the order of the data; empty where a bad image is an error.</summary>
    IReadOnlyList<BadImage> Skipped { get; }
}

/// <summary>An image that could not be read.</summary>
/// <param name="Index">Its place in the data.</param>
/// <param name="Name">Its file.</param>
/// <param name="Problem">Why, a sentence that names the file.</param>
public sealed record BadImage(int Index, string Name, string Problem);

/// <summary>Opens labelled images for a model.</summary>
public static class ImageBatches
{
    /// <summary>
    /// Images in memory become one tensor (<see cref="ImageTensors"/>), from which batches are made where it is. Files, and images whose recipe asks for what
    /// is done picture by picture alone
    /// (colors, random resized crops), or that would take more than <see cref="LoaderOptions.CacheBytes"/> where a recipe changes them, are read, changed and
    /// prefetched by threads
    /// (<see cref="ImageLoader"/>). Either way a recipe that changes pictures gets the same bits.
    /// </summary>
    /// <param name="images">The data.</param>
    /// <param name="preprocessing">The model's.</param>
    /// <param name="recipe">What the images will be read for; null for measuring.</param>
    /// <param name="options">Workers, bad images, device.</param>
    /// <exception cref="ZooException">The data is empty or cannot be brought to the input.</exception>
    public static IImageBatches Open(LabelledImages images, Preprocessing preprocessing, Recipe? recipe = null, LoaderOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(images);
        options ??= new();
        options = recipe is { ChannelsLast: true } ? options with { ChannelsLast = true } : options;
        return images switch
        {
            ImageDataset dataset when recipe is not { ChangesPictures: true } =>
                ImageTensors.From(dataset, preprocessing, options.Device, options.ChannelsLast),
            ImageDataset { Count: > 0 } dataset when !recipe.NeedsPictures && preprocessing.Channels is 1 or 3
                && ImageTensors.FromPictures(dataset, preprocessing, recipe, options) is { } tensors => tensors,
            _ => new ImageLoader(images, preprocessing, options),
        };
    }
}
