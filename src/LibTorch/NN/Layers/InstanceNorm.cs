using TorchSharp.Interop;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace TorchSharp.Modules;

/// <summary>
/// Normalisation of each channel of each example (Ulyanov et al., arXiv:1607.08022). An input without a batch dimension counts as a batch of one.
/// </summary>
public abstract class InstanceNorm : NormBase
{
    private static readonly Op Unsqueeze = new("unsqueeze");
    private static readonly Op Squeeze = new("squeeze", "dim");

    public InstanceNorm(
        long num_features, double eps, double? momentum, bool affine, bool track_running_stats, Device? device, ScalarType? dtype, string name)
        : base(num_features, eps, momentum, affine, track_running_stats, device, dtype, name)
    {
    }

    public override Tensor forward(Tensor input)
    {
        CheckInput(input);
        if (input.Dimensions != GetNumberOfBatchDimensions())
        {
            return Normalize(input);
        }

        using Tensor batch = Unsqueeze.Call(input, 0);
        using Tensor result = Normalize(batch);
        return Squeeze.Call(result, 0);
    }

    /// <summary>The number of dimensions of an input without a batch dimension.</summary>
    protected abstract long GetNumberOfBatchDimensions();

    private Tensor Normalize(Tensor input) =>
        functional.instance_norm(input, running_mean, running_var, ScaleOrNone, bias, training || !track_running_stats, momentum ?? 0, eps);
}

/// <summary>Instance normalisation of [N, C, L] or [C, L].</summary>
public sealed class InstanceNorm1d : InstanceNorm
{
    internal InstanceNorm1d(long num_features, double eps, double momentum, bool affine, bool track_running_stats, Device? device, ScalarType? dtype)
        : base(num_features, eps, momentum, affine, track_running_stats, device, dtype, nameof(InstanceNorm1d))
    {
    }

    protected override long GetNumberOfBatchDimensions() => 2;

    protected override void ValidateInputDimensions(Tensor input) => Expect(input, 2, 3);
}

/// <summary>Instance normalisation of [N, C, H, W] or [C, H, W].</summary>
public sealed class InstanceNorm2d : InstanceNorm
{
    internal InstanceNorm2d(long num_features, double eps, double momentum, bool affine, bool track_running_stats, Device? device, ScalarType? dtype)
        : base(num_features, eps, momentum, affine, track_running_stats, device, dtype, nameof(InstanceNorm2d))
    {
    }

    protected override long GetNumberOfBatchDimensions() => 3;

    protected override void ValidateInputDimensions(Tensor input) => Expect(input, 3, 4);
}

/// <summary>Instance normalisation of [N, C, D, H, W] or [C, D, H, W].</summary>
public sealed class InstanceNorm3d : InstanceNorm
{
    internal InstanceNorm3d(long num_features, double eps, double momentum, bool affine, bool track_running_stats, Device? device, ScalarType? dtype)
        : base(num_features, eps, momentum, affine, track_running_stats, device, dtype, nameof(InstanceNorm3d))
    {
    }

    protected override long GetNumberOfBatchDimensions() => 4;

    protected override void ValidateInputDimensions(Tensor input) => Expect(input, 4, 5);
}
