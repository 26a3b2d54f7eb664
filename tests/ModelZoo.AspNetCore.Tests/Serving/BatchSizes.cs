using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using ModelZoo.Inference;

namespace ModelZoo.AspNetCore.Tests.Serving;

/// <summary>Listens to how many pictures a network computes together.</summary>
internal sealed class BatchSizes : IDisposable
{
    private readonly MeterListener listener = new();
    private readonly ConcurrentQueue<int> seen = [];

    public BatchSizes(string model)
    {
        listener.InstrumentPublished = (instrument, own) =>
        {
            if (instrument.Meter.Name == ClassifierTelemetry.Name && instrument.Name == "modelzoo.batch.size")
            {
                own.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((_, size, tags, _) =>
        {
            foreach (KeyValuePair<string, object?> tag in tags)
            {
                if (tag.Key == "modelzoo.model" && (string?)tag.Value == model)
                {
                    seen.Enqueue((int)size);
                }
            }
        });
        listener.Start();
    }

    public IReadOnlyCollection<int> Seen => seen;

    public void Dispose() => listener.Dispose();
}
