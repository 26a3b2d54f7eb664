using System.Collections.Concurrent;
using System.Runtime.CompilerServices;

namespace ModelZoo.Inference;

/// <summary>
/// A thread that does one piece of work after another. libtorch keeps threads of its own for every thread that computes: on the pool's they would be as many as
/// it has, times the cores. It starts with the first work.
/// </summary>
internal sealed class WorkThread(string name) : IDisposable
{
    private readonly BlockingCollection<Action> queue = [];
    private readonly Lock sync = new();
    private Thread? thread;

    /// <summary>Does the work when its turn comes.</summary>
    /// <param name="work">What is done.</param>
    /// <param name="cancel">Before its turn; work that has begun is finished.</param>
    public Task<T> RunAsync<T>(Func<T> work, CancellationToken cancel)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        Start();
        queue.Add(() =>
        {
            if (cancel.IsCancellationRequested)
            {
                done.SetCanceled(cancel);
                return;
            }

            try
            {
                done.SetResult(work());
            }
            catch (Exception e)
            {
                done.SetException(e);
            }
        }, CancellationToken.None);
        return done.Task;
    }

    /// <summary>Ends the thread. Nobody may be waiting for work any more.</summary>
    public void Dispose()
    {
        queue.CompleteAdding();
        thread?.Join();
        queue.Dispose();
    }

    private void Start()
    {
        lock (sync)
        {
            if (thread is null)
            {
                thread = new Thread(Work) { Name = name, IsBackground = true };
                thread.Start();
            }
        }
    }

    private void Work()
    {
        foreach (Action work in queue.GetConsumingEnumerable())
        {
            work();
        }
    }
}

/// <summary>Work on a sequence that stays one piece ahead of who asks for its results.</summary>
internal static class Ahead
{
    /// <summary>The results of every piece, in order. While one piece's are taken the next is worked on, and no more than these two are there.</summary>
    /// <param name="pieces">What is worked on; the next is asked for when the one before has begun.</param>
    /// <param name="work">Makes results of a piece; it is told to stop where nobody takes them any more.</param>
    /// <param name="cancel">Stops.</param>
    public static async IAsyncEnumerable<TResult> Each<TPiece, TResult>(
        IEnumerable<TPiece> pieces, Func<TPiece, CancellationToken, Task<TResult[]>> work, [EnumeratorCancellation] CancellationToken cancel)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        Task<TResult[]>? begun = null;
        try
        {
            foreach (TPiece piece in pieces)
            {
                cancel.ThrowIfCancellationRequested();
                (Task<TResult[]>? before, begun) = (begun, work(piece, stop.Token));
                if (before is not null)
                {
                    foreach (TResult result in await before.ConfigureAwait(false))
                    {
                        yield return result;
                    }
                }
            }

            foreach (TResult result in begun is null ? [] : await begun.ConfigureAwait(false))
            {
                cancel.ThrowIfCancellationRequested();
                yield return result;
            }
        }
        finally
        {
            // Whoever leaves early waits for what is under way, so that nothing works on after the loop.
            await stop.CancelAsync().ConfigureAwait(false);
            if (begun is not null)
            {
                await ((Task)begun).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }
}
