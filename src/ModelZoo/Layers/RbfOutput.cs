using static TorchSharp.torch;

namespace ModelZoo.Layers;

/// <summary>
/// Euclidean radial basis functions: y[n,k] = Σ_j (x[n,j] − codes[k,j])², [N,F] → [N,K] (LeCun et al. 1998, eq. 7).
/// The smallest output names the class. The codes are fixed: a buffer, not parameters.
/// </summary>
public sealed class RbfOutput : nn.Module<Tensor, Tensor>
{
#pragma warning disable IDE1006 // The name is the checkpoint's key.
    private readonly Tensor codes;
#pragma warning restore IDE1006

    /// <param name="codes">One row of ±1 per class, [K,F].</param>
    public RbfOutput(Tensor codes) : base(nameof(RbfOutput))
    {
        this.codes = codes.DetachFromDisposeScope();
        RegisterComponents();
    }

    /// <summary>One row of ±1 per class, [K,F].</summary>
    public Tensor Codes => codes;

    /// <inheritdoc/>
    public override Tensor forward(Tensor input)
    {
        using Tensor column = input.unsqueeze(1);
        using Tensor difference = column - codes;
        using Tensor squared = difference.pow(2);
        return squared.sum(-1);
    }
}
