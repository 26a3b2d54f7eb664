using System.Collections.Concurrent;
using ModelZoo.Data;
using ModelZoo.Imaging;
using ModelZoo.Loading.Augmentation;
using ModelZoo.Training;
using ModelZoo.Training.Runs;
using static TorchSharp.torch;

namespace ModelZoo.Loading;

/// <summary>
/// Batches of images that are decoded, changed and normalized by several threads ahead of their use. The batches of a pass depend on the data, the
/// preprocessing and the plan alone: any number of workers gives the same bytes.
/// </summary>
public sealed class ImageLoader : IImageBatches, IFingerprinted
{
    private readonly LabeledImages images;
    private readonly LoaderOptions options;
    private readonly ExampleMaker maker;
    private readonly ImageShape input;
    private readonly Measured measured;
    private readonly ConcurrentDictionary<int, BadImage> skipped = new();
    private int[]? labels;
    private (ExampleMaker Maker, Preprocessing Preprocessing)? smaller;

    /// <param name="images">The data.</param>
    /// <param name="preprocessing">The model's.</param>
    /// <param name="options">Workers, prefetch, bad images, device.</param>
    /// <exception cref="ZooException">There are no images, or the model's input is no picture.</exception>
    public ImageLoader(LabeledImages images, Preprocessing preprocessing, LoaderOptions? options = null)
        : this(images, preprocessing, options, (maker, index, destination, channelsLast) => maker.Make(index, destination, channelsLast), views: 1)
    {
    }

    /// <param name="images">The data.</param>
    /// <param name="preprocessing">The model's.</param>
    /// <param name="options">Workers, prefetch, bad images, device.</param>
    /// <param name="measured">Makes an example for measuring.</param>
    /// <param name="views">Images of the input's size in such an example, one after the other.</param>
    internal ImageLoader(LabeledImages images, Preprocessing preprocessing, LoaderOptions? options, Measured measured, int views)
    {
        ArgumentNullException.ThrowIfNull(images);
        ArgumentNullException.ThrowIfNull(preprocessing);
        preprocessing.Check();
        if (images.Count == 0)
        {
            throw new ZooException($"{images.Name}: holds no images.");
        }

        if (preprocessing.Channels is not (1 or 3))
        {
            throw new ZooException($"{images.Name}: the model takes {preprocessing.Channels} channels; pictures give 1 (gray) or 3 (color).");
        }

        (this.images, this.options, Preprocessing) = (images, options ?? new(), preprocessing);
        ArgumentOutOfRangeException.ThrowIfNegative(this.options.Workers, nameof(options));
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(this.options.Prefetch, nameof(options));
        if (this.options.OnBadImage == OnBadImage.Skip && images is LabeledFiles files)
        {
            UnreadableClasses.RefuseByHeader(files);
        }

        this.measured = measured;
        input = new(views * preprocessing.Channels, preprocessing.Height, preprocessing.Width);
        maker = new ExampleMaker(images, new ImagePipeline(preprocessing, this.options.Decoding), this.options.CacheLimit);
    }

    internal delegate void Measured(ExampleMaker maker, int index, Span<float> destination, bool channelsLast);

    /// <inheritdoc/>
    public int Count => images.Count;

    /// <inheritdoc/>
    public long[] Shape => [input.Channels, input.Height, input.Width];

    /// <inheritdoc/>
    public IReadOnlyList<string> ClassNames => images.Info.ClassNames;

    /// <inheritdoc/>
    public TargetTable? Targets => images.Targets;

    /// <inheritdoc/>
    public IReadOnlyList<int> ExampleLabels => labels ??= images.Labels.ToArray();

    /// <summary>What brings the images to the input.</summary>
    public Preprocessing Preprocessing { get; }

    /// <inheritdoc/>
    public IReadOnlyList<BadImage> Skipped => [.. skipped.Values.OrderBy(bad => bad.Index)];

    /// <inheritdoc/>
    public string Fingerprint
    {
        get
        {
            using var hash = new Digest();
            images.WriteIdentity(hash);
            hash.Write(System.Text.Encoding.UTF8.GetBytes(System.Text.Json.JsonSerializer.Serialize(Preprocessing)));
            return $"sha256 {hash.Text[..16]}";
        }
    }

    /// <inheritdoc/>
    /// <exception cref="ZooException">An image cannot be read and is not to be left out; the message names it.</exception>
    public IEnumerable<Batch> Shuffled(EpochSampler plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        if (input.Channels != Preprocessing.Channels)
        {
            throw new InvalidOperationException("Several crops of an image are for measuring, not for training.");
        }

        (ExampleMaker source, Preprocessing sized) = Sized(plan);
        var augmenter = new Augmenter(plan.Recipe, sized);
        var shape = new ImageShape(sized.Channels, sized.Height, sized.Width);
        int[] order = plan.Order(Count);
        int[]? repeats = plan.Repeats(order);
        LoaderPass.Writer write = plan.Recipe.Augments
            ? (place, index, destination) =>
                source.Make(index, augmenter, new SeededRandom(plan.SeedOfExample(index, repeats?[place] ?? 0)), destination, options.ChannelsLast)
            : (_, index, destination) => source.Make(index, destination, options.ChannelsLast);
        return Run(order, turn => plan.OwnPlaces(plan.FirstStep + turn, Count), plan.Steps(Count) - plan.FirstStep, write, shape, plan);
    }

    /// <inheritdoc/>
    public bool TakesShare(Recipe recipe)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        return !recipe.MixesImages; // partners lie anywhere in the batch
    }

    /// <inheritdoc/>
    /// <exception cref="ZooException">An image cannot be read and is not to be left out; the message names it.</exception>
    public IEnumerable<Batch> InOrder(int batchSize)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(batchSize);
        return Run([.. Enumerable.Range(0, Count)], Places(batchSize, 0, 1), (Count + batchSize - 1) / batchSize, Measure, input);
    }

    /// <inheritdoc/>
    /// <exception cref="ZooException">An image cannot be read and is not to be left out; the message names it.</exception>
    public IEnumerable<Batch> InOrder(int batchSize, int first, int every)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(batchSize);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(every);
        int all = (Count + batchSize - 1) / batchSize;
        return Run([.. Enumerable.Range(0, Count)], Places(batchSize, first, every), Math.Max(0, (all - first + every - 1) / every), Measure, input,
            part: every > 1);
    }

    private void Measure(int place, int index, Span<float> destination) => measured(maker, index, destination, options.ChannelsLast);

    private Func<int, (int First, int End)> Places(int batchSize, int first, int every) => turn =>
    {
        long start = ((long)turn * every + first) * batchSize;
        return ((int)start, (int)Math.Min(Count, start + batchSize));
    };

    /// <summary>Nothing is held between passes but what is kept in memory.</summary>
    public void Dispose()
    {
    }

    // What makes the examples of an epoch: with progressive sizes of another side. Of the sides that are done nothing is kept.
    private (ExampleMaker Maker, Preprocessing Preprocessing) Sized(EpochSampler plan)
    {
        if (plan.Recipe.ProgressiveSizes is not { Count: > 0 } sizes)
        {
            return (maker, Preprocessing);
        }

        if (Preprocessing.Height != sizes[^1] || Preprocessing.Width != sizes[^1])
        {
            throw new ZooException($"progressive_sizes ends with {sizes[^1]}, and the input is {Preprocessing.Height}×{Preprocessing.Width}; the last side "
                + "must be the input's (--size).");
        }

        int side = plan.Recipe.SideIn(plan.Epoch)!.Value;
        if (side == Preprocessing.Height)
        {
            smaller = null;
            return (maker, Preprocessing);
        }

        if (smaller is null || smaller.Value.Preprocessing.Height != side)
        {
            Preprocessing sized = Preprocessing.Sized(side);
            smaller = (new ExampleMaker(images, new ImagePipeline(sized, options.Decoding), options.CacheLimit), sized);
        }

        return smaller.Value;
    }

    // A part of a pass, for one of several processes, has every batch of its own, an empty one too.
    private IEnumerable<Batch> Run(int[] order, Func<int, (int First, int End)> places, int batches, LoaderPass.Writer write, ImageShape shape,
        EpochSampler? plan = null, bool part = false)
    {
        part |= plan?.Share is not null;
        using var pass = new LoaderPass(order, places, batches, shape, options, write);
        for (int turn = 0; turn < pass.Batches; turn++)
        {
            PendingBatch pending = pass.Next();
            if (Finish(pending, part) is { } batch)
            {
                yield return plan is { Recipe.MixesImages: true }
                    ? Mixing.Apply(batch, plan.Recipe, ClassNames.Count, new SeededRandom(~plan.SeedOfStep(plan.FirstStep + turn)))
                    : batch;
            }
        }

        if (plan is not { FirstStep: > 0 })
        {
            UnreadableClasses.Refuse(images, Skipped);
        }
    }

    // Null where no image of the batch could be read and an empty one is not wanted.
    private Batch? Finish(PendingBatch pending, bool empty)
    {
        try
        {
            int[] good = [.. Enumerable.Range(0, pending.Indices.Length).Where(place => pending.Failures[place] is null)];
            foreach (int place in Enumerable.Range(0, pending.Indices.Length).Except(good))
            {
                Fail(pending.Indices.Span[place], pending.Failures[place]!);
            }

            if (good.Length == 0 && !empty)
            {
                pending.Dispose();
                return null;
            }

            Tensor inputs = pending.TakeInputs(good);
            long[] known = [.. good.Select(place => (long)images.Labels[pending.Indices.Span[place]])];
            Tensor labels = tensor(known, [known.Length]);
            return options.Device is { type: not TorchSharp.DeviceType.CPU } device ? Moved(inputs, labels, device) : new Batch(inputs, labels);
        }
        catch
        {
            pending.Dispose();
            throw;
        }
    }

    private static Batch Moved(Tensor inputs, Tensor labels, Device device)
    {
        using (inputs)
        using (labels)
        {
            return new Batch(inputs.to(device), labels.to(device));
        }
    }

    private void Fail(int index, Exception cause)
    {
        string name = images.NameOf(index);
        if (options.OnBadImage == OnBadImage.Skip && cause is ZooException)
        {
            skipped.TryAdd(index, new BadImage(index, name, cause.Message));
            return;
        }

        throw cause is ZooException
            ? new ZooException($"{cause.Message} {BadImageScan.Hint(images, index)}", cause)
            : new InvalidOperationException($"{name}: {cause.Message}", cause);
    }
}
