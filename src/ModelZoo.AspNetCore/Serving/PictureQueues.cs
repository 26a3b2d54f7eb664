using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace ModelZoo.AspNetCore.Serving;

/// <summary>The queue of every classifier of the app.</summary>
internal sealed class PictureQueues : IAsyncDisposable
{
    private readonly Dictionary<string, PictureQueue> byName;

    public PictureQueues(ImageClassifiers classifiers, IOptions<ClassifierServerOptions> options, ServerTelemetry telemetry, ILogger<PictureQueues> logger)
    {
        Options = options.Value;
        Budget = new UploadBudget(Options.MaxUploadBytes);
        byName = classifiers.All.ToDictionary(c => c.Name, c => new PictureQueue(c, Options, telemetry, logger), StringComparer.Ordinal);
        telemetry.Watch(() => byName.Select(queue => (queue.Key, queue.Value.Count)));
    }

    public ClassifierServerOptions Options { get; }

    public UploadBudget Budget { get; }

    public PictureQueue this[string name] => byName[name];

    public async ValueTask DisposeAsync()
    {
        foreach (PictureQueue queue in byName.Values)
        {
            await queue.DisposeAsync().ConfigureAwait(false);
        }
    }
}
