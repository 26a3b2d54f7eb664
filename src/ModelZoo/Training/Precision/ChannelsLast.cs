using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ModelZoo.Training.Precision;

/// <summary>
/// The memory layout in which the channels of a pixel are neighbors. The shape stays [N,C,H,W]; convolutions, normalizations and pools keep the layout of what
/// they are given. TorchSharp has no memory formats: this is done by permuting, which gives exactly PyTorch's strides.
/// </summary>
public static class ChannelsLast
{
    /// <summary>The same images with strides [H·W·C, 1, W·C, C]; the tensor itself where it has them already or is no batch of images.</summary>
    /// <param name="images">[N,C,H,W].</param>
    public static Tensor Of(Tensor images)
    {
        ArgumentNullException.ThrowIfNull(images);
        if (images.dim() != 4 || Is(images))
        {
            return images;
        }

        // One channel lies the same either way, and contiguous() leaves it the strides that libtorch reads as channels first; with these every layer after it
        // would be too.
        long[] shape = images.shape;
        using Tensor rows = shape[1] == 1 ? images.contiguous() : images.permute(0, 2, 3, 1);
        using Tensor packed = shape[1] == 1 ? rows.reshape(shape[0], shape[2], shape[3], 1) : rows.contiguous();
        return packed.permute(0, 3, 1, 2);
    }

    /// <summary>
    /// Lays a model's convolution weights [O,I,H,W] out like its images, in place, until the result is disposed; otherwise every convolution would turn them at
    /// every step, forward and backward. Parameters stay the same objects with the same values.
    /// </summary>
    public static IDisposable Weights(nn.Module model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return new LaidOut([.. model.parameters().Where(p => p.dim() == 4)]);
    }

    private static bool Is(Tensor images)
    {
        long[] shape = images.shape;
        long[] strides = images.stride();
        return strides[1] == 1 && strides[3] == shape[1] && strides[2] == shape[1] * shape[3] && strides[0] == shape[1] * shape[3] * shape[2];
    }
    private sealed class LaidOut : IDisposable
    {
        private readonly Parameter[] weights;

        public LaidOut(Parameter[] weights)
        {
            this.weights = weights;
            Lay(Of);
        }

        public void Dispose() => Lay(w => w.contiguous());

        private void Lay(Func<Tensor, Tensor> order)
        {
            using IDisposable off = no_grad();
            foreach (Parameter weight in weights.Where(w => !w.IsInvalid))
            {
                using Tensor now = weight.detach();
                using Tensor laid = order(now);
                weight.set_(laid);
            }
        }
    }
}
