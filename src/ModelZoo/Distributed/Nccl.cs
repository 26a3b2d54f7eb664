using System.Runtime.InteropServices;
using ModelZoo.Runtime;
using static TorchSharp.torch;

namespace ModelZoo.Distributed;

/// <summary>
/// Sums between GPUs by NVIDIA's NCCL, where its library is found; each rank sees one GPU. They are queued behind what PyTorch computes, on the default stream,
/// so that nothing is waited for here. Not tried on a GPU yet.
/// </summary>
internal sealed partial class Nccl
{
    private const string Library = "nccl";
    private const int Float32 = 7, Float64 = 8, Sum = 0, IdBytes = 128; // nccl.h

    private static readonly Lazy<bool> Loaded = new(() =>
    {
        foreach (string name in new[] { "libnccl.so.2", "libnccl.so" })
        {
            if (NativeLibrary.TryLoad(name, out nint library))
            {
                TorchRuntime.Provide(Library, library);
                return true;
            }
        }

        return false;
    });

    private readonly nint communicator;

    private Nccl(nint communicator) => this.communicator = communicator;

    /// <summary>Joins the ranks' GPUs; all ranks call it.</summary>
    /// <returns>Null where a rank has no NCCL.</returns>
    public static unsafe Nccl? Join(RankGroup ranks)
    {
        if (ranks.Any(!Loaded.Value))
        {
            return null;
        }

        Id id = default;
        if (ranks.IsFirst)
        {
            Check(GetUniqueId(&id), "ncclGetUniqueId");
        }

        ranks.Broadcast((nint)(&id), IdBytes);
        Check(CommInitRank(out nint communicator, ranks.Size, id, ranks.Rank), "ncclCommInitRank");
        return new Nccl(communicator);
    }

    /// <summary>Adds up a tensor over all ranks, in place.</summary>
    /// <param name="values">On the GPU, dense, float32 or float64.</param>
    public void Add(Tensor values)
    {
        if (DataOf(values.Handle, out nint data) != 0)
        {
            throw new InvalidOperationException("libtorch does not say where a tensor is.");
        }

        Check(AllReduce(data, data, (nuint)values.numel(), values.dtype == ScalarType.Float64 ? Float64 : Float32, Sum, communicator, 0), "ncclAllReduce");
    }

    private static void Check(int code, string call)
    {
        if (code != 0)
        {
            throw new ZooException($"NCCL: {call} failed: {Marshal.PtrToStringUTF8(ErrorString(code))}.");
        }
    }

    [LibraryImport("torch_cpu", EntryPoint = "aoti_torch_get_data_ptr")]
    private static partial int DataOf(nint tensor, out nint data);

    [LibraryImport(Library, EntryPoint = "ncclGetUniqueId")]
    private static unsafe partial int GetUniqueId(Id* id);

    [LibraryImport(Library, EntryPoint = "ncclCommInitRank")]
    private static partial int CommInitRank(out nint communicator, int ranks, Id id, int rank);

    [LibraryImport(Library, EntryPoint = "ncclAllReduce")]
    private static partial int AllReduce(nint send, nint receive, nuint count, int type, int operation, nint communicator, nint stream);

    [LibraryImport(Library, EntryPoint = "ncclGetErrorString")]
    private static partial nint ErrorString(int code);

    [StructLayout(LayoutKind.Sequential)]
    private unsafe struct Id
    {
        public fixed byte Bytes[IdBytes];
    }
}
