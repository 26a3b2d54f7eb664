using TorchSharp;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Torch.Tests.Functional;

public partial class FunctionalTests
{
    private static Tensor[] Running => [tensor([0.1, -0.2, 0.3]), tensor([1.5, 0.7, 2.0])];

    private static void AddLayers()
    {
        Case("conv1d", [[2, 4, 9], [6, 2, 3], [6]], t => F.conv1d(t[0], t[1], t[2], 2, 1, 1, 2));
        Case("conv1d same", [[2, 4, 9], [6, 4, 3]], t => F.conv1d_padding(t[0], t[1], null, 1, Padding.Same, 2));
        Case("conv2d", [[2, 4, 7, 6], [6, 2, 3, 3], [6]], t => F.conv2d(t[0], t[1], t[2], [2, 1], [1, 2], [1, 2], 2));
        Case("conv2d defaults", [[1, 2, 5, 5], [3, 2, 3, 3]], t => F.conv2d(t[0], t[1]));
        Case("conv2d same", [[1, 2, 5, 5], [3, 2, 3, 3]], t => F.conv2d_padding(t[0], t[1], padding: Padding.Same));
        Case("conv3d", [[1, 2, 4, 4, 5], [3, 2, 2, 3, 3], [3]], t => F.conv3d(t[0], t[1], t[2], [1, 1, 1], [1, 1, 1]));
        Case("conv_transpose1d", [[2, 4, 5], [4, 2, 3], [4]], t => F.conv_transpose1d(t[0], t[1], t[2], 2, 1, 1, 1, 2));
        Case("conv_transpose2d", [[1, 2, 4, 3], [2, 3, 3, 3], [3]], t => F.conv_transpose2d(t[0], t[1], t[2], [2, 2], [1, 1], [1, 1]));
        Case("conv_transpose3d", [[1, 2, 2, 3, 2], [2, 2, 2, 2, 2]], t => F.conv_transpose3d(t[0], t[1]));
        Case("linear", [[5, 4], [3, 4], [3]], t => F.linear(t[0], t[1], t[2]));
        Case("bilinear", [[5, 4], [5, 3], [2, 4, 3], [2]], t => F.bilinear(t[0], t[1], t[2], t[3]));

        Case("max_pool1d", [[2, 3, 9]], t => F.max_pool1d(t[0], 3, 2, 1));
        Case("max_pool2d", [[1, 3, 7, 7]], t => F.max_pool2d(t[0], 3, 2, 1, 1, true));
        Case("max_pool2d pair", [[1, 3, 7, 6]], t => F.max_pool2d(t[0], (3, 2)));
        Case("max_pool3d", [[1, 2, 4, 4, 4]], t => F.max_pool3d(t[0], [2, 2, 2]));
        Case("avg_pool1d", [[2, 3, 9]], t => F.avg_pool1d(t[0], 3, 2, 1));
        Case("avg_pool2d", [[1, 3, 7, 7]], t => F.avg_pool2d(t[0], 3, 2, 1, false, false));
        Case("avg_pool2d divisor", [[1, 3, 6, 6]], t => F.avg_pool2d(t[0], (2, 3), divisor_override: 5));
        Case("avg_pool3d", [[1, 2, 4, 4, 4]], t => F.avg_pool3d(t[0], [2, 2, 2]));
        Case("lp_pool1d", [[2, 3, 8]], t => F.lp_pool1d(t[0], 2, 3, 2));
        Case("lp_pool2d", [[1, 2, 6, 6]], t => F.lp_pool2d(t[0], 2, 3, 1));
        Case("adaptive_avg_pool1d", [[2, 3, 9]], t => F.adaptive_avg_pool1d(t[0], 4));
        Case("adaptive_avg_pool2d", [[1, 3, 7, 5]], t => F.adaptive_avg_pool2d(t[0], (3, 2)));
        Case("adaptive_avg_pool3d", [[1, 2, 4, 5, 6]], t => F.adaptive_avg_pool3d(t[0], 3));
        Case("adaptive_max_pool1d", [[2, 3, 9]], t => F.adaptive_max_pool1d(t[0], 4));
        Case("adaptive_max_pool2d", [[1, 3, 7, 5]], t => F.adaptive_max_pool2d(t[0], [3, 2]));

        // No adaptive_max_pool3d: that of TorchSharp 0.105.1 calls adaptive_max_pool1d. And its max_unpool takes a whole shape only, not the spatial size.
        Case("max_unpool1d", [[2, 3, 8]], static t =>
        {
            (Tensor y, Tensor i) = F.max_pool1d_with_indices(t[0], 2);
            return F.max_unpool1d(y, i, 2, 2, 0, [2, 3, 8]);
        });
        Case("max_unpool2d", [[1, 3, 6, 6]], static t =>
        {
            (Tensor y, Tensor i) = F.max_pool2d_with_indices(t[0], [2, 2]);
            return F.max_unpool2d(y, i, [2, 2], [2, 2], [0, 0], [1, 3, 6, 6]);
        });
        Case("max_unpool3d", [[1, 2, 4, 4, 4]], static t =>
        {
            (Tensor y, Tensor i) = F.max_pool3d_with_indices(t[0], [2, 2, 2]);
            return F.max_unpool3d(y, i, [2, 2, 2], [2, 2, 2], [0, 0, 0], [1, 2, 4, 4, 4]);
        });

        Case("batch_norm training", [[4, 3, 5, 5], [3], [3]], t => F.batch_norm(t[0], Running[0], Running[1], t[1], t[2], true));
        Case("batch_norm", [[4, 3, 5, 5], [3], [3]], t => F.batch_norm(t[0], Running[0], Running[1], t[1], t[2], eps: 1e-3));
        Case("instance_norm", [[2, 3, 5, 5], [3], [3]], t => F.instance_norm(t[0], null, null, t[1], t[2]));
        Case("group_norm", [[2, 6, 4, 4], [6], [6]], t => F.group_norm(t[0], 3, t[1], t[2]));
        Case("layer_norm", [[3, 4, 5], [4, 5], [4, 5]], t => F.layer_norm(t[0], [4, 5], t[1], t[2]));
        Case("local_response_norm 3", [[2, 7, 5]], t => F.local_response_norm(t[0], 3, 0.1, 0.6, 1.5));
        Case("local_response_norm 4", [[2, 7, 3, 4]], t => F.local_response_norm(t[0], 5, 0.1));
        Case("local_response_norm 5", [[1, 7, 2, 3, 2]], t => F.local_response_norm(t[0], 4, 0.1));
        Case("normalize", [[3, 4, 5]], t => F.normalize(t[0]));
        Case("normalize p3", [[3, 4, 5]], t => F.normalize(t[0], 3.0, 2));
    }
}
