using ModelZoo.Data;
using ModelZoo.Imaging;
using ModelZoo.Loading;
using ModelZoo.Tests.Data;
using ModelZoo.Tests.Training;
using ModelZoo.Training;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace ModelZoo.Tests.Loading;

[Collection(TorchCollection.Name)]
public sealed class TenCropTests : IDisposable
{
    private static readonly Preprocessing Input = Preprocessing.ImageNet(crop: 8, shorterSide: 10);

    private readonly TempFolder folder = new();

    public TenCropTests() => Pictures.WriteClasses(folder.Path, ["a", "b"], each: 3);

    public void Dispose() => folder.Dispose();

    [Fact]
    public void The_answer_is_the_mean_of_the_crops_probabilities()
    {
        manual_seed(1);
        using var model = nn.Sequential(nn.Flatten(), nn.Linear(3 * 8 * 8, 2));
        ImageFolder images = ImageFolder.Open(folder.Path, DataSplit.Train, new SplitOptions { ValShare = 0 });
        using ImageLoader loader = TenCrop.Open(images, Input, new LoaderOptions { Workers = 2 });
        using nn.Module<Tensor, Tensor> average = TenCrop.Average(model);
        EvaluationResult result = Evaluator.Evaluate(average, loader, batchSize: 4);

        double loss = 0;
        int right = 0;
        foreach (Batch batch in loader.InOrder(6))
        {
            using Batch read = batch;
            using DisposeScope scope = NewDisposeScope();
            Assert.Equal([6L, 30, 8, 8], batch.Inputs.shape);
            for (int i = 0; i < 6; i++)
            {
                Tensor mean = zeros(2);
                for (int view = 0; view < 10; view++)
                {
                    mean.add_(nn.functional.softmax(model.call(batch.Inputs[i].narrow(0, 3 * view, 3).unsqueeze(0)), 1)[0].div(10));
                }

                long label = batch.Labels[i].item<long>();
                loss -= Math.Log(mean[label].item<float>());
                right += mean.argmax().item<long>() == label ? 1 : 0;
            }
        }

        Assert.Equal(loss / 6, result.Loss, 1e-5);
        Assert.Equal(right / 6.0, result.Accuracy);
        Assert.DoesNotContain(average.parameters(), p => p.IsInvalid);
    }

    [Fact]
    public void Weights_that_take_the_whole_image_have_no_ten_crops() =>
        Assert.Contains("larger than the input", Assert.Throws<ZooException>(() => TenCrop.Open(Samples.Digits(3), Preprocessing.Cifar10())).Message,
            StringComparison.Ordinal);
}
