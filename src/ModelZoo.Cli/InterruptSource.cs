using System.Runtime.InteropServices;

namespace ModelZoo.Cli;

/// <summary>Ctrl-C or a request to terminate: the first asks the running command to stop and keep what it has; the second ends the process.</summary>
internal sealed class InterruptSource : IDisposable
{
    private readonly CancellationTokenSource source = new();
    private readonly PosixSignalRegistration[] registrations;

    internal InterruptSource()
    {
        registrations = [PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal), PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal)];
    }

    internal CancellationToken Token => source.Token;

    public void Dispose()
    {
        Array.ForEach(registrations, static r => r.Dispose());
        source.Dispose();
    }

    private void OnSignal(PosixSignalContext context)
    {
        if (!source.IsCancellationRequested)
        {
            context.Cancel = true;
            Console.Error.WriteLine("zoo: stopping; once more to end at once.");
            source.Cancel();
        }
    }
}
