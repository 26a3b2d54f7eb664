using ModelZoo.Imaging;
using static TorchSharp.torch;

namespace ModelZoo.Inference;

// Pictures: decoded, transformed as the weights want it, and classified.
public sealed partial class ImageClassifier
{
    /// <summary>How files and streams are decoded: the same way as for training and measuring, upright as their EXIF orientation says.</summary>
    public DecodeOptions Decoding { get; private init; } = new();

    /// <summary>Classifies the picture in a file of a format that <see cref="ImageDecoder"/> reads.</summary>
    /// <param name="path">The file.</param>
    /// <param name="top">How many answers.</param>
    /// <returns>The most probable classes, the best first.</returns>
    /// <exception cref="ImageException">The file is no picture that can be decoded.</exception>
    /// <exception cref="ZooException">The file cannot be read, or the picture cannot be brought to the model's input.</exception>
    public Answer Predict(string path, int top = 5) => Predict([path], top)[0];

    /// <summary>Classifies the picture that a stream holds from its position to its end.</summary>
    /// <param name="stream">A file of such a format.</param>
    /// <param name="top">How many answers.</param>
    /// <param name="displayName">What errors call it.</param>
    /// <inheritdoc cref="Predict(string, int)" path="/returns|/exception"/>
    public Answer Predict(Stream stream, int top = 5, string displayName = "the stream") =>
        Predict(1, (_, input) => Apply(ImageDecoder.Decode(stream, displayName, Decoding), input), top)[0];

    /// <summary>Classifies a decoded picture.</summary>
    /// <inheritdoc cref="Predict(string, int)" path="/returns|/exception"/>
    public Answer Predict(PixelImage picture, int top = 5) => Predict([picture], top)[0];

    /// <summary>Classifies many pictures, batch by batch; their sizes may differ.</summary>
    /// <returns>For each picture its most probable classes, the best first.</returns>
    /// <inheritdoc cref="Predict(string, int)" path="/exception"/>
    public IReadOnlyList<Answer> Predict(IReadOnlyList<PixelImage> pictures, int top = 5)
    {
        ArgumentNullException.ThrowIfNull(pictures);
        return Predict(pictures.Count, (i, input) => Apply(pictures[i], input), top);
    }

    /// <summary>Classifies many files, batch by batch; each is decoded, fitted and let go before the next, as many at a time as there are cores.</summary>
    /// <returns>For each file its most probable classes, the best first.</returns>
    /// <inheritdoc cref="Predict(string, int)" path="/exception"/>
    public IReadOnlyList<Answer> Predict(IReadOnlyList<string> paths, int top = 5)
    {
        ArgumentNullException.ThrowIfNull(paths);
        return Predict(paths.Count, (i, input) => Apply(paths[i], input), top);
    }

    /// <summary>The same, but a file that cannot be read is no end: its answer is the error. The files are read as the answers are asked for.</summary>
    /// <param name="paths">The files.</param>
    /// <param name="top">How many answers for each.</param>
    /// <param name="cancel">Stops between two files.</param>
    /// <returns>For each file its most probable classes, or why there are none.</returns>
    public IEnumerable<FilePrediction> PredictEach(IEnumerable<string> paths, int top = 5, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(paths);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(top);
        return Batches();

        IEnumerable<FilePrediction> Batches()
        {
            foreach (string[] files in paths.Chunk(batchSize))
            {
                FilePrediction[] predictions;
                using (gate.Enter())
                {
                    Prepared prepared = Prepare(files.Length, (i, input) => Apply(files[i], input), cancel);
                    predictions = Each(files, prepared, Classify(prepared.Good, prepared.GoodCount, top));
                }

                foreach (FilePrediction prediction in predictions)
                {
                    yield return prediction;
                }
            }
        }
    }

    /// <summary>A picture as the model takes it: fitted, in [0,1], then (x − mean) / std.</summary>
    /// <param name="picture">Of any size.</param>
    /// <param name="destination">[C,H,W].</param>
    /// <exception cref="ZooException">The model takes neither one nor three channels.</exception>
    public void Prepare(PixelImage picture, Span<float> destination) => Pipeline.Apply(picture, destination);

    private List<Answer> Predict(int total, Preparation prepare, int top)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(top);
        using DisposalGate.Call call = gate.Enter();
        var answers = new List<Answer>(total);
        for (int first = 0; first < total; first += batchSize)
        {
            int count = Math.Min(batchSize, total - first), begin = first;
            float[] inputs = Prepare(count, (i, input) => prepare(begin + i, input), CancellationToken.None).All;
            answers.AddRange(Classify(inputs, count, top));
        }

        return answers;
    }

    private Answer[] Classify(float[] inputs, int count, int top)
    {
        if (count == 0)
        {
            return [];
        }

        Preprocessing p = Preprocessing;
        using Tensor batch = tensor(inputs, [count, Crops * p.Channels, p.Height, p.Width], device: device);
        return Answers(batch, top);
    }

    // The inputs of a batch, made in parallel; of each what went wrong.
    private Prepared Prepare(int count, Preparation prepare, CancellationToken cancel)
    {
        using var measured = ClassifierTelemetry.Call.Preparing(Name, count);
        int length = Crops * Pipeline.Length;
        var (inputs, errors) = (new float[count * length], new ZooException?[count]);
        void One(int i)
        {
            try
            {
                prepare(i, inputs.AsSpan(i * length, length));
            }
            catch (ZooException e)
            {
                errors[i] = e;
                measured.Failed(e);
            }
        }

        if (count == 1)
        {
            One(0);
        }
        else
        {
            Parallel.For(0, count, new ParallelOptions { CancellationToken = cancel, MaxDegreeOfParallelism = Environment.ProcessorCount }, One);
        }

        return new Prepared(inputs, errors, length);
    }

    private FilePrediction[] Each(string[] files, Prepared prepared, IReadOnlyCollection<Answer> answers)
    {
        var rest = new Queue<Answer>(answers);
        for (int i = 0; i < files.Length; i++)
        {
            if (prepared.Errors[i] is { } error)
            {
                logger.Unreadable(error.Message);
            }
        }

        return [.. files.Select((file, i) => prepared.Errors[i] is { } error ? new FilePrediction(file, null, error) : new(file, rest.Dequeue(), null))];
    }

    // A batch of inputs [N,C,H,W], those with errors empty.
    private sealed record Prepared(float[] Inputs, ZooException?[] Errors, int Length)
    {
        public int GoodCount => Errors.Count(error => error is null);

        /// <summary>The inputs without errors, one behind another.</summary>
        public float[] Good => GoodCount == Errors.Length ? Inputs
            : [.. Enumerable.Range(0, Errors.Length).Where(i => Errors[i] is null).SelectMany(i => new ArraySegment<float>(Inputs, i * Length, Length))];

        /// <summary>All of them; an error is thrown.</summary>
        public float[] All
        {
            get
            {
                if (Array.Find(Errors, error => error is not null) is { } error)
                {
                    System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(error);
                }

                return Inputs;
            }
        }
    }

    // Values of how many inputs are made of a picture: a mirror image is made of the input.
    private int Crops => views is { AreCrops: true } ? views.Count : 1;

    private void Apply(string path, Span<float> input)
    {
        if (Crops == 1)
        {
            Pipeline.Apply(path, input);
            return;
        }

        Cut(ImageDecoder.Decode(path, Decoding, Pipeline.Uncropped), input);
    }

    private void Apply(PixelImage picture, Span<float> input)
    {
        if (Crops == 1)
        {
            Pipeline.Apply(picture, input);
            return;
        }

        Cut(Pipeline.Uncropped(picture), input);
    }

    private void Cut(PixelImage uncropped, Span<float> input)
    {
        foreach ((int index, PixelImage crop) in views!.Crops(uncropped, Preprocessing.Width, Preprocessing.Height).Index())
        {
            Pipeline.Normalize(crop, input.Slice(index * Pipeline.Length, Pipeline.Length));
        }
    }

    private delegate void Preparation(int index, Span<float> input);
}

/// <summary>What a classifier says of one file.</summary>
/// <param name="Path">The file.</param>
/// <param name="Predictions">The most probable classes, the best first; null where it could not be read.</param>
/// <param name="Error">Why.</param>
public sealed record FilePrediction(string Path, Answer? Predictions, ZooException? Error);
