using ModelZoo.Inference;
using ModelZoo.Loading;
using ModelZoo.Models;
using ModelZoo.Registry;
using ModelZoo.Tests.Training;
using ModelZoo.Training;
using ModelZoo.Transfer;
using Xunit;
using static TorchSharp.torch;

namespace ModelZoo.Tests.Transfer;

[Collection(TorchCollection.Name)]
public class HalfPrecisionTests
{
    private static readonly Recipe Recipe = new() { Epochs = 10, BatchSize = 16, Optimizer = "adam", LearningRate = 0.01 };

    [Fact]
    public void Features_in_bfloat16_give_a_head_that_predicts_the_same()
    {
        using ResolvedModel lenet = Lenet();
        using ImageTensors data = Samples.Tensors("lenet5", 200);
        TransferLearning.ReplaceHead(lenet.Model, 10);
        (TrainingResult result, string? note) = Train(lenet.Model, data, FeaturePrecision.Bfloat16);
        Assert.Matches("^bfloat16; of 200 test predictions the [0-9]+ closest were made again in float32, and none differs$", note!);
        Assert.Equal(result.TestAccuracy, Evaluator.Evaluate(lenet.Model, data).Accuracy);
        Assert.True(result.TestAccuracy > 0.9, $"{result.TestAccuracy}");
    }

    [Fact]
    public void Where_rounding_hides_what_images_differ_in_float32_is_used()
    {
        using ZooModel model = Samples.Fresh("lenet5");
        using ImageTensors data = Alike(1e-4f);
        (_, string? note) = Train(model, data, FeaturePrecision.Bfloat16);
        Assert.Equal("float32 (bfloat16 is too coarse for these features)", note);
    }

    [Fact]
    public void Where_a_prediction_changes_everything_is_done_again_in_float32()
    {
        // Labels at random: nothing can be learned but by heart, every prediction is close to the border, and rounding decides some.
        List<string> notes = [];
        using ImageTensors digits = Samples.Tensors("lenet5", 400);
        random.manual_seed(9);
        for (int labels = 0; labels < 6; labels++)
        {
            using ImageTensors data = ImageTensors.FromTensors(digits.Inputs.clone(), randint(0, 10, [400], dtype: ScalarType.Int64), digits.ClassNames);
            using ResolvedModel half = Lenet(), exact = Lenet();
            (_, string? note) = Train(half.Model, data, FeaturePrecision.Bfloat16);
            notes.Add(note!);
            if (note!.StartsWith("float32 (bfloat16 changed", StringComparison.Ordinal))
            {
                Train(exact.Model, data, FeaturePrecision.Full);
                Dictionary<string, byte[]> expected = Samples.Bytes(exact.Model);
                Assert.All(Samples.Bytes(half.Model), e => Assert.Equal(expected[e.Key], e.Value));
                break;
            }
        }

        Assert.Contains(notes, note => note.StartsWith("float32 (bfloat16 changed", StringComparison.Ordinal));
    }

    private static ResolvedModel Lenet() => ModelResolver.Resolve(Catalog.Models, "lenet5:mnist", Catalog.ReadResource);

    private static (TrainingResult Result, string? Note) Train(ZooModel model, ImageTensors data, FeaturePrecision precision)
    {
        var pretrained = new ResolvedModel
        {
            Model = model,
            Info = Samples.Info("lenet5"),
            Options = Samples.Info("lenet5").Defaults,
            Labels = data.ClassNames,
            Preprocessing = Samples.Info("lenet5").Preprocessing,
            Trained = true,
        };
        using FineTuneResult result = FineTuner.Run(pretrained, data, data, "data", new FineTuneOptions { Recipe = Recipe, Precision = precision });
        using (no_grad())
        {
            Dictionary<string, Tensor> tuned = result.Model.Model.state_dict();
            foreach ((string key, Tensor value) in model.state_dict())
            {
                value.copy_(tuned[key]);
            }
        }

        return (result.Training, result.FeatureNote);
    }

    private static ImageTensors Alike(float noise)
    {
        random.manual_seed(5);
        return ImageTensors.FromTensors(rand(1, 1, 32, 32) + noise * rand(400, 1, 32, 32), randint(0, 10, [400], dtype: ScalarType.Int64),
            [.. Enumerable.Range(0, 10).Select(i => $"{i}")]);
    }
}
