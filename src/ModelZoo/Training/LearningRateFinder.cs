using static TorchSharp.torch;

namespace ModelZoo.Training;

/// <summary>Finds a learning rate by a range test: a short training whose rate rises with every step until the loss does.</summary>
public static class LearningRateFinder
{
    private const double Diverged = 4;
    private const double Memory = 0.9;
    private const int Patience = 10;

    /// <summary>
    /// Runs the test, by the same trainer and with the same seed as the training that it is for, and puts all weights and buffers back to the bit.
    /// </summary>
    /// <param name="model">The model, with the weights that the training would begin with.</param>
    /// <param name="recipe">The hyper-parameters; schedule, averages and limits of the training are left out.</param>
    /// <param name="train">What to learn.</param>
    /// <param name="options">Seed, device, parameter groups of the training.</param>
    /// <param name="range">The rates.</param>
    /// <param name="progress">As in <see cref="Trainer.Fit"/>.</param>
    /// <param name="cancel">Ends it.</param>
    /// <exception cref="OperationCanceledException">It was canceled.</exception>
    /// <exception cref="ZooException">As for <see cref="Trainer.Fit"/>; a loss that is not finite ends the test instead.</exception>
    public static LearningRateTest Run(nn.Module<Tensor, Tensor> model, Recipe recipe, IBatchSource train, TrainerOptions? options = null,
        RangeTestOptions? range = null, IProgress<TrainingProgress>? progress = null, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(recipe);
        ArgumentNullException.ThrowIfNull(train);
        options ??= new();
        range = (range ?? new()).Validate();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var steps = new List<(double Rate, double Loss)>();
        double mean = 0, lowest = double.PositiveInfinity;
        bool diverged = false;
        using var kept = new KeptState(model);
        try
        {
            new Trainer(model, Constant(recipe, range), new TrainerOptions
            {
                Seed = options.Seed,
                Device = options.Device,
                MaxSteps = range.Steps,
                TrainOnly = options.TrainOnly,
                ParameterGroups = options.ParameterGroups,
                TrainMode = options.TrainMode,
                MaxMemory = options.MaxMemory,
                OnEpoch = options.OnEpoch is { } first ? _ => first(1) : null,
                Teacher = options.Teacher,
                Ranks = options.Ranks,
                DefersFigures = options.DefersFigures,
                RateOfStep = range.At,
                AfterStep = Hear,
            }).Fit(train, null, progress, stop.Token);
        }
        catch (NotFiniteException) when (steps.Count > 0)
        {
            diverged = true;
        }

        cancel.ThrowIfCancellationRequested();
        return LearningRateTest.Of(steps, diverged);

        void Hear(double rate, double loss)
        {
            steps.Add((rate, loss));
            mean = Memory * mean + (1 - Memory) * loss;
            double unbiased = mean / (1 - Math.Pow(Memory, steps.Count));
            lowest = Math.Min(lowest, unbiased);
            if (steps.Count > Patience && unbiased > Diverged * lowest)
            {
                diverged = true;
                stop.Cancel();
            }
        }
    }

    // What bends the rate or ends the training has no place in the test.
    private static Recipe Constant(Recipe recipe, RangeTestOptions range) => recipe with
    {
        Epochs = Math.Min(range.Steps, 100_000),
        MaxSteps = 0,
        LearningRate = range.From,
        MinLearningRate = 0,
        FindLearningRate = false,
        ProgressiveSizes = null,
        Schedule = "constant",
        Milestones = StepList.Empty,
        WarmupEpochs = 0,
        WarmupSteps = 0,
        EmaDecay = 0,
        EarlyStopping = 0,
    };

    /// <summary>Every parameter and buffer as it is, until this is disposed.</summary>
    private sealed class KeptState(nn.Module model) : IDisposable
    {
        private readonly (Tensor Place, Tensor Value)[] state =
            [.. model.state_dict().Values.Select(t => (t, t.detach().clone().DetachFromDisposeScope()))];

        private readonly (TorchSharp.Modules.Parameter Parameter, bool Trained)[] trained = [.. model.parameters().Select(p => (p, p.requires_grad))];

        public void Dispose()
        {
            using IDisposable off = no_grad();
            foreach ((Tensor place, Tensor value) in state)
            {
                place.copy_(value);
                value.Dispose();
            }

            Array.ForEach(trained, p => p.Parameter.requires_grad = p.Trained);
        }
    }
}
