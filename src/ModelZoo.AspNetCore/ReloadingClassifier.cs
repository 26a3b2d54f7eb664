using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using ModelZoo.Imaging;
using ModelZoo.Inference;

namespace ModelZoo.AspNetCore;

/// <summary>
/// A classifier that follows its file. Every call runs on the classifier that was there when it came, to its end; a file that changes is loaded and tried
/// beside it, and only then takes its place.
/// </summary>
public sealed class ReloadingClassifier : IImageClassifier, IDisposable, IAsyncDisposable
{
    private readonly IOptionsMonitor<ImageClassifierOptions> options;
    private readonly ILogger logger;
    private readonly Lock loading = new();
    private readonly Lock sync = new();
    private ClassifierSlot? current;
    private FileStamp? seen, refused;
    private volatile string? error;
    private bool disposed;

    internal ReloadingClassifier(string name, IOptionsMonitor<ImageClassifierOptions> options, ILogger logger) =>
        (Name, this.options, this.logger) = (name, options, logger);

    /// <summary>What it is registered as; empty where it has no name.</summary>
    public string Name { get; }

    /// <inheritdoc/>
    public IReadOnlyList<string> Labels => Lent(classifier => classifier.Labels);

    /// <inheritdoc/>
    public PredictionTask Task => Lent(classifier => classifier.Task);

    /// <summary>What answers now; null before the first load.</summary>
    public ClassifierVersion? Version
    {
        get
        {
            lock (sync)
            {
                return current?.Version;
            }
        }
    }

    /// <summary>Why the file, or what the options name now, could not take the place of what answers; null where it could.</summary>
    public string? ReloadError => error;

    internal ImageClassifierOptions Options => options.Get(Name);

    /// <inheritdoc/>
    public async Task<Answer> PredictAsync(string path, int top = 5, CancellationToken cancel = default)
    {
        using ClassifierLease lease = Rent();
        return await lease.Classifier.PredictAsync(path, top, cancel).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task<Answer> PredictAsync(Stream picture, int top = 5, CancellationToken cancel = default)
    {
        using ClassifierLease lease = Rent();
        return await lease.Classifier.PredictAsync(picture, top, cancel).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<FilePrediction> PredictEachAsync(IEnumerable<string> paths, int top = 5, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(paths);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(top);
        return Each();

        async IAsyncEnumerable<FilePrediction> Each()
        {
            using ClassifierLease lease = Rent();
            await foreach (FilePrediction prediction in lease.Classifier.PredictEachAsync(paths, top, cancel).ConfigureAwait(false))
            {
                yield return prediction;
            }
        }
    }

    /// <summary>
    /// The classifier that answers now, for several calls on the same one: it stays loaded until the result is disposed. The first call loads it.
    /// </summary>
    /// <exception cref="ZooException">It cannot be loaded.</exception>
    /// <exception cref="ObjectDisposedException">This was disposed.</exception>
    public ClassifierLease Rent()
    {
        lock (sync)
        {
            ObjectDisposedException.ThrowIf(disposed, this);
            if (current is { } slot)
            {
                return slot.Rent();
            }
        }

        Load();
        return Rent();
    }

    /// <summary>Loads what the options name, unless something is loaded already.</summary>
    /// <exception cref="ZooException">It cannot be loaded.</exception>
    /// <exception cref="OptionsValidationException">The options cannot be meant.</exception>
    public void Load()
    {
        lock (loading)
        {
            if (Version is null)
            {
                ImageClassifierOptions chosen = Options;
                Place(chosen, FileStamp.Of(chosen.Model));
            }
        }
    }

    /// <summary>One look at the file and the options: what changed, and is whole, takes the place of what answers. What cannot is logged, once.</summary>
    /// <returns>Whether another classifier answers now.</returns>
    internal bool Refresh()
    {
        lock (loading)
        {
            FileStamp? stamp = null;
            try
            {
                ImageClassifierOptions chosen = Options;
                stamp = FileStamp.Of(chosen.Model);
                if (Version is not { } loaded || !chosen.ReloadOnChange || stamp == loaded.Stamp || stamp == refused)
                {
                    (seen, error) = (stamp, stamp == refused ? error : null);
                    return false;
                }

                if (stamp != seen)
                {
                    seen = stamp;
                    return false;
                }

                Place(chosen, stamp);
                (refused, error) = (null, null);
                return true;
            }
            catch (Exception e) when (e is ZooException or OptionsValidationException or IOException or UnauthorizedAccessException)
            {
                if (error != e.Message)
                {
                    logger.Refused(Label, e.Message);
                }

                (refused, error) = (stamp, e.Message);
                return false;
            }
        }
    }

    /// <summary>Lets no more calls in, and waits for those under way.</summary>
    public void Dispose()
    {
        ClassifierSlot? last;
        lock (sync)
        {
            disposed = true;
            (last, current) = (current, null);
        }

        last?.Retire();
        last?.Gone.Wait();
    }

    /// <inheritdoc cref="Dispose"/>
    public ValueTask DisposeAsync() => new(System.Threading.Tasks.Task.Run(Dispose));

    private string Label => Name.Length > 0 ? Printable.Plain(Name) : "the classifier";

    private T Lent<T>(Func<ImageClassifier, T> read)
    {
        using ClassifierLease lease = Rent();
        return read(lease.Classifier);
    }

    private void Place(ImageClassifierOptions chosen, FileStamp? stamp)
    {
        ImageClassifier fresh = chosen.Load(logger);
        ClassifierSlot? old;
        try
        {
            // What it compiles at its first call no request waits for, and a network whose outputs are not finite is found.
            Preprocessing p = fresh.Preprocessing;
            fresh.Predict(new float[p.Channels * p.Height * p.Width], p.Channels, p.Height, p.Width, top: 1);
            int number = (Version?.Number ?? 0) + 1;
            var slot = new ClassifierSlot(fresh, new(number, chosen.Model, fresh.Name, DateTimeOffset.UtcNow) { Stamp = stamp, Sha256 = stamp?.Hash() });
            lock (sync)
            {
                ObjectDisposedException.ThrowIf(disposed, this);
                (old, current) = (current, slot);
            }

            logger.Placed(Label, slot.Version.Number, Printable.Plain(chosen.Model));
        }
        catch
        {
            fresh.Dispose();
            throw;
        }

        old?.Retire();
    }
}
