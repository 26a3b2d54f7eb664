using ModelZoo.Weights;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ModelZoo.Training;

/// <summary>
/// Trains any model that turns a batch into logits, by minimising the cross entropy, and with it the weighted cross entropies of auxiliary classifiers where a model has any
/// (<see cref="IAuxiliaryHeads"/>). It knows no model: what is trained is whatever has requires_grad.
/// The same seed, recipe and data give the same weights to the bit on the same machine with the same number of threads.
/// </summary>
public sealed class Trainer
{
    private static readonly TimeSpan ReportEvery = TimeSpan.FromMilliseconds(100);

    private readonly nn.Module<Tensor, Tensor> model;
    private readonly Recipe recipe;
    private readonly TrainerOptions options;
    private double[] factors = [];

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
        if (this.options.CheckpointPath is not null && this.options.Describe is null)
        {
            throw new ArgumentException("A checkpoint needs a description: set Describe beside CheckpointPath.", nameof(options));
        }
    }

    /// <summary>Trains. On cancellation the step under way is finished, the checkpoint written and the result returned.</summary>
    /// <param name="train">What to learn.</param>
    /// <param name="test">What to measure after each epoch, if anything.</param>
    /// <param name="progress">Told about ten times a second and at the end of every epoch, on the training thread or wherever it posts to.</param>
    /// <param name="cancel">Ctrl-C, for instance.</param>
    /// <exception cref="ZooException">Nothing is trainable, the data has more classes than the model logits, or the loss is not finite any more; the message says at which step.</exception>
    public TrainingResult Fit(ImageTensors train, ImageTensors? test, IProgress<TrainingProgress>? progress = null, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(train);
        if (options.Device is { } device)
        {
            model.to(device);
        }

        (IReadOnlyList<Parameter> Parameters, double RateFactor)[] groups = Groups();
        factors = [.. groups.Select(g => g.RateFactor)];
        using optim.Optimizer optimizer = Optimizers.Create(recipe, groups);
        int stepsPerEpoch = (train.Count + recipe.BatchSize - 1) / recipe.BatchSize;
        int totalSteps = Math.Max(1, (int)Math.Min((long)stepsPerEpoch * recipe.Epochs, options.MaxSteps ?? int.MaxValue));
        var run = new Run(optimizer, new LearningRateSchedule(recipe, stepsPerEpoch, totalSteps), stepsPerEpoch, totalSteps, progress, cancel);
        while (!run.Ended(options))
        {
            BeforeEpoch(run.Epoch + 1, groups);
            using (Mode())
            {
                TrainEpoch(run, train);
            }

            Conclude(run, test);
        }

        optimizer.zero_grad();
        return run.Result();
    }

    // Without groups: whatever requires gradients, or, where that may change from epoch to epoch, everything. An optimiser passes over what has no gradient.
    private (IReadOnlyList<Parameter> Parameters, double RateFactor)[] Groups()
    {
        if (options.ParameterGroups is not { } groups)
        {
            return [([.. model.parameters().Where(p => p.requires_grad || options.OnEpoch is not null)], 1)];
        }

        Dictionary<string, Parameter> byName = model.named_parameters().ToDictionary(p => p.name, p => p.parameter);
        return [.. groups.Where(g => g.Parameters.Count > 0).Select(g => ((IReadOnlyList<Parameter>)[.. g.Parameters.Select(name => byName.GetValueOrDefault(name)
            ?? throw new ZooException($"The parameter group '{g.Name}' names '{name}', which {model.GetName()} does not have.{NearestName.Hint(name, byName.Keys)}"))], g.RateFactor))];
    }

    private void BeforeEpoch(int epoch, (IReadOnlyList<Parameter> Parameters, double RateFactor)[] groups)
    {
        if (options.OnEpoch is { } onEpoch)
        {
            onEpoch(epoch);
            model.zero_grad(); // to null: what is frozen from now on is passed over
        }

        if (!groups.Any(g => g.Parameters.Any(p => p.requires_grad)))
        {
            throw new ZooException($"{model.GetName()} has no parameter to train: everything is frozen.");
        }
    }

    private ModelMode Mode() => options.TrainMode is { } set ? ModelMode.Set(model, set) : ModelMode.Train(model, options.TrainOnly ?? model);

    private void TrainEpoch(Run run, ImageTensors train)
    {
        run.Begin();
        ulong seed = EpochSeed(options.Seed, run.Epoch);
        random.manual_seed((long)seed); // dropout
        var draw = new Data.SeededRandom(seed);
        int[] order = draw.Permutation(train.Count);
        RandomAffine? augmentation = recipe.Augments && train.Shape.Length == 3 ? new RandomAffine(recipe, draw) : null;
        for (int step = 0; step < run.StepsPerEpoch && run.Steps < run.TotalSteps && !run.Stopped(options); step++)
        {
            int first = step * recipe.BatchSize;
            Step(run, train, order.AsSpan(first, Math.Min(recipe.BatchSize, order.Length - first)), augmentation);
            run.Report(recipe.Epochs, ReportEvery, null);
        }
    }

    private void Step(Run run, ImageTensors train, ReadOnlySpan<int> indices, RandomAffine? augmentation)
    {
        using DisposeScope scope = NewDisposeScope();
        double rate = run.Schedule.At(run.Steps);
        Optimizers.SetLearningRate(run.Optimizer, rate, factors);
        (Tensor raw, Tensor labels) = train.Raw(indices);
        Tensor inputs = train.Normalize(augmentation is null ? raw : augmentation.Apply(raw)); // [B,C,H,W]
        (Tensor logits, Tensor loss) = Forward(inputs, labels, train);                        // [B,classes], []
        double value = loss.item<float>();
        if (!double.IsFinite(value))
        {
            throw new ZooException(FormattableString.Invariant($"The loss became {value} at step {run.Steps + 1} (epoch {run.Epoch}, learning rate {rate:g3}). ")
                + "Lower the learning rate or add a warm-up, and check the data for values that are not finite."
                + (options.CheckpointPath is { } path && run.Epochs.Count > 0 ? $" {path} holds the state after epoch {run.Epochs[^1].Epoch}." : ""));
        }

        run.Optimizer.zero_grad();
        loss.backward();
        run.Optimizer.step();
        run.Count(indices.Length, value, logits.argmax(1).eq(labels).sum().item<long>(), rate);
    }

    private (Tensor Logits, Tensor Loss) Forward(Tensor inputs, Tensor labels, ImageTensors train)
    {
        // Where only a part is trained, the head, an auxiliary loss has nothing to change.
        IAuxiliaryHeads? heads = options.TrainOnly is null && model is IAuxiliaryHeads { Auxiliary.Count: > 0 } some ? some : null;
        Tensor[] all = heads?.ForwardAll(inputs) ?? [model.call(inputs)];
        Evaluator.CheckClasses(all[0], train);
        Tensor loss = Loss(all[0]);
        foreach (Tensor auxiliary in all.Skip(1).Where(logits => logits.requires_grad))
        {
            loss = loss + heads!.AuxiliaryWeight * Loss(auxiliary);
        }

        return (all[0], loss);

        Tensor Loss(Tensor logits) => nn.functional.cross_entropy(logits, labels, label_smoothing: recipe.LabelSmoothing);
    }

    // The epoch's figures, the test, the checkpoint, the report, in this order: what is reported is on the disk.
    private void Conclude(Run run, ImageTensors? test)
    {
        double seconds = run.EpochSeconds;
        run.CheckCancelled();
        bool last = run.Steps >= run.TotalSteps || run.OutOfTime(options);
        bool due = last || (options.TestEvery > 0 && run.Epoch % options.TestEvery == 0);
        double? accuracy = test is not null && due && !run.Cancelled ? Evaluator.Evaluate(model, test).Accuracy : null;
        run.Finish(seconds, accuracy, accuracy >= options.TargetAccuracy);
        if (options.CheckpointPath is { } path)
        {
            Checkpoint.Save(path, options.CheckpointModel ?? model, options.Describe!(run.Result()));
        }

        run.Report(recipe.Epochs, TimeSpan.Zero, accuracy);
    }

    // Neighbouring seeds and epochs must not give neighbouring streams of SplitMix64.
    private static ulong EpochSeed(ulong seed, int epoch) => new Data.SeededRandom(new Data.SeededRandom(seed).NextUInt64() ^ (ulong)epoch).NextUInt64();
}
