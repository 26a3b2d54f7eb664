using System.Runtime.CompilerServices;
using System.Text;
using static TorchSharp.torch;

namespace TorchSharp.Interop;

/// <summary>
/// One ATen operator, found by name and overload on first use and called through libtorch's dispatcher, autograd included.
/// All of src/LibTorch is written on top of this: <c>private static readonly Op Relu = new("relu"); … Relu.Call(this)</c>.
/// Arguments must be all of the schema's, in its order; a default is passed explicitly, an absent optional as null.
/// </summary>
internal sealed unsafe class Op(string name, string overload = "")
{
    private const int ScratchWords = 96;
    private nint handle;

    /// <summary>Calls an operator that returns one tensor (null where it returns an undefined one).</summary>
    [SkipLocalsInit]
    internal Tensor Call(params ReadOnlySpan<Arg> args)
    {
        Value result;
        Invoke(args, &result, 1);
        return Wrap(result)!;
    }

    /// <summary>Calls an operator for its effect and drops what it returns: in-place operators return their own first argument.</summary>
    internal void Run(params ReadOnlySpan<Arg> args) => Invoke(args, null, 0);

    /// <summary>Calls an in-place operator and returns its first argument: the same object, no new handle.</summary>
    internal Tensor Apply(params ReadOnlySpan<Arg> args)
    {
        Invoke(args, null, 0);
        return Unsafe.As<Tensor>(args[0].Object!);
    }

    /// <summary>Calls an operator that returns two tensors.</summary>
    [SkipLocalsInit]
    internal (Tensor, Tensor) Call2(params ReadOnlySpan<Arg> args)
    {
        Value* results = stackalloc Value[2];
        Invoke(args, results, 2);
        return (Wrap(results[0])!, Wrap(results[1])!);
    }

    /// <summary>Calls an operator that returns three tensors.</summary>
    [SkipLocalsInit]
    internal (Tensor, Tensor, Tensor) Call3(params ReadOnlySpan<Arg> args)
    {
        Value* results = stackalloc Value[3];
        Invoke(args, results, 3);
        return (Wrap(results[0])!, Wrap(results[1])!, Wrap(results[2])!);
    }

    /// <summary>Calls an operator that returns a list of tensors.</summary>
    [SkipLocalsInit]
    internal Tensor[] CallList(params ReadOnlySpan<Arg> args)
    {
        Value result;
        Invoke(args, &result, 1);
        var handles = (nint*)result.Pointer;
        var tensors = new Tensor[result.Count];
        for (int i = 0; i < tensors.Length; i++)
        {
            tensors[i] = new Tensor(handles[i]);
        }

        Native.zoo_free(result.Pointer);
        return tensors;
    }

    /// <summary>Calls an operator that returns a number or a truth value.</summary>
    [SkipLocalsInit]
    internal Scalar CallScalar(params ReadOnlySpan<Arg> args)
    {
        Value result;
        Invoke(args, &result, 1);
        return result.Tag switch
        {
            Tag.Double => result.Double,
            Tag.Bool => result.Int != 0,
            _ => result.Int,
        };
    }

    internal bool CallBool(params ReadOnlySpan<Arg> args)
    {
        Value result;
        Invoke(args, &result, 1);
        return result.Int != 0;
    }

    private static Tensor? Wrap(in Value v)
    {
        if (v.Tag != Tag.Tensor)
        {
            return null;
        }

        NativeMemoryNet.Allocated(v.Count);
        return new Tensor(v.Pointer);
    }

    private int Invoke(ReadOnlySpan<Arg> args, Value* results, int capacity)
    {
        Value* values = stackalloc Value[args.Length];
        long* scratch = stackalloc long[ScratchWords];
        int used = 0;
        List<nint>? heap = null;
        try
        {
            for (int i = 0; i < args.Length; i++)
            {
                ref readonly Arg a = ref args[i];
                values[i].Int = a.Bits;
                values[i].Tag = a.Tag;
                values[i].Count = 0;
                if (a.Tag >= Tag.Ints && a.Tag <= Tag.String)
                {
                    CopyList(a, ref values[i], scratch, ref used, ref heap);
                }
            }

            int n = Native.zoo_op_call(handle != 0 ? handle : Find(), values, args.Length, results, capacity);
            for (int i = 0; i < args.Length; i++)
            {
                GC.KeepAlive(args[i].Object);
            }

            return Native.Check(n);
        }
        finally
        {
            if (heap is not null)
            {
                FreeAll(heap);
            }
        }
    }

    /// <summary>Lists travel as copies: short ones on the stack, long ones (indices, hundreds of parameters) on the native heap for the time of the call.</summary>
    private static void CopyList(in Arg a, ref Value value, long* scratch, ref int used, ref List<nint>? heap)
    {
        switch (a.Object)
        {
            case long[] ints:
                value.Count = ints.Length;
                ints.CopyTo(new Span<long>(value.Set(Room(ints.Length, scratch, ref used, ref heap)), ints.Length));
                break;
            case double[] doubles:
                value.Count = doubles.Length;
                doubles.CopyTo(new Span<double>(value.Set(Room(doubles.Length, scratch, ref used, ref heap)), doubles.Length));
                break;
            case Tensor?[] tensors:
                value.Count = tensors.Length;
                var handles = (nint*)value.Set(Room(tensors.Length, scratch, ref used, ref heap));
                for (int k = 0; k < tensors.Length; k++)
                {
                    handles[k] = tensors[k]?.Handle ?? 0;
                }

                break;
            case string text:
                int bytes = Encoding.UTF8.GetByteCount(text);
                value.Count = bytes;
                void* room = value.Set(Room((bytes + 7) / 8, scratch, ref used, ref heap));
                Encoding.UTF8.GetBytes(text, new Span<byte>(room, bytes));
                break;
        }
    }

    private static void* Room(int words, long* scratch, ref int used, ref List<nint>? heap)
    {
        if (used + words <= ScratchWords)
        {
            long* p = scratch + used;
            used += words;
            return p;
        }

        void* memory = System.Runtime.InteropServices.NativeMemory.Alloc((nuint)words * 8);
        (heap ??= []).Add((nint)memory);
        return memory;
    }

    private static void FreeAll(List<nint> heap)
    {
        foreach (nint p in heap)
        {
            System.Runtime.InteropServices.NativeMemory.Free((void*)p);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private nint Find()
    {
        Runtime.EnsureLoaded();
        nint found = Native.Check(Native.zoo_op_find(name.Contains("::", StringComparison.Ordinal) ? name : "aten::" + name, overload));
        Interlocked.CompareExchange(ref handle, found, 0);
        return handle;
    }
}

internal static unsafe class ValueExtensions
{
    internal static void* Set(ref this Value value, void* p)
    {
        value.Pointer = (nint)p;
        return p;
    }
}
