using System.Globalization;
using ModelZoo.Training;
using ModelZoo.Weights;
using static TorchSharp.torch;

namespace ModelZoo.Transfer;

/// <summary>The model that fine-tuning makes of a pretrained one.</summary>
internal static class FineTuneModel
{
    /// <summary>A model of its own, with the pretrained tensors and a new head.</summary>
    public static ResolvedModel Copy(ResolvedModel pretrained, IReadOnlyList<string> labels, Preprocessing preprocessing, FineTuneOptions options)
    {
        random.manual_seed((long)options.Seed);
        ModelOptions sizes = pretrained.Options with { NumClasses = labels.Count };
        ZooModel model = pretrained.Info.Create(pretrained.Options);
        try
        {
            using (no_grad())
            {
                Dictionary<string, Tensor> source = pretrained.Model.state_dict();
                foreach ((string key, Tensor tensor) in model.state_dict())
                {
                    tensor.copy_(source[key]);
                }
            }

            TransferLearning.ReplaceHead(model, labels.Count);
            return pretrained with { Model = model, Options = sizes, Labels = labels, Preprocessing = preprocessing, Checkpoint = null };
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>What its checkpoint says.</summary>
    public static CheckpointInfo Describe(ResolvedModel model, string data, FineTuneOptions options, TrainingResult result)
    {
        var extra = new Dictionary<string, string>(options.Extra)
        {
            ["data"] = data,
            ["epochs"] = result.Epochs.Count.ToString(CultureInfo.InvariantCulture),
            ["recipe"] = options.Chosen.ToJson(),
            ["seed"] = options.Seed.ToString(CultureInfo.InvariantCulture),
            ["trunk"] = options.ChosenPlan == FreezePlan.HeadOnly ? "frozen" : options.ChosenPlan == FreezePlan.Nothing ? "trained" : $"frozen: {options.ChosenPlan}",
        };
        if (result.TestAccuracy is { } accuracy)
        {
            extra["testAccuracy"] = accuracy.ToString("0.####", CultureInfo.InvariantCulture);
        }

        return new CheckpointInfo { Architecture = model.Info.Name, Options = model.Options, Labels = model.Labels, Preprocessing = model.Preprocessing, Extra = extra };
    }
}
