using System.Runtime.InteropServices;
using ModelZoo.Runtime;

namespace ModelZoo.Distributed;

/// <summary>Finds the MPI library of this machine, and refuses one of another binary interface by its name.</summary>
internal static class MpiLibrary
{
    /// <summary>The environment variable that names the library's file, where it is not found by itself.</summary>
    public const string Variable = "MODELZOO_MPI";

    /// <summary>What is said of a library with another interface.</summary>
    public const string OpenMpiRefused = "Open MPI has another binary interface than the one that the zoo calls (MPICH's, which Intel MPI, MVAPICH and Cray "
        + "MPI share). Install MPICH (apt-get install mpich, or scripts/setup --with-mpi) and start with mpiexec.mpich, or with srun --mpi=pmi2.";

    // MPICH first: the others call theirs libmpi.so.12, which an old Open MPI does too.
    private static readonly string[] Names = OperatingSystem.IsWindows()
        ? ["msmpi.dll"]
        : OperatingSystem.IsMacOS() ? ["libmpi.12.dylib", "libmpich.12.dylib"] : ["libmpich.so.12", "libmpi.so.12", "libmpi_intel.so.12", "libmpi_cray.so.12"];

    private static readonly string[] OpenMpiNames = ["libmpi.so.40", "libmpi.so.20", "libmpi.40.dylib"];

    private static readonly Lazy<string> Loaded = new(Load);

    /// <summary>Loads the library for the calls of <see cref="MpiNative"/>.</summary>
    /// <returns>Its file, as it was found.</returns>
    /// <exception cref="ZooException">There is none, or it is Open MPI's.</exception>
    public static string Require() => Loaded.Value;

    /// <summary>Whether a loaded library is Open MPI's: it has the objects that its mpi.h refers to, where MPICH has numbers.</summary>
    public static bool IsOpenMpi(nint library) => NativeLibrary.TryGetExport(library, "ompi_mpi_comm_world", out _);

    private static string Load()
    {
        string? named = Environment.GetEnvironmentVariable(Variable);
        foreach (string name in named is { Length: > 0 } ? [named] : Names)
        {
            if (!NativeLibrary.TryLoad(name, out nint library))
            {
                continue;
            }

            if (IsOpenMpi(library))
            {
                throw new ZooException($"{name}: {OpenMpiRefused}");
            }

            TorchRuntime.Provide("mpi", library);
            return name;
        }

        if (named is { Length: > 0 })
        {
            throw new ZooException($"{Variable}={named}: this library cannot be loaded. Name the file of one of MPICH's interface, or leave it out.");
        }

        throw new ZooException(Array.Exists(OpenMpiNames, n => NativeLibrary.TryLoad(n, out _))
            ? OpenMpiRefused
            : $"No MPI library was found ({string.Join(", ", Names)}). Install MPICH (apt-get install mpich, or scripts/setup --with-mpi), name the "
                + $"library's file in {Variable}, or start without mpiexec.");
    }
}
