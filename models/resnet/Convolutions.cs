using ModelZoo.Layers;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ModelZoo.Models.Resnet;

/// <summary>
/// The convolutions of residual networks: without bias, because a normalization follows, and with initial weights that keep the size of gradients through
/// rectifiers (He et al. 2015, "Delving deep into rectifiers", eq. 14).
/// </summary>
internal static class Convolutions
{
    /// <summary>3×3; [N,in,H,W] → [N,out,⌈H/stride⌉,⌈W/stride⌉].</summary>
    internal static Conv2d Conv3x3(long inputs, long outputs, long stride = 1, long groups = 1) => Create(inputs, outputs, kernel: 3, stride, groups);

    /// <summary>1×1; [N,in,H,W] → [N,out,⌈H/stride⌉,⌈W/stride⌉].</summary>
    internal static Conv2d Conv1x1(long inputs, long outputs, long stride = 1) => Create(inputs, outputs, kernel: 1, stride);

    /// <summary>7×7 with stride 2: the stem on images of ImageNet's size.</summary>
    internal static Conv2d Conv7x7(long inputs, long outputs) => Create(inputs, outputs, kernel: 7, stride: 2);

    /// <summary>The shortcut where channels or size change: a 1×1 convolution and its normalization; null where the identity will do.</summary>
    internal static Sequential? Projection(int inputs, int outputs, int stride, Normalization norm) =>
        stride == 1 && inputs == outputs ? null : nn.Sequential(Conv1x1(inputs, outputs, stride), norm.Create(outputs));

    private static Conv2d Create(long inputs, long outputs, long kernel, long stride, long groups = 1)
    {
        Conv2d layer = nn.Conv2d(inputs, outputs, kernel, stride: stride, padding: kernel / 2, groups: groups, bias: false);
        WeightInit.KaimingNormalFanOut(layer);
        return layer;
    }
}
