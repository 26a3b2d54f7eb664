using TorchSharp;
using static TorchSharp.torch;

namespace ModelZoo.Data.Augmentation;

/// <summary>
/// <see cref="Affine.Apply"/> for all images of a batch at once, to the byte, wherever the batch is; and the flips that follow it, as output places counted
/// from the other side.
/// </summary>
internal static class BatchAffine
{
    /// <param name="images">[B,H,W,C] uint8, contiguous.</param>
    /// <param name="places">[B], each with a move.</param>
    /// <returns>The same shape and type; the caller's, or its dispose scope's.</returns>
    public static Tensor Apply(Tensor images, ReadOnlySpan<Placement> places)
    {
        using DisposeScope scope = NewDisposeScope();
        (int height, int width) = ((int)images.shape[1], (int)images.shape[2]);
        (double middleX, double middleY) = ((width - 1) / 2.0, (height - 1) / 2.0);
        (double[] cosX, double[] sinX) = (new double[places.Length * width], new double[places.Length * width]);
        (double[] cosY, double[] sinY) = (new double[places.Length * height], new double[places.Length * height]);
        for (int b = 0; b < places.Length; b++)
        {
            AffineMove move = places[b].Move!.Value;
            (double sin, double cos) = Math.SinCos(move.Degrees * Math.PI / 180);
            for (int x = 0; x < width; x++)
            {
                double dx = ((places[b].Mirrored ? width - 1 - x : x) - middleX - move.Right) / move.Scale;
                (cosX[b * width + x], sinX[b * width + x]) = (cos * dx, sin * dx);
            }

            for (int y = 0; y < height; y++)
            {
                double dy = ((places[b].UpsideDown ? height - 1 - y : y) - middleY - move.Down) / move.Scale;
                (cosY[b * height + y], sinY[b * height + y]) = (cos * dy, sin * dy);
            }
        }

        // The place in the image that each pixel comes from, in the order of Affine.Apply's operations, so that the same bits decide about rounding.
        Tensor fromX = Columns(cosX).sub(Rows(sinY)).add_(middleX); // [B,H,W]
        Tensor fromY = Columns(sinX).add(Rows(cosY)).add_(middleY);
        (Tensor left, Tensor top) = (fromX.floor(), fromY.floor());
        (Tensor fx, Tensor fy) = (fromX.sub_(left).unsqueeze(3), fromY.sub_(top).unsqueeze(3)); // [B,H,W,1]
        (Tensor rx, Tensor ry) = (1 - fx, 1 - fy);
        Tensor first = arange(places.Length, dtype: ScalarType.Int64, device: images.device).mul_(height * width).view(-1, 1, 1); // [B,1,1], their first pixels
        Tensor pixels = images.view(-1, images.shape[3]); // [B·H·W,C]
        Tensor upper = rx.mul(At(0, 0)).add_(fx.mul(At(1, 0)));
        Tensor lower = rx.mul(At(0, 1)).add_(fx.mul(At(1, 1)));
        return ry.mul(upper).add_(fy.mul(lower)).round_().to(ScalarType.Byte).MoveToOuterDisposeScope();

        Tensor Columns(double[] values) => tensor(values, [values.Length / width, 1, width], device: images.device);

        Tensor Rows(double[] values) => tensor(values, [values.Length / height, height, 1], device: images.device);

        // [B,H,W,C], zero outside the image.
        Tensor At(int right, int down)
        {
            (Tensor x, Tensor y) = (left + right, top + down);
            Tensor inside = x.ge(0).logical_and_(x.lt(width)).logical_and_(y.ge(0)).logical_and_(y.lt(height)); // [B,H,W]
            Tensor index = y.clamp_(0, height - 1).mul_(width).add_(x.clamp_(0, width - 1)).to(ScalarType.Int64).add_(first);
            return pixels.index_select(0, index.view(-1)).view(images.shape).to(ScalarType.Float64).mul_(inside.unsqueeze(3));
        }
    }
}
