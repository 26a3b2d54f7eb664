using ModelZoo.Loading;
using ModelZoo.Models;
using ModelZoo.Registry;
using ModelZoo.Tests.Training;
using ModelZoo.Training;
using ModelZoo.Transfer;
using TorchSharp;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;

namespace ModelZoo.Tests.Transfer;

/// <summary>Every model of the catalog gets a new head, and training that leaves everything else as it was, to the byte.</summary>
[Collection(TorchCollection.Name)]
public class CatalogTransferTests
{
    // Steps that do not shrink with the gradients, which are small where the features of a fresh network are.
    private static readonly Recipe OneStep = new() { Epochs = 1, BatchSize = 2, Optimizer = "adam", LearningRate = 100 };

    public static TheoryData<string> Names => [.. Catalog.Models.Models.Select(m => m.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_step_of_a_new_head_changes_the_head_alone(string name)
    {
        using ZooModel model = Small(name, out long[] shape);
        using Tensor example = Images(shape);
        if (Samples.Info(name).Task != ModelTask.Classification)
        {
            string message = Assert.Throws<ZooException>(() => TransferLearning.ReplaceHead(model, 7, example)).Message;
            Assert.Contains("no logits [N,classes], so it has no classifier's head", message, StringComparison.Ordinal);
            return;
        }

        string head = TransferLearning.ReplaceHead(model, 7, example);
        Assert.Equal(model.Head, head);
        using ImageTensors data = ImageTensors.FromTensors(example.clone(), tensor(new long[] { 3, 5 }), [.. Enumerable.Range(0, 7).Select(i => $"{i}")]);
        Adapt(model, example);
        using DisposeScope scope = NewDisposeScope();
        Dictionary<string, Tensor> before = model.state_dict().ToDictionary(e => e.Key, e => e.Value.detach().clone());
        FineTuner.Train(model, head, data, null, new FineTuneOptions { Plan = FreezePlan.HeadOnly, Recipe = OneStep, CacheFeatures = false });
        Assert.All(model.state_dict(), e =>
            Assert.Equal(!e.Key.StartsWith(head + ".", StringComparison.Ordinal), e.Value.bytes.SequenceEqual(before[e.Key].bytes)));
        Assert.Equal([2L, 7L], Shape(model, example));
    }

    private static ZooModel Small(string name, out long[] shape)
    {
        ModelInfo info = Samples.Info(name);
        int size = Math.Max(info.MinimumSize, Math.Min(info.Input.Height, 8));
        shape = [2, info.Input.Channels, size, size];
        return info.Create(info.Defaults with { InputHeight = size, InputWidth = size });
    }

    private static Tensor Images(long[] shape)
    {
        random.manual_seed(4);
        return rand(shape);
    }

    private static long[] Shape(ZooModel model, Tensor example)
    {
        model.eval();
        using IDisposable none = no_grad();
        using Tensor logits = model.call(example);
        return logits.shape;
    }

    // With fresh statistics the features of a deep network in evaluation fade to nothing. Each normalization gets the mean variance of what it sees, for all
    // its channels: nothing can blow up.
    private static void Adapt(ZooModel model, Tensor images)
    {
        BatchNorm[] norms = [.. model.modules().OfType<BatchNorm>()];
        Array.ForEach(norms, static norm => norm.momentum = 1);
        model.train();
        using IDisposable none = no_grad();
        model.call(images).Dispose();
        foreach (BatchNorm norm in norms)
        {
            norm.running_mean!.zero_();
            norm.running_var!.fill_(norm.running_var.mean().item<float>());
        }
    }
}
