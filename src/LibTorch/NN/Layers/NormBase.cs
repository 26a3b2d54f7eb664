using TorchSharp.Interop;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace TorchSharp.Modules;

/// <summary>What batch and instance normalisation have: a scale and a shift per channel, and running statistics of the inputs.</summary>
public abstract class NormBase : Module<Tensor, Tensor>
{
    private static readonly Op Zeros = new("zeros");
    private static readonly Op AddInPlace = new("add_", "Scalar");
    private static readonly Op Item = new("_local_scalar_dense");
    private Parameter? normWeight;
    private Parameter? normBias;
    private Tensor? mean;
    private Tensor? var;
    private Tensor? batches;

    public NormBase(
        long num_features, double eps, double? momentum, bool affine, bool track_running_stats, Device? device, ScalarType? dtype, string name) : base(name)
    {
        this.num_features = num_features;
        this.eps = eps;
        this.momentum = momentum;
        this.affine = affine;
        this.track_running_stats = track_running_stats;
        if (affine)
        {
            weight = Empty.Parameter([num_features], device, dtype);
            bias = Empty.Parameter([num_features], device, dtype);
        }

        if (track_running_stats)
        {
            running_mean = Empty.Tensor([num_features], device, dtype);
            running_var = Empty.Tensor([num_features], device, dtype);
            num_batches_tracked = Zeros.Call(Array.Empty<long>(), ScalarType.Int64, Arg.None, InitializeDevice(device), Arg.None);
        }

        reset_parameters();
    }

    public long num_features { get; }

    public double eps { get; set; }

    /// <summary>The weight of a new batch in the running statistics; null: their plain average over all batches.</summary>
    public double? momentum { get; set; }

    public bool affine { get; }

    public bool track_running_stats { get; }

    public Parameter weight
    {
        get => normWeight!;
        set => ConditionallyRegisterParameter(nameof(weight), normWeight = value);
    }

    public Parameter? bias
    {
        get => normBias;
        set => ConditionallyRegisterParameter(nameof(bias), normBias = value);
    }

    public Tensor? running_mean
    {
        get => mean;
        set => ConditionallyRegisterBuffer(nameof(running_mean), mean = value);
    }

    public Tensor? running_var
    {
        get => var;
        set => ConditionallyRegisterBuffer(nameof(running_var), var = value);
    }

    public Tensor? num_batches_tracked
    {
        get => batches;
        set => ConditionallyRegisterBuffer(nameof(num_batches_tracked), batches = value);
    }

    /// <summary>Sets the scale to one, the shift to zero, and the running statistics back.</summary>
    public void reset_parameters()
    {
        reset_running_stats();
        if (normWeight is not null)
        {
            init.ones_(normWeight);
        }

        if (normBias is not null)
        {
            init.zeros_(normBias);
        }
    }

    public void reset_running_stats()
    {
        if (track_running_stats)
        {
            init.zeros_(mean!);
            init.ones_(var!);
            init.zeros_(batches!);
        }
    }

    /// <exception cref="ArgumentException">The input has the wrong number of dimensions.</exception>
    protected abstract void ValidateInputDimensions(Tensor input);

    private protected void CheckInput(Tensor input) => ValidateInputDimensions(input);

    private protected static void Expect(Tensor input, int least, int most)
    {
        long n = input.Dimensions;
        if (n < least || n > most)
        {
            throw new ArgumentException($"Expected {(least == most ? $"{least}D" : $"{least}D or {most}D")} input, but got {n}D input.");
        }
    }

    /// <summary>Counts this batch where it goes into the running statistics; returns the weight that it has there.</summary>
    private protected double CountBatch()
    {
        if (!training || !track_running_stats || batches is null)
        {
            return momentum ?? 0;
        }

        AddInPlace.Run(batches, 1, 1);
        return momentum ?? 1.0 / Item.CallScalar(batches).AsLong;
    }

    private protected Parameter? ScaleOrNone => normWeight;
}

/// <summary>Batch normalisation (Ioffe and Szegedy, arXiv:1502.03167).</summary>
public abstract class BatchNorm : NormBase
{
    public BatchNorm(
        long num_features, double eps, double momentum, bool affine, bool track_running_stats, Device? device, ScalarType? dtype, string name)
        : base(num_features, eps, momentum, affine, track_running_stats, device, dtype, name)
    {
    }

    public override Tensor forward(Tensor input)
    {
        CheckInput(input);
        double factor = CountBatch();
        Tensor? mean = training && !track_running_stats ? null : running_mean;
        Tensor? var = training && !track_running_stats ? null : running_var;
        bool batchStatistics = training || (mean is null && var is null);
        return functional.batch_norm(input, mean, var, ScaleOrNone, bias, batchStatistics, factor, eps);
    }
}

/// <summary>Batch normalisation of [N, C] or [N, C, L].</summary>
public sealed class BatchNorm1d : BatchNorm
{
    internal BatchNorm1d(long num_features, double eps, double momentum, bool affine, bool track_running_stats, Device? device, ScalarType? dtype)
        : base(num_features, eps, momentum, affine, track_running_stats, device, dtype, nameof(BatchNorm1d))
    {
    }

    protected override void ValidateInputDimensions(Tensor input) => Expect(input, 2, 3);
}

/// <summary>Batch normalisation of [N, C, H, W].</summary>
public sealed class BatchNorm2d : BatchNorm
{
    internal BatchNorm2d(long num_features, double eps, double momentum, bool affine, bool track_running_stats, Device? device, ScalarType? dtype)
        : base(num_features, eps, momentum, affine, track_running_stats, device, dtype, nameof(BatchNorm2d))
    {
    }

    protected override void ValidateInputDimensions(Tensor input) => Expect(input, 4, 4);
}

/// <summary>Batch normalisation of [N, C, D, H, W].</summary>
public sealed class BatchNorm3d : BatchNorm
{
    internal BatchNorm3d(long num_features, double eps, double momentum, bool affine, bool track_running_stats, Device? device, ScalarType? dtype)
        : base(num_features, eps, momentum, affine, track_running_stats, device, dtype, nameof(BatchNorm3d))
    {
    }

    protected override void ValidateInputDimensions(Tensor input) => Expect(input, 5, 5);
}
