using ModelZoo.Distributed;
using ModelZoo.Layers;
using ModelZoo.Training.Optimizers;
using ModelZoo.Training.Precision;
using ModelZoo.Training.Runs;
using ModelZoo.Weights;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ModelZoo.Training;

/// <summary>One model with its optimizer and the average of its weights: forward, backward, step.</summary>
internal sealed class Learner(nn.Module<Tensor, Tensor> model, Recipe recipe, TrainerOptions options, IBatchSource train) : IDisposable
{
    private readonly MixedPrecision? mixed = UsesBfloat16(model, recipe, options) ? new MixedPrecision(model) : null;
    private readonly ParameterOptimizer optimizer = ParameterOptimizer.Create(recipe);
    private readonly Objective objective = new(recipe, train, options.Teacher is not null);
    private readonly Dictionary<string, double> rateFactors = RateFactors(model, options.ParameterGroups);
    private readonly RankGroup? ranks = options.Ranks;
    private RankGradients? shared;
    private ModelEma? average;
    private Tensor? skip;
    private bool loneIsFine;

    /// <summary>Looks up what has requires_grad now.</summary>
    /// <exception cref="ZooException">Nothing has.</exception>
    public void ReadTrained()
    {
        TrainedParameter[] trained = [.. Trained()];
        if (trained.Length == 0)
        {
            throw new ZooException($"{model.GetName()} has no parameter to train: everything is frozen.");
        }

        loneIsFine = false;
        model.zero_grad();
        optimizer.Train(trained);
        shared?.Dispose();
        shared = ranks is null ? null : new RankGradients(ranks, model, [.. optimizer.Slots.Select(s => (s.Trained.Name, s.Trained.Parameter))],
            overlaps: mixed is null && trained[0].Parameter.device_type == DeviceType.CPU);
        if (recipe.EmaDecay > 0 && average is null)
        {
            average = new ModelEma(recipe.EmaDecay, model.state_dict());
        }

        // Reading costs nothing on the CPU; elsewhere it would make the device wait for C# and C# for the device, batch by batch.
        Device device = trained[0].Parameter.device;
        if (skip is null && ranks is null && optimizer.CanSkip && (options.DefersFigures ?? device.type != DeviceType.CPU))
        {
            skip = zeros([], dtype: ScalarType.Float32, device: device).DetachFromDisposeScope();
        }
    }

    /// <summary>Puts the model into the recipe's precision for an epoch's steps, until the result is disposed.</summary>
    public IDisposable? Enter()
    {
        IDisposable? entered = mixed?.Enter();
        average?.Follow(State());
        return shared is not null && recipe.SyncBatchNorm ? shared.Synchronize(entered) : entered;
    }

    /// <summary>
    /// Whether losses stay on the device until they are asked for. A loss that is not finite then sets a flag there which keeps every later step from changing
    /// the weights, and the step can be run again (<see cref="Recover"/>).
    /// </summary>
    public bool Defers => skip is not null;

    /// <summary>Whether a batch of one image would leave any batch normalization that may come to be trained a single value per channel.</summary>
    public bool NeedsTwo()
    {
        HashSet<nn.Module> normalizations = LoneValue.Normalizations(options.TrainOnly ?? model);
        if (normalizations.Count == 0)
        {
            return false;
        }

        foreach (Batch batch in train.InOrder(1))
        {
            using Batch one = batch;
            return LoneValue.Find(model, normalizations, () => Forward(one)) is not null;
        }

        return false;
    }

    /// <summary>The same for one of several processes: the batch is this one's share.</summary>
    /// <param name="run">For messages, and to stop.</param>
    /// <param name="batch">The examples; there may be none.</param>
    /// <param name="seed">Of dropout, here.</param>
    /// <param name="shareOf">Of the step's examples, the share of so many.</param>
    /// <param name="planned">The examples of all processes, if all can be read.</param>
    /// <param name="place">Whether it is the step's first batch, and its last.</param>
    /// <param name="figures">Receives the figures of all processes.</param>
    /// <returns>Whether any process had an example.</returns>
    /// <exception cref="ZooException">As of the other.</exception>
    public bool AccumulateShared(Run run, Batch batch, ulong seed, Func<int, double> shareOf, int planned, (bool First, bool Last) place, StepFigures figures)
    {
        using DisposeScope scope = NewDisposeScope();
        (double part, int all) = objective.IsWeighted ? shared!.Weigh(objective.Weight(batch), batch.Count) : ((double)batch.Count / planned, planned);
        if (batch.Count == 1 && !recipe.SyncBatchNorm)
        {
            MustHaveVariance(run, batch);
        }

        shared!.Open(place);
        random.manual_seed((long)seed);
        (double loss, long right) = (0, 0);
        Func<string?> search = static () => null;
        StepTotals totals;
        if (shared.IsIdle(batch.Count))
        {
            totals = shared.Total(run.Wishes(options), 0, 0, 0, place is (true, true));
        }
        else
        {
            Batch computed = batch.Count > 0 ? batch : RankGradients.Stand(batch, train);
            (Tensor logits, Tensor mean) = Forward(computed); // [B,classes], []
            if (batch.Count > 0)
            {
                loss = Read(mean);
                right = objective.Right(logits, batch).item<long>();
                search = () => double.IsFinite(loss) ? null : NonFiniteSearch.InForward(model, batch.Inputs, () =>
                {
                    random.manual_seed((long)seed);
                    Forward(batch);
                });
            }

            totals = shared.Total(run.Wishes(options), loss * part, right, batch.Count, place is (true, true));
            (mean * (batch.Count == 0 ? 0 : part * shareOf(all))).backward();
            mixed?.GatherGradients();
        }

        (double sum, long found, int count) = totals.Wait(run, objective.IsWeighted ? null : planned);
        if (!double.IsFinite(sum))
        {
            throw NotFinite(run, $"The loss became {sum}", shared.First(search()));
        }

        if (count > 0)
        {
            figures.Add(count, shareOf(count), sum, found);
        }

        return count > 0;
    }

    /// <summary>A forward and a backward of one batch, whose gradients are added to those that are there.</summary>
    /// <param name="run">For messages.</param>
    /// <param name="batch">The examples.</param>
    /// <param name="seed">Of dropout.</param>
    /// <param name="share">Of the step's examples that are in this batch.</param>
    /// <param name="figures">Receives the mean loss and the number of images recognized.</param>
    /// <exception cref="ZooException">The loss is not finite, or the batch has one image and a batch normalization needs two values for a variance.</exception>
    public void Accumulate(Run run, Batch batch, ulong seed, double share, StepFigures figures)
    {
        using DisposeScope scope = NewDisposeScope();
        if (batch.Count == 1)
        {
            MustHaveVariance(run, batch);
        }

        random.manual_seed((long)seed);
        (Tensor logits, Tensor loss) = Forward(batch); // [B,classes], []
        double? value = Look(loss);
        if (value is { } known && !double.IsFinite(known))
        {
            throw NotFinite(run, $"The loss became {known}", NonFiniteSearch.InForward(model, batch.Inputs, () =>
            {
                random.manual_seed((long)seed);
                Forward(batch);
            }));
        }

        (share == 1 ? loss : loss * share).backward();
        mixed?.GatherGradients();
        Tensor right = objective.Right(logits, batch); // []
        if (value is { } mean)
        {
            figures.Add(batch.Count, share, mean, right.item<long>());
        }
        else
        {
            figures.Add(batch.Count, share, loss, right);
        }
    }

    /// <summary>One step by the gradients that are there.</summary>
    /// <param name="run">For messages.</param>
    /// <param name="rate">The learning rate.</param>
    /// <param name="figures">Receives the gradients' norm before they were clipped, where the recipe clips them by it.</param>
    /// <exception cref="ZooException">The norm is not finite.</exception>
    public void Step(Run run, double rate, StepFigures figures)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable off = no_grad();
        shared?.Finish();
        optimizer.CollectGradients();
        if (recipe.ClipValue > 0)
        {
            optimizer.ClipValues(recipe.ClipValue);
        }

        if (recipe.ClipNorm > 0 && optimizer.GradientNorm() is { } norm)
        {
            double? value = Look(norm);
            if (value is { } known && !double.IsFinite(known))
            {
                throw NotFinite(run, $"The norm of the gradients became {known}", NonFiniteSearch.InGradients(optimizer.Slots));
            }

            optimizer.ScaleGradients((recipe.ClipNorm / (norm + 1e-6)).clamp_(max: 1));
            if (value is { } length)
            {
                figures.AddNorm(length);
            }
            else
            {
                figures.AddNorm(norm);
            }
        }

        optimizer.Step(rate, skip);
        optimizer.ReleaseGradients();
        mixed?.Publish();
        average?.Update();
    }

    /// <summary>
    /// After a step that was not finite while the figures stayed on the device: every loss is read from now on, so that the same step, run again, says what is
    /// wrong.
    /// </summary>
    public void Recover()
    {
        skip?.Dispose();
        skip = null;
        model.zero_grad();
        foreach (OptimizerSlot slot in optimizer.Slots)
        {
            slot.Trained.Parameter.grad = null;
        }
    }

    /// <summary>What is said where that step is finite when it is run again.</summary>
    public NotFiniteException NotFinite(Run run) => NotFinite(run, $"The loss became infinite or not a number", null);

    /// <summary>Puts the average in the model's place, to be tested and saved, where the recipe wants that.</summary>
    public IDisposable? LendAverage(bool beside = false) => recipe.EmaResult == beside ? null : average?.Lend(model);

    /// <summary>All tensors of the training's state.</summary>
    public IReadOnlyList<(string Key, Tensor Value)> Tensors() => [
        .. State().Select(s => ($"model.{s.Key}", s.Value)),
        .. optimizer.Slots.SelectMany(s => s.StateNames.Zip(s.State, (name, tensor) => ($"optimizer.{s.Trained.Name}.{name}", tensor))),
        .. average?.Values.Select(a => ($"average.{a.Key}", a.Value)) ?? [],
    ];

    /// <summary>Refuses a state with a value that is not finite: it is not saved over a good one, and nothing can be learned from it.</summary>
    /// <exception cref="ZooException">There is one; the message names it.</exception>
    public void MustBeFinite(Run run)
    {
        foreach ((string key, Tensor value) in Tensors())
        {
            if (NonFinite.In(value) is { } found)
            {
                throw NotFinite(run, $"The state of the training is broken: {key} holds {found}", null, stepDone: true);
            }
        }
    }

    /// <summary>What is said where the loss on the test data is not finite: with the first layer that gives such values.</summary>
    public NotFiniteException NotFiniteTest(Run run, double loss, IBatchSource test, int batchSize)
    {
        string? where = null;
        using ModelMode mode = ModelMode.Eval(model);
        foreach (Batch batch in test.InOrder(batchSize).TakeWhile(_ => where is null))
        {
            using Batch current = batch;
            where = NonFiniteSearch.InForward(model, current.Inputs, () => model.call(recipe.ChannelsLast ? ChannelsLast.Of(current.Inputs) : current.Inputs));
        }

        return NotFinite(run, $"The loss on the test data became {loss}", where, stepDone: true);
    }

    /// <summary>Writes down the counters that belong to the tensors.</summary>
    public void Count(RunState state)
    {
        state.ParameterSteps = optimizer.Slots.ToDictionary(s => s.Trained.Name, s => s.Steps);
        state.AverageSteps = average?.Steps ?? 0;
    }

    /// <summary>Gives all processes the tensors of rank 0.</summary>
    public void Share()
    {
        foreach ((_, Tensor value) in Tensors())
        {
            ranks!.Broadcast(value);
        }
    }

    /// <summary>Takes a saved state over; of several processes rank 0 has the file, and the others get its tensors.</summary>
    public void Restore(RunState state, WeightsFile? file)
    {
        if (file is not null)
        {
            TrainingStateFile.Load(file, Tensors());
        }

        if (ranks is not null)
        {
            Share();
        }

        foreach (OptimizerSlot slot in optimizer.Slots)
        {
            slot.Steps = state.ParameterSteps.GetValueOrDefault(slot.Trained.Name);
        }

        if (average is not null)
        {
            average.Steps = state.AverageSteps;
        }
    }

    /// <summary>Leaves the model as the recipe's result.</summary>
    public void Finish()
    {
        model.zero_grad();
        if (recipe.EmaResult)
        {
            average?.Give(model);
        }
    }

    public void Dispose()
    {
        skip?.Dispose();
        shared?.Dispose();
        optimizer.Dispose();
        average?.Dispose();
        objective.Dispose();
        mixed?.Dispose();
    }

    // Before the step: a running variance that has become NaN stays so.
    private void MustHaveVariance(Run run, Batch one)
    {
        HashSet<nn.Module> trained = LoneValue.Normalizations(model);
        trained.RemoveWhere(static m => !m.training);
        if (!loneIsFine && trained.Count > 0 && LoneValue.Find(model, trained, () => Forward(one)) is { } layer)
        {
            throw new ZooException($"Batch {run.State.Batch + 1} of epoch {run.State.Epoch} has one image and leaves {layer} one value per channel, which has "
                + $"no variance: batch normalization learns from two or more. Use another batch_size than {recipe.BatchSize} for {train.Count} images "
                + "(--batch-size), or larger pictures (--size).");
        }

        loneIsFine = true;
    }

    // The value, where it is read at once; else what is not finite sets the flag.
    private double? Look(Tensor scalar)
    {
        Tensor value = scalar.detach();
        if (skip is null)
        {
            return Read(value);
        }

        skip.masked_fill_(value.sub(value).ne(0), 1); // x − x is 0, or NaN
        return null;
    }

    private static double Read(Tensor scalar)
    {
        using Tensor value = scalar.detach();
        return value.dtype == ScalarType.Float32 ? value.item<float>() : value.to(ScalarType.Float32).item<float>();
    }

    // The weights as they are trained: within an epoch the float32 ones behind those that the model computes with.
    private Dictionary<string, Tensor> State() => model.state_dict().ToDictionary(
        s => s.Key, s => s.Value.dtype == ScalarType.BFloat16 && mixed?.Parameters.GetValueOrDefault(s.Key) is { } master ? master : s.Value);

    // What the optimizer changes, in the model's order; a parameter under two names counts once.
    private IEnumerable<TrainedParameter> Trained()
    {
        var seen = new HashSet<Parameter>(ReferenceEqualityComparer.Instance);
        return model.named_parameters().Where(p => p.parameter.requires_grad && seen.Add(p.parameter)).Select(p =>
            new TrainedParameter(p.name, mixed?.Parameters.GetValueOrDefault(p.name)
                ?? p.parameter, rateFactors.GetValueOrDefault(p.name, 1), recipe.DecayNormAndBias || p.parameter.dim() > 1));
    }

    private (Tensor Logits, Tensor Loss) Forward(Batch batch)
    {
        // Where only a part is trained, the head, an auxiliary loss has nothing to change.
        Tensor inputs = recipe.ChannelsLast ? ChannelsLast.Of(batch.Inputs) : batch.Inputs;
        IAuxiliaryHeads? heads = options.TrainOnly is null && model is IAuxiliaryHeads { Auxiliary.Count: > 0 } some ? some : null;
        if (heads is null)
        {
            Tensor logits = model.call(inputs);
            Evaluator.CheckClasses(logits, train);
            return (logits, objective.Loss(logits, batch, options.Teacher?.Logits(batch.Inputs)));
        }

        Tensor[] all = heads.ForwardAll(inputs);
        Evaluator.CheckClasses(all[0], train);
        Tensor loss = objective.Loss(all[0], batch, options.Teacher?.Logits(batch.Inputs));
        foreach (Tensor auxiliary in all.Skip(1).Where(logits => logits.requires_grad || !is_grad_enabled()))
        {
            loss = loss + heads.AuxiliaryWeight * Loss(auxiliary);
        }

        return (all[0], loss);

        Tensor Loss(Tensor logits) => objective.Loss(logits, batch);
    }

    private NotFiniteException NotFinite(Run run, FormattableString what, string? where, bool stepDone = false)
    {
        RunState state = run.State;
        double rate = run.Schedule.At(state.Steps) * state.Plateau.Factor;
        string kept = (options.RunFolder ?? options.CheckpointPath ?? options.BestPath) is { } path && state.Epochs.Count > 0
            ? $" {path} holds the state after epoch {state.Epochs[^1].Epoch}."
            : "";
        return new NotFiniteException(FormattableString.Invariant(what)
            + FormattableString.Invariant($" {(stepDone ? "after" : "at")} step {(stepDone ? state.Steps : state.Steps + 1)} (epoch {state.Epoch}, ")
            + FormattableString.Invariant($"learning rate {rate:g3}). ")
            + (where is null ? "" : where + " ") + "Lower the learning rate or add a warm-up, and check the data for values that are not finite." + kept);
    }

    private static bool UsesBfloat16(nn.Module model, Recipe recipe, TrainerOptions options)
    {
        Device device = options.Device ?? model.parameters().FirstOrDefault()?.device ?? CPU;
        return recipe.Precision switch
        {
            "bf16" => Bfloat16.IsFastOn(device) ? true : throw new ZooException(
                "precision bf16: this machine's processor has neither AVX-512-BF16 nor AMX-BF16, so bfloat16 would be emulated, slower than float32. Use the "
                    + "precision fp32, or auto, which chooses."),
            "auto" => Bfloat16.IsFastOn(device),
            _ => false,
        };
    }

    private static Dictionary<string, double> RateFactors(nn.Module model, IReadOnlyList<ParameterGroup>? groups)
    {
        HashSet<string> known = [.. model.named_parameters().Select(p => p.name)];
        Dictionary<string, double> factors = [];
        foreach (ParameterGroup group in groups ?? [])
        {
            foreach (string name in group.Parameters)
            {
                if (!known.Contains(name) || !factors.TryAdd(name, group.RateFactor))
                {
                    throw new ZooException(known.Contains(name)
                        ? $"The parameter {name} is in two groups; '{group.Name}' is the second."
                        : $"The group '{group.Name}' names the parameter {name}, which {model.GetName()} does not have.{NearestName.Hint(name, known)}");
                }
            }

            if (!double.IsFinite(group.RateFactor) || group.RateFactor < 0)
            {
                throw new ZooException(FormattableString.Invariant($"The group '{group.Name}' has the rate factor {group.RateFactor}; it must be 0 or more."));
            }
        }

        return factors;
    }
}
