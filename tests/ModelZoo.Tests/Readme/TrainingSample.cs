using ModelZoo.Data;
using ModelZoo.Imaging;
using ModelZoo.Loading;
using ModelZoo.Models;
using ModelZoo.Registry;
using ModelZoo.Training;
using ModelZoo.Transfer;

namespace ModelZoo.Tests.Readme;

/// <summary>The code in docs/training.md.</summary>
internal static class TrainingSample
{
    internal static TrainingResult Run(StringWriter console)
    {
        // <training>
        ModelInfo lenet = Catalog.Models.Find("lenet5");
        using ZooModel model = lenet.Create(); // or any Module<Tensor, Tensor> of your own

        // The digits have 8×8 pixels, the network takes 32×32: they are enlarged.
        ImageDataset train = Digits.Load(DataSplit.Train), test = Digits.Load(DataSplit.Test);
        Preprocessing preprocessing = TransferLearning.PreprocessingFor(train, lenet.Preprocessing);
        using ImageTensors trainImages = ImageTensors.From(train, preprocessing), testImages = ImageTensors.From(test, preprocessing);

        var recipe = new Recipe { Epochs = 3, BatchSize = 32, Optimizer = "adam", LearningRate = 0.003, Schedule = "cosine" };
        TrainingResult result = new Trainer(model, recipe, new TrainerOptions { Seed = 1 }).Fit(trainImages, testImages);
        foreach (EpochResult epoch in result.Epochs)
        {
            console.WriteLine($"epoch {epoch.Epoch}: loss {epoch.Loss:F3}, test accuracy {epoch.TestAccuracy:P1}");
        }

        // </training>
        return result;
    }
}
