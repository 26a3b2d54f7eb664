using ModelZoo.Training.Precision;
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
    public TrainingResult Fit(IBatchSource train, IBatchSource? test, IProgress<TrainingProgress>? progress = null, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(train);
        if (options.Device is { } device)
        {
            model.to(device);
        }

        using MixedPrecision? mixed = UsesBfloat16() ? new MixedPrecision(model) : null;
        Parameter[] trained = [.. model.named_parameters().Where(p => p.parameter.requires_grad).Select(p => mixed?.Parameters.GetValueOrDefault(p.name) ?? p.parameter)];
        if (trained.Length == 0)
        {
            throw new ZooException($"{model.GetName()} has no parameter to train: everything is frozen.");
        }

        using optim.Optimizer optimizer = Optimizers.Create(recipe, trained);
        int stepsPerEpoch = (train.Count + recipe.BatchSize - 1) / recipe.BatchSize;
        int totalSteps = Math.Max(1, (int)Math.Min((long)stepsPerEpoch * recipe.Epochs, options.MaxSteps ?? int.MaxValue));
        var run = new Run(optimizer, new LearningRateSchedule(recipe, stepsPerEpoch, totalSteps), stepsPerEpoch, totalSteps, progress, cancel);
        while (!run.Ended(options))
        {
            using (ModelMode.Train(model, options.TrainOnly ?? model))
            using (mixed?.Enter())
            {
                TrainEpoch(run, train, mixed);
            }

            Conclude(run, test);
        }

        optimizer.zero_grad();
        return run.Result();
    }

    private void TrainEpoch(Run run, IBatchSource train, MixedPrecision? mixed)
    {
        run.Begin();
        var plan = new EpochPlan(recipe, options.Seed, run.Epoch);
        int step = 0;
        foreach (Batch batch in train.Shuffled(plan))
        {
            using Batch read = batch;
            if (run.Steps >= run.TotalSteps || run.Stopped(options))
            {
                break;
            }

            random.manual_seed((long)plan.SeedOfStep(step++)); // dropout
            Step(run, batch, train, mixed);
            run.Report(recipe.Epochs, ReportEvery, null);
        }
    }

    private void Step(Run run, Batch batch, IBatchSource train, MixedPrecision? mixed)
    {
        using DisposeScope scope = NewDisposeScope();
        double rate = run.Schedule.At(run.Steps);
        Optimizers.SetLearningRate(run.Optimizer, rate);
        (Tensor logits, Tensor loss) = Forward(recipe.ChannelsLast ? ChannelsLast.Of(batch.Inputs) : batch.Inputs, batch.Labels, train); // [B,classes], []
        double value = loss.item<float>();
        if (!double.IsFinite(value))
        {
            throw new ZooException(FormattableString.Invariant($"The loss became {value} at step {run.Steps + 1} (epoch {run.Epoch}, learning rate {rate:g3}). ")
                + "Lower the learning rate or add a warm-up, and check the data for values that are not finite."
                + (options.CheckpointPath is { } path && run.Epochs.Count > 0 ? $" {path} holds the state after epoch {run.Epochs[^1].Epoch}." : ""));
        }

        run.Optimizer.zero_grad();
        loss.backward();
        mixed?.GatherGradients();
        run.Optimizer.step();
        mixed?.Publish();
        run.Count(batch.Count, value, logits.argmax(1).eq(batch.Labels).sum().item<long>(), rate);
    }

    private (Tensor Logits, Tensor Loss) Forward(Tensor inputs, Tensor labels, IBatchSource train)
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

        Tensor Loss(Tensor logits) => nn.functional.cross_entropy(logits.dtype == ScalarType.BFloat16 ? logits.to(ScalarType.Float32) : logits, labels, label_smoothing: recipe.LabelSmoothing);
    }

    private bool UsesBfloat16()
    {
        Device device = options.Device ?? model.parameters().FirstOrDefault()?.device ?? CPU;
        return recipe.Precision switch
        {
            "bf16" => Bfloat16.IsFastOn(device) ? true : throw new ZooException(
                "precision bf16: this machine's processor has neither AVX-512-BF16 nor AMX-BF16, so bfloat16 would be emulated, slower than float32. Use the precision fp32, or auto, which chooses."),
            "auto" => Bfloat16.IsFastOn(device),
            _ => false,
        };
    }

    // The epoch's figures, the test, the checkpoint, the report, in this order: what is reported is on the disk.
    private void Conclude(Run run, IBatchSource? test)
    {
        double seconds = run.EpochSeconds;
        run.CheckCancelled();
        bool last = run.Steps >= run.TotalSteps || run.OutOfTime(options);
        bool due = last || (options.TestEvery > 0 && run.Epoch % options.TestEvery == 0);
        double? accuracy = test is not null && due && !run.Cancelled ? Evaluator.Evaluate(model, test, channelsLast: recipe.ChannelsLast).Accuracy : null;
        run.Finish(seconds, accuracy, accuracy >= options.TargetAccuracy);
        if (options.CheckpointPath is { } path)
        {
            Checkpoint.Save(path, options.CheckpointModel ?? model, options.Describe!(run.Result()));
        }

        run.Report(recipe.Epochs, TimeSpan.Zero, accuracy);
    }
}
