using ModelZoo.Inference;
using ModelZoo.Loading;
using ModelZoo.Registry;
using ModelZoo.Tests.Training;
using ModelZoo.Training;
using ModelZoo.Transfer;
using Xunit;
using static TorchSharp.torch;

namespace ModelZoo.Tests.Transfer;

/// <summary>Going on from a checkpoint: rows of the head belong to names.</summary>
[Collection(TorchCollection.Name)]
public class HeadRowsTests
{
    // A step so small that no float32 changes: what comes out is what training began with.
    private static readonly Recipe Nothing = new() { Epochs = 1, BatchSize = 8, Optimizer = "sgd", LearningRate = 1e-30 };

    private static readonly string[] Known = ["ant", "bee", "wasp"];

    [Theory]
    [InlineData("ant bee wasp", "ant bee wasp")]
    [InlineData("wasp bee ant", "wasp bee ant")]
    [InlineData("bee fly wasp", "bee wasp")]
    [InlineData("wasp", "wasp")]
    [InlineData("Ant fly gnat moth", "")]
    [InlineData("ant bee fly gnat moth wasp", "ant bee wasp")]
    public void Rows_go_with_the_names_and_new_classes_get_new_rows(string classes, string kept)
    {
        string[] labels = classes.Split(' '), expected = kept.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        using ResolvedModel pretrained = Pretrained("lenet5", Known);
        using FineTuneResult result = Tune(pretrained, labels, new FineTuneOptions());
        using FineTuneResult fresh = Tune(pretrained, labels, new FineTuneOptions { NewHead = true });
        Assert.Equal(expected, result.KeptClasses);
        Assert.Empty(fresh.KeptClasses);
        foreach (string key in new[] { "fc3.weight", "fc3.bias" })
        {
            (Tensor before, Tensor after, Tensor drawn) = (State(pretrained, key), State(result.Model, key), State(fresh.Model, key));
            for (int row = 0; row < labels.Length; row++)
            {
                int old = Array.IndexOf(Known, labels[row]);
                Assert.True((old >= 0 ? before[old] : drawn[row]).equal(after[row]).all().item<bool>(), $"{key} of {labels[row]}");
                Assert.False(old >= 0 && before[old].equal(drawn[row]).all().item<bool>());
            }
        }

        Assert.Equal(labels, result.Model.Labels);
    }

    [Theory]
    [InlineData("lenet5_classic")] // radial basis functions
    [InlineData("small_cnn")]
    [InlineData("resnet20")]
    public void Heads_of_other_networks_keep_their_rows_too(string name)
    {
        using ResolvedModel pretrained = Pretrained(name, [.. Enumerable.Range(0, 10).Select(i => $"class {i}")]);
        string head = pretrained.Model.state_dict().Keys.First(k => k.StartsWith(pretrained.Model.Head + ".", StringComparison.Ordinal));
        using FineTuneResult result = Tune(pretrained, ["class 7", "other", "class 2"], new FineTuneOptions());
        (Tensor before, Tensor after) = (State(pretrained, head), State(result.Model, head));
        Assert.Equal(3, after.shape[0]);
        Assert.True(before[7].equal(after[0]).all().item<bool>() && before[2].equal(after[2]).all().item<bool>());
    }

    [Theory]
    [InlineData("0 1 2", "0 1 2", "0 1 2")]
    [InlineData("0 1 2", "2 1 0", "2 1 0")]
    [InlineData("0 1 2 3", "0 1 2", "")]
    [InlineData("crane bee crane", "bee crane", "bee")]
    [InlineData("0 1 2", "ant bee wasp", "")]
    public void Numbers_are_names_only_among_the_same_numbers_and_a_name_that_stands_twice_is_none(string own, string labels, string expected)
    {
        using ResolvedModel pretrained = Pretrained("lenet5", own.Split(' '));
        Assert.Equal(expected.Split(' ', StringSplitOptions.RemoveEmptyEntries), HeadRows.Known(pretrained, labels.Split(' ')));
        Assert.Empty(HeadRows.Known(pretrained with { Trained = false }, labels.Split(' ')));
    }

    [Fact]
    public void What_became_of_the_head_is_said()
    {
        using ResolvedModel pretrained = Pretrained("lenet5", Known);
        Assert.Equal("head: classes are known by name and keep their rows (wasp, ant, bee)",
            HeadRows.Describe(pretrained, ["wasp", "ant", "bee"], ["wasp", "ant", "bee"]));
        Assert.Equal("head: 1 of 2 classes are known by name and keep their rows (bee); new: fly; not in the data, and left out: ant, wasp",
            HeadRows.Describe(pretrained, ["bee", "fly"], ["bee"]));
        Assert.Null(HeadRows.Describe(pretrained, ["fly"], []));
    }

    [Theory]
    [InlineData("lenet5", 0.5, 3, 0.5, 3)]
    [InlineData("lenet5", 0.5, 3, -20, 0.25)]
    [InlineData("small_cnn", 100, 12, 7, 40)]
    [InlineData("resnet20", -1, 0.1, 2, 0.3)]
    public void A_number_goes_on_in_the_scale_of_the_new_data(string name, double offset, double scale, double newOffset, double newScale)
    {
        PredictionTask before = new() { Kind = TaskKind.Regression, Offset = offset, Scale = scale };
        PredictionTask after = before with { Offset = newOffset, Scale = newScale };
        using ResolvedModel pretrained = Pretrained(name, ["age"]) with { Task = before };
        using FineTuneResult result = Tune(pretrained, ["age"], new FineTuneOptions(), after);
        using FineTuneResult fresh = Tune(pretrained, ["height"], new FineTuneOptions(), after);
        Assert.Equal(["age"], result.KeptClasses);
        Assert.Equal((newOffset, newScale), (result.Model.Task.Offset, result.Model.Task.Scale));
        Assert.Empty(fresh.KeptClasses);
        ModelOptions sizes = pretrained.Options;
        using Tensor images = randn(3, sizes.InChannels, sizes.InputHeight, sizes.InputWidth);
        double[] expected = Numbers(pretrained), actual = Numbers(result.Model);
        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, 1e-4 * (1 + Math.Abs(pair.First))));
        Assert.True(Math.Abs(expected[0] - Numbers(fresh.Model)[0]) > 1e-3);

        double[] Numbers(ResolvedModel model)
        {
            using IDisposable none = no_grad();
            model.Model.eval();
            using Tensor outputs = model.Model.call(images);
            return [.. outputs.data<float>().ToArray().Select(v => v * model.Task.Scale + model.Task.Offset)];
        }
    }

    [Theory]
    [InlineData(TaskKind.Classes, TaskKind.MultiLabel, "head: drawn anew; its rows are for one class of several, and several labels are learned")]
    [InlineData(TaskKind.MultiLabel, TaskKind.Classes, "head: drawn anew; its rows are for several labels, and one class of several is learned")]
    [InlineData(TaskKind.Regression, TaskKind.MultiLabel, "head: drawn anew; its rows are for a number, and several labels are learned")]
    [InlineData(TaskKind.MultiLabel, TaskKind.MultiLabel, null)]
    public void A_head_for_something_else_is_drawn_anew_and_that_is_said(TaskKind before, TaskKind now, string? expected)
    {
        using ResolvedModel pretrained = Pretrained("lenet5", ["age"]) with { Task = new() { Kind = before } };
        Assert.Equal(expected, HeadRows.Refused(pretrained, new() { Kind = now }, ["age"]));
        Assert.Equal(expected is null, HeadRows.GoOn(pretrained, new() { Kind = now }));
        Assert.Null(HeadRows.Refused(pretrained, new() { Kind = now }, []));
    }

    private static Tensor State(ResolvedModel model, string key) => model.Model.state_dict()[key];

    private static ResolvedModel Pretrained(string name, string[] labels)
    {
        ModelInfo info = Samples.Info(name);
        return new ResolvedModel
        {
            Model = Samples.Fresh(name, 5, labels.Length),
            Info = info,
            Options = info.Defaults with { NumClasses = labels.Length },
            Labels = labels,
            Preprocessing = info.Preprocessing,
            Trained = true,
        };
    }

    private static FineTuneResult Tune(ResolvedModel pretrained, string[] labels, FineTuneOptions options, PredictionTask? task = null)
    {
        long[] shape = [6, pretrained.Options.InChannels, pretrained.Options.InputHeight, pretrained.Options.InputWidth];
        random.manual_seed(1);
        TargetTable? targets = task is null ? null : new(task, labels.Length, new float[6 * labels.Length]);
        Tensor rows = targets is null ? arange(6).remainder(labels.Length).to(ScalarType.Int64) : arange(6);
        using ImageTensors images = ImageTensors.FromTensors(randn(shape), rows, labels, targets);
        return FineTuner.Run(pretrained, images, null, "six", options with { Recipe = Nothing, Seed = 4 });
    }
}
