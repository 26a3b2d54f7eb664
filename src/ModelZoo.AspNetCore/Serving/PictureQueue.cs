using System.Diagnostics;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using ModelZoo.Inference;

namespace ModelZoo.AspNetCore.Serving;

/// <summary>
/// Gathers the pictures of several requests into batches for one classifier (micro-batching). Pictures are decoded on the thread pool while a batch is
/// computed; what is computed are single pictures or full batches, because the network packs its weights anew for every other size.
/// </summary>
internal sealed class PictureQueue : IAsyncDisposable
{
    private readonly ReloadingClassifier classifier;
    private readonly ClassifierServerOptions options;
    private readonly ServerTelemetry telemetry;
    private readonly ILogger logger;
    private readonly Channel<WaitingPicture> waiting = Channel.CreateUnbounded<WaitingPicture>(new() { SingleReader = true });
    private readonly SemaphoreSlim decoding = new(Environment.ProcessorCount);
    private readonly BatchCost cost = new();
    private readonly Task work;
    private int reserved, preparing;

    public PictureQueue(ReloadingClassifier classifier, ClassifierServerOptions options, ServerTelemetry telemetry, ILogger logger)
    {
        (this.classifier, this.options, this.telemetry, this.logger) = (classifier, options, telemetry, logger);
        work = Task.Run(RunAsync);
    }

    /// <summary>Pictures that have a place.</summary>
    public int Count => Volatile.Read(ref reserved);

    /// <summary>About when there will be room again.</summary>
    public TimeSpan RetryAfter => TimeSpan.FromSeconds(Math.Clamp(Math.Ceiling(Count * cost.SecondsPerPicture), 1, 600));

    /// <summary>Whether there is no room for one more.</summary>
    public bool IsFull => Count >= options.QueueLength;

    /// <summary>Takes places, all or none.</summary>
    /// <returns>Null where there is not enough room; else it is to be disposed after the last answer.</returns>
    public Places? TryReserve(int pictures)
    {
        int now = Count;
        while (now + pictures <= options.QueueLength)
        {
            int before = Interlocked.CompareExchange(ref reserved, now + pictures, now);
            if (before == now)
            {
                return new(this, pictures);
            }

            now = before;
        }

        telemetry.Refused(classifier.Name, pictures);
        return null;
    }

    /// <summary>The answer to one picture, which has a place.</summary>
    /// <param name="file">Its bytes; not used any more once this has ended.</param>
    /// <param name="top">How many classes, at most.</param>
    /// <param name="cancel">The client has gone, or its time is over: what is not being computed yet is left out.</param>
    /// <exception cref="ZooException">It is no picture, or the network has no finite answer.</exception>
    public async Task<ServedAnswer> AnswerAsync(ReadOnlyMemory<byte> file, int top, CancellationToken cancel)
    {
        using ClassifierLease lease = classifier.Rent();
        PreparedImage prepared;
        Interlocked.Increment(ref preparing);
        try
        {
            await decoding.WaitAsync(cancel).ConfigureAwait(false);
            try
            {
                prepared = await Task.Run(() => lease.Classifier.Prepare(file), cancel).ConfigureAwait(false);
            }
            finally
            {
                decoding.Release();
            }
        }
        finally
        {
            Interlocked.Decrement(ref preparing);
        }

        var picture = new WaitingPicture(prepared, lease.Classifier, top, cancel);
        if (!waiting.Writer.TryWrite(picture))
        {
            throw new OperationCanceledException("The server is stopping.");
        }

        using (cancel.UnsafeRegister(static state => ((WaitingPicture)state!).Leave(), picture))
        {
            return new(await picture.Answer.ConfigureAwait(false), lease.Version);
        }
    }

    /// <summary>Computes what waits, and ends.</summary>
    public async ValueTask DisposeAsync()
    {
        waiting.Writer.TryComplete();
        await work.ConfigureAwait(false);
        decoding.Dispose();
    }

    private async Task RunAsync()
    {
        var batch = new List<WaitingPicture>(options.MaxBatch);
        while (await waiting.Reader.WaitToReadAsync().ConfigureAwait(false))
        {
            batch.Clear();
            Take(batch);
            await FillAsync(batch).ConfigureAwait(false);
            foreach (IGrouping<ImageClassifier, WaitingPicture> group in batch.GroupBy(picture => picture.Classifier)) // two, where the file has changed
            {
                await ComputeAsync(group.Key, [.. group]).ConfigureAwait(false);
            }
        }
    }

    private void Take(List<WaitingPicture> batch)
    {
        while (batch.Count < options.MaxBatch && waiting.Reader.TryRead(out WaitingPicture? picture))
        {
            if (!picture.HasLeft)
            {
                batch.Add(picture);
            }
        }
    }

    // Others are worth waiting for only where they are on their way.
    private async Task FillAsync(List<WaitingPicture> batch)
    {
        long begin = Stopwatch.GetTimestamp();
        while (batch.Count > 0 && batch.Count < options.MaxBatch && Volatile.Read(ref preparing) > 0)
        {
            TimeSpan left = options.MaxWait - Stopwatch.GetElapsedTime(begin);
            if (left <= TimeSpan.Zero)
            {
                return;
            }

            using var patience = new CancellationTokenSource(left);
            try
            {
                if (!await waiting.Reader.WaitToReadAsync(patience.Token).ConfigureAwait(false))
                {
                    return;
                }
            }
            catch (OperationCanceledException)
            {
                return;
            }

            Take(batch);
        }
    }

    private async Task ComputeAsync(ImageClassifier network, WaitingPicture[] pictures)
    {
        if (pictures.Length > 1 && cost.FullIsFaster(pictures.Length))
        {
            await ComputeAsync(network, pictures, options.MaxBatch).ConfigureAwait(false);
            return;
        }

        foreach (WaitingPicture picture in pictures)
        {
            if (!picture.HasLeft)
            {
                await ComputeAsync(network, [picture], 1).ConfigureAwait(false);
            }
        }
    }

    private async Task ComputeAsync(ImageClassifier network, WaitingPicture[] pictures, int size)
    {
        long begin = Stopwatch.GetTimestamp();
        try
        {
            PreparedImage[] batch = [.. Enumerable.Range(0, size).Select(i => pictures[Math.Min(i, pictures.Length - 1)].Image)];
            IReadOnlyList<Answer> answers = await network.PredictAsync(batch, pictures.Max(picture => picture.Top)).ConfigureAwait(false);
            cost.Add(size, pictures.Length, Stopwatch.GetElapsedTime(begin));
            telemetry.Computed(classifier.Name, pictures.Length, size);
            for (int i = 0; i < pictures.Length; i++)
            {
                pictures[i].Succeed(answers[i]);
            }
        }
        catch (Exception e) when (size > 1 && e is ZooException)
        {
            // One of them has no finite answer: the others shall have theirs.
            foreach (WaitingPicture picture in pictures)
            {
                await ComputeAsync(network, [picture], 1).ConfigureAwait(false);
            }
        }
        catch (Exception e)
        {
            if (e is not ZooException)
            {
                logger.Failed(e);
            }

            Array.ForEach(pictures, picture => picture.Fail(e));
        }
    }

    /// <summary>Places in a queue.</summary>
    internal sealed class Places(PictureQueue queue, int pictures) : IDisposable
    {
        private int left = pictures;

        public void Dispose() => Interlocked.Add(ref queue.reserved, -Interlocked.Exchange(ref left, 0));
    }
}

/// <summary>An answer and who gave it.</summary>
internal sealed record ServedAnswer(Answer Answer, ClassifierVersion Version);

/// <summary>A decoded picture until it is answered.</summary>
internal sealed class WaitingPicture(PreparedImage image, ImageClassifier classifier, int top, CancellationToken cancel)
{
    private readonly TaskCompletionSource<Answer> answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public PreparedImage Image => image;

    public ImageClassifier Classifier => classifier;

    public int Top => top;

    public Task<Answer> Answer => answer.Task;

    /// <summary>Whether nobody waits for it any more.</summary>
    public bool HasLeft => answer.Task.IsCompleted;

    public void Leave() => answer.TrySetCanceled(cancel);

    public void Succeed(Answer value) => answer.TrySetResult(value);

    public void Fail(Exception error) => answer.TrySetException(error);
}

/// <summary>What a picture alone and a full batch took of late, in seconds: running means, so that a change of the machine's load is noticed.</summary>
internal sealed class BatchCost
{
    private const double Memory = 0.9;

    private double one, full, picture;

    /// <summary>0 before the first.</summary>
    public double SecondsPerPicture => Volatile.Read(ref picture);

    /// <summary>Whether so many pictures are computed sooner as a full batch than one by one; a full batch is tried where nothing is known of it.</summary>
    public bool FullIsFaster(int pictures) => full == 0 || one == 0 ? pictures > 2 : full < pictures * one;

    public void Add(int size, int pictures, TimeSpan elapsed)
    {
        double seconds = elapsed.TotalSeconds;
        ref double kind = ref size == 1 ? ref one : ref full;
        kind = kind == 0 ? seconds : (Memory * kind) + ((1 - Memory) * seconds);
        Volatile.Write(ref picture, picture == 0 ? seconds / pictures : (Memory * picture) + ((1 - Memory) * seconds / pictures));
    }
}
