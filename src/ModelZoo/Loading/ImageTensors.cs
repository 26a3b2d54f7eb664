using ModelZoo.Data;
using ModelZoo.Imaging;
using ModelZoo.Loading.Augmentation;
using ModelZoo.Training;
using ModelZoo.Training.Precision;
using ModelZoo.Training.Runs;
using ModelZoo.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace ModelZoo.Loading;

/// <summary>
/// Examples in memory, ready to be cut into batches: images brought to a model's input size, or features that a frozen backbone made of them.
/// </summary>
/// <remarks>
/// Images that are bytes stay bytes, on the device and with the channels of a pixel side by side; those that lie in files of records stay there, for the CPU.
/// Where they are pictures (255 is white) an <see cref="ImagePipeline"/> fits them, as it fits pictures from files. Others, such as the digits,
/// whose brightest value is 16, and images that were given as floats are interpolated in float and stay float; for a recipe of random crops, flips and the
/// like, which is defined on the bytes of pictures, they become such.
/// </remarks>
public sealed class ImageTensors : IImageBatches, IFingerprinted
{
    private readonly Tensor? inputs; // features, or images that are floats
    private readonly Tensor labels;
    private readonly Tensor? mean;
    private readonly Tensor? std;
    private readonly Layout layout;
    private readonly PixelSource? pixels; // images that are bytes
    private readonly Device device;
    private readonly TensorNormalizer? normalizer;
    private Tensor? whole;
    private int[]? known; // the labels

    private ImageTensors(Tensor inputs, Tensor labels, IReadOnlyList<string> classNames, Preprocessing? preprocessing, Layout layout = default)
        : this(labels, inputs.device, classNames, preprocessing, layout) => this.inputs = inputs.DetachFromDisposeScope();

    private ImageTensors(PixelSource pixels, Tensor labels, IReadOnlyList<string> classNames, Preprocessing preprocessing, Layout layout)
        : this(labels, pixels.Device, classNames, preprocessing, layout)
    {
        this.pixels = pixels;
        normalizer = new TensorNormalizer(preprocessing, layout.Maximum!.Value, pixels.Device);
    }

    private ImageTensors(Tensor labels, Device device, IReadOnlyList<string> classNames, Preprocessing? preprocessing, Layout layout)
    {
        this.labels = labels.DetachFromDisposeScope();
        (ClassNames, Preprocessing, this.layout, this.device) = (classNames, preprocessing, layout, device);
        if (preprocessing is { } p)
        {
            mean = tensor(p.Mean, [1, p.Channels, 1, 1], device: device).DetachFromDisposeScope();
            std = tensor(p.Std, [1, p.Channels, 1, 1], device: device).DetachFromDisposeScope();
        }
    }

    /// <summary>The number of examples.</summary>
    public int Count => (int)labels.shape[0];

    /// <summary>The shape of one example as the model takes it: [C,H,W] or [features].</summary>
    public long[] Shape => Preprocessing is { } p ? [p.Channels, p.Height, p.Width] : inputs!.shape[1..];

    /// <summary>One name for each label, from label 0 on.</summary>
    public IReadOnlyList<string> ClassNames { get; }

    /// <inheritdoc/>
    public TargetTable? Targets { get; private init; }

    /// <inheritdoc/>
    public IReadOnlyList<int> ExampleLabels => known ??= [.. labels.cpu().data<long>().ToArray().Select(label => (int)label)];

    /// <summary>What made the images; null for features.</summary>
    public Preprocessing? Preprocessing { get; }

    /// <summary>
    /// The examples as they are kept, [N,…]: pixels [N,C,H,W] as bytes or as floats in [0,1], not normalized (<see cref="Raw"/> gives the floats either way),
    /// or features. Images that lie in files are read whole for this.
    /// </summary>
    public Tensor Inputs => inputs ?? (whole ??= pixels!.All().permute(0, 3, 1, 2).DetachFromDisposeScope());

    /// <summary>[N], int64.</summary>
    public Tensor Labels => labels;

    /// <inheritdoc/>
    public IReadOnlyList<BadImage> Skipped => [];

    /// <inheritdoc/>
    public string Fingerprint
    {
        get
        {
            using var hash = new Digest();
            if (pixels is null)
            {
                TensorBytes.Write(inputs!, hash);
            }
            else
            {
                pixels.Write(hash);
            }

            TensorBytes.Write(labels, hash);
            string kept = layout.Maximum is { } maximum ? FormattableString.Invariant($"{pixels!.Size.Height}×{pixels.Size.Width} of {maximum}") : "";
            hash.Write(System.Text.Encoding.UTF8.GetBytes(kept));
            return $"sha256 {hash.Text[..16]}";
        }
    }

    /// <summary>Where the tensors are.</summary>
    public Device Device => device;

    /// <summary>Resizes, pads and repeats the planes of every image as the preprocessing says; the normalization is done batch by batch.</summary>
    /// <param name="data">Labeled images.</param>
    /// <param name="preprocessing">The model's.</param>
    /// <param name="device">Where to keep them; null: the CPU.</param>
    /// <exception cref="ZooException">There are none, or they do not fit the input.</exception>
    public static ImageTensors From(ImageDataset data, Preprocessing preprocessing, Device? device = null) =>
        From(data, preprocessing, device, channelsLast: false);

    /// <param name="data">Labeled images.</param>
    /// <param name="preprocessing">The model's.</param>
    /// <param name="device">Where to keep them; null: the CPU.</param>
    /// <param name="channelsLast">The layout of the batches.</param>
    internal static ImageTensors From(ImageDataset data, Preprocessing preprocessing, Device? device, bool channelsLast)
    {
        ImageDataset images = data.Apply(preprocessing);
        bool resampled = images.Maximum is null && data is { Maximum: 255, Shape.Channels: 1 or 3 } && preprocessing.Channels is 1 or 3;
        long bytes = (long)images.Count * images.Shape.Length * (images.Maximum is null && !resampled ? sizeof(float) : 1);
        if (bytes > Array.MaxLength || images.Count == 0)
        {
            throw new ZooException(images.Count == 0
                ? $"{data.Name}: holds no images."
                : $"{data.Name}: {images.Count} images of {images.Shape} take {bytes >> 20} MiB, more than fit into one tensor here. Take fewer images or a "
                    + "smaller size.");
        }

        using DisposeScope scope = NewDisposeScope();
        if (resampled)
        {
            var pipeline = new ImagePipeline(preprocessing);
            Tensor fitted = PixelBlock.Bytes(images.Count, images.Shape, (index, destination) => Copy(pipeline.Fit(data.Picture(index)), destination));
            return OfBytes(new TensorPixels(fitted, device), data, preprocessing, new(255, channelsLast));
        }

        if (images.Maximum is { } maximum)
        {
            return OfBytes(PixelSource.Of(images, device), data, preprocessing, new(maximum, channelsLast));
        }

        Tensor floats = PixelBlock.Floats(images.Count, images.Shape, images.CopyImage); // [N,C,H,W]
        return new ImageTensors(floats.to(device ?? CPU), LabelsOf(data, device), data.Info.ClassNames, preprocessing, new(null, channelsLast));
    }

    /// <summary>
    /// Images as the bytes of their pictures, fitted as <see cref="ImageLoader"/> fits them, for a recipe that changes pictures; null where they would take
    /// more than the budget.
    /// </summary>
    /// <param name="data">Labeled images.</param>
    /// <param name="preprocessing">The model's, of one channel or three.</param>
    /// <param name="recipe">What they will be read for; it does not <see cref="Recipe.NeedsPictures"/>.</param>
    /// <param name="options">Device, layout and budget.</param>
    internal static ImageTensors? FromPictures(ImageDataset data, Preprocessing preprocessing, Recipe recipe, LoaderOptions options)
    {
        preprocessing.Check();
        bool cuts = new Augmenter(recipe, preprocessing).CutsAtRandom;
        (int width, int height) = cuts
            ? preprocessing.SizeBeforeCrop(data.Shape.Width, data.Shape.Height)
            : (preprocessing.Width, preprocessing.Height);
        var shape = new ImageShape(preprocessing.Channels, height, width);
        if ((double)data.Count * shape.Length > options.CacheLimit)
        {
            return null;
        }

        var pipeline = new ImagePipeline(preprocessing);
        ImageDataset fitted = cuts || data.Shape.Channels > shape.Channels ? data : data.Apply(preprocessing);
        using DisposeScope scope = NewDisposeScope();
        PixelSource pixels = fitted.Maximum == 255 && fitted.Shape == shape
            ? PixelSource.Of(fitted, options.Device)
            : new TensorPixels(PixelBlock.Bytes(data.Count, shape, WriteFitted), options.Device);
        return OfBytes(pixels, data, preprocessing, new(255, options.ChannelsLast, Uncut: cuts));

        void WriteFitted(int index, Span<byte> destination)
        {
            PixelImage picture = data.Picture(index);
            Copy(cuts ? pipeline.Uncropped(picture) : pipeline.Fit(picture), destination);
        }
    }

    // The bytes of a picture side by side with as many channels as the model takes, 1 (of a gray picture) or 3.
    private static void Copy(PixelImage image, Span<byte> destination)
    {
        int step = image.Rgb.Length / destination.Length;
        for (int i = 0; i < destination.Length; i++)
        {
            destination[i] = image.Rgb[step * i];
        }
    }

    /// <summary>Wraps ready tensors, which this object then owns; nothing is normalized.</summary>
    /// <param name="inputs">[N,…].</param>
    /// <param name="labels">[N], int64, each below the number of names.</param>
    /// <param name="classNames">One name for each label.</param>
    /// <param name="targets">Several labels or a number for each example, whose row its label is; null: the labels are classes.</param>
    public static ImageTensors FromTensors(Tensor inputs, Tensor labels, IReadOnlyList<string> classNames, TargetTable? targets = null)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        ArgumentNullException.ThrowIfNull(labels);
        return labels.dim() == 1 && labels.dtype == ScalarType.Int64 && inputs.dim() >= 1 && inputs.shape[0] == labels.shape[0]
            ? new ImageTensors(inputs, labels, classNames, null) { Targets = targets }
            : throw new ArgumentException($"Inputs [{string.Join(",", inputs.shape)}] need as many int64 labels, not {labels.dtype} "
                + $"[{string.Join(",", labels.shape)}].");
    }

    /// <summary>The examples at <paramref name="indices"/>, in that order: pixels in [0,1] or features [B,…], and labels [B].</summary>
    public (Tensor Inputs, Tensor Labels) Raw(ReadOnlySpan<int> indices)
    {
        using Tensor index = PixelSource.IndexOf(indices, device);
        using Tensor? bytes = pixels is null ? null : Bytes(indices);
        return (bytes is null ? inputs!.index_select(0, index) : normalizer!.Scale(bytes, channelsLast: false), labels.index_select(0, index));
    }

    /// <summary>The model's input at <paramref name="indices"/>, in that order: normalized images [B,C,H,W] or features [B,…], and labels [B].</summary>
    public (Tensor Inputs, Tensor Labels) Batch(ReadOnlySpan<int> indices)
    {
        using Tensor index = PixelSource.IndexOf(indices, device);
        using Tensor? bytes = pixels is null ? null : Bytes(indices);
        return (bytes is null ? Laid(Normalize(inputs!.index_select(0, index))) : normalizer!.Apply(bytes, layout.ChannelsLast), labels.index_select(0, index));
    }

    /// <inheritdoc/>
    /// <exception cref="ZooException">The recipe changes pictures, which these tensors are not any more: <see cref="ImageBatches.Open"/> gives what
    /// does.</exception>
    public IEnumerable<Batch> Shuffled(EpochSampler plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        bool changes = plan.Recipe.ChangesPictures && Preprocessing is not null;
        return changes && (plan.Recipe.NeedsPictures || layout.Maximum != 255 || layout.Uncut != new Augmenter(plan.Recipe, Preprocessing!).CutsAtRandom)
            ? throw new ZooException("The recipe changes pictures at random (crops, flips, colors), and these images are tensors already. Open the data with "
                + "ImageBatches.Open and that recipe.")
            : Read(plan, changes ? new BatchAugmenter(plan.Recipe, Preprocessing!, pixels!, normalizer!) : null);
    }

    /// <inheritdoc/>
    public bool TakesShare(Recipe recipe)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        // Partners lie anywhere in the batch, and the moves of floats are drawn for all of it.
        return Shape.Length != 3 || (!recipe.MixesImages && (recipe.ChangesPictures || !recipe.MovesAtRandom));
    }

    private IEnumerable<Batch> Read(EpochSampler plan, BatchAugmenter? augmenter)
    {
        int[] order = plan.Order(Count);
        int[]? repeats = plan.Repeats(order);
        for (int step = plan.FirstStep; step < plan.Steps(Count); step++)
        {
            ReadOnlyMemory<int> indices = plan.IndicesOf(step, order);
            Batch batch = indices.Length == 0
                ? new Batch(empty([0, .. Shape], ScalarType.Float32, device), empty([0], ScalarType.Int64, device))
                : augmenter is null
                ? Plain(indices.Span, plan, step)
                : new Batch(augmenter.Make(indices.Span, plan, layout.ChannelsLast, RepeatsOf(step)), LabelsAt(indices.Span));
            yield return plan.Recipe.MixesImages && Shape.Length == 3
                ? Mixing.Apply(batch, plan.Recipe, ClassNames.Count, new SeededRandom(~plan.SeedOfStep(step)))
                : batch;
        }

        ReadOnlySpan<int> RepeatsOf(int step)
        {
            (int first, int end) = plan.OwnPlaces(step, Count);
            return repeats.AsSpan()[(repeats is null ? 0 : first)..(repeats is null ? 0 : end)];
        }
    }

    // Changed by no more than the affine move, which is then done in float.
    private Batch Plain(ReadOnlySpan<int> indices, EpochSampler plan, int step)
    {
        if (!plan.Recipe.MovesAtRandom || Shape.Length != 3)
        {
            (Tensor same, Tensor labels) = Batch(indices);
            return new Batch(same, labels);
        }

        (Tensor raw, Tensor chosen) = Raw(indices);
        using Tensor plain = raw;
        return new Batch(Laid(Normalize(new RandomAffine(plan.Recipe, new SeededRandom(plan.SeedOfStep(step))).Apply(plain))), chosen);
    }

    /// <inheritdoc/>
    public IEnumerable<Batch> InOrder(int batchSize) => InOrder(batchSize, 0, 1);

    /// <inheritdoc/>
    public IEnumerable<Batch> InOrder(int batchSize, int first, int every)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(batchSize);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(every);
        for (long start = (long)first * batchSize; start < Count; start += (long)every * batchSize)
        {
            (Tensor inputs, Tensor chosen) = Batch([.. Enumerable.Range((int)start, (int)Math.Min(batchSize, Count - start))]);
            yield return new Batch(inputs, chosen);
        }
    }

    /// <summary>(x − mean) / std per channel, in place; features stay as they are.</summary>
    public Tensor Normalize(Tensor pixels)
    {
        ArgumentNullException.ThrowIfNull(pixels);
        return mean is null ? pixels : pixels.sub_(mean).div_(std!);
    }

    /// <summary>The same examples on another device; this object where it is there already.</summary>
    public ImageTensors To(Device device)
    {
        ArgumentNullException.ThrowIfNull(device);
        if (device.type == Device.type && (device.index < 0 || device.index == Device.index))
        {
            return this;
        }

        using DisposeScope scope = NewDisposeScope();
        return pixels is null
            ? new(inputs!.to(device), labels.to(device), ClassNames, Preprocessing, layout) { Targets = Targets }
            : new(new TensorPixels(pixels.All().alias(), device), labels.to(device), ClassNames, Preprocessing!, layout) { Targets = Targets };
    }

    /// <summary>Frees the tensors.</summary>
    public void Dispose()
    {
        normalizer?.Dispose();
        whole?.Dispose();
        pixels?.Dispose();
        inputs?.Dispose();
        labels.Dispose();
        mean?.Dispose();
        std?.Dispose();
    }

    private static ImageTensors OfBytes(PixelSource pixels, ImageDataset data, Preprocessing preprocessing, Layout layout) =>
        new(pixels, LabelsOf(data, pixels.Device), data.Info.ClassNames, preprocessing, layout);

    private static Tensor LabelsOf(ImageDataset data, Device? device)
    {
        long[] labels = [.. data.Labels.ToArray().Select(label => (long)label)];
        return tensor(labels, device: device);
    }

    // [B,H,W,C], the middle of what is larger.
    private Tensor Bytes(ReadOnlySpan<int> indices)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor chosen = pixels!.Select(indices);
        if (layout.Uncut)
        {
            (long height, long width) = (Preprocessing!.Height, Preprocessing.Width);
            (double top, double left) = (Math.Round((chosen.shape[1] - height) / 2.0), Math.Round((chosen.shape[2] - width) / 2.0));
            chosen = chosen.narrow(1, (long)top, height).narrow(2, (long)left, width).contiguous();
        }

        return chosen.MoveToOuterDisposeScope();
    }

    private Tensor LabelsAt(ReadOnlySpan<int> indices)
    {
        using Tensor index = PixelSource.IndexOf(indices, device);
        return labels.index_select(0, index);
    }

    // In the layout that was asked for; the tensor is used up where that is another one.
    private Tensor Laid(Tensor images)
    {
        Tensor laid = layout.ChannelsLast ? ChannelsLast.Of(images) : images;
        if (!ReferenceEquals(laid, images))
        {
            images.Dispose();
        }

        return laid;
    }

    /// <summary>How images are kept and handed out.</summary>
    /// <param name="Maximum">Of bytes: the one that stands for 1.</param>
    /// <param name="ChannelsLast">Whether in batches the channels of a pixel lie side by side.</param>
    /// <param name="Uncut">Whether they are larger than the input, which is cut out of them: in training at random, else from the middle.</param>
    private readonly record struct Layout(float? Maximum, bool ChannelsLast, bool Uncut = false);
}
