using ModelZoo.Models;
using ModelZoo.Registry;
using ModelZoo.Weights;

namespace ModelZoo.Tests.Readme;

/// <summary>The code in docs/weights.md.</summary>
internal static class WeightsSample
{
    internal static LoadReport Run(string checkpoint, string exported, StringWriter console)
    {
        // <weights>
        ModelInfo lenet = Catalog.Models.Find("lenet5");
        using ZooModel model = lenet.Create();

        // A checkpoint says what it is: nothing else is needed to use it.
        Checkpoint.Save(checkpoint, model, new CheckpointInfo
        {
            Architecture = lenet.Name,
            Options = lenet.Defaults,
            Labels = [.. Enumerable.Range(0, lenet.Classes).Select(digit => $"{digit}")],
            Preprocessing = lenet.Preprocessing,
        });

        // The tensors alone, here for PyTorch.
        Checkpoint.Export(exported, model);

        using WeightsFile file = WeightsFile.Open(exported);
        foreach (WeightsEntry tensor in file.Entries)
        {
            console.WriteLine($"{tensor.Name}: {tensor.Described}");
        }

        LoadReport report = Checkpoint.Load(model, file);
        console.WriteLine($"{report.Loaded.Count} tensors loaded, complete: {report.Complete}");

        // </weights>
        return report;
    }
}
