using TorchSharp;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Torch.Tests.Functional;

public partial class FunctionalTests
{
    private static void AddResampling()
    {
        Case("pad constant", [[1, 2, 3, 4]], t => F.pad(t[0], (1, 2, 0, 1), value: 0.5));
        Case("pad reflect", [[1, 2, 3, 4]], t => F.pad(t[0], (1, 2, 2, 1), PaddingModes.Reflect));
        Case("pad replicate", [[1, 2, 3, 4]], t => F.pad(t[0], (1, 2, 2, 1), PaddingModes.Replicate));
        Case("pad circular", [[1, 2, 3, 4]], t => F.pad(t[0], (1, 2, 2, 1), PaddingModes.Circular));
        Case("interpolate nearest", [[1, 2, 3, 4]], t => F.interpolate(t[0], scale_factor: [2.0, 1.5]));
        Case("interpolate linear", [[1, 2, 5]], t => F.interpolate(t[0], [8], mode: InterpolationMode.Linear));
        Case("interpolate bilinear", [[1, 2, 3, 4]], t => F.interpolate(t[0], [5, 7], mode: InterpolationMode.Bilinear, align_corners: true));
        Case("interpolate bilinear scaled", [[1, 2, 3, 4]], t => F.interpolate(t[0], scale_factor: [1.7, 2.0], mode: InterpolationMode.Bilinear, align_corners: false));
        Case("interpolate bicubic", [[1, 2, 4, 4]], t => F.interpolate(t[0], [6, 7], mode: InterpolationMode.Bicubic, align_corners: false));
        Case("interpolate trilinear", [[1, 1, 2, 3, 3]], t => F.interpolate(t[0], [3, 4, 5], mode: InterpolationMode.Trilinear, align_corners: true));
        Case("interpolate area", [[1, 2, 6, 4]], t => F.interpolate(t[0], [3, 3], mode: InterpolationMode.Area));
        Case("upsample nearest", [[1, 2, 3, 4]], t => F.upsample_nearest2d(t[0], scaleFactors: [2.0, 2.0]));
        Case("affine grid and grid_sample", [[1, 2, 4, 4], [1, 2, 3]], static t =>
            F.grid_sample(t[0], F.affine_grid(t[1], [1, 2, 3, 3]), GridSampleMode.Bilinear, GridSamplePaddingMode.Border, false));
        Case("pixel_shuffle", [[1, 8, 2, 3]], t => F.pixel_shuffle(t[0], 2));
        Case("pixel_unshuffle", [[1, 2, 4, 6]], t => F.pixel_unshuffle(t[0], 2));
        Case("unfold", [[1, 2, 5, 6]], t => F.unfold(t[0], (2, 3), (1, 2), (1, 1), (2, 1)));
        Case("fold", [[1, 8, 20]], t => F.fold(t[0], (5, 6), (2, 2)));
    }
}
