using ModelZoo.Experiments.Comparing;
using ModelZoo.Experiments.Selecting;

namespace ModelZoo.Experiments.Tests.Selecting;

/// <summary>Networks that were never run, with answers, times and sizes as they are wanted.</summary>
internal static class SelectionSamples
{
    /// <summary>A network that errs on some pictures.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="wrong">Which pictures it gets wrong.</param>
    /// <param name="pictures">How many there are.</param>
    /// <param name="milliseconds">Null where nothing was timed.</param>
    /// <param name="megabytes">Of its file.</param>
    internal static SelectedNetwork Network(string name, IEnumerable<int> wrong, int pictures = 200, double? milliseconds = 10, double megabytes = 10)
    {
        HashSet<int> missed = [.. wrong];
        return new()
        {
            Name = name,
            Spec = name,
            Origin = NetworkOrigin.Pulled,
            Architecture = name,
            Hits = [.. Enumerable.Range(0, pictures).Select(i => !missed.Contains(i))],
            Loss = 0.1,
            Parameters = 1000,
            DiskBytes = (long)(megabytes * 1e6),
            TrainingSeconds = 3,
            Speed = milliseconds is { } ms ? new(new([2 * ms]), new([ms]), null, 1_000_000) : null,
        };
    }

    internal static IEnumerable<int> First(int count, int from = 0) => Enumerable.Range(from, count);

    internal static NetworkSelection Select(SelectionLimits? limits, params SelectedNetwork[] networks) =>
        NetworkSelection.Of(networks, new("folder:<p>", "photos/train", networks[0].Hits.Count, ["ant", "bee"], 5, 0, "{}", limits ?? new(), 0.5)) with
        {
            Timing = networks[0].Speed is null ? null : new TimingSettings(1, 1, 2, "cpu", 0),
            Machine = "a <machine>",
            Command = "zoo compare <a> & b",
        };
}

/// <summary>A meter that computes nothing: every network takes as many milliseconds as its name has letters.</summary>
internal sealed class FakeNetworkMeter : INetworkMeter
{
    internal int Turns { get; private set; }

    public NetworkTurn Measure(NetworkAtHand network, bool memory)
    {
        Turns++;
        return new(0.002 * network.Name.Length, 0.001 * network.Name.Length, null, memory ? 1_000_000 : null);
    }
}
