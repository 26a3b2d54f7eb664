using System.Text.Json;
using ModelZoo.Loading;
using ModelZoo.Training;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace ModelZoo.Tests.Training;

/// <summary>Optimizers and schedules against PyTorch's values, made by Golden/training_values.py.</summary>
[Collection(TorchCollection.Name)]
public class PyTorchTrainingTests
{
    private static readonly JsonElement Golden = Read();

    public static TheoryData<string> Cases() => [.. Golden.GetProperty("cases").EnumerateArray().Select(c => c.GetProperty("name").GetString()!)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Every_step_of_every_optimizer_is_PyTorchs(string name)
    {
        JsonElement found = Golden.GetProperty("cases").EnumerateArray().First(c => c.GetProperty("name").GetString() == name);
        double[][] expected = [.. found.GetProperty("values").EnumerateArray().Select(Numbers)];
        Recipe recipe = Recipe.Parse(found.GetProperty("recipe").GetRawText(), name) with { Epochs = expected.Length, BatchSize = 12 };

        // float64 shows the formulas. In float32 Adam, which divides by the gradients' size, passes on what rounding has done to them: element 18's is small,
        // nearly cancels over the first two steps, and leaves TorchSharp's own optim.Adam 0.93e-6 off as well, or more, as the processor's vectors have it.
        foreach (ScalarType type in new[] { ScalarType.Float32, ScalarType.Float64 })
        {
            List<double[]> actual = Trajectory(recipe, type);
            for (int step = 0; step < expected.Length; step++)
            {
                Assert.All(expected[step].Zip(actual[step]), pair => Assert.Equal(pair.First, pair.Second, type == ScalarType.Float32 ? 2e-6 : 2e-8));
            }
        }
    }

    [Theory]
    [InlineData("gd")]
    [InlineData("adamw")]
    public void A_wrong_learning_rate_is_seen(string optimizer)
    {
        var recipe = new Recipe { Epochs = 2, BatchSize = 12, Optimizer = optimizer, LearningRate = 0.3 };
        Assert.NotEqual(Trajectory(recipe, ScalarType.Float64)[1], Trajectory(recipe with { LearningRate = 0.30001 }, ScalarType.Float64)[1]);
    }

    [Fact]
    public void Gradient_descent_is_the_same_in_batches_of_any_size()
    {
        var recipe = new Recipe { Epochs = 5, BatchSize = 12, Optimizer = "gd", LearningRate = 0.3 };
        double[] whole = Trajectory(recipe, ScalarType.Float64)[^1];
        foreach (int size in new[] { 1, 5, 7 })
        {
            Assert.All(whole.Zip(Trajectory(recipe with { BatchSize = size }, ScalarType.Float64)[^1]), pair => Assert.Equal(pair.First, pair.Second, 1e-12));
        }
    }

    [Theory]
    [InlineData(2, 3)]
    [InlineData(5, 2)]
    public void Accumulated_batches_are_one_large_batch(int size, int count)
    {
        var large = new Recipe { Epochs = 4, BatchSize = size * count, Optimizer = "momentum", LearningRate = 0.3, ClipNorm = 0.1 };
        Assert.All(
            Trajectory(large, ScalarType.Float64)[^1].Zip(Trajectory(large with { BatchSize = size, AccumulationSteps = count }, ScalarType.Float64)[^1]),
            pair => Assert.Equal(pair.First, pair.Second, 1e-12));
    }

    [Fact]
    public void Every_schedule_is_PyTorchs() => Assert.All(Golden.GetProperty("schedules").EnumerateArray(), schedule =>
    {
        double[] expected = Numbers(schedule.GetProperty("rates"));
        Recipe recipe = Recipe.Parse(schedule.GetProperty("recipe").GetRawText(), "schedule");
        var actual = new LearningRateSchedule(recipe, schedule.GetProperty("steps_per_epoch").GetInt32(), expected.Length);
        Assert.All(expected.Select((rate, step) => (rate, step)), e => Assert.Equal(e.rate, actual.At(e.step), 1e-12));
    });

    [Fact]
    public void Plateaus_are_PyTorchs() => Assert.All(Golden.GetProperty("plateaus").EnumerateArray(), golden =>
    {
        Recipe recipe = Recipe.Parse(golden.GetProperty("recipe").GetRawText(), "plateau");
        var plateau = new Plateau();
        Assert.All(Numbers(golden.GetProperty("errors")).Zip(Numbers(golden.GetProperty("rates"))), pair =>
        {
            plateau.Observe(pair.First, recipe);
            Assert.Equal(pair.Second, recipe.LearningRate * plateau.Factor, 1e-12);
        });
    });

    // The weights after every step; an epoch is a step.
    private static List<double[]> Trajectory(Recipe recipe, ScalarType type)
    {
        using var model = nn.Sequential(nn.Linear(5, 9), nn.Tanh(), nn.Linear(9, 3));
        model.to(type);
        double[] weights = Numbers(Golden.GetProperty("weights"));
        using (no_grad())
        {
            int first = 0;
            foreach (var parameter in model.parameters())
            {
                using DisposeScope scope = NewDisposeScope();
                parameter.copy_(tensor(weights[first..(first + (int)parameter.numel())]).reshape(parameter.shape));
                first += (int)parameter.numel();
            }
        }

        using ImageTensors data = ImageTensors.FromTensors(
            tensor(Numbers(Golden.GetProperty("inputs"))).reshape(12, 5).to(type), tensor(Numbers(Golden.GetProperty("labels")).Select(l => (long)l).ToArray()),
                ["a", "b", "c"]);
        List<double[]> values = [];
        new Trainer(model, recipe, new TrainerOptions { OnEpoch = _ => values.Add(Snapshot(model)) }).Fit(data, null);
        values.Add(Snapshot(model));
        return values[1..];
    }

    private static double[] Snapshot(nn.Module model)
    {
        using DisposeScope scope = NewDisposeScope();
        return [.. model.parameters().SelectMany(p => p.detach().to(ScalarType.Float64).data<double>().ToArray())];
    }

    private static double[] Numbers(JsonElement array) => [.. array.EnumerateArray().Select(n => n.GetDouble())];

    private static JsonElement Read()
    {
        using Stream stream = typeof(PyTorchTrainingTests).Assembly.GetManifestResourceStream("training/training_values.json")!;
        return JsonDocument.Parse(stream).RootElement;
    }
}
