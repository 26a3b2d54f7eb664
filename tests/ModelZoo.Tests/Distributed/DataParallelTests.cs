using System.Globalization;
using ModelZoo.Distributed;
using ModelZoo.Tests.Training;
using ModelZoo.Training;
using TorchSharp;
using Xunit;
using Xunit.Abstractions;
using static TorchSharp.torch;

namespace ModelZoo.Tests.Distributed;

/// <summary>Several ranks train as one process does: the same weights, within what another order of summation changes.</summary>
[Collection(TorchCollection.Name)]
public class DataParallelTests(ITestOutputHelper log)
{
    private static readonly Recipe Plain = new() { Epochs = 2, BatchSize = 16, Optimizer = "sgd", LearningRate = 0.05, Momentum = 0.9, WeightDecay = 1e-3 };

    private static readonly Dictionary<string, Recipe> Recipes = new()
    {
        ["sgd, momentum"] = Plain,
        ["nesterov"] = Plain with { Optimizer = "nesterov" },
        ["adamw"] = Plain with { Optimizer = "adamw", LearningRate = 0.01, Momentum = 0 },
        ["accumulation"] = Plain with { BatchSize = 6, AccumulationSteps = 3 },
        ["clipping"] = Plain with { ClipNorm = 0.3 },
        ["average"] = Plain with { EmaDecay = 0.9 },
        ["even classes"] = Plain with { Sampling = "balanced" },
        ["label smoothing"] = Plain with { LabelSmoothing = 0.1 },
        ["gradient descent"] = Plain with { Optimizer = "gd", Momentum = 0, Epochs = 4 },
        ["sync-bn"] = Plain with { SyncBatchNorm = true },
        ["sync-bn, accumulation"] = Plain with { SyncBatchNorm = true, BatchSize = 6, AccumulationSteps = 3 },
    };

    public static TheoryData<string, int> Cases
    {
        get
        {
            var cases = new TheoryData<string, int>();
            cases.Add(Recipes.Keys.First(), 1);
            foreach (string name in Recipes.Keys)
            {
                foreach (int ranks in new[] { 2, 3, 4 })
                {
                    cases.Add(name, ranks);
                }
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Ranks_train_as_one_process_in_double(string name, int ranks) => Compare(name, ranks, ScalarType.Float64, 1e-12);

    public static TheoryData<string> Names => [.. Recipes.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void And_in_float_but_for_rounding(string name) => Compare(name, ranks: 4, ScalarType.Float32, 2e-6);

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void Weights_of_classes_are_those_of_the_whole_batch(int ranks)
    {
        Recipe recipe = Plain with { ClassWeights = ClassWeights.Of("balanced") };
        Compare("class weights", recipe, ranks, ScalarType.Float32, 2e-6);
        Compare("class weights, accumulation", recipe with { BatchSize = 6, AccumulationSteps = 3 }, ranks, ScalarType.Float32, 2e-6);
    }

    [Fact]
    public void The_same_number_of_ranks_gives_the_same_bits()
    {
        double[] first = ThreadGroup.Run(2, group => Train(group, Plain, ScalarType.Float32).Weights)[0];
        Assert.Equal(first, ThreadGroup.Run(2, group => Train(group, Plain, ScalarType.Float32).Weights)[1]);
    }

    [Fact]
    public void Gradients_go_off_while_the_backward_goes_on()
    {
        List<(long Count, bool InBackward)> sums = ThreadGroup.Run(2, group =>
        {
            ((ThreadGroup)group).Watches = true;
            Train(group, Plain with { Epochs = 1 }, ScalarType.Float32);
            return ((ThreadGroup)group).Sums;
        })[0];

        // Of a step: bias and weights of the last layer, then of the second convolution; those of the first are there when the backward has ended.
        (long, bool)[] step = [(5, true), (640, true), (8, true), (432, true), (6, false), (108, false)];
        (long, bool)[] found = [.. sums.Where(s => s.Count is 5 or 640 or 8 or 432 or 6 or 108)];
        Assert.Equal([.. step.Select(s => (s.Item1, false)), .. step, .. step, .. step], found); // the first step learns the order
    }

    // What the comparison is worth: gradients that are not added up, and shares that are weighted as if they were equal, are far off.
    [Fact]
    public void A_rank_that_trains_alone_is_found_out()
    {
        double[] one = Train(null, Plain, ScalarType.Float64).Weights;
        double[] alone = Train(null, Plain, ScalarType.Float64, new Halved(new Numbers(ScalarType.Float64))).Weights;
        Assert.True(Distance(one, alone) > 1e-3);
    }

    [Fact]
    public void Local_batch_normalization_is_each_rank_s_own_and_needs_two_examples()
    {
        double[] one = Train(null, Plain, ScalarType.Float64, normalized: true).Weights;
        double[][] several = ThreadGroup.Run(4, group => Train(group, Plain, ScalarType.Float64, normalized: true).Weights);
        Assert.True(Distance(one, several[0]) > 1e-6);
        Assert.All(several[0], weight => Assert.True(double.IsFinite(weight)));
    }

    private void Compare(string name, int ranks, ScalarType type, double tolerance) => Compare(name, Recipes[name], ranks, type, tolerance);

    private void Compare(string name, Recipe recipe, int ranks, ScalarType type, double tolerance)
    {
        Trained one = Train(null, recipe, type, normalized: recipe.SyncBatchNorm);
        Trained[] several = ThreadGroup.Run(ranks, group => Train(group, recipe, type, normalized: recipe.SyncBatchNorm));
        double distance = several.Max(s => Distance(one.Weights, s.Weights));
        log.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name}, {ranks} ranks, {type}: {distance:G2}"));
        Assert.True(distance <= tolerance, $"{distance}");
        Assert.All(several, s => Assert.Equal(several[0].Weights, s.Weights)); // replicas, to the bit
        Assert.All(several, s => Assert.Equal(one.Result.Epochs.Select(e => e.Images), s.Result.Epochs.Select(e => e.Images)));
        Assert.All(one.Result.Epochs.Zip(several[0].Result.Epochs), e => Assert.Equal(e.First.Loss, e.Second.Loss, Math.Max(tolerance, 1e-6)));
    }

    // The largest difference, by the size of the largest weight.
    private static double Distance(double[] a, double[] b) => a.Zip(b, (x, y) => Math.Abs(x - y)).Max() / a.Max(Math.Abs);

    private static Trained Train(RankGroup? ranks, Recipe recipe, ScalarType type, IBatchSource? data = null, bool normalized = false)
    {
        using nn.Module<Tensor, Tensor> model = Make(normalized).to(type);
        TrainingResult result = new Trainer(model, recipe with { ChannelsLast = false }, new TrainerOptions { Seed = 5, Ranks = ranks })
            .Fit(data ?? new Numbers(type), null);
        return new([.. model.state_dict().Where(s => !s.Key.Contains("tracked", StringComparison.Ordinal))
            .SelectMany(s => s.Value.detach().to(ScalarType.Float64).contiguous().data<double>().ToArray())], result);
    }

    // Weights that no generator of the process draws: the ranks are threads.
    private static nn.Module<Tensor, Tensor> Make(bool normalized)
    {
        List<(string, nn.Module<Tensor, Tensor>)> layers = [("conv1", nn.Conv2d(2, 6, 3, padding: 1)), ("act1", nn.ReLU()), ("pool", nn.MaxPool2d(2)),
            ("conv2", nn.Conv2d(6, 8, 3, padding: 1)), ("act2", nn.ReLU()), ("flat", nn.Flatten()), ("last", nn.Linear(128, 5))];
        if (normalized)
        {
            layers.Insert(1, ("bn1", nn.BatchNorm2d(6)));
            layers.Insert(5, ("bn2", nn.BatchNorm2d(8)));
        }

        nn.Module<Tensor, Tensor> model = nn.Sequential(layers);
        var random = new SeededRandom(3);
        using IDisposable off = no_grad();
        foreach (TorchSharp.Modules.Parameter parameter in model.parameters())
        {
            using Tensor values = tensor([.. Enumerable.Range(0, (int)parameter.numel()).Select(_ => (float)(random.NextGaussian() * 0.2))], parameter.shape);
            parameter.copy_(values);
        }

        return model;
    }

    private sealed record Trained(double[] Weights, TrainingResult Result);

    /// <summary>50 examples of 2×8×8 numbers in 5 classes of different size: the last batch of 16 has two.</summary>
    private sealed class Numbers(ScalarType type) : IBatchSource
    {
        private const int Length = 2 * 8 * 8;

        public int Count => 50;

        public long[] Shape => [2, 8, 8];

        public IReadOnlyList<string> ClassNames { get; } = ["a", "b", "c", "d", "e"];

        public IReadOnlyList<int> ExampleLabels => [.. Enumerable.Range(0, Count).Select(Label)];

        public IEnumerable<Batch> Shuffled(EpochSampler plan)
        {
            int[] order = plan.Order(Count);
            for (int step = plan.FirstStep; step < plan.Steps(Count); step++)
            {
                yield return Of(plan.IndicesOf(step, order).ToArray());
            }
        }

        public IEnumerable<Batch> InOrder(int batchSize) => Enumerable.Range(0, Count).Chunk(batchSize).Select(Of);

        private static int Label(int index) => (index % 9 + index % 2) % 5;

        private Batch Of(int[] indices)
        {
            float[] values = [.. indices.SelectMany(i =>
            {
                var random = new SeededRandom((ulong)i);
                return Enumerable.Range(0, Length).Select(_ => (float)random.NextGaussian());
            })];
            using Tensor single = tensor(values, [indices.Length, 2, 8, 8]);
            return new Batch(single.to(type), tensor([.. indices.Select(i => (long)Label(i))], [indices.Length]));
        }
    }

    /// <summary>What a rank would train on that forgot to ask the others.</summary>
    private sealed class Halved(IBatchSource whole) : IBatchSource
    {
        public int Count => whole.Count;

        public long[] Shape => whole.Shape;

        public IReadOnlyList<string> ClassNames => whole.ClassNames;

        public IEnumerable<Batch> Shuffled(EpochSampler plan) => whole.Shuffled(plan).Select(batch => new BatchShare(0, 2).Cut(batch));

        public IEnumerable<Batch> InOrder(int batchSize) => whole.InOrder(batchSize);
    }
}
