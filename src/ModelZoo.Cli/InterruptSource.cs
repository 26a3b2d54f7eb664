namespace ModelZoo.Cli;

/// <summary>Ctrl-C: the first asks the running command to stop and keep what it has; the second ends the process.</summary>
internal sealed class InterruptSource : IDisposable
{
    private readonly CancellationTokenSource source = new();

    internal InterruptSource()
    {
        Console.CancelKeyPress += OnCancel;
    }

    internal CancellationToken Token => source.Token;

    public void Dispose()
    {
        Console.CancelKeyPress -= OnCancel;
        source.Dispose();
    }

    private void OnCancel(object? sender, ConsoleCancelEventArgs e)
    {
        if (!source.IsCancellationRequested)
        {
            e.Cancel = true;
            Console.Error.WriteLine("zoo: stopping; Ctrl-C again to end at once.");
            source.Cancel();
        }
    }
}
