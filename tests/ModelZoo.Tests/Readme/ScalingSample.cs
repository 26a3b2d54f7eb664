using ModelZoo.Data;
using ModelZoo.Distributed;
using ModelZoo.Loading;
using ModelZoo.Models;
using ModelZoo.Registry;
using ModelZoo.Training;
using ModelZoo.Transfer;

namespace ModelZoo.Tests.Readme;

/// <summary>The code in docs/scaling.md, which a test runs as one process: nobody started others.</summary>
internal static class ScalingSample
{
    internal static void Run(StringWriter console)
    {
        // <scaling>
        using RankGroup? ranks = MpiGroup.IsLaunched ? MpiGroup.Join() : null; // the processes that mpiexec or srun started; null: this one alone

        ModelInfo lenet = Catalog.Models.Find("lenet5");
        using ZooModel model = lenet.Create();
        ImageDataset digits = Digits.Load(DataSplit.Train);
        using ImageTensors train = ImageTensors.From(digits, TransferLearning.PreprocessingFor(digits, lenet.Preprocessing));

        var options = new TrainerOptions { Seed = 1, Ranks = ranks };
        TrainingResult result = new Trainer(model, new Recipe { Epochs = 1, BatchSize = 64 }, options).Fit(train, null);
        if (ranks is null or { IsFirst: true })
        {
            console.WriteLine($"loss {result.Epochs[^1].Loss:F3}");
        }
        // </scaling>
    }
}
