using System.Globalization;
using ModelZoo.Experiments.Comparing;
using ModelZoo.Transfer;
using TorchSharp;

namespace ModelZoo.Experiments.Selecting;

/// <summary>
/// Tries pretrained networks on pictures and says which one to use: the features of each are computed once, heads are fitted to all folds but one, which they
/// are tested on; time, size and memory are measured by turns.
/// </summary>
public static class NetworkSelector
{
    /// <summary>Does all of it. What is finished is kept in the request's folder, and read from there by the next run.</summary>
    /// <exception cref="ZooException">No network serves, or the data cannot be told apart by folds.</exception>
    /// <exception cref="OperationCanceledException">It was interrupted.</exception>
    public static NetworkSelection Run(SelectionRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (request.Limits.MaxMilliseconds is not null && request.Rounds == 0)
        {
            throw new UsageException("A limit of time needs times: leave --no-timing out.");
        }

        var runner = new TrialRunner(request);
        (NetworkAtHand Network, NetworkFacts Facts)[] all = [.. runner.Look()];
        if (all.Length == 0)
        {
            throw new ZooException("No trained network is at hand. Fetch one with `zoo pull`, or name a checkpoint.");
        }

        foreach ((_, NetworkFacts facts) in all)
        {
            if (facts.Seen is { } seen)
            {
                request.Say($"warning: {seen}, so its accuracy here is too good: it is shown, and not recommended");
            }
        }

        var scratch = new ScratchTrials(request, runner);
        string[] anew = [.. request.FromScratch ? all.Select(n => n.Facts.Architecture).Distinct().Where(a => Serves(request, scratch, a)) : []];
        var count = new Units(request, (all.Length * (request.Folds + runner.LearningCurveUnits)) + (anew.Length * request.Folds)
            + (request.Rounds > 0 ? all.Length * (request.Rounds + 1) : 0));
        var trials = new Dictionary<string, NetworkTrial>();
        foreach ((NetworkAtHand network, NetworkFacts facts) in all)
        {
            trials[network.Name] = runner.Run(network, facts, () => count.Done(network.Name));
        }

        var trained = new Dictionary<string, NetworkTrial>();
        foreach (string architecture in anew)
        {
            NetworkTrial like = trials[all.First(n => n.Facts.Architecture == architecture).Network.Name];
            if (scratch.Run(architecture, like, () => count.Done(ScratchTrials.NameOf(architecture))) is { } trial)
            {
                trained[architecture] = trial;
            }
        }

        Dictionary<string, NetworkSpeed> speeds = Time(request, [.. all.Select(n => n.Network)], count, out TimingSettings? timing);
        return Select(request, all, trials, trained, speeds) with
        {
            Timing = timing,
            Machine = MachineDescription.Of(request.Device),
            Command = request.Command,
        };
    }

    private static NetworkSelection Select(SelectionRequest request, (NetworkAtHand Network, NetworkFacts Facts)[] all,
        Dictionary<string, NetworkTrial> trials, Dictionary<string, NetworkTrial> trained, Dictionary<string, NetworkSpeed> speeds)
    {
        // A picture that one of them could not read says nothing of the others.
        int[] places = [.. trials.Values.Concat(trained.Values).Select(t => t.Places).Aggregate((a, b) => [.. a.Intersect(b)]).Order()];
        IEnumerable<SelectedNetwork> pretrained = all.Select(n =>
            Of(n.Network, n.Facts, trials[n.Network.Name], speeds.GetValueOrDefault(n.Network.Name)));
        IEnumerable<SelectedNetwork> anew = trained.Select(t =>
        {
            NetworkAtHand like = all.First(n => n.Facts.Architecture == t.Key).Network;
            NetworkSpeed? speed = speeds.GetValueOrDefault(like.Name);
            return Of(new(ScratchTrials.NameOf(t.Key), "", NetworkOrigin.Scratch), new(t.Key, "", null, false), t.Value,
                speed is null ? null : speed with { Bytes = null });
        });
        var settings = new SelectionSettings(request.Source, request.Data.Name, places.Length, request.Data.Info.ClassNames, request.Folds, request.Seed,
            FineTuneOptions.HeadRecipe.ToJson(), request.Limits,
            places.Select(p => request.Data.Labels[p]).CountBy(label => label).Max(c => c.Value) / (double)places.Length);
        return NetworkSelection.Of([.. pretrained, .. anew], settings);

        SelectedNetwork Of(NetworkAtHand network, NetworkFacts facts, NetworkTrial trial, NetworkSpeed? speed)
        {
            var said = trial.Places.Zip(trial.Predictions).ToDictionary(p => p.First, p => p.Second);
            return new()
            {
                Name = network.Name,
                Spec = network.Spec,
                Origin = network.Origin,
                Architecture = facts.Architecture,
                Quantized = facts.Quantized,
                Hits = [.. places.Select(p => said[p] == request.Data.Labels[p])],
                Loss = trial.Loss,
                Parameters = trial.Parameters,
                Macs = trial.Macs,
                DiskBytes = trial.DiskBytes,
                TrainingSeconds = (trial.FeatureSeconds ?? 0) + trial.TrainingSeconds,
                Speed = speed,
                Curve = trial.Curve,
                Seen = facts.Seen,
            };
        }
    }

    private static Dictionary<string, NetworkSpeed> Time(SelectionRequest request, NetworkAtHand[] networks, Units count, out TimingSettings? timing)
    {
        timing = null;
        if (request.Rounds == 0)
        {
            return [];
        }

        INetworkMeter meter = request.Meter ?? new NetworkMeter(request.Data, request.Batch, request.Device, request.MaxMemory);
        timing = new(request.Batch, request.Rounds, torch.get_num_threads(), request.Device.type.ToString().ToLowerInvariant(), ModelComparison.Load());
        IReadOnlyList<IReadOnlyList<NetworkTurn>> turns = InterleavedRounds.Run(networks.Length, request.Rounds, (i, round) =>
        {
            request.Cancel.ThrowIfCancellationRequested();
            NetworkTurn turn = meter.Measure(networks[i], memory: round == 0);
            count.Done(round == 0 ? "memory" : string.Create(CultureInfo.InvariantCulture, $"time, round {round} of {request.Rounds}"));
            return turn;
        });
        request.Say(string.Create(CultureInfo.InvariantCulture, $"time and memory: {request.Rounds} × {networks.Length} turns"));
        return networks.Select((n, i) => (n.Name, Speed: NetworkSpeed.Of(turns[i], request.Batch))).ToDictionary(n => n.Name, n => n.Speed);
    }

    private static bool Serves(SelectionRequest request, ScratchTrials scratch, string architecture)
    {
        if (scratch.WhyNot(architecture) is not { } why)
        {
            return true;
        }

        request.Say($"{architecture} is not trained from scratch: {why}");
        return false;
    }

    private sealed class Units(SelectionRequest request, int all)
    {
        private int done;

        public void Done(string what) => request.Progress(what, Math.Min(++done, all), all);
    }
}
