using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ModelZoo.Layers;

/// <summary>
/// Euclidean radial basis functions: y[n,k] = Σ_j (x[n,j] − codes[k,j])², [N,F] → [N,K] (LeCun et al. 1998, eq. 7).
/// The smallest output names the class. The codes are fixed: a buffer, not parameters.
/// </summary>
/// <remarks>
/// The paper keeps the codes fixed "at least initially". Transfer learning makes them trainable (<see cref="LearnCodes"/>): ‖x‖² is the same for every class,
/// so that softmax(−y) is then that of a linear layer with weights 2·codes and biases −‖codes‖².
/// </remarks>
public sealed class RbfOutput : nn.Module<Tensor, Tensor>
{
#pragma warning disable IDE1006 // The name is the checkpoint's key.
    private Tensor codes;
#pragma warning restore IDE1006

    /// <param name="codes">One row of ±1 per class, [K,F].</param>
    public RbfOutput(Tensor codes) : base(nameof(RbfOutput))
    {
        this.codes = codes.DetachFromDisposeScope();
        RegisterComponents();
    }

    /// <summary>One row of ±1 per class, [K,F].</summary>
    public Tensor Codes => codes;

    /// <summary>Replaces the codes by trainable ones for other classes, initially small: a linear layer's default, uniform in ±1/√F.</summary>
    public void LearnCodes(int classes)
    {
        (long features, Device device, ScalarType type) = (codes.shape[1], codes.device, codes.dtype);
        codes.Dispose();
        using Tensor fresh = empty(classes, features, dtype: type, device: device);
        nn.init.uniform_(fresh, -1 / Math.Sqrt(features), 1 / Math.Sqrt(features));
        var learned = new Parameter(fresh.alias());
        codes = learned.DetachFromDisposeScope();
        ConditionallyRegisterBuffer(nameof(codes), null);
        ConditionallyRegisterParameter(nameof(codes), learned);
    }

    /// <inheritdoc/>
    public override Tensor forward(Tensor input)
    {
        using Tensor column = input.unsqueeze(1);
        using Tensor difference = column - codes;
        using Tensor squared = difference.pow(2);
        return squared.sum(-1);
    }
}
