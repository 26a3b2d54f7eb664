using ModelZoo.Imaging;

namespace ModelZoo.Inference;

// For apps that must not wait: pictures are decoded on the thread pool, and computed one batch after another on a thread of the classifier's own, because a
// computation takes all cores as it is.
public sealed partial class ImageClassifier
{
    private readonly WorkThread thread = new("ModelZoo inference");

    // So many calls hold pictures in memory; the others wait, with their paths.
    private readonly SemaphoreSlim turns = new(2 * Environment.ProcessorCount);

    /// <inheritdoc/>
    public async Task<Answer> PredictAsync(string path, int top = 5, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(path);
        using DisposalGate.Call call = gate.Enter();
        return (await PredictAsync(1, (_, input) => Apply(path, input), top, cancel).ConfigureAwait(false))[0];
    }

    /// <inheritdoc/>
    public async Task<Answer> PredictAsync(Stream picture, int top = 5, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(picture);
        const string name = "the picture";
        using DisposalGate.Call call = gate.Enter();
        using ImageFile file = await ImageFile.ReadAsync(picture, name, cancel).ConfigureAwait(false);
        ReadOnlyMemory<byte> bytes = file.Memory;
        return (await PredictAsync(1, (_, input) => Apply(ImageDecoder.Decode(bytes, name, Decoding), input), top, cancel).ConfigureAwait(false))[0];
    }

    /// <summary>Classifies decoded pictures, whose sizes may differ, in batches.</summary>
    /// <param name="pictures">The pictures.</param>
    /// <param name="top">How many classes for each.</param>
    /// <param name="cancel">Stops between two batches.</param>
    /// <returns>For each picture its most probable classes, the best first.</returns>
    /// <exception cref="ZooException">A picture cannot be brought to the model's input.</exception>
    /// <exception cref="ObjectDisposedException">The classifier is disposed.</exception>
    public async Task<IReadOnlyList<Answer>> PredictAsync(IReadOnlyList<PixelImage> pictures, int top = 5, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(pictures);
        using DisposalGate.Call call = gate.Enter();
        var answers = new List<Answer>(pictures.Count);
        for (int first = 0; first < pictures.Count; first += batchSize)
        {
            int begin = first, count = Math.Min(batchSize, pictures.Count - first);
            answers.AddRange(await PredictAsync(count, (i, input) => Apply(pictures[begin + i], input), top, cancel).ConfigureAwait(false));
        }

        return answers;
    }

    /// <summary>
    /// Decodes a picture and makes it the model's input, on the caller's thread: for a program that gathers pictures of several callers and has them computed
    /// together (<see cref="PredictAsync(IReadOnlyList{PreparedImage}, int, CancellationToken)"/>).
    /// </summary>
    /// <param name="file">A whole file of a format that <see cref="ImageDecoder"/> reads.</param>
    /// <param name="displayName">What errors call it.</param>
    /// <exception cref="ImageException">It is no picture that can be decoded.</exception>
    /// <exception cref="ZooException">The picture cannot be brought to the model's input.</exception>
    /// <exception cref="ObjectDisposedException">The classifier is disposed.</exception>
    public PreparedImage Prepare(ReadOnlyMemory<byte> file, string displayName = "the picture")
    {
        using DisposalGate.Call call = gate.Enter();
        return new(this, Prepare(1, (_, input) => Apply(ImageDecoder.Decode(file, displayName, Decoding), input), CancellationToken.None).All);
    }

    /// <summary>Computes pictures of several callers together, in as few batches as there can be.</summary>
    /// <param name="pictures">What this classifier prepared.</param>
    /// <param name="top">How many classes for each.</param>
    /// <param name="cancel">Stops between two batches.</param>
    /// <returns>For each picture its most probable classes, the best first.</returns>
    /// <exception cref="ArgumentException">Another classifier prepared one of them: its input may be another.</exception>
    /// <exception cref="ZooException">The network's output is not finite.</exception>
    /// <exception cref="ObjectDisposedException">The classifier is disposed.</exception>
    public async Task<IReadOnlyList<Answer>> PredictAsync(IReadOnlyList<PreparedImage> pictures, int top = 5, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(pictures);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(top);
        if (pictures.Any(picture => picture.Owner != this))
        {
            throw new ArgumentException("A picture was prepared by another classifier.", nameof(pictures));
        }

        using DisposalGate.Call call = gate.Enter();
        var answers = new List<Answer>(pictures.Count);
        foreach (PreparedImage[] batch in pictures.Chunk(batchSize))
        {
            float[] inputs = batch.Length == 1 ? batch[0].Values : Joined(batch);
            answers.AddRange(await thread.RunAsync(() => Classify(inputs, batch.Length, top), cancel).ConfigureAwait(false));
        }

        return answers;
    }

    private static float[] Joined(PreparedImage[] pictures)
    {
        int length = pictures[0].Values.Length;
        float[] inputs = GC.AllocateUninitializedArray<float>(pictures.Length * length);
        for (int i = 0; i < pictures.Length; i++)
        {
            pictures[i].Values.CopyTo(inputs, i * length);
        }

        return inputs;
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<FilePrediction> PredictEachAsync(IEnumerable<string> paths, int top = 5, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(paths);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(top);
        return Ahead.Each(paths.Chunk(batchSize), (files, stop) => PredictEachAsync(files, top, stop), cancel);
    }

    private async Task<FilePrediction[]> PredictEachAsync(string[] files, int top, CancellationToken cancel)
    {
        using DisposalGate.Call call = gate.Enter();
        (Prepared prepared, Answer[] answers) = await RunAsync(files.Length, (i, input) => Apply(files[i], input), top, all: false, cancel)
            .ConfigureAwait(false);
        return Each(files, prepared, answers);
    }

    private async Task<Answer[]> PredictAsync(int count, Preparation prepare, int top, CancellationToken cancel) =>
        (await RunAsync(count, prepare, top, all: true, cancel).ConfigureAwait(false)).Answers;

    // Within the gate, which lets nobody in any more who waits here. all: one that cannot be prepared is an error.
    private async Task<(Prepared Prepared, Answer[] Answers)> RunAsync(int count, Preparation prepare, int top, bool all, CancellationToken cancel)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(top);
        await turns.WaitAsync(cancel).ConfigureAwait(false);
        try
        {
            Prepared prepared = await System.Threading.Tasks.Task.Run(() => Prepare(count, prepare, cancel), cancel).ConfigureAwait(false);
            float[] inputs = all ? prepared.All : prepared.Good;
            return (prepared, await thread.RunAsync(() => Classify(inputs, prepared.GoodCount, top), cancel).ConfigureAwait(false));
        }
        finally
        {
            turns.Release();
        }
    }
}

/// <summary>A picture as the input of the classifier that prepared it (<see cref="ImageClassifier.Prepare(ReadOnlyMemory{byte}, string)"/>).</summary>
public sealed class PreparedImage
{
    internal PreparedImage(ImageClassifier owner, float[] values) => (Owner, Values) = (owner, values);

    internal ImageClassifier Owner { get; }

    /// <summary>[C,H,W], normalized.</summary>
    internal float[] Values { get; }
}
