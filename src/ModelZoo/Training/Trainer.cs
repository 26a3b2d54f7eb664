using System.Globalization;
using ModelZoo.Distributed;
using ModelZoo.Runtime;
using ModelZoo.Tracing;
using ModelZoo.Training.Precision;
using ModelZoo.Training.Runs;
using ModelZoo.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace ModelZoo.Training;

/// <summary>
/// Trains any model that turns a batch into logits, by minimizing the cross entropy, and with it the weighted cross entropies of auxiliary classifiers where a
/// model has any (<see cref="ModelZoo.Layers.IAuxiliaryHeads"/>). It knows no model: what is trained is whatever has requires_grad.
/// The same seed, recipe and data give the same weights to the bit on the same machine with the same number of threads, also when the run is killed and resumed
/// in between.
/// </summary>
public sealed class Trainer
{
    private const int LeastTested = 32;

    private static readonly TimeSpan ReportEvery = TimeSpan.FromMilliseconds(100);

    private readonly nn.Module<Tensor, Tensor> model;
    private Recipe recipe;
    private readonly TrainerOptions options;
    private readonly HeapGrowth heap = HeapGrowth.OfProcess();
    private readonly RankGroup? ranks;
    private bool joinsLast;
    private int least = 1;
    private IReadOnlyList<int>? classes;

    /// <param name="model">[N,…] to logits [N,classes]; it is trained in place.</param>
    /// <param name="recipe">The hyper-parameters.</param>
    /// <param name="options">Seed, device, checkpoint, limits.</param>
    /// <exception cref="ZooException">The recipe is out of range.</exception>
    public Trainer(nn.Module<Tensor, Tensor> model, Recipe recipe, TrainerOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(recipe);
        this.model = model;
        this.recipe = recipe.Validate();
        this.options = options ?? new TrainerOptions();
        ranks = this.options.Ranks is { Size: > 1 } several ? several : null;
        this.options = this.options with { Ranks = ranks };
        if ((this.options.CheckpointPath ?? this.options.BestPath ?? this.options.RunFolder) is not null && this.options.Describe is null)
        {
            throw new ArgumentException("A checkpoint needs a description: set Describe beside CheckpointPath, BestPath or RunFolder.", nameof(options));
        }
    }

    /// <summary>
    /// Trains. On cancellation the step under way is finished, or given up where it has changed nothing yet, the checkpoint written and the result returned.
    /// </summary>
    /// <param name="train">What to learn.</param>
    /// <param name="test">What to measure after each epoch, if anything.</param>
    /// <param name="progress">Receives a report about ten times a second and at the end of every epoch, on the training thread or wherever it posts to.</param>
    /// <param name="cancel">Ctrl-C, for instance.</param>
    /// <exception cref="ZooException">Nothing is trainable, the data has more classes than the model logits, the state to go on from is of another run, or
    /// memory ran out.</exception>
    /// <exception cref="NotFiniteException">A loss or the state is not finite any more; the message says at which step and from which layer on.</exception>
    public TrainingResult Fit(IBatchSource train, IBatchSource? test, IProgress<TrainingProgress>? progress = null, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(train);
        MustAgree(train, test);
        if (options.Device is { } device)
        {
            model.to(device);
        }

        RunFolder? folder = options.RunFolder is { } path ? new RunFolder(path) : null;
        if (ranks is { IsFirst: false } && (folder is not null || (options.CheckpointPath ?? options.BestPath) is not null))
        {
            throw new ArgumentException("Rank 0 alone writes: leave the paths out on the others.");
        }

        using RunLock? held = folder?.Lock();
        Dictionary<string, string> identity = folder is null && ranks is null ? [] : RunIdentity.Of(model, recipe, options, 0, train, test);
        MustBeAlike(identity);
        bool goesOn = folder is not null && options.Resume && File.Exists(folder.State);
        goesOn = ranks?.Any(goesOn) ?? goesOn;
        LearningRateTest? range = FindRate(train, goesOn ? folder : null, goesOn, progress, cancel);
        if (options.RangeTestOnly is not null)
        {
            return new() { Recipe = recipe, RangeTest = range, Epochs = [], Steps = 0, Elapsed = default, Canceled = false, TargetReached = false };
        }

        using IDisposable? layout = recipe.ChannelsLast ? ChannelsLast.Weights(model) : null;
        using var learner = new Learner(model, recipe, options, train);
        int together = Math.Min(recipe.BatchSize, train.Count), share = ranks is null ? together : (together + ranks.Size - 1) / ranks.Size;
        TrainingMemory.Require(model, train.Shape, share, recipe, options.MaxMemory);
        MustTakeSizes(train);
        bool lone = recipe.BatchSize > 1 && train.Count % recipe.BatchSize == 1;
        bool pairs = (lone || ranks is not null) && learner.NeedsTwo();
        joinsLast = lone && pairs;
        least = pairs && !recipe.SyncBatchNorm ? 2 : 1;
        classes = recipe.SamplesEvenly ? train.ExampleLabels : null;
        int batches = Plan(1).Steps(train.Count);
        int perStep = recipe.Optimizer == "gd" ? batches : recipe.AccumulationSteps;
        int stepsPerEpoch = (batches + perStep - 1) / perStep;
        int limit = Math.Min(options.MaxSteps ?? int.MaxValue, recipe.MaxSteps > 0 ? recipe.MaxSteps : int.MaxValue);
        int totalSteps = Math.Max(1, (int)Math.Min((long)stepsPerEpoch * recipe.Epochs, limit));
        if (identity.Count > 0)
        {
            RunIdentity.Complete(identity, recipe, totalSteps);
        }

        RunState state = Restore(learner, folder, goesOn, identity);
        using RunRecorder? recorder = folder is null ? null : new RunRecorder(folder, options, state, recipe, identity);
        PredictionTask task = train.Targets?.Task ?? PredictionTask.Classes;
        var run = new Run(state, new LearningRateSchedule(recipe, stepsPerEpoch, totalSteps), stepsPerEpoch, totalSteps, progress, task, cancel)
        {
            Recipe = recipe,
            RangeTest = range,
            Ranks = ranks,
        };
        var saver = new RunSaver(model, options, folder, learner, recorder, identity);
        while (state.InEpoch || !run.Ended(options))
        {
            if (!state.InEpoch)
            {
                options.OnEpoch?.Invoke(state.Epoch + 1);
                learner.ReadTrained();
            }

            bool cut;
            using (ModelMode.Train(model, options))
            using (learner.Enter())
            {
                // Given up in its forward, a step leaves nothing behind where no layer counts (running statistics) and no gradient waits for another batch.
                Action? release = perStep == 1 && ranks is null && !model.buffers().Any() ? ForwardCancellation.Attach(model, cancel) : null;
                try
                {
                    cut = TrainEpoch(run, train, learner, recorder, saver, perStep);
                }
                catch (Exception error) when (OutOfMemory.Caused(error))
                {
                    throw TooLarge($"at batch {run.Batch} of epoch {state.Epoch}", Math.Min(recipe.BatchSize, train.Count), 1, run, error);
                }
                finally
                {
                    release?.Invoke();
                }
            }

            if (state.Images == 0)
            {
                // Canceled at the edge of an epoch: it leaves no trace.
                run.Withdraw();
                if (cut)
                {
                    break;
                }

                throw new ZooException("No image could be read.");
            }

            Conclude(run, test, cut, learner, recorder, saver);
        }

        learner.Finish();
        return run.Result();
    }

    // A label is a place in the list of names: other names, or another order, would be measured as something else.
    private static void MustAgree(IBatchSource train, IBatchSource? test)
    {
        if (test is not null && (test.Targets?.Task.Kind, test.Targets?.Columns) != (train.Targets?.Task.Kind, train.Targets?.Columns))
        {
            throw new ZooException("The training data and the test data do not say the same kind of thing of each picture: one class, several labels "
                + "or a number.");
        }

        if (test is not null && !test.ClassNames.SequenceEqual(train.ClassNames, StringComparer.Ordinal))
        {
            throw new ZooException($"The training data have the classes {List(train.ClassNames)}, the test data {List(test.ClassNames)}. Give both the same "
                + "names in the same order (LabeledImages.WithClasses).");
        }

        static string List(IReadOnlyList<string> names) => string.Join(", ", names.Take(5)) + (names.Count > 5 ? $" and {names.Count - 5} more" : "");
    }

    // A network with a fixed number of places before its head takes one size only.
    private void MustTakeSizes(IBatchSource train)
    {
        if (recipe.ProgressiveSizes is null || train.Shape.Length != 3)
        {
            return;
        }

        Device device = model.parameters().FirstOrDefault()?.device ?? CPU;
        using ModelMode mode = ModelMode.Eval(model);
        using IDisposable off = no_grad();
        foreach (int side in recipe.ProgressiveSizes.Distinct())
        {
            using DisposeScope scope = NewDisposeScope();
            try
            {
                model.call(zeros([1, train.Shape[0], side, side], device: device));
            }
            catch (Exception error) when (error is System.Runtime.InteropServices.ExternalException or ArgumentException or InvalidOperationException)
            {
                throw new ZooException($"progressive_sizes: {model.GetName()} takes no pictures of {side}×{side}, only of {train.Shape[1]}×{train.Shape[2]} "
                    + "or of some other sizes. Leave that side out, or train a network that averages over all places before its head.", error);
            }
        }
    }

    // The rate goes into the recipe, which the run's folder and the checkpoint keep: a run that goes on has it from there.
    private LearningRateTest? FindRate(IBatchSource train, RunFolder? begunIn, bool goesOn, IProgress<TrainingProgress>? progress, CancellationToken cancel)
    {
        if (!recipe.FindLearningRate && options.RangeTestOnly is null)
        {
            return null;
        }

        if (goesOn)
        {
            string text = begunIn?.ReadRecipe().ToJson() ?? "";
            Recipe begun = Recipe.Parse(ranks?.Broadcast(text) ?? text, "recipe");
            recipe = recipe with { LearningRate = begun.LearningRate, MinLearningRate = begun.MinLearningRate, FindLearningRate = false };
            return null;
        }

        LearningRateTest found = LearningRateFinder.Run(model, recipe, train, options, options.RangeTestOnly, progress, cancel);
        if (options.RangeTestOnly is null)
        {
            double rate = double.Parse(found.MustSuggest().ToString("G2", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
            recipe = recipe with { LearningRate = rate, MinLearningRate = Math.Min(recipe.MinLearningRate, rate), FindLearningRate = false };
            options.Remarks?.Report(string.Create(CultureInfo.InvariantCulture, $"learning rate: {rate}, found in {found.Points.Count} steps of a range test "
                + $"({LearningRateTest.Rule}, {found.Lowest.Rate:G2})"));
        }

        return found;
    }

    // Before anything is begun. Where the data lie may differ from machine to machine; their fingerprint may not.
    private void MustBeAlike(Dictionary<string, string> identity)
    {
        if (ranks is null)
        {
            return;
        }

        KeyValuePair<string, string>[] own =
        [
            .. RunDescription.Machine().Where(m => m.Key is "modelzoo" or "torch"),
            .. new[] { "training_data", "test_data", "recipe" }.Where(identity.ContainsKey).Select(key => KeyValuePair.Create(key, identity[key])),
            .. identity.Where(i => i.Key is not ("training_data" or "test_data" or "recipe" or "note data" or "steps")),
            new("device", (options.Device ?? model.parameters().FirstOrDefault()?.device ?? CPU).type.ToString()),
        ];
        RankAgreement.Require(ranks, own, (key, first, other) => key == "recipe"
            ? TrainingStateFile.RecipeDifference(first ?? "{}", other ?? "{}", "of rank 0 is", "its own")
            : $"its {key.Replace('_', ' ')} is {other ?? "absent"}, rank 0's {first ?? "absent"}");
    }

    private EpochSampler Plan(int epoch, int firstStep = 0) => new(recipe, options.Seed, epoch, firstStep) { JoinsLast = joinsLast, Classes = classes };

    private RunState Restore(Learner learner, RunFolder? folder, bool goesOn, Dictionary<string, string> identity)
    {
        if (!goesOn)
        {
            if (ranks is not null)
            {
                learner.Share();
            }

            return new RunState();
        }

        using WeightsFile? file = folder is null ? null : WeightsFile.Open(folder.State);
        RunState state = file is null ? new RunState() : TrainingStateFile.Read(file, identity, recipe);
        state = ranks is null ? state : RunState.Parse(ranks.Broadcast(state.ToJson()));
        for (int epoch = 1; epoch <= state.Epoch; epoch++)
        {
            options.OnEpoch?.Invoke(epoch);
        }

        learner.ReadTrained();
        learner.Restore(state, file);
        return state;
    }

    /// <summary>Takes the steps of an epoch, and returns whether it was cut short.</summary>
    private bool TrainEpoch(Run run, IBatchSource train, Learner learner, RunRecorder? recorder, RunSaver saver, int perStep)
    {
        run.Begin();
        using var figures = new StepFigures(run);
        EpochSampler plan = Plan(run.State.Epoch, run.State.Batch);
        var split = new StepSplit(plan, train.Count, perStep);
        int batch = plan.FirstStep, pending = 0;
        run.Batch = batch + 1;
        bool cut = false;
        (int Steps, int Batch)? broken = null;
        foreach (Batch read in Batches(train, plan))
        {
            using Batch current = read;
            cut = pending == 0 && run.State.Steps < run.TotalSteps && run.Stopped(options);
            if (cut || (pending == 0 && run.State.Steps >= run.TotalSteps))
            {
                break;
            }

            try
            {
                if (!Accumulate(run, train, learner, current, plan, split, (batch, pending), figures))
                {
                    continue; // nobody could read any of it
                }
            }
            catch (OperationCanceledException) when (pending == 0)
            {
                cut = run.Stopped(options);
                break;
            }

            pending++;
            if (split.EndsStep(batch++))
            {
                Step();
            }

            run.Batch = batch + 1;
            if (run.ReportDue(ReportEvery) && Read())
            {
                run.Report(recipe.Epochs, ReportEvery, null);
            }

            if (broken is not null)
            {
                break;
            }
        }

        if (pending > 0 && broken is null)
        {
            Step();
        }

        Read();
        return broken is { } first ? throw Again(run, train, learner, plan, split, first.Steps, first.Batch) : cut;

        void Step()
        {
            double rate = options.RateOfStep?.Invoke(run.State.Steps) ?? (run.Schedule.At(run.State.Steps) * run.State.Plateau.Factor);
            learner.Step(run, rate, figures);
            run.CountStep(pending, rate);
            pending = 0;
            heap.Check();
            (bool line, bool save) = (recorder?.LineDue(run) == true, recorder?.SaveDue(run) == true);
            if ((line || save || figures.Full || options.AfterStep is not null) && !Read())
            {
                return;
            }

            options.AfterStep?.Invoke(rate, figures.Loss);
            if (line)
            {
                recorder!.Step(run, figures.Loss, figures.Norm);
            }

            if (save)
            {
                learner.MustBeFinite(run);
                saver.SaveState(run);
            }
        }

        bool Read()
        {
            broken ??= figures.Read();
            return broken is null;
        }
    }

    private bool Accumulate(Run run, IBatchSource train, Learner learner, Batch current, EpochSampler plan, StepSplit split, (int Number, int Pending) batch,
        StepFigures figures)
    {
        ulong seed = plan.SeedOfStep(batch.Number);
        if (ranks is null)
        {
            learner.Accumulate(run, current, seed, split.ShareOf(batch.Number, current.Count), figures);
            return true;
        }

        // Dropout is another one on every rank.
        (int first, int end) = plan.Places(batch.Number, train.Count);
        return learner.AccumulateShared(run, current, ranks.IsFirst ? seed : new SeededRandom(seed + (ulong)ranks.Rank).NextUInt64(),
            count => split.ShareOf(batch.Number, count), end - first, (batch.Pending == 0, split.EndsStep(batch.Number)), figures);
    }

    // An epoch's batches; of several processes each has its share of every one.
    private IEnumerable<Batch> Batches(IBatchSource train, EpochSampler plan)
    {
        if (ranks is null)
        {
            return train.Shuffled(plan);
        }

        var share = new BatchShare(ranks.Rank, ranks.Size, least);
        return train.TakesShare(recipe) ? train.Shuffled(plan with { Share = share }) : train.Shuffled(plan).Select(batch => share.Cut(batch));
    }

    // The step whose loss was not finite, once more: the weights are still those it began with, and now every loss is looked at.
    private static ZooException Again(Run run, IBatchSource train, Learner learner, EpochSampler plan, StepSplit split, int steps, int batch)
    {
        (run.State.Steps, run.State.Batch) = (steps, batch);
        learner.Recover();
        using var figures = new StepFigures(run);
        try
        {
            foreach (Batch read in train.Shuffled(plan with { FirstStep = batch }))
            {
                using Batch current = read;
                learner.Accumulate(run, current, plan.SeedOfStep(batch), split.ShareOf(batch, current.Count), figures);
                if (split.EndsStep(batch++))
                {
                    break;
                }
            }

            learner.Step(run, 0, figures);
        }
        catch (ZooException found)
        {
            return found;
        }

        return learner.NotFinite(run);
    }

    // The epoch's figures, the test, the checkpoints, the log, the state, the report, in this order: what is reported is on the disk, and a state never knows
    // more than the files beside it.
    private void Conclude(Run run, IBatchSource? test, bool cut, Learner learner, RunRecorder? recorder, RunSaver saver)
    {
        double seconds = run.EpochSeconds;
        learner.MustBeFinite(run);
        run.CheckCanceled();
        RunState state = run.State;
        bool partial = cut || run.Canceled;
        if (partial)
        {
            saver.SaveState(run);
        }

        bool last = state.Steps >= run.TotalSteps || run.OutOfTime(options);
        bool due = last || (options.TestEvery > 0 && state.Epoch % options.TestEvery == 0);
        using (learner.LendAverage())
        {
            Measurement? result = test is not null && due && !run.Canceled ? Evaluate(run, learner, test) : null;
            EpochResult epoch = run.Finish(seconds, result);
            state.TargetReached |= result?.Score >= options.TargetAccuracy;
            bool best = !partial && (test is null || result is not null) && Judge(state, result is null ? epoch.Loss : 1 - result.Score, result?.Loss);
            saver.SaveCheckpoints(run, best, tested: test is not null);
            recorder?.Epoch(run, epoch, best);
        }

        saver.SaveAverage(run);
        if (!partial)
        {
            saver.SaveState(run);
        }

        run.Report(recipe.Epochs, TimeSpan.Zero, state.Epochs[^1].TestAccuracy);
    }

    // In batches as large as those of the training, which fit into memory.
    private Measurement Evaluate(Run run, Learner learner, IBatchSource test)
    {
        int size = Math.Clamp(recipe.BatchSize, LeastTested, 256);
        ProcessSettings.ReturnFreedMemory();
        try
        {
            if (ranks is not null)
            {
                // Running statistics are rank 0's, as in a checkpoint; of batches over all ranks they are everybody's.
                foreach (Tensor buffer in model.buffers())
                {
                    ranks.Broadcast(buffer);
                }
            }

            Measurement result = Evaluator.Measure(model, test, run.Task, size, recipe.ChannelsLast, ranks: ranks);
            return double.IsFinite(result.Loss) ? result : throw learner.NotFiniteTest(run, result.Loss, test, size);
        }
        catch (Exception error) when (OutOfMemory.Caused(error))
        {
            throw TooLarge($"in the test after epoch {run.State.Epoch}", size, LeastTested, run, error);
        }
        finally
        {
            ProcessSettings.ReturnFreedMemory();
        }
    }

    private ZooException TooLarge(string where, int batchSize, int least, Run run, Exception error)
    {
        string kept = options.RunFolder is { } path && run.State.Epochs.Count > 0 ? $" {path} holds the state after epoch {run.State.Epochs[^1].Epoch}." : "";
        return new ZooException($"out of memory {where} ({batchSize} image{(batchSize == 1 ? "" : "s")}): "
            + $"{(batchSize > least ? "take a smaller batch_size (--batch-size)" : "take smaller images (--size) or a smaller model")}.{kept}", error);
    }

    /// <summary>
    /// Whether this is the lowest error so far, or one as low with a lower loss, which tells epochs apart where few images are tested; lowers the rate or ends
    /// the training where the recipe wants that.
    /// </summary>
    private bool Judge(RunState state, double error, double? loss)
    {
        if (recipe.Schedule == "plateau")
        {
            state.Plateau.Observe(error, recipe);
        }

        if (state.Best is null || error < state.Best)
        {
            (state.Best, state.BestLoss, state.BestEpoch, state.SinceBest) = (error, loss, state.Epoch, 0);
            return true;
        }

        state.SinceBest++;
        state.StoppedEarly = recipe.EarlyStopping > 0 && state.SinceBest >= recipe.EarlyStopping;
        if (error > state.Best || !(loss < state.BestLoss))
        {
            return false;
        }

        (state.BestLoss, state.BestEpoch) = (loss, state.Epoch);
        return true;
    }
}
