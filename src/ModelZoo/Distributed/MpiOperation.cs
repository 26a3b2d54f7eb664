
namespace ModelZoo.Distributed;

/// <summary>A call that the communication thread makes, and what waits for it.</summary>
/// <param name="begin">Makes it; its request comes back. <see cref="MpiNative.NoRequest"/>: it is done already.</param>
internal sealed class MpiOperation(Func<int> begin) : IPending, IDisposable
{
    private readonly ManualResetEventSlim done = new(false, spinCount: 50);
    private volatile Exception? failure;
    private volatile bool awaited;
    private int request;

    /// <summary>Whether somebody waits for it and does nothing else.</summary>
    public bool Awaited => awaited;

    public void Begin() => request = begin();

    /// <summary>Looks after it.</summary>
    /// <returns>Whether it is done.</returns>
    public unsafe bool Test()
    {
        if (request == MpiNative.NoRequest)
        {
            return true;
        }

        int complete = 0;
        fixed (int* own = &request)
        {
            MpiNative.Check(MpiNative.Test(own, &complete, MpiNative.IgnoreStatus), "a message");
        }

        return complete != 0;
    }

    public void Complete() => done.Set();

    public void Fail(Exception error)
    {
        failure = error;
        done.Set();
    }

    public void Wait()
    {
        awaited = true;
        done.Wait();
        done.Dispose();
        if (failure is { } error)
        {
            throw new ZooException(error.Message, error);
        }
    }

    public void Dispose() => done.Dispose();
}
