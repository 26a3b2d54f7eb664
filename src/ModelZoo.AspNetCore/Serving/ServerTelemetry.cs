using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;

namespace ModelZoo.AspNetCore.Serving;

/// <summary>
/// What the server measures beside its classifiers (<see cref="Inference.ClassifierTelemetry"/>): instruments of the meter <see cref="Name"/>, with the tag
/// <c>modelzoo.classifier</c>.
/// </summary>
/// <remarks>
/// <c>modelzoo.server.queue</c> (pictures that have a place now), <c>modelzoo.server.refused</c> (pictures for which there was none),
/// <c>modelzoo.server.batch.fill</c> (share of a batch that was pictures of clients).
/// </remarks>
public sealed class ServerTelemetry : IDisposable
{
    /// <summary>The meter's.</summary>
    public const string Name = "ModelZoo.Server";

    private const string Tag = "modelzoo.classifier";

    private readonly Meter meter = new(Name);
    private readonly Counter<long> refused;
    private readonly Histogram<double> fill;

    /// <summary>Makes the instruments.</summary>
    public ServerTelemetry()
    {
        refused = meter.CreateCounter<long>("modelzoo.server.refused", "{picture}", "Pictures for which the queue had no place");
        fill = meter.CreateHistogram<double>("modelzoo.server.batch.fill", "1", "Share of a batch that was pictures of clients");
    }

    /// <inheritdoc/>
    public void Dispose() => meter.Dispose();

    internal void Watch(Func<IEnumerable<(string Classifier, int Pictures)>> queues) => meter.CreateObservableGauge("modelzoo.server.queue",
        () => queues().Select(q => new Measurement<int>(q.Pictures, new KeyValuePair<string, object?>(Tag, q.Classifier))), "{picture}",
        "Pictures that are decoded, waiting or computed");

    internal void Refused(string classifier, int pictures) => refused.Add(pictures, new KeyValuePair<string, object?>(Tag, classifier));

    internal void Computed(string classifier, int pictures, int size) =>
        fill.Record((double)pictures / size, new KeyValuePair<string, object?>(Tag, classifier));
}

/// <summary>What the server says to the app's log.</summary>
internal static partial class ServerLog
{
    [LoggerMessage(1, LogLevel.Information, "{Method} {Path} {Status} in {Milliseconds} ms: {Pictures} pictures, {Bytes} bytes")]
    public static partial void Answered(this ILogger logger, string method, string path, int status, long milliseconds, int pictures, long bytes);

    [LoggerMessage(2, LogLevel.Error, "A batch could not be computed.")]
    public static partial void Failed(this ILogger logger, Exception error);

    [LoggerMessage(3, LogLevel.Error, "A request could not be answered.")]
    public static partial void Unexpected(this ILogger logger, Exception error);
}
