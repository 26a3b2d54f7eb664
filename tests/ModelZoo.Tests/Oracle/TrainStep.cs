using ModelZoo.Layers;
using ModelZoo.Registry;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ModelZoo.Tests.Oracle;

/// <summary>
/// The training step of oracle.py: every module in training mode except what draws random numbers, cross entropy with the auxiliary heads' weighted and added.
/// </summary>
internal static class TrainStep
{
    /// <summary>Leaves gradients in the parameters and updated statistics in the buffers.</summary>
    /// <returns>The loss.</returns>
    internal static double Run(ZooModel model, Tensor x, Tensor labels)
    {
        using DisposeScope scope = NewDisposeScope();
        model.train();
        foreach (nn.Module random in model.modules().Where(m => m is Dropout or Layers.StochasticDepth))
        {
            random.eval();
        }

        Tensor loss;
        if (model is IAuxiliaryHeads { Auxiliary.Count: > 0 } heads)
        {
            Tensor[] outputs = heads.ForwardAll(x);
            loss = nn.functional.cross_entropy(outputs[0], labels);
            foreach (Tensor auxiliary in outputs[1..])
            {
                loss = loss.add(nn.functional.cross_entropy(auxiliary, labels).mul(heads.AuxiliaryWeight));
            }
        }
        else
        {
            loss = nn.functional.cross_entropy(model.call(x), labels);
        }

        loss.backward();
        return loss.to(ScalarType.Float64).item<double>();
    }
}
