using System.Runtime.InteropServices;

namespace ModelZoo.Cli;

/// <summary>
/// Ctrl-C or a request to terminate. The first asks the running command to stop; what has not ended shortly after is ended, whatever it is in the middle of.
/// Training may finish its step and save, and a server its requests, however long that takes (<see cref="Hold"/>). The second signal ends the process at once.
/// </summary>
internal sealed partial class InterruptSource : IDisposable
{
    // Two seconds to the end, with time for the process to go.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1.4);

    private const string Training = "stopping after this step, which cannot be cut short";

    private static int held;
    private static string heldBy = Training;

    private readonly CancellationTokenSource source = new();
    private readonly PosixSignalRegistration[] registrations;
    private int code;

    internal InterruptSource()
    {
        registrations = [PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal), PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal)];
    }

    internal CancellationToken Token => source.Token;

    /// <summary>Whether one has come.</summary>
    internal bool Signaled => code != 0;

    /// <summary>While work runs that keeps its state when it is asked to stop: it ends by itself, after the step under way.</summary>
    /// <param name="ends">What is said then: when it ends.</param>
    internal static IDisposable Hold(string ends = Training)
    {
        heldBy = ends;
        return new Holder();
    }

    /// <summary>The exit code of a command that has ended: never 0 after a signal, 130 or 143 instead.</summary>
    internal int ExitCode(int ofCommand) => ofCommand == 0 ? code : ofCommand;

    public void Dispose()
    {
        Array.ForEach(registrations, static r => r.Dispose());
        source.Dispose();
    }

    private void OnSignal(PosixSignalContext context)
    {
        context.Cancel = true;
        int number = context.Signal == PosixSignal.SIGTERM ? 128 + 15 : 128 + 2;
        if (Interlocked.CompareExchange(ref code, number, 0) != 0)
        {
            End(number);
        }

        bool holds = Volatile.Read(ref held) > 0;
        Failure.Write(Console.Error, $"zoo: {(holds ? heldBy : "stopping")}; once more to end at once.");
        if (!holds)
        {
            // Native code cannot be interrupted, nor can every loop be made to look: this thread waits, and then ends the process.
            new Thread(() =>
            {
                Thread.Sleep(Patience);
                End(number);
            })
            { IsBackground = true }.Start();
        }

        source.Cancel();
    }

    // Without exit handlers: libtorch's threads may be computing, and its destructors would run under them.
    private static void End(int code)
    {
        AtomicFile.Abandon();
        if (!OperatingSystem.IsWindows())
        {
            ExitAtOnce(code);
        }

        Environment.Exit(code);
    }

    [LibraryImport("libc", EntryPoint = "_exit")]
    private static partial void ExitAtOnce(int code);

    private sealed class Holder : IDisposable
    {
        public Holder() => Interlocked.Increment(ref held);

        public void Dispose() => Interlocked.Decrement(ref held);
    }
}
