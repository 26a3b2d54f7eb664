using TorchSharp;
using Xunit;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Torch.Tests.NN;

/// <summary>Each layer's output and gradients against PyTorch's (LayerValues.cs, which layer_values.py makes).</summary>
public class LayerValueTests
{
    public static TheoryData<int> Layers => [.. Enumerable.Range(0, LayerValues.All.Length)];

    [Theory]
    [MemberData(nameof(Layers))]
    public void A_layer_computes_what_PyTorch_computes(int index)
    {
        using DisposeScope scope = NewDisposeScope();
        (Func<Module<Tensor, Tensor>> make, long[] shape, double output, double inputGradient, double parameterGradient) = LayerValues.All[index];
        using Module<Tensor, Tensor> layer = make().to(float64);
        Values.SetParameters(layer);
        Tensor x = Values.Wave(shape).requires_grad_();

        Tensor y = layer.call(x);
        y.mul(arange(1, y.numel() + 1, float64).sin().reshape(y.shape)).sum().backward();

        Values.Near(output, Values.Checksum(y), 1e-9);
        Values.Near(inputGradient, Values.Checksum(x.grad!), 1e-9);
        if (layer.parameters().FirstOrDefault() is { } p)
        {
            Values.Near(parameterGradient, Values.Checksum(p.grad!), 1e-9);
        }
    }
}
