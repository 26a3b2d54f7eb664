namespace ModelZoo.Inference;

/// <summary>Lets calls of many threads into an object until it is disposed, which waits for those under way.</summary>
internal sealed class DisposalGate(object owner)
{
    private readonly object sync = new();
    private int calls;
    private bool closed;

    /// <summary>Begins a call, which ends when the result is disposed.</summary>
    /// <exception cref="ObjectDisposedException">The gate is closed.</exception>
    public Call Enter()
    {
        lock (sync)
        {
            ObjectDisposedException.ThrowIf(closed, owner);
            calls++;
            return new Call(this);
        }
    }

    /// <summary>Lets no more calls in, and waits for those under way.</summary>
    /// <returns>Whether this was the first time: who gets true frees what the calls used.</returns>
    public bool Close()
    {
        lock (sync)
        {
            bool first = !closed;
            closed = true;
            while (calls > 0)
            {
                Monitor.Wait(sync);
            }

            return first;
        }
    }

    private void Leave()
    {
        lock (sync)
        {
            calls--;
            Monitor.PulseAll(sync);
        }
    }

    /// <summary>A call under way.</summary>
    public readonly struct Call(DisposalGate gate) : IDisposable
    {
        public void Dispose() => gate.Leave();
    }
}
