using static TorchSharp.torch;

namespace ModelZoo.Training;

/// <summary>
/// −(1 − p)^γ·log p of the probability p that the right answer gets: what is right already counts little. T.-Y. Lin et al., "Focal Loss for Dense Object
/// Detection", ICCV 2017, section 3.2; its α are the weights of the classes. With γ = 0 it is the cross entropy.
/// </summary>
internal static class FocalLoss
{
    // For γ below 1 the slope at p = 1 is infinite: there the power stands still.
    private const double Least = 1e-12;

    /// <summary>Of one class an example, the mean over the batch, [].</summary>
    /// <param name="logits">[B,K].</param>
    /// <param name="labels">[B], int64.</param>
    /// <param name="gamma">γ.</param>
    /// <param name="weights">[K], or null; the mean is then one by weight, as in PyTorch's CrossEntropyLoss.</param>
    public static Tensor OfClasses(Tensor logits, Tensor labels, double gamma, Tensor? weights)
    {
        Tensor logs = nn.functional.log_softmax(logits, 1).gather(1, labels.unsqueeze(1)).squeeze(1); // [B]
        Tensor losses = Missing(logs).pow(gamma).mul(logs.neg());
        if (weights is null)
        {
            return losses.mean();
        }

        Tensor own = weights.index_select(0, labels); // [B]
        return losses.mul(own).sum().div(own.sum());
    }

    /// <summary>Of mixed examples: the sum over the classes, each with its share of the target.</summary>
    /// <param name="logits">[B,K].</param>
    /// <param name="shares">[B,K].</param>
    /// <param name="gamma">γ.</param>
    /// <param name="weights">[K], or null; the mean is over the examples, as in PyTorch's CrossEntropyLoss with probabilities.</param>
    public static Tensor OfShares(Tensor logits, Tensor shares, double gamma, Tensor? weights)
    {
        Tensor logs = nn.functional.log_softmax(logits, 1);
        Tensor losses = Missing(logs).pow(gamma).mul(logs.neg()).mul(shares); // [B,K]
        return (weights is null ? losses : losses.mul(weights)).sum(1).mean();
    }

    /// <summary>Of several labels, the mean over all of them, [].</summary>
    /// <param name="logits">[B,K].</param>
    /// <param name="there">[B,K], 1 where the label is there.</param>
    /// <param name="gamma">γ.</param>
    /// <param name="weights">[K], of those that are there (PyTorch's pos_weight); or null.</param>
    public static Tensor OfLabels(Tensor logits, Tensor there, double gamma, Tensor? weights)
    {
        Tensor sign = there.mul(2).sub(1);
        Tensor logs = nn.functional.logsigmoid(logits.mul(sign)); // log of the right answer's probability
        Tensor losses = Missing(logs).pow(gamma).mul(logs.neg());
        return (weights is null ? losses : losses.mul(there.mul(weights.sub(1)).add(1))).mean();
    }

    // 1 − p, exact also where p is nearly 1.
    private static Tensor Missing(Tensor logs) => logs.expm1().neg().clamp_min(Least);
}
