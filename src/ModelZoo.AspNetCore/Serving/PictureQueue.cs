using System.Diagnostics;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using ModelZoo.Inference;

namespace ModelZoo.AspNetCore.Serving;

/// <summary>
/// Gathers the pictures of several requests into batches for one classifier (micro-batching). A batch is decoded on all cores, then computed on all cores: both
/// at once would make the computation's threads wait for each other. What is computed are single pictures or full batches, because the network packs its
/// weights anew for every other size.
/// </summary>
internal sealed class PictureQueue : IAsyncDisposable
{
    private readonly ReloadingClassifier classifier;
    private readonly ClassifierServerOptions options;
    private readonly ServerTelemetry telemetry;
    private readonly ILogger logger;
    private readonly Channel<WaitingPicture> waiting = Channel.CreateUnbounded<WaitingPicture>(new() { SingleReader = true });
    private readonly BatchCost cost = new();
    private readonly Task work;
    private int reserved, arriving;

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
        var picture = new WaitingPicture(file, lease.Classifier, top, cancel);
        if (!waiting.Writer.TryWrite(picture))
        {
            throw new OperationCanceledException("The server is stopping.");
        }

        using (cancel.UnsafeRegister(static state => ((WaitingPicture)state!).Leave(), picture))
        {
            try
            {
                return new(await picture.Answer.ConfigureAwait(false), lease.Version);
            }
            finally
            {
                await picture.Released.ConfigureAwait(false); // whoever left while it was decoded
            }
        }
    }

    /// <summary>While a request's body is read: pictures that come soon are worth waiting for.</summary>
    public IDisposable Arriving()
    {
        Interlocked.Increment(ref arriving);
        return new Arrival(this);
    }

    /// <summary>Computes what waits, and ends.</summary>
    public async ValueTask DisposeAsync()
    {
        waiting.Writer.TryComplete();
        await work.ConfigureAwait(false);
    }

    private async Task RunAsync()
    {
        var batch = new List<WaitingPicture>(options.MaxBatch);
        while (await waiting.Reader.WaitToReadAsync().ConfigureAwait(false))
        {
            batch.Clear();
            Take(batch);
            await FillAsync(batch).ConfigureAwait(false);
            Parallel.ForEach(batch, picture => picture.Prepare());
            batch.RemoveAll(picture => picture.HasLeft);
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
        while (batch.Count > 0 && batch.Count < options.MaxBatch && Volatile.Read(ref arriving) > 0)
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
            PreparedImage[] batch = [.. Enumerable.Range(0, size).Select(i => pictures[Math.Min(i, pictures.Length - 1)].Image!)];
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

    private sealed class Arrival(PictureQueue queue) : IDisposable
    {
        public void Dispose() => Interlocked.Decrement(ref queue.arriving);
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

/// <summary>A picture until it is answered.</summary>
internal sealed class WaitingPicture(ReadOnlyMemory<byte> file, ImageClassifier classifier, int top, CancellationToken cancel)
{
    private const int Waits = 0, IsRead = 1, Free = 2;

    private readonly TaskCompletionSource<Answer> answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int bytes = Waits;

    /// <summary>As the network takes it, once it is decoded.</summary>
    public PreparedImage? Image { get; private set; }

    public ImageClassifier Classifier => classifier;

    public int Top => top;

    public Task<Answer> Answer => answer.Task;

    /// <summary>Ends when the file's bytes are not used any more.</summary>
    public Task Released => Interlocked.CompareExchange(ref bytes, Free, Waits) == Waits ? Task.CompletedTask : released.Task;

    /// <summary>Whether nobody waits for it any more.</summary>
    public bool HasLeft => answer.Task.IsCompleted || cancel.IsCancellationRequested;

    /// <summary>Decodes it, unless its client has gone; what is no picture is its answer.</summary>
    public void Prepare()
    {
        if (Interlocked.CompareExchange(ref bytes, IsRead, Waits) != Waits)
        {
            return;
        }

        try
        {
            Image = HasLeft ? null : classifier.Prepare(file);
        }
        catch (Exception e)
        {
            Fail(e);
        }
        finally
        {
            released.SetResult();
        }
    }

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
