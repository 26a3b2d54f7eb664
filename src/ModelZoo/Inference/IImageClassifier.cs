using ModelZoo.Imaging;

namespace ModelZoo.Inference;

/// <summary>
/// What an app asks of a classifier: an <see cref="ImageClassifier"/>, one that follows a file (ModelZoo.AspNetCore), or a stand-in in the app's own tests. Any
/// number of calls may be under way at once.
/// </summary>
public interface IImageClassifier
{
    /// <summary>Class names, in the order of the model's outputs.</summary>
    IReadOnlyList<string> Labels { get; }

    /// <summary>What is predicted: one class of several, any number of labels, or a number.</summary>
    PredictionTask Task { get; }

    /// <summary>Classifies the picture in a file of a format that <see cref="ImageDecoder"/> reads.</summary>
    /// <param name="path">The file.</param>
    /// <param name="top">How many classes.</param>
    /// <param name="cancel">Stops before the picture is decoded or computed; a picture that is being computed is finished.</param>
    /// <returns>The most probable classes, the best first, and whether they are an answer (<see cref="Answer.Unknown"/>).</returns>
    /// <exception cref="ImageException">The file is no picture that can be decoded.</exception>
    /// <exception cref="ZooException">The file cannot be read, or the picture cannot be brought to the model's input.</exception>
    /// <exception cref="ObjectDisposedException">The classifier is disposed.</exception>
    Task<Answer> PredictAsync(string path, int top = 5, CancellationToken cancel = default);

    /// <summary>Classifies the picture that a stream holds from its position to its end.</summary>
    /// <param name="picture">A file of such a format; it stays the caller's.</param>
    /// <param name="top">How many classes.</param>
    /// <param name="cancel">As for a file.</param>
    /// <inheritdoc cref="PredictAsync(string, int, CancellationToken)" path="/returns|/exception"/>
    Task<Answer> PredictAsync(Stream picture, int top = 5, CancellationToken cancel = default);

    /// <summary>
    /// Classifies any number of files in their order, batch by batch: while one batch is computed the next is decoded, and no more than these two are in
    /// memory. A file that cannot be read is no end: its answer is the error.
    /// </summary>
    /// <param name="paths">The files; they are asked for as the answers are.</param>
    /// <param name="top">How many classes for each.</param>
    /// <param name="cancel">Stops between two files.</param>
    /// <returns>For each file its most probable classes, or why there are none.</returns>
    /// <exception cref="ObjectDisposedException">The classifier is disposed.</exception>
    IAsyncEnumerable<FilePrediction> PredictEachAsync(IEnumerable<string> paths, int top = 5, CancellationToken cancel = default);
}

/// <summary>What every classifier can do with these.</summary>
public static class ImageClassifierExtensions
{
    /// <summary>The same as <see cref="IImageClassifier.PredictEachAsync"/>, but the first file that cannot be read ends it.</summary>
    /// <param name="classifier">Who is asked.</param>
    /// <param name="paths">The files.</param>
    /// <param name="top">How many classes for each.</param>
    /// <param name="cancel">Stops between two files.</param>
    /// <returns>Each file with its most probable classes, the best first: <c>await foreach ((string path, Prediction[] top) in …)</c>.</returns>
    /// <exception cref="ZooException">A file cannot be read.</exception>
    public static IAsyncEnumerable<(string Path, Answer Top)> PredictManyAsync(
        this IImageClassifier classifier, IEnumerable<string> paths, int top = 5, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(classifier);
        ArgumentNullException.ThrowIfNull(paths);
        return Many(classifier.PredictEachAsync(paths, top, cancel));

        static async IAsyncEnumerable<(string Path, Answer Top)> Many(IAsyncEnumerable<FilePrediction> files)
        {
            await foreach (FilePrediction file in files.ConfigureAwait(false))
            {
                if (file.Error is { } error)
                {
                    System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(error);
                }

                yield return (file.Path, file.Predictions!);
            }
        }
    }
}
