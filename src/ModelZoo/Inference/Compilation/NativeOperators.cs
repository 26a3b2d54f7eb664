using System.Runtime.InteropServices;
using ModelZoo.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace ModelZoo.Inference.Compilation;

/// <summary>
/// libtorch's exported C functions for fused operators (torch/csrc/inductor/aoti_torch, torch/csrc/stable), which TorchSharp does not bind. They are there in
/// libtorch 2.10 for Linux and Windows on x64; elsewhere <see cref="Missing"/> says what is missing.
/// </summary>
internal static unsafe partial class NativeOperators
{
    private const string Library = "torch_cpu";
    private const ulong Version = 0x020a000000000000; // the ABI of libtorch 2.10, which the dispatcher asks for

    private static readonly string[] Names =
    [
        "aoti_torch_cpu_mkldnn__convolution_pointwise", "aoti_torch_cpu_mkldnn__convolution_pointwise_binary_", "aoti_torch_cpu__linear_pointwise",
        "torch_call_dispatcher", "aoti_torch_new_tensor_handle", "torch_new_list_reserve_size", "torch_list_push_back", "torch_parallel_for",
        "aoti_torch_get_data_ptr", "aoti_torch_get_dim", "aoti_torch_get_sizes", "aoti_torch_get_strides",
    ];

    private static readonly Lazy<string?> Reason = new(Probe);

    // int64_t at::native::_version(const at::Tensor&), by its name in GCC's and Clang's ABI; the dispatcher takes microseconds for the same.
    private static readonly Lazy<nint> FastVersion = new(() =>
        NativeLibrary.TryLoad(Library, typeof(TorchRuntime).Assembly, null, out nint library)
        && NativeLibrary.TryGetExport(library, "_ZN2at6native8_versionERKNS_6TensorE", out nint version) ? version : 0);

    /// <summary>Why the fused operators cannot be used in this process; null where they can.</summary>
    public static string? Missing => Reason.Value;

    /// <summary>act(convolution(x, weight) + bias), channels last.</summary>
    /// <param name="x">[N,C,H,W].</param>
    /// <param name="weight">As <see cref="PackConvolution"/> gives it, or dense.</param>
    /// <param name="bias">[K] or null.</param>
    /// <param name="window">Padding, stride, dilation and groups.</param>
    /// <param name="function">The activation; null for none.</param>
    public static Tensor Convolution(Tensor x, Tensor weight, Tensor? bias, in Window window, PointwiseFunction? function)
    {
        nint b = bias?.Handle ?? 0;
        fixed (long* padding = window.Padding, stride = window.Stride, dilation = window.Dilation)
        fixed (byte* name = (function ?? PointwiseFunction.None).NativeName)
        fixed (double* scalars = (function ?? PointwiseFunction.None).Scalars)
        {
            double** values = stackalloc double*[2];
            int count = Point(values, scalars, function);
            Check(ConvolutionPointwise(x.Handle, weight.Handle, bias is null ? null : &b, padding, 2, stride, 2, dilation, 2, window.Groups, name,
                count == 0 ? null : values, count, null, out nint result));
            return Tensor.UnsafeCreateTensor(result);
        }
    }

    /// <summary>Adds convolution(x, weight) + bias to a tensor in place, and cuts off below zero where asked for; the result shares its memory.</summary>
    public static Tensor ConvolutionAdd(Tensor other, Tensor x, Tensor weight, Tensor? bias, in Window window, bool relu)
    {
        nint b = bias?.Handle ?? 0;
        fixed (long* padding = window.Padding, stride = window.Stride, dilation = window.Dilation)
        fixed (byte* add = "add\0"u8, name = "relu\0"u8)
        {
            byte* unary = name;
            Check(ConvolutionPointwiseBinary(other.Handle, x.Handle, weight.Handle, bias is null ? null : &b, padding, 2, stride, 2, dilation, 2,
                window.Groups, add, null, relu ? &unary : null, null, 0, null, out nint result));
            return Tensor.UnsafeCreateTensor(result);
        }
    }

    /// <summary>act(x·weightᵀ + bias).</summary>
    /// <param name="x">[N,in].</param>
    /// <param name="weight">As <see cref="PackLinear"/> gives it, or dense.</param>
    /// <param name="bias">[out] or null.</param>
    /// <param name="function">The activation; null for none.</param>
    public static Tensor Linear(Tensor x, Tensor weight, Tensor? bias, PointwiseFunction? function)
    {
        nint b = bias?.Handle ?? 0;
        fixed (byte* name = (function ?? PointwiseFunction.None).NativeName)
        fixed (double* scalars = (function ?? PointwiseFunction.None).Scalars)
        {
            double** values = stackalloc double*[2];
            int count = Point(values, scalars, function);
            Check(LinearPointwise(x.Handle, weight.Handle, bias is null ? null : &b, name, count == 0 ? null : values, count, null, out nint result));
            return Tensor.UnsafeCreateTensor(result);
        }
    }

    /// <summary>A dense weight in the layout that oneDNN wants for inputs of one shape.</summary>
    public static Tensor PackConvolution(Tensor weight, in Window window, long[] inputShape)
    {
        ulong* stack = stackalloc ulong[6];
        stack[0] = Cloned(weight);
        stack[1] = List(window.Padding);
        stack[2] = List(window.Stride);
        stack[3] = List(window.Dilation);
        stack[4] = (ulong)window.Groups;
        stack[5] = Optional(List(inputShape));
        return Dispatch("mkldnn::_reorder_convolution_weight\0"u8, stack);
    }

    /// <summary>A dense matrix in the layout that oneDNN wants for so many rows of input.</summary>
    public static Tensor PackLinear(Tensor weight, long rows)
    {
        ulong* stack = stackalloc ulong[2];
        stack[0] = Cloned(weight);
        stack[1] = Optional((ulong)rows);
        return Dispatch("mkldnn::_reorder_linear_weight\0"u8, stack);
    }

    /// <summary>Whether <see cref="VersionOf"/> can tell.</summary>
    public static bool CountsVersions => FastVersion.Value != 0 || Missing is null;

    /// <summary>How often a tensor was written to in place, of whatever view of it.</summary>
    public static long VersionOf(Tensor tensor)
    {
        if (FastVersion.Value != 0)
        {
            return ((delegate* unmanaged<nint, long>)FastVersion.Value)(tensor.Handle);
        }

        ulong* stack = stackalloc ulong[1];
        stack[0] = Cloned(tensor);
        fixed (byte* name = "aten::_version\0"u8, overload = "\0"u8)
        {
            Check(CallDispatcher(name, overload, stack, Version));
        }

        return (long)stack[0];
    }

    /// <summary>The first element.</summary>
    public static float* Data(Tensor tensor)
    {
        Check(DataPointer(tensor.Handle, out nint pointer));
        return (float*)pointer;
    }

    /// <summary>How many dimensions, and where its sizes and strides stand, for as long as it lives: without arrays of .NET's.</summary>
    public static (long Count, nint Sizes, nint Strides) Layout(Tensor tensor)
    {
        Check(Dimensions(tensor.Handle, out long count));
        Check(SizesOf(tensor.Handle, out nint sizes));
        Check(StridesOf(tensor.Handle, out nint strides));
        return (count, sizes, strides);
    }

    /// <summary>Runs a function over parts of [0, count) on the team that the calling thread leads, or else on libtorch's threads.</summary>
    /// <param name="count">How many.</param>
    /// <param name="grain">The least that a thread is worth.</param>
    /// <param name="part">From, to before, and the context.</param>
    /// <param name="context">What the function needs.</param>
    public static void ParallelFor(long count, long grain, delegate* unmanaged<long, long, void*, void> part, void* context)
    {
        if (count <= grain)
        {
            part(0, count, context);
        }
        else if (ThreadTeam.Current is { } team)
        {
            team.For(count, grain, part, context);
        }
        else
        {
            Check(TorchParallelFor(0, count, grain, part, context));
        }
    }

    private static string? Probe()
    {
        if (RuntimeInformation.ProcessArchitecture != Architecture.X64)
        {
            return $"oneDNN's fused operators are for x64, and this is {RuntimeInformation.ProcessArchitecture}";
        }

        if (ProcessSettings.AvoidsOneDnn)
        {
            return "oneDNN is switched off on this machine";
        }

        TorchRuntime.Initialize();
        if (!NativeLibrary.TryLoad(Library, typeof(TorchRuntime).Assembly, null, out nint library))
        {
            return "libtorch_cpu is not there by that name";
        }

        return Names.FirstOrDefault(name => !NativeLibrary.TryGetExport(library, name, out _)) is { } name
            ? $"this libtorch does not export {name}"
            : Trial();
    }

    // A libtorch may export the functions and yet have been built without oneDNN.
    private static string? Trial()
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable none = no_grad();
        using IDisposable quiet = LibtorchLog.Quiet();
        try
        {
            Window window = new([1, 1], [1, 1], [1, 1], 1);
            Tensor x = zeros(1, 8, 4, 4), weight = zeros(8, 8, 3, 3), packed = PackConvolution(weight, window, [1, 8, 4, 4]);
            ConvolutionAdd(Convolution(x, packed, null, window, PointwiseFunction.Relu), x, packed, null, window, relu: true);
            Linear(zeros(1, 8), PackLinear(zeros(8, 8), 1), null, null);
            return VersionOf(x) >= 0 ? null : "this libtorch does not count changes";
        }
        catch (ExternalException refused)
        {
            return $"this libtorch refuses them: {refused.Message}";
        }
    }

    private static int Point(double** values, double* scalars, PointwiseFunction? function)
    {
        int count = function?.Scalars.Length ?? 0;
        for (int i = 0; i < count; i++)
        {
            values[i] = scalars + i;
        }

        return count;
    }

    private static Tensor Dispatch(ReadOnlySpan<byte> name, ulong* stack)
    {
        fixed (byte* operation = name, overload = "\0"u8)
        {
            Check(CallDispatcher(operation, overload, stack, Version));
        }

        return Tensor.UnsafeCreateTensor((nint)stack[0]);
    }

    // The dispatcher takes over the handles that it is given.
    private static ulong Cloned(Tensor tensor)
    {
        Check(NewTensorHandle(tensor.Handle, out nint handle));
        return (ulong)handle;
    }

    private static ulong List(long[] values)
    {
        Check(NewList((nuint)values.Length, out nint list));
        foreach (long value in values)
        {
            Check(PushBack(list, (ulong)value));
        }

        return (ulong)list;
    }

    // A value that may be missing is null or points to eight bytes, which libtorch frees.
    private static ulong Optional(ulong value)
    {
        var place = (ulong*)NativeMemory.Alloc(sizeof(ulong));
        *place = value;
        return (ulong)place;
    }

    private static void Check(int status)
    {
        if (status != 0)
        {
            throw new RefusedOperatorException();
        }
    }

    [LibraryImport(Library, EntryPoint = "aoti_torch_cpu_mkldnn__convolution_pointwise")]
    private static partial int ConvolutionPointwise(nint x, nint weight, nint* bias, long* padding, long paddings, long* stride, long strides, long* dilation,
        long dilations, long groups, byte* function, double** scalars, long count, byte** algorithm, out nint result);

    [LibraryImport(Library, EntryPoint = "aoti_torch_cpu_mkldnn__convolution_pointwise_binary_")]
    private static partial int ConvolutionPointwiseBinary(nint other, nint x, nint weight, nint* bias, long* padding, long paddings, long* stride, long strides,
        long* dilation, long dilations, long groups, byte* binary, double* alpha, byte** function, double** scalars, long count, byte** algorithm,
        out nint result);

    [LibraryImport(Library, EntryPoint = "aoti_torch_cpu__linear_pointwise")]
    private static partial int LinearPointwise(nint x, nint weight, nint* bias, byte* function, double** scalars, long count, byte** algorithm,
        out nint result);

    [LibraryImport(Library, EntryPoint = "torch_call_dispatcher")]
    private static partial int CallDispatcher(byte* operation, byte* overload, ulong* stack, ulong version);

    [LibraryImport(Library, EntryPoint = "aoti_torch_new_tensor_handle")]
    private static partial int NewTensorHandle(nint tensor, out nint result);

    [LibraryImport(Library, EntryPoint = "torch_new_list_reserve_size")]
    private static partial int NewList(nuint size, out nint result);

    [LibraryImport(Library, EntryPoint = "torch_list_push_back")]
    private static partial int PushBack(nint list, ulong value);

    [LibraryImport(Library, EntryPoint = "torch_parallel_for")]
    private static partial int TorchParallelFor(long begin, long end, long grain, delegate* unmanaged<long, long, void*, void> part, void* context);

    [LibraryImport(Library, EntryPoint = "aoti_torch_get_dim")]
    private static partial int Dimensions(nint tensor, out long count);

    [LibraryImport(Library, EntryPoint = "aoti_torch_get_sizes")]
    private static partial int SizesOf(nint tensor, out nint sizes);

    [LibraryImport(Library, EntryPoint = "aoti_torch_get_strides")]
    private static partial int StridesOf(nint tensor, out nint strides);

    [LibraryImport(Library, EntryPoint = "aoti_torch_get_data_ptr")]
    private static partial int DataPointer(nint tensor, out nint result);
}

/// <summary>Where a convolution's kernels are laid: rows, then columns.</summary>
/// <param name="Padding">Zeros on each side.</param>
/// <param name="Stride">From one place to the next.</param>
/// <param name="Dilation">From one element of a kernel to the next.</param>
/// <param name="Groups">Groups of channels.</param>
internal readonly record struct Window(long[] Padding, long[] Stride, long[] Dilation, long Groups)
{
    /// <summary>At every pixel, of that pixel alone.</summary>
    public static Window Point { get; } = new([0, 0], [1, 1], [1, 1], 1);
}
