using ModelZoo.Loading;
using ModelZoo.Training;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace ModelZoo.Tests.Training;

/// <summary>Weights of classes, the focal loss and even sampling: values of PyTorch 1.13 and the formulas.</summary>
[Collection(TorchCollection.Name)]
public class ClassImbalanceTests
{
    private static readonly float[] Logits = [1.5f, -0.25f, 0.75f, -1, 2, 0.5f, 0.1f, 0.2f, -0.3f, 3, -2, 1];
    private static readonly long[] Labels = [0, 1, 1, 2];
    private static readonly ClassWeights Weights = ClassWeights.Of(new Dictionary<string, double> { ["a"] = 0.5, ["b"] = 2, ["c"] = 3.5 });

    [Theory]
    [InlineData(0, 0, 1.254806637763977, new[] { -0.024532404, 0.006597778, 0.017934622, 0.009778143, -0.053600743, 0.043822598 })]
    [InlineData(0.1, 0, 1.306140661239624, new[] { -0.008975455, 0.000243778, 0.008731676, 0.007694810, -0.036934078, 0.029239263 })]
    [InlineData(0, 2, 0.8160222768783569, new[] { -0.0096111, 0.0025848, 0.0070263, 0.0012444, -0.0068212, 0.0055768 })]
    public void Loss_and_gradient_are_PyTorchs(double smoothing, double gamma, double loss, double[] gradient)
    {
        var recipe = new Recipe { ClassWeights = Weights, LabelSmoothing = smoothing, FocalGamma = gamma };
        (double value, float[] slope) = Of(recipe, Logits);
        Assert.Equal(loss, value, 1e-6);
        Assert.All(gradient.Zip(slope), g => Assert.Equal(g.First, g.Second, 1e-6));
    }

    [Theory]
    [InlineData(2, false)]
    [InlineData(2, true)]
    [InlineData(0.5, true)]
    [InlineData(5, false)]
    public void The_focal_loss_is_its_formula_and_its_gradient_the_formulas_difference(double gamma, bool weighted)
    {
        var recipe = new Recipe { FocalGamma = gamma, ClassWeights = weighted ? Weights : null };
        (double value, float[] slope) = Of(recipe, Logits);
        double[] logits = [.. Logits.Select(x => (double)x)];
        Assert.Equal(Formula(logits), value, 1e-6);
        for (int i = 0; i < logits.Length; i++)
        {
            double[] up = [.. logits], down = [.. logits];
            (up[i], down[i]) = (up[i] + 1e-5, down[i] - 1e-5);
            Assert.Equal((Formula(up) - Formula(down)) / 2e-5, slope[i], 2e-6);
        }

        // Lin et al., equation 4, with their α where classes are weighted.
        double Formula(double[] x)
        {
            double sum = 0, all = 0;
            for (int b = 0; b < 4; b++)
            {
                double[] e = [.. x[(3 * b)..(3 * b + 3)].Select(Math.Exp)];
                double p = e[Labels[b]] / e.Sum(), weight = weighted ? Weights.Named.ElementAt((int)Labels[b]).Value : 1;
                (sum, all) = (sum - weight * Math.Pow(1 - p, gamma) * Math.Log(p), all + weight);
            }

            return sum / all;
        }
    }

    [Fact]
    public void Without_gamma_the_focal_loss_is_the_cross_entropy_and_it_is_finite_where_all_is_certain()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor logits = tensor(Logits, [4, 3]), labels = tensor(Labels), weights = tensor(new float[] { 0.5f, 2, 3.5f });
        Assert.Equal(nn.functional.cross_entropy(logits, labels, weights).item<float>(), FocalLoss.OfClasses(logits, labels, 0, weights).item<float>(), 1e-6f);
        Tensor certain = tensor(new float[] { 80, -80, 0, 0, 80, 0 }, [2, 3], requires_grad: true);
        FocalLoss.OfClasses(certain, tensor(new long[] { 0, 1 }), 0.5, null).backward();
        Assert.All(certain.grad!.data<float>().ToArray(), g => Assert.InRange(g, -1e-30f, 1e-30f)); // and no NaN
    }

    [Fact]
    public void Several_labels_have_PyTorchs_pos_weight_and_torchvisions_focal_loss()
    {
        float[] there = [1, 0, 1, 0, 1, 1, 0, 0, 0, 1, 1, 0];
        using ImageTensors data = Several(there);
        Assert.Equal(0.995448648929596, LossOf(new Recipe { ClassWeights = Weights }, data), 1e-6);
        Assert.Equal(0.26232147216796875, LossOf(new Recipe { FocalGamma = 2 }, data), 1e-6); // sigmoid_focal_loss(alpha=-1, gamma=2)
        Assert.NotEqual(0.26232147216796875, LossOf(new Recipe { FocalGamma = 1.5 }, data), 1e-3);
        Assert.Equal([1, 1, 1], ClassWeights.Of("balanced").For(["a", "b", "c"], [2, 2, 2], 4, several: true));
        Assert.Equal([3, 1.0 / 3, 1], ClassWeights.Of("balanced").For(["a", "b", "c"], [1, 3, 0], 4, several: true));
    }

    [Fact]
    public void The_rules_are_scikit_learns_balance_its_proportions_and_their_roots()
    {
        // compute_class_weight("balanced", classes=[0,1,2], y=[0]*6+[1]*3+[2]) of scikit-learn.
        double[] balanced = Of("balanced"), inverse = Of("inverse"), root = Of("sqrt");
        Assert.All(new[] { 10.0 / 18, 10.0 / 9, 10.0 / 3 }.Zip(balanced), w => Assert.Equal(w.First, w.Second, 1e-12));
        Assert.All(balanced.Zip(inverse), w => Assert.Equal(balanced[0] / inverse[0], w.First / w.Second, 1e-12));
        Assert.Equal(1, inverse.Average(), 1e-12);
        Assert.Equal(Math.Sqrt(balanced[2] / balanced[0]), root[2] / root[0], 1e-12);

        static double[] Of(string rule) => ClassWeights.Of(rule).For(["a", "b", "c"], [6, 3, 1], 10);
    }

    [Theory]
    [InlineData("class_weights", "{\"a\": 1, \"b\": 2, \"d\": 1}", "names 'd', which is no class")]
    [InlineData("class_weights", "{\"a\": 1, \"b\": 2}", "no weight for 'c'")]
    [InlineData("class_weights", "{\"a\": 1, \"b\": 2, \"c\": 0}", "must be above 0")]
    [InlineData("class_weights", "balance", "Did you mean 'balanced'")]
    [InlineData("class_weights", "{\"a\": 1, \"a\": 2, \"b\": 1, \"c\": 1}", "a number for each class")]
    [InlineData("sampling", "even", "must be one of natural, balanced")]
    [InlineData("focal_gamma", "-1", "must be 0 … 10")]
    public void Wrong_values_are_named(string key, string value, string expected)
    {
        using ImageTensors data = Classes(Labels);
        using var model = new Passing();
        string json = value.StartsWith('{') || key == "focal_gamma" ? $"{{\"{key}\": {value}}}" : $"{{\"{key}\": \"{value}\"}}";
        Assert.Contains(expected, Assert.Throws<ZooException>(() => new Trainer(model, Recipe.Parse(json, "recipe.json")).Fit(data, null)).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(TaskKind.Regression, "class_weights", "balanced", "class_weights is for classes; these data have a number")]
    [InlineData(TaskKind.Regression, "focal_gamma", "2", "focal_gamma is for classes")]
    [InlineData(TaskKind.Regression, "sampling", "balanced", "sampling is for one class a picture")]
    [InlineData(TaskKind.MultiLabel, "sampling", "balanced", "these data have several labels")]
    [InlineData(TaskKind.MultiLabel, "class_weights", "inverse", "inverse is for one class")]
    public void What_a_kind_does_not_have_is_refused(TaskKind kind, string key, string value, string expected)
    {
        var table = new TargetTable(new() { Kind = kind }, 3, new float[12]);
        using ImageTensors data = ImageTensors.FromTensors(ones(4, 3), arange(4L), ["a", "b", "c"], table);
        using var model = new Passing();
        Assert.Contains(expected, Assert.Throws<ZooException>(() => new Trainer(model, new Recipe().With(key, value)).Fit(data, null)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void An_even_epoch_shows_classes_alike_and_no_example_twice_more_than_another()
    {
        int[] classes = [.. Enumerable.Range(0, 101).Select(i => i < 80 ? 0 : i < 95 ? 1 : 2)];
        var recipe = new Recipe { Sampling = "balanced" };
        int[] first = Plan(7, 1).Order(101);
        Assert.All(first.CountBy(i => classes[i]), c => Assert.InRange(c.Value, 33, 34));
        Assert.All(first.GroupBy(i => classes[i]), group => Assert.InRange(group.CountBy(i => i).Max(c => c.Value)
            - classes.Index().Where(e => e.Item == group.Key).Min(e => group.Count(i => i == e.Index)), 0, 1));
        Assert.Equal(first, Plan(7, 1).Order(101));
        Assert.NotEqual(first, Plan(7, 2).Order(101));
        Assert.NotEqual(first, Plan(8, 1).Order(101));
        int[] repeats = Plan(7, 1).Repeats(first)!;
        Assert.Equal(first.Index().Count(e => !first.Take(e.Index).Contains(e.Item)), repeats.Count(r => r == 0));
        Assert.Equal(101, first.Zip(repeats).Select(e => Plan(7, 1).SeedOfExample(e.First, e.Second)).Distinct().Count()); // each changed in its own way
        int[] natural = new EpochSampler(new Recipe(), 7, 1).Order(101);
        Assert.Contains(natural.CountBy(i => classes[i]), c => c.Value is < 33 or > 34); // the same look at an order that is not even

        EpochSampler Plan(ulong seed, int epoch) => new(recipe, seed, epoch) { Classes = classes };
    }

    [Fact]
    public void A_run_with_all_three_goes_on_with_the_same_bits_and_not_with_other_weights()
    {
        using var folder = new TempFolder();
        using ImageTensors data = Samples.Tensors("lenet5", 50);
        Recipe recipe = Samples.Quick with { ClassWeights = ClassWeights.Of("balanced"), Sampling = "balanced", FocalGamma = 2, BatchSize = 8 };
        byte[] whole = Fit(folder.File("whole"), recipe, null, resume: false);
        Fit(folder.File("halved"), recipe, TimeSpan.Zero, resume: false); // one step
        Assert.Contains("the recipe's class_weights was \"balanced\" and is \"sqrt\"", Assert.Throws<ZooException>(() =>
            Fit(folder.File("halved"), recipe with { ClassWeights = ClassWeights.Of("sqrt") }, null, resume: true)).Message, StringComparison.Ordinal);
        Assert.Equal(whole, Fit(folder.File("halved"), recipe, null, resume: true));

        byte[] Fit(string path, Recipe chosen, TimeSpan? limit, bool resume)
        {
            using var model = Samples.Fresh("lenet5");
            new Trainer(model, chosen, new TrainerOptions
            {
                Seed = 5,
                RunFolder = path,
                Resume = resume,
                TimeLimit = limit,
                Describe = _ => Samples.Description("lenet5"),
            }).Fit(data, null);
            return Samples.Bytes(model)["fc3.weight"];
        }
    }

    private static (double Loss, float[] Gradient) Of(Recipe recipe, float[] logits)
    {
        using DisposeScope scope = NewDisposeScope();
        using ImageTensors data = Classes(Labels);
        using var objective = new Objective(recipe, data);
        Tensor outputs = tensor(logits, [4, 3], requires_grad: true);
        Tensor loss = objective.Loss(outputs, new Batch(zeros(4), data.Labels));
        loss.backward();
        return (loss.item<float>(), outputs.grad!.data<float>().ToArray());
    }

    private static double LossOf(Recipe recipe, ImageTensors data)
    {
        using DisposeScope scope = NewDisposeScope();
        using var objective = new Objective(recipe, data);
        return objective.Loss(data.Inputs, new Batch(zeros(4), data.Labels)).item<float>();
    }

    private static ImageTensors Classes(long[] labels) => ImageTensors.FromTensors(tensor(Logits, [4, 3]), tensor(labels), ["a", "b", "c"]);

    private static ImageTensors Several(float[] there) =>
        ImageTensors.FromTensors(tensor(Logits, [4, 3]), arange(4L), ["a", "b", "c"], new TargetTable(new() { Kind = TaskKind.MultiLabel }, 3, there));
}
