using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace TorchSharp.Interop;

/// <summary>The tags of <see cref="Value"/>; they equal <c>zoo_tag</c> in native/shim.h.</summary>
internal enum Tag
{
    None = 0,
    Tensor = 1,
    Int = 2,
    Double = 3,
    Bool = 4,
    Ints = 5,
    Doubles = 6,
    Tensors = 7,
    String = 8,
    Generator = 9,
    Device = 10,
}

/// <summary>A tagged value of 16 bytes, <c>zoo_value</c> in native/shim.h.</summary>
[StructLayout(LayoutKind.Explicit, Size = 16)]
internal struct Value
{
    [FieldOffset(0)] public long Int;
    [FieldOffset(0)] public double Double;
    [FieldOffset(0)] public nint Pointer;
    [FieldOffset(8)] public Tag Tag;
    [FieldOffset(12)] public int Count;
}

/// <summary>What a tensor is, <c>zoo_info</c> in native/shim.h.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct TensorInfo
{
    public long NumElements, ElementSize, StorageOffset;
    public nint Data;
    public int Dimensions, ScalarType, DeviceType, DeviceIndex;
    public int RequiresGrad, IsLeaf, IsContiguous, Layout;
}

/// <summary>The C functions of native/shim.cpp.</summary>
internal static unsafe partial class Native
{
    private const string Library = "modelzoo_torch";

    [ModuleInitializer]
    internal static void Initialize()
    {
        NativeLibrary.SetDllImportResolver(typeof(Native).Assembly, static (name, assembly, path) => name == Library ? Shim.Load() : 0);
    }

    [LibraryImport(Library)] internal static partial int zoo_init();
    [LibraryImport(Library)] private static partial nint zoo_error();
    [LibraryImport(Library)] internal static partial nint zoo_torch_version();
    [LibraryImport(Library)] internal static partial void zoo_free(nint p);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)] internal static partial nint zoo_op_find(string name, string overload);
    [LibraryImport(Library)] internal static partial int zoo_op_call(nint op, Value* args, int nargs, Value* results, int capacity);

    [LibraryImport(Library)] internal static partial void zoo_tensor_free(nint t);
    [LibraryImport(Library)] internal static partial nint zoo_tensor_share(nint t);
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)] internal static partial int zoo_tensor_save(nint t, string path);
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)] internal static partial nint zoo_tensor_load(string path);
    [LibraryImport(Library)] internal static partial int zoo_tensor_info(nint t, TensorInfo* info);
    [LibraryImport(Library)] internal static partial int zoo_tensor_shape(nint t, long* sizes, long* strides);

    [LibraryImport(Library)] internal static partial int zoo_backward(nint* roots, nint* grads, long n, int retain, int create, nint* inputs, long ninputs);
    [LibraryImport(Library)]
    internal static partial int zoo_grad(nint* outputs, nint* grads, long n, nint* inputs, long ninputs, int retain, int create, int allowUnused, nint* results);
    [LibraryImport(Library)] internal static partial nint zoo_tensor_grad(nint t);
    [LibraryImport(Library)] internal static partial int zoo_tensor_set_grad(nint t, nint grad);
    [LibraryImport(Library)] internal static partial int zoo_tensor_set_requires_grad(nint t, int value);
    [LibraryImport(Library)] internal static partial int zoo_tensor_retain_grad(nint t);
    [LibraryImport(Library)] internal static partial int zoo_tensor_set_data(nint t, nint source);
    [LibraryImport(Library)] internal static partial int zoo_grad_mode(int enabled);
    [LibraryImport(Library)] internal static partial int zoo_inference_mode_enabled();
    [LibraryImport(Library)] internal static partial nint zoo_inference_mode_enter(int enabled);
    [LibraryImport(Library)] internal static partial void zoo_inference_mode_leave(nint guard);

    [LibraryImport(Library)] internal static partial int zoo_manual_seed(long seed);
    [LibraryImport(Library)] internal static partial nint zoo_generator_new(long seed);
    [LibraryImport(Library)] internal static partial nint zoo_generator_default();
    [LibraryImport(Library)] internal static partial void zoo_generator_free(nint g);
    [LibraryImport(Library)] internal static partial int zoo_generator_seed(nint g, long seed);
    [LibraryImport(Library)] internal static partial long zoo_generator_initial_seed(nint g);
    [LibraryImport(Library)] internal static partial nint zoo_generator_state(nint g);
    [LibraryImport(Library)] internal static partial int zoo_generator_set_state(nint g, nint state);

    [LibraryImport(Library)] internal static partial int zoo_set_num_threads(int n);
    [LibraryImport(Library)] internal static partial int zoo_get_num_threads();
    [LibraryImport(Library)] internal static partial int zoo_set_num_interop_threads(int n);
    [LibraryImport(Library)] internal static partial int zoo_get_num_interop_threads();
    [LibraryImport(Library)] internal static partial int zoo_cuda_is_available();
    [LibraryImport(Library)] internal static partial int zoo_cuda_cudnn_is_available();
    [LibraryImport(Library)] internal static partial int zoo_cuda_device_count();
    [LibraryImport(Library)] internal static partial int zoo_cuda_synchronize(long device);
    [LibraryImport(Library)] internal static partial int zoo_cuda_manual_seed(long seed, int all);

    /// <summary>Turns a negative status into the exception that TorchSharp throws for libtorch's errors.</summary>
    internal static int Check(int status) => status < 0 ? throw Failure() : status;

    /// <summary>Turns a null handle into the exception that TorchSharp throws for libtorch's errors.</summary>
    internal static nint Check(nint handle) => handle == 0 ? throw Failure() : handle;

    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static ExternalException Failure() => new(Marshal.PtrToStringUTF8(zoo_error()) ?? "libtorch failed without a message");
}
