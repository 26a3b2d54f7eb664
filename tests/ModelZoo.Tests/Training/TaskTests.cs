using ModelZoo.Loading;
using ModelZoo.Training;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace ModelZoo.Tests.Training;

/// <summary>Several labels, and numbers: losses, figures and training.</summary>
[Collection(TorchCollection.Name)]
public class TaskTests
{
    // The first two are examples of scikit-learn's documentation of average_precision_score; the others by its formula, by hand.
    [Theory]
    [InlineData("0,0,1,1", "0.1,0.4,0.35,0.8", 5.0 / 6)]
    [InlineData("1,0,1", "0.9,0.8,0.7", 5.0 / 6)]
    [InlineData("1,0,1,0", "0.5,0.5,0.5,0.5", 0.5)] // equal scores are one step
    [InlineData("0,0,1", "0.9,0.8,0.1", 1.0 / 3)]
    [InlineData("1,1,0", "0.9,0.8,0.1", 1)]
    [InlineData("0,0", "0.9,0.1", double.NaN)]
    public void Average_precision_is_scikit_learns(string there, string scores, double expected)
    {
        float[] targets = Numbers(there);
        MultiLabelResult result = MultiLabelResult.Of(["a"], Numbers(scores), targets, [], 0, default);
        Assert.Equal(expected, result.Labels[0].AveragePrecision, 1e-12);
        Assert.Equal(targets.Count(t => t > 0), result.Labels[0].Count);
    }

    [Fact]
    public void A_label_that_nothing_has_is_left_out_of_the_mean_and_each_has_its_threshold()
    {
        // Labels a, b, c of four examples; nothing has c.
        float[] targets = [1, 0, 0, 1, 1, 0, 0, 1, 0, 0, 0, 0], scores = [0.9f, 0.2f, 0.1f, 0.8f, 0.4f, 0.1f, 0.6f, 0.3f, 0.9f, 0.1f, 0.1f, 0.1f];
        MultiLabelResult half = MultiLabelResult.Of(["a", "b", "c"], scores, targets, [], 0, default);
        Assert.Equal((1.0, 1.0), (half.MeanAveragePrecision, half.Score));
        Assert.Equal([(2.0 / 3, 1.0), (0.0, 0.0), (0.0, 0.0)], half.Labels.Select(l => (l.Precision, l.Recall)));
        Assert.Equal((0.8 + 0) / 2, half.MeanF1, 1e-12);
        Assert.Equal(0.5, half.ExactMatch); // the first and the last
        Assert.Equal([0.7, 0.25, 0.5], half.BestThresholds.Select(t => Math.Round(t, 6))); // the middles of the gaps
        MultiLabelResult best = MultiLabelResult.Of(["a", "b", "c"], scores, targets, half.BestThresholds, 0, default);
        Assert.Equal([1.0, 1.0], best.Labels.Take(2).Select(l => l.F1));
        Assert.Equal(0.75, best.ExactMatch);
    }

    [Fact]
    public void R2_and_errors_are_scikit_learns()
    {
        // Its documentation of r2_score, mean_squared_error and mean_absolute_error.
        RegressionResult result = RegressionResult.Of([2.5, 0, 2, 8], [3, -0.5, 2, 7], 0, default);
        Assert.Equal((0.375, 0.5), (result.MeanSquaredError, result.MeanAbsoluteError));
        Assert.Equal(0.9486081370449679, result.R2, 1e-12);
        Assert.Equal(0, RegressionResult.Of([2, 2, 2], [1, 2, 3], 0, default).R2, 1e-12);
        Assert.Equal(-3, RegressionResult.Of([3, 2, 1], [1, 2, 3], 0, default).R2, 1e-12);
        Assert.Equal(double.NaN, RegressionResult.Of([1, 1], [5, 5], 0, default).R2);
    }

    [Fact]
    public void The_loss_of_a_training_is_the_loss_of_a_measurement()
    {
        using var model = new Passing();
        using ImageTensors labels = Examples([2, -1, 0, 3, -2, 0.5f], [1, 0, 1, 1, 0, 0], TaskKind.MultiLabel, ["a", "b"]);
        using ImageTensors numbers = Examples([1, -1, 0.5f], [30, 10, 20], TaskKind.Regression, ["y"],
            new() { Kind = TaskKind.Regression, Offset = 20, Scale = 8 });
        double[] logistic = [Math.Log(1 + Math.Exp(-2)), Math.Log(1 + Math.Exp(-1)), Math.Log(2), Math.Log(1 + Math.Exp(-3)), Math.Log(1 + Math.Exp(-2)),
            Math.Log(1 + Math.Exp(0.5))];
        double squares = (Math.Pow(1 - 1.25, 2) + Math.Pow(-1 + 1.25, 2) + 0.25) / 3;
        Assert.Equal(logistic.Average(), Loss(labels, null), 1e-6);
        Assert.Equal(logistic.Average(), Evaluator.Measure(model, labels).Loss, 1e-6);
        Assert.Equal(squares, Loss(numbers, null), 1e-6);
        Assert.Equal(squares, Evaluator.Measure(model, numbers).Loss, 1e-6);
        Assert.Equal((0.25 + 0.25 + 0.5) / 3, Loss(numbers, "l1"), 1e-6);
        Assert.Equal((4.0 + 4 + 16) / 3, Assert.IsType<RegressionResult>(Evaluator.Measure(model, numbers)).MeanSquaredError, 1e-5);
    }

    [Fact]
    public void Several_labels_are_learned_and_their_thresholds_found()
    {
        // Two features; the label "left" is there where the first is positive, "up" where the second is.
        var random = new SeededRandom(3);
        float[] inputs = [.. Enumerable.Range(0, 200).Select(_ => (float)random.NextGaussian())];
        using ImageTensors data = Examples(inputs, [.. inputs.Select(x => x > 0 ? 1f : 0)], TaskKind.MultiLabel, ["left", "up"]);
        using var model = nn.Linear(2, 2);
        TrainingResult result = Fit(model, data, new Recipe { Epochs = 30, BatchSize = 20, Optimizer = "adam", LearningRate = 0.1 });
        Assert.InRange(result.TestAccuracy!.Value, 0.99, 1);
        Assert.InRange(result.Epochs[^1].TrainAccuracy, 0.9, 1);
        Assert.Equal((TaskKind.MultiLabel, 2), (result.Task.Kind, result.Task.Thresholds.Count));
        Assert.All(result.Task.Thresholds, t => Assert.InRange(t, 0.2, 0.8));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("mse")]
    [InlineData("l1")]
    public void A_number_is_learned_in_its_own_units(string? loss)
    {
        var random = new SeededRandom(4);
        float[] inputs = [.. Enumerable.Range(0, 200).Select(_ => (float)random.NextGaussian())];
        float[] numbers = [.. Enumerable.Range(0, 100).Select(i => 5000 + 700 * inputs[2 * i] - 300 * inputs[2 * i + 1])];
        double mean = numbers.Average(n => (double)n), deviation = Math.Sqrt(numbers.Average(n => (n - mean) * (n - mean)));
        using ImageTensors data = Examples(inputs, numbers, TaskKind.Regression, ["price"],
            new() { Kind = TaskKind.Regression, Offset = mean, Scale = deviation }, columns: 2);
        using var model = nn.Linear(2, 1);
        TrainingResult result = Fit(model, data, new Recipe { Epochs = 40, BatchSize = 20, Optimizer = "adam", LearningRate = 0.1, Loss = loss });
        Assert.InRange(result.TestAccuracy!.Value, 0.995, 1);
        Assert.Equal((mean, deviation), (result.Task.Offset, result.Task.Scale));
        Assert.Equal(double.NaN, result.Epochs[^1].TrainAccuracy);
        Assert.InRange(Assert.IsType<RegressionResult>(Evaluator.Measure(model, data)).RootMeanSquaredError, 0, 60); // of a deviation of about 760
    }

    [Theory]
    [InlineData(TaskKind.MultiLabel, "label_smoothing", "0.1", "label_smoothing is for one class a picture; these data have several labels")]
    [InlineData(TaskKind.MultiLabel, "mixup", "0.2", "mixup is for one class")]
    [InlineData(TaskKind.Regression, "cutmix", "1", "these data have a number for each")]
    [InlineData(TaskKind.MultiLabel, "loss", "l1", "loss is l1: that is for predicting a number")]
    [InlineData(TaskKind.Regression, "loss", "l2", "It must be one of mse, l1")]
    public void What_a_kind_does_not_have_is_refused(TaskKind kind, string key, string value, string expected)
    {
        using ImageTensors data = Examples([1, 2, 3, 4], [0, 1, 1, 0], kind, kind == TaskKind.MultiLabel ? ["a", "b"] : ["y"]);
        using var model = nn.Linear(kind == TaskKind.MultiLabel ? 2 : 1, 2);
        Assert.Contains(expected, Assert.Throws<ZooException>(() => Fit(model, data, new Recipe().With(key, value))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Outputs_that_do_not_fit_and_data_of_two_kinds_are_refused()
    {
        using ImageTensors labels = Examples([1, 2, 3, 4], [0, 1, 1, 0], TaskKind.MultiLabel, ["a", "b"]);
        using ImageTensors classes = ImageTensors.FromTensors(ones(2, 2), zeros(2, ScalarType.Int64), ["a", "b"]);
        using var model = nn.Linear(2, 3);
        Assert.Contains("returns [2,3], but 2 outputs are needed", Assert.Throws<ZooException>(() => Evaluator.Measure(model, labels)).Message,
            StringComparison.Ordinal);
        Assert.Contains("same kind of thing", Assert.Throws<ZooException>(() => new Trainer(model, new Recipe()).Fit(labels, classes)).Message,
            StringComparison.Ordinal);
        using ImageTensors other = ImageTensors.FromTensors(ones(2, 2), zeros(2, ScalarType.Int64), ["b", "a"]);
        Assert.Contains("same names in the same order", Assert.Throws<ZooException>(() => new Trainer(model, new Recipe()).Fit(classes, other)).Message,
            StringComparison.Ordinal);
    }

    private static TrainingResult Fit(nn.Module<Tensor, Tensor> model, ImageTensors data, Recipe recipe) =>
        new Trainer(model, recipe, new TrainerOptions { Seed = 1 }).Fit(data, data);

    private static double Loss(ImageTensors data, string? loss)
    {
        using DisposeScope scope = NewDisposeScope();
        using var objective = new Objective(new Recipe { Loss = loss }, data);
        (Tensor inputs, Tensor rows) = data.Batch([.. Enumerable.Range(0, data.Count)]);
        return objective.Loss(inputs, new Batch(inputs, rows)).item<float>();
    }

    // Rows in the reverse order of the examples, so that a row is not by chance an example's place.
    private static ImageTensors Examples(float[] inputs, float[] targets, TaskKind kind, string[] names, PredictionTask? task = null, int? columns = null)
    {
        int count = targets.Length / names.Length;
        long[] rows = [.. Enumerable.Range(0, count).Select(i => (long)(count - 1 - i))];
        float[] reversed = [.. rows.SelectMany(row => targets.Skip((int)row * names.Length).Take(names.Length))];
        return ImageTensors.FromTensors(tensor(inputs, [count, columns ?? names.Length]), tensor(rows), names,
            new TargetTable(task ?? new() { Kind = kind }, names.Length, reversed));
    }

    private static float[] Numbers(string text) => [.. text.Split(',').Select(t => float.Parse(t, System.Globalization.CultureInfo.InvariantCulture))];
}
