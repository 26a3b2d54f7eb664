using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    private static readonly Op Rand = new("rand", "generator"), Randn = new("randn", "generator"), Randint = new("randint", "low_generator"),
        Randperm = new("randperm", "generator"), NormalTensors = new("normal", "Tensor_Tensor");

    /// <summary>Uniform on [0, 1).</summary>
    public static Tensor rand(
        long[] size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, Generator? generator = null, string[]? names = null) =>
        Made(Rand.Call(size, generator, dtype ?? defaultType, Arg.None, InitializeDevice(device), Arg.None), requires_grad, names);

    /// <summary>Normal, mean 0, standard deviation 1.</summary>
    public static Tensor randn(
        long[] size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, Generator? generator = null, string[]? names = null) =>
        Made(Randn.Call(size, generator, dtype ?? defaultType, Arg.None, InitializeDevice(device), Arg.None), requires_grad, names);

    /// <summary>Whole numbers of [low, high); Int64 by default.</summary>
    public static Tensor randint(
        long low, long high, long[] size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, Generator? generator = null,
        string[]? names = null) =>
        Made(Randint.Call(low, high, size, generator, dtype ?? ScalarType.Int64, Arg.None, InitializeDevice(device), Arg.None), requires_grad, names);

    public static Tensor randint(
        long low, long high, Size size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, Generator? generator = null,
        string[]? names = null) =>
        randint(low, high, size.Shape, dtype, device, requires_grad, generator, names);

    public static Tensor randint(
        long high, Size size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, Generator? generator = null,
        string[]? names = null) =>
        randint(0, high, size.Shape, dtype, device, requires_grad, generator, names);

    public static Tensor randint(
        long high, long[] size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, Generator? generator = null,
        string[]? names = null) =>
        randint(0, high, size, dtype, device, requires_grad, generator, names);

    public static Tensor randint(
        int low, int high, int[] size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, Generator? generator = null,
        string[]? names = null) =>
        randint(low, high, Widened(size), dtype, device, requires_grad, generator, names);

    public static Tensor randint(
        int high, int[] size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, Generator? generator = null,
        string[]? names = null) =>
        randint(0, high, Widened(size), dtype, device, requires_grad, generator, names);

    /// <summary>0 … n - 1 in random order; Int64 by default.</summary>
    public static Tensor randperm(long n, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, Generator? generator = null) =>
        Made(Randperm.Call(n, generator, dtype ?? ScalarType.Int64, Arg.None, InitializeDevice(device), Arg.None), requires_grad);

    /// <summary>Independent normal numbers of one mean and standard deviation.</summary>
    public static Tensor normal(
        double mean, double std, ReadOnlySpan<long> size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false,
        Generator? generator = null, string[]? names = null) =>
        Made(empty(size, dtype, device).normal_(mean, std, generator), requires_grad, names);

    /// <summary>Independent normal numbers, each with its own mean and standard deviation.</summary>
    public static Tensor normal(Tensor mean, Tensor std, Generator? generator = null) => NormalTensors.Call(mean, std, generator);

    public static Tensor rand_like(Tensor input, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
        input.rand_like(dtype, device, requires_grad);

    public static Tensor randn_like(Tensor input, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
        input.randn_like(dtype, device, requires_grad);

    public static Tensor randint_like(Tensor input, long low, long high, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
        input.randint_like(low, high, dtype, device, requires_grad);

    public static double rand_float(Generator? generator = null)
    {
        using Tensor t = rand([1], ScalarType.Float64, CPU, generator: generator);
        return t.item<double>();
    }

    public static double randn_float(Generator? generator = null)
    {
        using Tensor t = randn([1], ScalarType.Float64, CPU, generator: generator);
        return t.item<double>();
    }

    public static long randint_long(long low, long high, Generator? generator = null)
    {
        using Tensor t = randint(low, high, [1L], ScalarType.Int64, CPU, generator: generator);
        return t.item<long>();
    }

    public static long randint_long(long high, Generator? generator = null) => randint_long(0, high, generator);
    public static int randint_int(int low, int high, Generator? generator = null) => (int)randint_long(low, high, generator);
    public static int randint_int(int high, Generator? generator = null) => (int)randint_long(0, high, generator);
    public static bool randint_bool(Generator? generator = null) => randint_long(0, 2, generator) == 1;
}
