using ModelZoo.Layers;
using ModelZoo.Loading;
using ModelZoo.Registry;
using ModelZoo.Tracing;
using ModelZoo.Training;
using ModelZoo.Transfer;
using ModelZoo.Verification;
using TorchSharp;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;

namespace ModelZoo.Tests.Training;

/// <summary>What training, tracing and transfer do with auxiliary classifiers, on the smallest model that has some.</summary>
[Collection(TorchCollection.Name)]
public class AuxiliaryLossTests
{
    private const double Rate = 0.1;

    private static readonly Recipe OneStep = new() { Epochs = 1, BatchSize = 8, Optimizer = "sgd", LearningRate = Rate };

    [Fact]
    public void The_loss_and_its_gradients_are_the_weighted_sum_over_all_heads()
    {
        using var model = new TwoHeads();
        using ImageTensors data = Samples.Tensors("lenet5", 8);
        Dictionary<string, Tensor> before = model.named_parameters().ToDictionary(p => p.name, p => p.parameter.detach().clone());
        (double expected, Dictionary<string, Tensor> gradients) = ByHand(model, data);

        TrainingResult result = new Trainer(model, OneStep).Fit(data, null);

        Assert.Equal(expected, result.Epochs[0].Loss, 1e-6);
        foreach ((string name, Parameter parameter) in model.named_parameters())
        {
            using Tensor stepped = before[name] - Rate * gradients[name];
            Assert.True(allclose(stepped, parameter, rtol: 1e-5, atol: 1e-7), name);
            Assert.True(gradients[name].abs().max().item<float>() > 0, name);
        }
    }

    [Fact]
    public void Where_only_the_head_is_trained_the_auxiliary_heads_stay_out_of_it()
    {
        using var model = new TwoHeads();
        using ImageTensors data = Samples.Tensors("lenet5", 8);
        TransferLearning.FreezeBackbone(model);
        Assert.Equal(["backbone.weight", "backbone.bias", "aux.weight", "aux.bias"], TransferLearning.Frozen(model));
        Dictionary<string, byte[]> before = Samples.Bytes(model);
        double logitsAlone = MainLoss(model, data);
        foreach (nn.Module? part in (nn.Module?[])[null, TransferLearning.Find(model, "fc")])
        {
            model.Load(before);
            TrainingResult result = new Trainer(model, OneStep, new TrainerOptions { TrainOnly = part }).Fit(data, null);
            Assert.Equal(logitsAlone, result.Epochs[0].Loss, 1e-6);
            Assert.All(Samples.Bytes(model), e => Assert.Equal(!e.Key.StartsWith("fc", StringComparison.Ordinal), e.Value.SequenceEqual(before[e.Key])));
        }
    }

    [Fact]
    public void Every_head_is_traced_verified_and_replaced()
    {
        using var model = new TwoHeads();
        using Tensor input = randn(2, 1, 32, 32);
        using (Trace trace = Trace.RunAll(model, input))
        {
            Assert.Equal(["flatten", "backbone", "tanh", "aux", "fc"], trace.Nodes.Select(n => n.Name));
            Assert.Equal([4, 3], trace.Outputs);
            Assert.Equal(4, trace.Output);
        }

        VerificationReport report = Verifier.Verify(model, input);
        Assert.True(report.Passed, $"{report.FirstFailure}");
        Assert.Contains(report.Checks, check => check is { Name: "aux", Quantity: "grad weight" });

        TransferLearning.ReplaceHead(model, 3);
        Assert.All(model.ForwardAll(input), logits => Assert.Equal([2L, 3L], logits.shape));
    }

    private static (double Loss, Dictionary<string, Tensor> Gradients) ByHand(TwoHeads model, ImageTensors data)
    {
        (Tensor inputs, Tensor labels) = data.Batch([.. Enumerable.Range(0, data.Count)]);
        Tensor[] all = model.ForwardAll(inputs);
        Tensor loss = nn.functional.cross_entropy(all[0], labels) + 0.25 * nn.functional.cross_entropy(all[1], labels);
        loss.backward();
        return (loss.item<float>(), model.named_parameters().ToDictionary(p => p.name, p => p.parameter.grad!.clone()));
    }

    private static double MainLoss(TwoHeads model, ImageTensors data)
    {
        using DisposeScope scope = NewDisposeScope();
        (Tensor inputs, Tensor labels) = data.Batch([.. Enumerable.Range(0, data.Count)]);
        return nn.functional.cross_entropy(model.call(inputs), labels).item<float>();
    }

    /// <summary>A hidden layer, a head on it and another beside it.</summary>
    private sealed class TwoHeads : ZooModel, IAuxiliaryHeads
    {
#pragma warning disable IDE1006
        private readonly Flatten flatten = nn.Flatten();
        private readonly Linear backbone = nn.Linear(1024, 12);
        private readonly Tanh tanh = nn.Tanh();
        private readonly Linear aux = nn.Linear(12, 10);
        private readonly Linear fc = nn.Linear(12, 10);
#pragma warning restore IDE1006

        public TwoHeads() : base("two_heads") => RegisterComponents();

        public override string Head => "fc";

        public override string Stem => "backbone";

        public override IReadOnlyList<string> Stages => [];

        public IReadOnlyList<string> Auxiliary => ["aux"];

        public double AuxiliaryWeight => 0.25;

        public override Tensor forward(Tensor input)
        {
            using DisposeScope scope = NewDisposeScope();
            return fc.call(tanh.call(backbone.call(flatten.call(input)))).MoveToOuterDisposeScope();
        }

        public Tensor[] ForwardAll(Tensor input)
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor hidden = tanh.call(backbone.call(flatten.call(input)));
            Tensor beside = aux.call(hidden);
            return [fc.call(hidden).MoveToOuterDisposeScope(), beside.MoveToOuterDisposeScope()];
        }

        public void Load(Dictionary<string, byte[]> values)
        {
            foreach ((string name, Tensor tensor) in state_dict())
            {
                tensor.bytes = values[name];
            }
        }
    }
}
