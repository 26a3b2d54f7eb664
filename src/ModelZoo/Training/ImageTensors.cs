using ModelZoo.Data;
using ModelZoo.Data.Augmentation;
using ModelZoo.Data.Loading;
using ModelZoo.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace ModelZoo.Training;

/// <summary>
/// Examples in memory, ready to be cut into batches: images brought to a model's input size, or features that a frozen trunk made of them.
/// </summary>
public sealed class ImageTensors : IImageBatches, IFingerprinted
{
    private readonly Tensor inputs;
    private readonly Tensor labels;
    private readonly Tensor? mean;
    private readonly Tensor? std;

    private ImageTensors(Tensor inputs, Tensor labels, IReadOnlyList<string> classNames, Preprocessing? preprocessing)
    {
        this.inputs = inputs.DetachFromDisposeScope();
        this.labels = labels.DetachFromDisposeScope();
        (ClassNames, Preprocessing) = (classNames, preprocessing);
        if (preprocessing is { } p)
        {
            mean = tensor(p.Mean, [1, p.Channels, 1, 1], device: inputs.device).DetachFromDisposeScope();
            std = tensor(p.Std, [1, p.Channels, 1, 1], device: inputs.device).DetachFromDisposeScope();
        }
    }

    /// <summary>The number of examples.</summary>
    public int Count => (int)labels.shape[0];

    /// <summary>The shape of one example: [C,H,W] or [features].</summary>
    public long[] Shape => inputs.shape[1..];

    /// <summary>One name for each label, from label 0 on.</summary>
    public IReadOnlyList<string> ClassNames { get; }

    /// <summary>What made the images; null for features.</summary>
    public Preprocessing? Preprocessing { get; }

    /// <summary>The examples as they are kept, [N,…]: pixels in [0,1], not yet normalised, or features.</summary>
    public Tensor Inputs => inputs;

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
            TensorBytes.Write(inputs, hash);
            TensorBytes.Write(labels, hash);
            return $"sha256 {hash.Text[..16]}";
        }
    }

    /// <summary>Where the tensors are.</summary>
    public Device Device => inputs.device;

    /// <summary>Resizes, pads and repeats the planes of every image as the preprocessing says; the normalisation is done batch by batch.</summary>
    /// <param name="data">Labelled images.</param>
    /// <param name="preprocessing">The model's.</param>
    /// <param name="device">Where to keep them; null: the CPU.</param>
    public static ImageTensors From(ImageDataset data, Preprocessing preprocessing, Device? device = null)
    {
        ImageDataset images = data.Apply(preprocessing);
        long bytes = (long)images.Count * images.Shape.Length * sizeof(float);
        if (bytes > Array.MaxLength || images.Count == 0)
        {
            throw new ZooException(images.Count == 0
                ? $"{data.Name}: holds no images."
                : $"{data.Name}: {images.Count} images of {images.Shape} take {bytes >> 20} MiB, more than fit into one tensor here. Take fewer images or a smaller size.");
        }

        long[] labels = [.. Enumerable.Range(0, images.Count).Select(i => (long)images.Labels[i])];
        var pixels = new float[images.Count * images.Shape.Length];
        Parallel.For(0, images.Count, i => images.CopyImage(i, pixels.AsSpan(i * images.Shape.Length, images.Shape.Length)));
        using DisposeScope scope = NewDisposeScope();
        Tensor all = tensor(pixels, [images.Count, images.Shape.Channels, images.Shape.Height, images.Shape.Width], device: device);
        return new ImageTensors(all, tensor(labels, device: device), data.Info.ClassNames, preprocessing);
    }

    /// <summary>Wraps ready tensors, which this object then owns; nothing is normalised.</summary>
    /// <param name="inputs">[N,…].</param>
    /// <param name="labels">[N], int64, each below the number of names.</param>
    /// <param name="classNames">One name for each label.</param>
    public static ImageTensors FromTensors(Tensor inputs, Tensor labels, IReadOnlyList<string> classNames)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        ArgumentNullException.ThrowIfNull(labels);
        return labels.dim() == 1 && labels.dtype == ScalarType.Int64 && inputs.dim() >= 1 && inputs.shape[0] == labels.shape[0]
            ? new ImageTensors(inputs, labels, classNames, null)
            : throw new ArgumentException($"Inputs [{string.Join(",", inputs.shape)}] need as many int64 labels, not {labels.dtype} [{string.Join(",", labels.shape)}].");
    }

    /// <summary>The examples at <paramref name="indices"/>, in that order: pixels in [0,1] or features [B,…], and labels [B].</summary>
    public (Tensor Inputs, Tensor Labels) Raw(ReadOnlySpan<int> indices)
    {
        var chosen = new long[indices.Length];
        for (int i = 0; i < chosen.Length; i++)
        {
            chosen[i] = indices[i];
        }

        using Tensor index = tensor(chosen, device: inputs.device);
        return (inputs.index_select(0, index), labels.index_select(0, index));
    }

    /// <summary>The model's input at <paramref name="indices"/>, in that order: normalised images [B,C,H,W] or features [B,…], and labels [B].</summary>
    public (Tensor Inputs, Tensor Labels) Batch(ReadOnlySpan<int> indices)
    {
        (Tensor raw, Tensor chosen) = Raw(indices);
        return (Normalize(raw), chosen);
    }

    /// <inheritdoc/>
    /// <exception cref="ZooException">The recipe changes pictures, which tensors are not any more: <see cref="ImageBatches.Open"/> gives what does.</exception>
    public IEnumerable<Batch> Shuffled(EpochPlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        return plan.Recipe.ChangesPictures && Shape.Length == 3
            ? throw new ZooException("The recipe changes pictures at random (crops, flips, colours), and these images are tensors already. Open the data with ImageBatches.Open and that recipe.")
            : Read(plan);
    }

    private IEnumerable<Batch> Read(EpochPlan plan)
    {
        int[] order = plan.Order(Count);
        for (int step = plan.FirstStep; step < plan.Steps(Count); step++)
        {
            (Tensor raw, Tensor chosen) = Raw(plan.IndicesOf(step, order).Span);
            if (plan.Recipe.MovesAtRandom && Shape.Length == 3)
            {
                using Tensor plain = raw;
                raw = new RandomAffine(plan.Recipe, new SeededRandom(plan.SeedOfStep(step))).Apply(plain);
            }

            var batch = new Batch(Normalize(raw), chosen);
            yield return plan.Recipe.MixesImages && Shape.Length == 3 ? Mixing.Apply(batch, plan.Recipe, ClassNames.Count, new SeededRandom(~plan.SeedOfStep(step))) : batch;
        }
    }

    /// <inheritdoc/>
    public IEnumerable<Batch> InOrder(int batchSize)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(batchSize);
        for (int first = 0; first < Count; first += batchSize)
        {
            (Tensor inputs, Tensor chosen) = Batch([.. Enumerable.Range(first, Math.Min(batchSize, Count - first))]);
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
        return new ImageTensors(inputs.to(device), labels.to(device), ClassNames, Preprocessing);
    }

    /// <summary>Frees the tensors.</summary>
    public void Dispose()
    {
        inputs.Dispose();
        labels.Dispose();
        mean?.Dispose();
        std?.Dispose();
    }
}
