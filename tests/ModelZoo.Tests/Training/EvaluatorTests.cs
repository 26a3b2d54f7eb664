using ModelZoo.Loading;
using ModelZoo.Tests.Runtime;
using ModelZoo.Training;
using Xunit;
using static TorchSharp.torch;

namespace ModelZoo.Tests.Training;

[Collection(TorchCollection.Name)]
public class EvaluatorTests
{
    // Rows are logits; the largest names the prediction: 0 0 1 2 2 with labels 0 1 1 2 0.
    private static ImageTensors Logits() => ImageTensors.FromTensors(
        tensor(new float[] { 3, 0, 0, 2, 1, 0, 0, 5, 0, 0, 0, 1, 0, 0, 4 }, [5, 3]), tensor(new long[] { 0, 1, 1, 2, 0 }), ["cat", "dog", "cow"]);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(256)]
    public void Figures_are_those_of_the_predictions(int batchSize)
    {
        using var model = new Passing();
        using ImageTensors data = Logits();
        EvaluationResult result = Evaluator.Evaluate(model, data, batchSize);
        Assert.Equal((5, 0.6), (result.Count, result.Accuracy));
        int[] confusion = [.. result.Confusion.Cast<int>()];
        Assert.Equal([1, 0, 1, 1, 1, 0, 0, 0, 1], confusion);
        Assert.Equal(new ClassResult("cat", 2, 0.5, 0.5) { Called = 2 }, result.Classes[0]);
        Assert.Equal(new ClassResult("dog", 2, 1, 0.5) { Called = 1 }, result.Classes[1]);
        Assert.Equal(new ClassResult("cow", 1, 0.5, 1) { Called = 2 }, result.Classes[2]);
        double[] losses =
        [
            Math.Log(1 + 2 * Math.Exp(-3)), Math.Log(1 + Math.Exp(1) + Math.Exp(-1)), Math.Log(1 + 2 * Math.Exp(-5)),
            Math.Log(1 + 2 * Math.Exp(-1)), Math.Log(2 + Math.Exp(4)),
        ];
        Assert.Equal(losses.Average(), result.Loss, 1e-6);
    }

    [Fact]
    public void The_mode_is_put_back_and_no_tensor_is_left()
    {
        using var model = new Normalized();
        using ImageTensors data = ImageTensors.FromTensors(ones(5, 4), zeros(5, dtype: ScalarType.Int64), ["a", "b", "c"]);
        model.train();
        Dictionary<string, byte[]> before = Samples.Bytes(model);
        Assert.InRange(LiveTensors.Added(() => Evaluator.Evaluate(model, data)), long.MinValue, 0);
        Assert.All(model.named_modules(), m => Assert.True(m.module.training));
        Assert.All(Samples.Bytes(model), entry => Assert.Equal(before[entry.Key], entry.Value));
    }

    [Fact]
    public void A_model_with_too_few_outputs_is_refused()
    {
        using var model = new Normalized();
        using ImageTensors data = ImageTensors.FromTensors(ones(5, 4), zeros(5, dtype: ScalarType.Int64), ["a", "b", "c", "d"]);
        Assert.Contains("3 outputs, the data 4 classes", Assert.Throws<ZooException>(() => Evaluator.Evaluate(model, data)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Top_k_and_F1_and_shares_are_counted()
    {
        using var model = new Passing();
        using ImageTensors data = ImageTensors.FromTensors(
            tensor(new float[] { 3, 0, 0, 2, 1, 0, 0, 5, 0, 0, 0, 1, 0, 1, 4 }, [5, 3]), tensor(new long[] { 0, 1, 1, 2, 0 }), ["cat", "dog", "cow"]);
        EvaluationResult result = Evaluator.Evaluate(model, data, top: 2);
        Assert.Equal((2, 0.8), (result.Top, result.TopAccuracy));
        Assert.Equal((3, 1.0), (Evaluator.Evaluate(model, data).Top, Evaluator.Evaluate(model, data).TopAccuracy));
        Assert.Equal(0.6, Evaluator.Evaluate(model, data, top: 1).TopAccuracy);
        Assert.Equal([0.5, 2.0 / 3, 2.0 / 3], result.Classes.Select(c => c.F1));
        Assert.Equal((0.5 + 4.0 / 3) / 3, result.MeanF1, 1e-12);
        double[] shares = [.. result.NormalizedConfusion().Cast<double>()];
        Assert.Equal([0.5, 0, 0.5, 0.5, 0.5, 0, 0, 0, 1], shares);
    }

    [Fact]
    public void An_ensemble_averages_probabilities()
    {
        using ImageTensors one = ImageTensors.FromTensors(tensor(new float[] { 2, 0, 0, 1 }, [2, 2]), tensor(new long[] { 0, 0 }), ["a", "b"]);
        using ImageTensors two = ImageTensors.FromTensors(tensor(new float[] { 0, 1, 200, -200 }, [2, 2]), tensor(new long[] { 0, 0 }), ["a", "b"]);
        using Passing first = new(), second = new();
        EvaluationResult both = Evaluator.Evaluate([(first, one), (second, two)]);
        double sure = (1 / (1 + Math.Exp(-2)) + 1 / (1 + Math.Exp(1))) / 2, split = (1 / (1 + Math.Exp(1)) + 1) / 2;
        Assert.Equal(-(Math.Log(sure) + Math.Log(split)) / 2, both.Loss, 1e-6);
        Assert.Equal(1, both.Accuracy);
        Assert.Equal(0.5, Evaluator.Evaluate(first, one).Accuracy);

        using var ensemble = new Ensemble(new Passing(), new Passing());
        using Tensor logits = tensor(new float[] { 2, 0, 200, -200 }, [2, 2]), mean = ensemble.call(logits);
        Assert.True(allclose(mean, nn.functional.log_softmax(logits, 1), atol: 1e-6));
    }

    [Fact]
    public void Members_of_an_ensemble_must_fit_together()
    {
        using ImageTensors three = Logits(), two = ImageTensors.FromTensors(ones(5, 2), zeros(5, dtype: ScalarType.Int64), ["a", "b"]),
            few = ImageTensors.FromTensors(ones(4, 3), zeros(4, dtype: ScalarType.Int64), ["a", "b", "c"]);
        using var model = new Passing();
        Assert.Contains("must have the same classes", Assert.Throws<ZooException>(() => Evaluator.Evaluate([(model, two), (model, three)])).Message,
            StringComparison.Ordinal);
        Assert.Contains("must see the same examples: one has 5, another 4",
            Assert.Throws<ZooException>(() => Evaluator.Evaluate([(model, three), (model, few)])).Message, StringComparison.Ordinal);
    }
}
