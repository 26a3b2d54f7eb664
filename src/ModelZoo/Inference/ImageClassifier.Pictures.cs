using ModelZoo.Imaging;
using static TorchSharp.torch;

namespace ModelZoo.Inference;

// Pictures: decoded, transformed as the weights want it, and classified.
public sealed partial class ImageClassifier
{
    /// <summary>
    /// How files and streams are decoded. Unlike the decoder itself, a classifier turns pictures as their EXIF orientation says: it shall see what people see.
    /// torchvision's loader does not turn them.
    /// </summary>
    public DecodeOptions Decoding { get; private init; } = new() { ApplyOrientation = true };

    /// <summary>Classifies the picture in a JPEG or PNG file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="top">How many answers.</param>
    /// <returns>The most probable classes, the best first.</returns>
    /// <exception cref="ImageException">The file is no picture that can be decoded.</exception>
    /// <exception cref="ZooException">The file cannot be read, or the picture cannot be brought to the model's input.</exception>
    public IReadOnlyList<Prediction> Predict(string path, int top = 5) => Predict(ImageDecoder.Decode(path, Decoding), top);

    /// <summary>Classifies the picture that a stream holds from its position to its end.</summary>
    /// <param name="stream">A JPEG or PNG file.</param>
    /// <param name="top">How many answers.</param>
    /// <param name="displayName">What errors call it.</param>
    /// <inheritdoc cref="Predict(string, int)" path="/returns|/exception"/>
    public IReadOnlyList<Prediction> Predict(Stream stream, int top = 5, string displayName = "the stream") =>
        Predict(ImageDecoder.Decode(stream, displayName, Decoding), top);

    /// <summary>Classifies a decoded picture.</summary>
    /// <inheritdoc cref="Predict(string, int)" path="/returns|/exception"/>
    public IReadOnlyList<Prediction> Predict(PixelImage picture, int top = 5) => Predict([picture], top)[0];

    /// <summary>Classifies many pictures, batch by batch; their sizes may differ.</summary>
    /// <returns>For each picture its most probable classes, the best first.</returns>
    /// <inheritdoc cref="Predict(string, int)" path="/exception"/>
    public IReadOnlyList<IReadOnlyList<Prediction>> Predict(IReadOnlyList<PixelImage> pictures, int top = 5)
    {
        ArgumentNullException.ThrowIfNull(pictures);
        return Predict(pictures.Count, i => pictures[i], top);
    }

    /// <summary>Classifies many JPEG and PNG files, batch by batch, decoding them in parallel; no more pictures than a batch are in memory.</summary>
    /// <returns>For each file its most probable classes, the best first.</returns>
    /// <inheritdoc cref="Predict(string, int)" path="/exception"/>
    public IReadOnlyList<IReadOnlyList<Prediction>> Predict(IReadOnlyList<string> paths, int top = 5)
    {
        ArgumentNullException.ThrowIfNull(paths);
        return Predict(paths.Count, i => ImageDecoder.Decode(paths[i], Decoding), top);
    }

    /// <summary>A picture as the model takes it: fitted, in [0,1], then (x − mean) / std.</summary>
    /// <param name="picture">Of any size.</param>
    /// <param name="destination">[C,H,W].</param>
    /// <exception cref="ZooException">The model takes neither one nor three channels.</exception>
    public void Prepare(PixelImage picture, Span<float> destination)
    {
        ArgumentNullException.ThrowIfNull(picture);
        Preprocessing p = Preprocessing;

        // A picture that is too large for padding is resized; small ones keep their margin.
        bool resized = p.Fit == Fit.Pad && (picture.Width > p.Width || picture.Height > p.Height);
        ImageTransform.ApplyNormalized(picture, resized ? p with { Fit = Fit.Resize } : p, destination);
    }

    private List<IReadOnlyList<Prediction>> Predict(int total, Func<int, PixelImage> picture, int top)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(top);
        Preprocessing p = Preprocessing;
        int length = p.Channels * p.Height * p.Width;
        var answers = new List<IReadOnlyList<Prediction>>(total);
        for (int first = 0; first < total; first += batchSize)
        {
            int count = Math.Min(batchSize, total - first), begin = first;
            var inputs = new float[count * length];
            InParallel(count, i => Prepare(picture(begin + i), inputs.AsSpan(i * length, length)));
            using Tensor batch = tensor(inputs, [count, p.Channels, p.Height, p.Width], device: device);
            float[] probabilities = Probabilities(batch);
            int classes = probabilities.Length / count;
            answers.AddRange(Enumerable.Range(0, count).Select(i => Rank(probabilities.AsSpan(i * classes, classes), top)));
        }

        return answers;
    }

    // The first error, in the order of the pictures, comes out as itself and not within an AggregateException.
    private static void InParallel(int count, Action<int> action)
    {
        if (count == 1)
        {
            action(0);
            return;
        }

        var errors = new ZooException?[count];
        Parallel.For(0, count, i =>
        {
            try
            {
                action(i);
            }
            catch (ZooException e)
            {
                errors[i] = e;
            }
        });
        if (errors.FirstOrDefault(e => e is not null) is { } error)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(error);
        }
    }
}
