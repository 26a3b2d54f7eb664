using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Torch.Tests.Functional;

public partial class FunctionalTests
{
    private static void AddActivations()
    {
        Pointwise("relu", x => F.relu(x));
        Pointwise("relu6", x => F.relu6(x * 8));
        Pointwise("leaky_relu", x => F.leaky_relu(x, 0.2));
        Pointwise("elu", x => F.elu(x, 0.7));
        Pointwise("selu", x => F.selu(x));
        Pointwise("celu", x => F.celu(x, 0.7));
        Pointwise("gelu", x => F.gelu(x));
        Pointwise("silu", x => F.silu(x));
        Pointwise("mish", x => F.mish(x));
        Pointwise("hardswish", x => F.hardswish(x * 4));
        Case("prelu", [[2, 3, 4], [3]], t => F.prelu(t[0], t[1]));
        Pointwise("rrelu", x => F.rrelu(x));
        Pointwise("threshold", x => F.threshold(x, 0.2, -3.0));
        Pointwise("sigmoid", x => F.sigmoid(x));
        Pointwise("tanh", x => F.tanh(x));
        Pointwise("logsigmoid", F.logsigmoid);
        Pointwise("hardsigmoid", x => F.hardsigmoid(x * 4));
        // In place: TorchSharp 0.105.1 otherwise returns the input unchanged.
        Pointwise("hardtanh", x => F.hardtanh(x * 1, -0.4, 0.6, inplace: true));
        Pointwise("hardshrink", x => F.hardshrink(x, 0.3));
        Pointwise("softshrink", x => F.softshrink(x, 0.3));
        Pointwise("softplus", x => F.softplus(x, 2.0, 1.0));
        Pointwise("softsign", x => F.softsign(x));
        Pointwise("tanhshrink", x => F.tanhshrink(x));
        Pointwise("glu", x => F.glu(x));
        Pointwise("softmax", x => F.softmax(x, 1));
        Case("softmax2d", [[2, 3, 2, 2]], t => F.softmax2d(t[0]));
        Pointwise("softmin", x => F.softmin(x, 0));
        Pointwise("log_softmax", x => F.log_softmax(x, -1));
        Pointwise("dropout in evaluation", x => F.dropout(x, 0.5, false));
    }

    private static void Pointwise(string name, Func<Tensor, Tensor> call) => Case(name, [[3, 8]], t => call(t[0]));
}
