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
        Assert.Equal(new ClassResult("cat", 2, 0.5, 0.5), result.Classes[0]);
        Assert.Equal(new ClassResult("dog", 2, 1, 0.5), result.Classes[1]);
        Assert.Equal(new ClassResult("cow", 1, 0.5, 1), result.Classes[2]);
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
        using var model = new Normalised();
        using ImageTensors data = ImageTensors.FromTensors(ones(5, 4), zeros(5, dtype: ScalarType.Int64), ["a", "b", "c"]);
        model.train();
        Dictionary<string, byte[]> before = Samples.Bytes(model);
        long tensors = Tensor.TotalCount;
        Evaluator.Evaluate(model, data);
        Assert.Equal(tensors, Tensor.TotalCount);
        Assert.All(model.named_modules(), m => Assert.True(m.module.training));
        Assert.All(Samples.Bytes(model), entry => Assert.Equal(before[entry.Key], entry.Value));
    }

    [Fact]
    public void A_model_with_too_few_outputs_is_refused()
    {
        using var model = new Normalised();
        using ImageTensors data = ImageTensors.FromTensors(ones(5, 4), zeros(5, dtype: ScalarType.Int64), ["a", "b", "c", "d"]);
        Assert.Contains("3 outputs, the data 4 classes", Assert.Throws<ZooException>(() => Evaluator.Evaluate(model, data)).Message, StringComparison.Ordinal);
    }
}
