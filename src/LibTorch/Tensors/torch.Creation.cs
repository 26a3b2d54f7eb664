using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    private static readonly Op Zeros = new("zeros"), Ones = new("ones"), Empty = new("empty", "memory_format"), EmptyStrided = new("empty_strided"),
        Full = new("full"), Arange = new("arange", "start_step"), Linspace = new("linspace"), Logspace = new("logspace"), Eye = new("eye", "m"),
        TrilIndices = new("tril_indices"), TriuIndices = new("triu_indices");

    public static Tensor zeros(long[] size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        Made(Zeros.Call(size, dtype ?? defaultType, Arg.None, InitializeDevice(device), Arg.None), requires_grad, names);

    public static Tensor ones(long[] size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        Made(Ones.Call(size, dtype ?? defaultType, Arg.None, InitializeDevice(device), Arg.None), requires_grad, names);

    public static Tensor empty(long[] size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        Made(Empty.Call(size, dtype ?? defaultType, Arg.None, InitializeDevice(device), Arg.None, Arg.None), requires_grad, names);

    public static Tensor empty_strided(
        long[] size, long[] strides, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        Made(EmptyStrided.Call(size, strides, dtype ?? defaultType, Arg.None, InitializeDevice(device), Arg.None), requires_grad, names);

    /// <summary>A tensor of one value. Without <paramref name="dtype"/> a whole number makes Int64, any other the default type.</summary>
    public static Tensor full(long[] size, Scalar value, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        Made(Full.Call(size, value, dtype ?? Inferred(value), Arg.None, InitializeDevice(device), Arg.None), requires_grad, names);

    /// <summary>start, start + step, … below stop. Without <paramref name="dtype"/> whole numbers make Int64, others the default type.</summary>
    public static Tensor arange(Scalar start, Scalar stop, Scalar step, ScalarType? dtype = null, Device? device = null, bool requires_grad = false)
    {
        ScalarType type = dtype ?? (is_integral(start.Type) && is_integral(stop.Type) && is_integral(step.Type) ? ScalarType.Int64 : defaultType);
        return Made(Arange.Call(start, stop, step, type, Arg.None, InitializeDevice(device), Arg.None), requires_grad);
    }

    public static Tensor arange(Scalar start, Scalar stop, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
        arange(start, stop, 1, dtype, device, requires_grad);

    public static Tensor arange(Scalar stop, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
        arange(0, stop, 1, dtype, device, requires_grad);

    public static Tensor linspace(double start, double end, long steps, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
        Made(Linspace.Call(start, end, steps, dtype ?? defaultType, Arg.None, InitializeDevice(device), Arg.None), requires_grad);

    public static Tensor logspace(
        double start, double end, long steps, double @base = 10, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
        Made(Logspace.Call(start, end, steps, @base, dtype ?? defaultType, Arg.None, InitializeDevice(device), Arg.None), requires_grad);

    public static Tensor eye(
        long rows, long columns = -1, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        Made(Eye.Call(rows, columns == -1 ? rows : columns, dtype ?? defaultType, Arg.None, InitializeDevice(device), Arg.None), requires_grad, names);

    /// <summary>The indices of a lower triangle, 2×N.</summary>
    public static Tensor tril_indices(long row, long col, long offset = 0, ScalarType dtype = ScalarType.Int64, Device? device = null) =>
        TrilIndices.Call(row, col, offset, dtype, Arg.None, InitializeDevice(device), Arg.None);

    /// <summary>The indices of an upper triangle, 2×N.</summary>
    public static Tensor triu_indices(long row, long col, long offset = 0, ScalarType dtype = ScalarType.Int64, Device? device = null) =>
        TriuIndices.Call(row, col, offset, dtype, Arg.None, InitializeDevice(device), Arg.None);

    public static Tensor zeros_like(Tensor input, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        Made(input.zeros_like(dtype, device, requires_grad), false, names);

    public static Tensor ones_like(Tensor input, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        Made(input.ones_like(dtype, device, requires_grad), false, names);

    public static Tensor empty_like(Tensor input, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        Made(input.empty_like(dtype, device, requires_grad), false, names);

    public static Tensor full_like(
        Tensor input, Scalar value, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        Made(input.full_like(value, dtype, device, requires_grad), false, names);

    /// <summary>Finishes a new tensor: named dimensions are not supported.</summary>
    internal static Tensor Made(Tensor t, bool requires_grad, string[]? names = null)
    {
        if (names is { Length: > 0 })
        {
            t.Dispose();
            throw new NotSupportedException("Named tensors are not supported by this torch.");
        }

        return requires_grad ? t.requires_grad_() : t;
    }

    private static ScalarType Inferred(Scalar value) =>
        value.Type == ScalarType.Bool ? ScalarType.Bool : is_integral(value.Type) ? ScalarType.Int64 : defaultType;
}
