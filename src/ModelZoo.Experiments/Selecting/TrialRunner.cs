using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using ModelZoo.Inference;
using ModelZoo.Statistics;
using ModelZoo.Training;
using ModelZoo.Transfer;
using TorchSharp;

namespace ModelZoo.Experiments.Selecting;

/// <summary>Tries networks by k-fold cross-validation of new heads, or goes on where an interrupted run ended.</summary>
internal sealed class TrialRunner
{
    private const string Version = "1"; // of what is kept

    private readonly SelectionRequest request;
    private readonly ResultCache kept;
    private readonly string data;
    private readonly IReadOnlyList<ulong> hashes;

    public TrialRunner(SelectionRequest request)
    {
        this.request = request;
        kept = request.Folder is { } folder ? new ResultCache(Path.Combine(folder, "trials")) : ResultCache.None;
        if (request.Fresh)
        {
            kept.Clear();
        }

        hashes = request.Data.PictureHashes();
        data = Hash($"{string.Join(',', request.Data.Info.ClassNames)} {string.Join(',', request.Data.Labels.ToArray())} {string.Join(',', hashes)}");
    }

    private FineTuneOptions Options => new()
    {
        Recipe = FineTuneOptions.HeadRecipe,
        Seed = request.Seed,
        Device = request.Device,
        MaxMemory = request.MaxMemory,
        NewHead = true, // one that goes on may have seen the pictures
        FeaturesOnBytes = true,
        FeatureCache = request.Folder is { } folder ? Path.Combine(folder, "features") : null,
    };

    /// <summary>What the networks are; those that are found and do not serve, or are the same as others, are left out with a remark.</summary>
    public IReadOnlyList<(NetworkAtHand Network, NetworkFacts Facts)> Look()
    {
        var all = new List<(NetworkAtHand Network, NetworkFacts Facts)>();
        foreach (NetworkAtHand network in request.Networks)
        {
            request.Cancel.ThrowIfCancellationRequested();
            try
            {
                using ResolvedModel resolved = NetworkTrials.Open(network, request.MaxMemory);
                NetworkFacts facts = NetworkTrials.Look(network, resolved, request.Data, hashes);
                if (all.FirstOrDefault(other => other.Facts.Backbone == facts.Backbone).Network is { } same)
                {
                    request.Say($"{network.Name} is left out: but for the head it is {same.Name}");
                    continue;
                }

                all.Add((network, facts));
            }
            catch (ZooException error) when (network.Found)
            {
                request.Say($"{network.Name} is left out: {error.Message}");
            }
        }

        return all;
    }

    /// <summary>Tries one network.</summary>
    /// <param name="network">It.</param>
    /// <param name="facts">What it is.</param>
    /// <param name="done">Hears of each fold and each head of a learning curve.</param>
    /// <exception cref="OperationCanceledException">It was interrupted; features that are complete are kept.</exception>
    public NetworkTrial Run(NetworkAtHand network, NetworkFacts facts, Action done)
    {
        string key = $"{Hash($"{Version} {facts.Backbone} {data} {request.Folds} {request.Seed} {Options.Recipe!.ToJson()}")}";
        if (!kept.TryGet(key, out NetworkTrial? trial) || !Fits(trial))
        {
            trial = Validate(network, done);
            kept.Set(key, trial);
        }
        else
        {
            request.Say($"{network.Name}: was tried before, {Described(trial)}");
            Repeat(done, request.Folds);
        }

        if (!request.LearningCurves)
        {
            return trial;
        }

        if (trial.Curve is null)
        {
            trial = trial with { Curve = Curve(network, done) };
            kept.Set(key, trial);
        }
        else
        {
            Repeat(done, LearningCurveUnits);
        }

        return trial;
    }

    /// <summary>The same for a network that is trained anew.</summary>
    /// <param name="name">What tables call it.</param>
    /// <param name="settings">All that decides what comes of it.</param>
    /// <param name="run">Does it.</param>
    public NetworkTrial Keep(string name, string settings, Func<NetworkTrial> run)
    {
        string key = Hash($"{Version} scratch {name} {data} {request.Folds} {request.Seed} {settings}");
        if (kept.TryGet(key, out NetworkTrial? trial) && Fits(trial))
        {
            request.Say($"{name}: was trained before, {Described(trial)}");
            return trial;
        }

        trial = run();
        kept.Set(key, trial);
        return trial;
    }

    /// <summary>How often <c>done</c> is called for a learning curve, about.</summary>
    public int LearningCurveUnits => request.LearningCurves ? 3 * request.Folds : 0;

    /// <summary>What came of a cross-validation.</summary>
    public NetworkTrial Of(CrossValidationResult result)
    {
        if (result.Interrupted)
        {
            throw new OperationCanceledException(request.Cancel);
        }

        OutOfFoldPrediction[] all = [.. result.Predictions];
        return new()
        {
            Places = [.. all.Select(p => p.Place)],
            Predictions = [.. all.Select(p => p.Prediction)],
            Loss = all.Average(p => -Math.Log(Math.Max(p.Probabilities[p.Label], 1e-12))),
            FeatureSeconds = result.FeatureSeconds,
            TrainingSeconds = result.Folds.Average(f => f.Training.Elapsed.TotalSeconds),
            Parameters = 0,
            DiskBytes = 0,
        };
    }

    /// <summary>"95.10 % (91.6 – 97.2 %) of 245".</summary>
    public string Described(NetworkTrial trial)
    {
        int right = trial.Places.Zip(trial.Predictions).Count(p => request.Data.Labels[p.First] == p.Second);
        Interval interval = Interval.Wilson(right, trial.Places.Count);
        return string.Create(CultureInfo.InvariantCulture,
            $"{100.0 * right / trial.Places.Count:F2} % ({interval.Percent()}) of {trial.Places.Count:N0} pictures");
    }

    private NetworkTrial Validate(NetworkAtHand network, Action done)
    {
        using ResolvedModel resolved = NetworkTrials.Open(network, request.MaxMemory);
        resolved.Model.to(request.Device);
        FineTuneOptions options = Options with { Remarks = new Remark(network, request.Say) };
        CrossValidationResult result = CrossValidation.FineTune(resolved, request.Data, request.Folds, options, done: _ => done(), cancel: request.Cancel);
        NetworkTrial trial = NetworkTrials.Counted(Of(result), resolved, request.Data);
        request.Say($"{network.Name}: {Described(trial)}");
        return trial;
    }

    // Too few pictures for a curve are no reason to say nothing of the networks.
    private LearningCurve? Curve(NetworkAtHand network, Action done)
    {
        using ResolvedModel resolved = NetworkTrials.Open(network, request.MaxMemory);
        resolved.Model.to(request.Device);
        int told = 0;
        try
        {
            return LearningCurves.MeasureFolds(resolved, request.Data, request.Folds, Options, new Heads(p =>
            {
                for (; told < LearningCurveUnits * p.Done / p.Of; told++)
                {
                    done();
                }
            }), request.Cancel);
        }
        catch (ZooException error) when (error is not NotFiniteException && !OutOfMemory.Caused(error))
        {
            request.Say($"{network.Name}: no learning curve: {error.Message}");
            return null;
        }
    }

    private bool Fits([NotNullWhen(true)] NetworkTrial? trial) =>
        trial is not null && trial.Places.Count > 0 && trial.Places.Count == trial.Predictions.Count && trial.Places.All(p => p >= 0 && p < request.Data.Count);

    private static void Repeat(Action done, int times)
    {
        for (int i = 0; i < times; i++)
        {
            done();
        }
    }

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..32];

    private sealed class Remark(NetworkAtHand network, Action<string> say) : IProgress<string>
    {
        public void Report(string value) => say($"{network.Name}: {value}");
    }

    private sealed class Heads(Action<(int Done, int Of)> report) : IProgress<(int Done, int Of)>
    {
        public void Report((int Done, int Of) value) => report(value);
    }
}
