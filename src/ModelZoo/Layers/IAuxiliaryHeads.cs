using static TorchSharp.torch;

namespace ModelZoo.Layers;

/// <summary>
/// A model whose training adds the losses of auxiliary classifiers at inner layers. <c>forward</c> gives the logits alone, in training too;
/// the trainer calls <see cref="ForwardAll"/>.
/// </summary>
public interface IAuxiliaryHeads
{
    /// <summary>
    /// The layers that make the auxiliary logits ("aux2.fc2", "aux1.fc2"), in the order of <see cref="ForwardAll"/>; empty where they were left out.
    /// </summary>
    IReadOnlyList<string> Auxiliary { get; }

    /// <summary>What each auxiliary loss is multiplied by before it is added.</summary>
    double AuxiliaryWeight { get; }

    /// <summary>One forward of every head.</summary>
    /// <param name="input">[N,C,H,W].</param>
    /// <returns>The logits, then the auxiliary logits, each [N,classes].</returns>
    Tensor[] ForwardAll(Tensor input);
}
