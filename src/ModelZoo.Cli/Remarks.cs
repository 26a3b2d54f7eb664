namespace ModelZoo.Cli;

/// <summary>What a training says of itself: on the thread that works, so that lines keep their order.</summary>
internal sealed class Remarks(Session session) : IProgress<string>
{
    public void Report(string value) => session.Log.WriteLine(value);
}
