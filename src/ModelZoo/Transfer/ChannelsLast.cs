using static TorchSharp.torch;

namespace ModelZoo.Transfer;

/// <summary>The memory order in which convolutions run fastest on the CPU: the channels of one pixel side by side. TorchSharp has no memory formats; the permutation does the same.</summary>
internal static class ChannelsLast
{
    /// <summary>The same values in that order; other ranks than [N,C,H,W] stay as they are.</summary>
    public static Tensor Of(Tensor x)
    {
        if (x.dim() != 4)
        {
            return x;
        }

        using Tensor rows = x.permute(0, 2, 3, 1);
        using Tensor packed = rows.contiguous();
        return packed.permute(0, 3, 1, 2);
    }
}
