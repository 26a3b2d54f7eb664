using ModelZoo.Loading;
using ModelZoo.Training;
using TorchSharp;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;

namespace ModelZoo.Tests.Training;

/// <summary>Groups, epochs, modes, averages and endings.</summary>
[Collection(TorchCollection.Name)]
public class LearningTests
{
    private static readonly Recipe Constant = new() { Epochs = 3, BatchSize = 8, Optimizer = "sgd", LearningRate = 0.1 };

    private static ImageTensors Vectors(int count = 24)
    {
        random.manual_seed(1);
        return ImageTensors.FromTensors(randn(count, 4), arange(count).remainder(3).to(ScalarType.Int64), ["a", "b", "c"]);
    }

    private static Sequential Network()
    {
        random.manual_seed(2);
        return nn.Sequential(("one", nn.Linear(4, 6)), ("act", nn.Tanh()), ("two", nn.Linear(6, 3)));
    }

    private static nn.Module Part(nn.Module model) => model.named_children().First(c => c.name == "one").module;

    private static Dictionary<string, Tensor> Copies(nn.Module model) => model.named_parameters().ToDictionary(p => p.name, p => p.parameter.detach().clone());

    private static double Distance(Tensor a, Tensor b) => (a - b).norm().to(ScalarType.Float64).item<double>();

    [Fact]
    public void Groups_learn_at_their_own_rate()
    {
        using Sequential plain = Network(), grouped = Network();
        using ImageTensors data = Vectors();
        Dictionary<string, Tensor> before = Copies(plain);
        Recipe recipe = Constant with { Epochs = 1, BatchSize = 24 };
        new Trainer(plain, recipe).Fit(data, null);
        ParameterGroup[] groups = [new("slow", ["one.weight"], 0.25), new("still", ["one.bias"], 0)];
        new Trainer(grouped, recipe, new TrainerOptions { ParameterGroups = groups }).Fit(data, null);
        (Dictionary<string, Tensor> a, Dictionary<string, Tensor> b) = (Copies(plain), Copies(grouped));
        Assert.Equal(0.25, Distance(b["one.weight"], before["one.weight"]) / Distance(a["one.weight"], before["one.weight"]), 1e-4);
        Assert.Equal(0, Distance(b["one.bias"], before["one.bias"]));
        Assert.Equal(0, Distance(b["two.weight"], a["two.weight"]));
    }

    [Fact]
    public void A_wrong_group_is_named()
    {
        using Sequential model = Network();
        using ImageTensors data = Vectors();
        Assert.Contains("'g' names the parameter one.wieght", Message(new ParameterGroup("g", ["one.wieght"], 1)), StringComparison.Ordinal);
        Assert.Contains("one.bias is in two groups; 'h' is the second",
            Message(new ParameterGroup("g", ["one.bias"], 1), new ParameterGroup("h", ["one.bias"], 1)), StringComparison.Ordinal);
        Assert.Contains("rate factor -1", Message(new ParameterGroup("g", ["one.bias"], -1)), StringComparison.Ordinal);

        string Message(params ParameterGroup[] groups) =>
            Assert.Throws<ZooException>(() => new Trainer(model, Constant, new TrainerOptions { ParameterGroups = groups }).Fit(data, null)).Message;
    }

    [Fact]
    public void What_is_unfrozen_before_an_epoch_learns_from_then_on_and_the_rest_keeps_its_momentum()
    {
        using Sequential late = Network(), always = Network();
        using ImageTensors data = Vectors();
        List<Dictionary<string, Tensor>> seen = [];
        Recipe recipe = Constant with { Optimizer = "momentum", LearningRate = 0.02 };
        Freeze(true);
        new Trainer(late, recipe, new TrainerOptions
        {
            OnEpoch = epoch =>
            {
                seen.Add(Copies(late));
                Freeze(epoch < 3);
            },
        }).Fit(data, null);
        Assert.Equal(3, seen.Count);
        Assert.Equal(0, Distance(seen[2]["one.weight"], seen[0]["one.weight"]));
        Assert.NotEqual(0, Distance(Copies(late)["one.weight"], seen[0]["one.weight"]));

        // Frozen for good, the head takes the same first two epochs and another third one; were its momentum lost, the first step of the third would be
        // smaller.
        foreach (Parameter p in Part(always).parameters())
        {
            p.requires_grad = false;
        }

        List<Dictionary<string, Tensor>> other = [];
        new Trainer(always, recipe, new TrainerOptions { OnEpoch = _ => other.Add(Copies(always)) }).Fit(data, null);
        Assert.Equal(0, Distance(other[2]["two.weight"], seen[2]["two.weight"]));
        double stepped = Distance(Copies(late)["two.weight"], seen[2]["two.weight"]), alike = Distance(Copies(always)["two.weight"], other[2]["two.weight"]);
        Assert.InRange(stepped / alike, 0.8, 1.25);

        void Freeze(bool frozen)
        {
            foreach (Parameter p in Part(late).parameters())
            {
                p.requires_grad = !frozen;
            }
        }
    }

    [Fact]
    public void Modes_are_what_the_options_say()
    {
        using var model = new Normalized();
        using ImageTensors data = Vectors();
        int called = 0;
        Dictionary<string, byte[]> before = Samples.Bytes(model);
        new Trainer(model, Constant, new TrainerOptions
        {
            TrainMode = m =>
            {
                called++;
                m.eval();
            },
        }).Fit(data, data);
        Assert.Equal(3, called);
        Assert.Equal(before["bn.running_mean"], Samples.Bytes(model)["bn.running_mean"]);
        Assert.NotEqual(before["last.weight"], Samples.Bytes(model)["last.weight"]);
    }

    [Fact]
    public void The_average_of_the_weights_is_what_its_formula_says()
    {
        using Sequential model = Network(), averaged = Network();
        using ImageTensors data = Vectors();
        List<Tensor> weights = [];
        Recipe recipe = Constant with { Epochs = 6, BatchSize = 24 };
        new Trainer(model, recipe, new TrainerOptions { OnEpoch = _ => weights.Add(Copies(model)["two.weight"]) }).Fit(data, null);
        weights.Add(Copies(model)["two.weight"]);
        Tensor expected = weights[0].clone();
        for (int n = 1; n < weights.Count; n++)
        {
            expected += (1 - Math.Min(0.3, (1.0 + n) / (10.0 + n))) * (weights[n] - expected);
        }

        new Trainer(averaged, recipe with { EmaDecay = 0.3 }).Fit(data, null);
        Assert.InRange(Distance(expected, Copies(averaged)["two.weight"]), 0, 1e-6);
        Assert.InRange(Distance(weights[^1], Copies(averaged)["two.weight"]), 1e-3, 10);
    }

    [Fact]
    public void Training_ends_when_nothing_gets_better()
    {
        using var model = new Passing();
        using ImageTensors data = ImageTensors.FromTensors(eye(3), tensor(new long[] { 0, 1, 2 }), ["a", "b", "c"]);
        TrainingResult result = new Trainer(model, Constant with { Epochs = 50, EarlyStopping = 4 }).Fit(data, data);
        // The accuracy is never better than after the first epoch; of epochs that are equal in it, the one with the lowest loss is the best.
        Assert.Equal((true, 5, 5), (result.StoppedEarly, result.Epochs.Count, result.BestEpoch));
        Assert.Single(result.Epochs.Select(e => e.TestAccuracy).Distinct());
        Assert.Equal(result.Epochs.Min(e => e.TestLoss), result.Epochs[^1].TestLoss);
    }

    [Fact]
    public void A_plateau_lowers_the_rate()
    {
        using var model = new Passing();
        using ImageTensors data = ImageTensors.FromTensors(eye(3), tensor(new long[] { 0, 1, 2 }), ["a", "b", "c"]);
        TrainingResult result = new Trainer(model, Constant with { Epochs = 7, Schedule = "plateau", PlateauPatience = 1, Gamma = 0.5 }).Fit(data, data);
        Assert.Equal([0.1, 0.1, 0.1, 0.05, 0.05, 0.025, 0.025], result.Epochs.Select(e => e.LearningRate));
    }

    [Fact]
    public void Soft_targets_are_learned_in_place_of_labels()
    {
        using Sequential hard = Network(), soft = Network();
        using ImageTensors data = Vectors();
        new Trainer(hard, Constant).Fit(data, null);
        new Trainer(soft, Constant).Fit(new OneHot(data, 0), null);
        Assert.InRange(Distance(Copies(hard)["two.weight"], Copies(soft)["two.weight"]), 0, 1e-6);
        using Sequential mixed = Network();
        new Trainer(mixed, Constant).Fit(new OneHot(data, 0.5f), null);
        Assert.InRange(Distance(Copies(hard)["two.weight"], Copies(mixed)["two.weight"]), 1e-3, 10);
    }

    [Fact]
    public void A_weight_that_is_not_finite_is_named_with_its_layer()
    {
        using Sequential model = Network();
        using ImageTensors data = Vectors();
        using (no_grad())
        {
            model.get_parameter("two.weight")![0, 0] = float.NaN;
        }

        Assert.Contains("The first layer whose output is not finite is two (Linear): its weight is not finite already.", Message(model, Constant, data),
            StringComparison.Ordinal);
    }

    [Fact]
    public void An_overflow_is_named_with_its_step_and_layer()
    {
        using Sequential model = Network();
        using ImageTensors data = Vectors();
        string message = Message(model, Constant with { LearningRate = 1000, WeightDecay = 1, Epochs = 100 }, data);
        Assert.Matches("The loss became (NaN|∞|Infinity) at step [0-9]+ \\(epoch [0-9]+, learning rate 1e\\+03\\)\\. The first layer whose output is not "
            + "finite is (one|two) \\(Linear\\)", message);
    }

    [Fact]
    public void A_gradient_that_is_not_finite_is_named_when_gradients_are_clipped()
    {
        using var model = new Rooted();
        using ImageTensors data = ImageTensors.FromTensors(zeros(4, 3), zeros(4, dtype: ScalarType.Int64), ["a", "b", "c"]);
        Assert.Contains("The norm of the gradients became NaN at step 1 (epoch 1, learning rate 0.1). The gradient of scale is not finite",
            Message(model, Constant with { ClipNorm = 1 }, data), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("nesterov")]
    [InlineData("adamw")]
    [InlineData("rmsprop")]
    public void Large_layers_are_stepped_in_blocks_by_several_threads(string optimizer)
    {
        int threads = get_num_threads();
        set_num_threads(2);
        try
        {
            Tensor[] weights = [.. new[] { ScalarType.Float32, ScalarType.Float64 }.Select(type =>
            {
                random.manual_seed(4);
                using Sequential model = nn.Sequential(("one", nn.Linear(700, 300)), ("act", nn.Tanh()), ("two", nn.Linear(300, 3)));
                using ImageTensors data = ImageTensors.FromTensors(randn(16, 700).to(type), arange(16).remainder(3).to(ScalarType.Int64), ["a", "b", "c"]);
                model.to(type);
                var recipe = new Recipe { Epochs = 3, BatchSize = 16, Optimizer = optimizer, LearningRate = 0.01, WeightDecay = 0.01, Epsilon = 1e-4,
                    ClipNorm = 0.5 };
                new Trainer(model, recipe).Fit(data, null);
                return model.get_parameter("one.weight")!.detach().to(ScalarType.Float64).clone();
            })];
            Assert.InRange((weights[0] - weights[1]).abs().max().item<double>(), 0, 1e-5);
        }
        finally
        {
            set_num_threads(threads);
        }
    }

    private static string Message(nn.Module<Tensor, Tensor> model, Recipe recipe, ImageTensors data) =>
        Assert.Throws<NotFiniteException>(() => new Trainer(model, recipe).Fit(data, null)).Message;

    /// <summary>√|x·scale|: its output at 0 is finite, its gradient is not.</summary>
    internal sealed class Rooted : nn.Module<Tensor, Tensor>
    {
#pragma warning disable IDE1006
        private readonly Parameter scale = new(ones(3));
#pragma warning restore IDE1006

        public Rooted() : base(nameof(Rooted)) => RegisterComponents();

        public override Tensor forward(Tensor input) => (input * scale).sqrt();
    }

    private sealed class OneHot(ImageTensors data, float smoothing) : IBatchSource
    {
        public int Count => data.Count;

        public long[] Shape => data.Shape;

        public IReadOnlyList<string> ClassNames => data.ClassNames;

        public IEnumerable<Batch> Shuffled(EpochSampler plan) => data.Shuffled(plan).Select(b =>
            b with { Targets = nn.functional.one_hot(b.Labels, 3).to(ScalarType.Float32).mul_(1 - smoothing).add_(smoothing / 3) });

        public IEnumerable<Batch> InOrder(int batchSize) => data.InOrder(batchSize);
    }
}
