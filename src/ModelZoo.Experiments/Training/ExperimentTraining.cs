using ModelZoo.Loading;
using ModelZoo.Training;
using static TorchSharp.torch;

namespace ModelZoo.Experiments.Training;

/// <summary>What a training experiment works with: data, sizes, and a trainer whose runs that diverge are results too.</summary>
internal sealed class ExperimentTraining(ExperimentContext context, TrainingSize size) : IDisposable
{
    public ExperimentContext Context { get; } = context;

    public TrainingSize Size { get; } = size;

    public TrainingData Data { get; } = new(context, size);

    public int Classes => Data.Classes;

    /// <summary>A recipe of the experiment's size: stochastic gradient descent at a constant rate, where nothing else is said.</summary>
    public Recipe Sgd(double rate, double momentum = 0) => new() { Epochs = Size.Epochs, BatchSize = Size.BatchSize, LearningRate = rate, Momentum = momentum };

    /// <summary>Trains a network and measures it on all images.</summary>
    /// <param name="model">It is trained in place.</param>
    /// <param name="recipe">How.</param>
    /// <param name="seed">Of the order of the images, augmentation and dropout.</param>
    /// <param name="train">What to learn; null for the data's training images.</param>
    /// <param name="test">What to measure; null for the data's test images.</param>
    /// <param name="follow">Whether it is tested after every epoch.</param>
    /// <param name="steps">Ends the training.</param>
    public Measured Train(nn.Module<Tensor, Tensor> model, Recipe recipe, long seed, ImageTensors? train = null, ImageTensors? test = null, bool follow = false,
        int? steps = null)
    {
        (train, test) = (train ?? Data.Train, test ?? Data.Test);
        var watch = new EpochWatch();
        var trainer = new Trainer(model, recipe,
            new TrainerOptions { Seed = (ulong)seed, Device = Context.Device, TestEvery = follow ? 1 : 0, MaxSteps = steps });
        int perEpoch = (train.Count + recipe.BatchSize - 1) / recipe.BatchSize;
        var measured = new Measured { Classes = Classes, PlannedSteps = Math.Min(perEpoch * recipe.Epochs, steps ?? int.MaxValue) };
        try
        {
            TrainingResult result = trainer.Fit(train, follow ? test : null, watch, Context.Cancel);
            Context.Cancel.ThrowIfCancellationRequested();
            EvaluationResult known = Evaluator.Evaluate(model, train), unknown = Evaluator.Evaluate(model, test);
            return measured with
            {
                Epochs = Points(result, perEpoch),
                TrainError = 100 * (1 - known.Accuracy),
                TrainLoss = double.IsFinite(known.Loss) ? known.Loss : measured.Chance,
                TestError = 100 * (1 - unknown.Accuracy),
                TestLoss = double.IsFinite(unknown.Loss) ? unknown.Loss : measured.Chance,
            };
        }
        catch (NotFiniteException)
        {
            double guessing = 100 * (1 - (1.0 / Classes));
            return measured with
            {
                Epochs = watch.Epochs(perEpoch),
                Diverged = true,
                TrainError = guessing,
                TestError = guessing,
                TrainLoss = measured.Chance,
                TestLoss = measured.Chance
            };
        }
    }

    public void Dispose() => Data.Dispose();

    private static EpochPoint[] Points(TrainingResult result, int perEpoch)
    {
        List<EpochPoint> points = [];
        double seconds = 0;
        foreach (EpochResult e in result.Epochs)
        {
            seconds += e.Seconds;
            points.Add(new(e.Epoch, Math.Min(e.Epoch * perEpoch, result.Steps), e.Loss, 100 * (1 - e.TrainAccuracy), e.TestAccuracy is { } a
                ? 100 * (1 - a)
                : double.NaN, seconds));
        }

        return [.. points];
    }

    /// <summary>Keeps what is reported at the end of each epoch, for runs that end in an exception.</summary>
    private sealed class EpochWatch : IProgress<TrainingProgress>
    {
        private readonly SortedDictionary<int, TrainingProgress> ends = [];

        public void Report(TrainingProgress value)
        {
            if (value.Step == value.Steps)
            {
                ends[value.Epoch] = value;
            }
        }

        public EpochPoint[] Epochs(int perEpoch) =>
            [.. ends.Values.Select(p =>
                new EpochPoint(p.Epoch, p.Epoch * perEpoch, p.Loss, double.NaN, p.TestAccuracy is { } a ? 100 * (1 - a) : double.NaN, p.Elapsed.TotalSeconds))];
    }
}
