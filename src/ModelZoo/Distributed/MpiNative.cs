using System.Runtime.InteropServices;

namespace ModelZoo.Distributed;

/// <summary>
/// The dozen functions of MPI that are called, in the binary interface that MPICH shares with Intel MPI, MVAPICH and Cray MPI (the "MPICH ABI
/// Compatibility Initiative"), and whose integer handles MS-MPI has too. Every return code goes through <see cref="Check"/>.
/// </summary>
internal static unsafe partial class MpiNative
{
    // mpi.h of MPICH
    public const int World = 0x44000000, Byte = 0x4c00010d, Float = 0x4c00040a, Double = 0x4c00080b, Sum = 0x58000003, NoRequest = 0x2c000000;
    public const int ErrorsReturn = 0x54000001, AnySource = -2, ThreadFunneled = 1, LongestText = 8192;
    public const nint InPlace = -1, IgnoreStatus = 1;

    // What the resolver knows the library by (MpiLibrary).
    private const string Library = "mpi";

    /// <exception cref="ZooException">The code is not MPI_SUCCESS; the message is the library's.</exception>
    public static void Check(int code, string call)
    {
        if (code == 0)
        {
            return;
        }

        byte* text = stackalloc byte[LongestText];
        text[0] = 0;
        int length = 0;
        bool told = ErrorString(code, text, &length) == 0;
        throw new ZooException($"MPI: {call} failed: {(told && length > 0 ? Marshal.PtrToStringUTF8((nint)text, length) : $"error {code}")}.");
    }

    [LibraryImport(Library, EntryPoint = "MPI_Init_thread")]
    public static partial int InitThread(nint argc, nint argv, int required, int* provided);

    [LibraryImport(Library, EntryPoint = "MPI_Initialized")]
    public static partial int Initialized(int* flag);

    [LibraryImport(Library, EntryPoint = "MPI_Comm_rank")]
    public static partial int CommRank(int communicator, int* rank);

    [LibraryImport(Library, EntryPoint = "MPI_Comm_size")]
    public static partial int CommSize(int communicator, int* size);

    [LibraryImport(Library, EntryPoint = "MPI_Comm_dup")]
    public static partial int CommDup(int communicator, int* copy);

    [LibraryImport(Library, EntryPoint = "MPI_Comm_set_errhandler")]
    public static partial int CommSetErrhandler(int communicator, int handler);

    [LibraryImport(Library, EntryPoint = "MPI_Iallreduce")]
    public static partial int Iallreduce(nint send, nint receive, int count, int type, int operation, int communicator, int* request);

    [LibraryImport(Library, EntryPoint = "MPI_Ibcast")]
    public static partial int Ibcast(nint buffer, int count, int type, int root, int communicator, int* request);

    [LibraryImport(Library, EntryPoint = "MPI_Iallgatherv")]
    public static partial int Iallgatherv(nint send, int count, int sendType, nint receive, int* counts, int* places, int receiveType, int communicator,
        int* request);

    [LibraryImport(Library, EntryPoint = "MPI_Isend")]
    public static partial int Isend(nint buffer, int count, int type, int to, int tag, int communicator, int* request);

    [LibraryImport(Library, EntryPoint = "MPI_Irecv")]
    public static partial int Irecv(nint buffer, int count, int type, int from, int tag, int communicator, int* request);

    [LibraryImport(Library, EntryPoint = "MPI_Test")]
    public static partial int Test(int* request, int* done, nint status);

    [LibraryImport(Library, EntryPoint = "MPI_Cancel")]
    public static partial int Cancel(int* request);

    [LibraryImport(Library, EntryPoint = "MPI_Wait")]
    public static partial int Wait(int* request, nint status);

    [LibraryImport(Library, EntryPoint = "MPI_Finalize")]
    public static partial int Finish();

    [LibraryImport(Library, EntryPoint = "MPI_Abort")]
    public static partial int Abort(int communicator, int code);

    [LibraryImport(Library, EntryPoint = "MPI_Error_string")]
    private static partial int ErrorString(int code, byte* text, int* length);

    [LibraryImport(Library, EntryPoint = "MPI_Get_library_version")]
    public static partial int LibraryVersion(byte* text, int* length);
}
