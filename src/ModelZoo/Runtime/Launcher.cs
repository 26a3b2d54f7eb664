using System.Globalization;

namespace ModelZoo.Runtime;

/// <summary>What started this process together with others, as its environment says: mpiexec, srun or another launcher of MPI's programs.</summary>
/// <param name="Name">"mpiexec", "srun".</param>
/// <param name="Rank">Which of them it is, from 0.</param>
/// <param name="Size">How many there are.</param>
/// <param name="LocalRank">Which of those on this machine it is, from 0; null where the launcher does not say.</param>
internal sealed record Launcher(string Name, int Rank, int Size, int? LocalRank)
{
    // Name, rank, size. srun sets the last also for programs that know nothing of MPI; the batch script itself is no step and has no number of its tasks.
    private static readonly (string Name, string Rank, string Size)[] Known =
    [
        ("Open MPI's mpirun", "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"),
        ("MVAPICH's launcher", "MV2_COMM_WORLD_RANK", "MV2_COMM_WORLD_SIZE"),
        ("PALS", "PALS_RANKID", "PALS_SIZE"),
        ("srun", "SLURM_PROCID", "SLURM_STEP_NUM_TASKS"),
        ("mpiexec", "PMI_RANK", "PMI_SIZE"),
    ];

    private static readonly string[] LocalRanks =
        ["OMPI_COMM_WORLD_LOCAL_RANK", "MV2_COMM_WORLD_LOCAL_RANK", "PALS_LOCAL_RANKID", "MPI_LOCALRANKID", "SLURM_LOCALID"];

    /// <summary>The launcher of this process; null where it was started alone.</summary>
    public static Launcher? OfProcess { get; } = Find(Environment.GetEnvironmentVariable);

    /// <summary>Reads an environment.</summary>
    /// <param name="variable">The value of a variable; null where it is not set.</param>
    public static Launcher? Find(Func<string, string?> variable)
    {
        foreach ((string name, string rank, string size) in Known)
        {
            if (Number(variable(size)) is > 1 and var processes && Number(variable(rank)) is { } own && own < processes)
            {
                return new(name, own, processes, LocalRanks.Select(v => Number(variable(v))).FirstOrDefault(n => n is not null));
            }
        }

        return null;
    }

    /// <summary>
    /// The one GPU that this process is to see, as CUDA_VISIBLE_DEVICES names it: of those that the variable lists, or of as many as the machine has, the one
    /// whose place is the local rank; null where the variable is to stay as it is.
    /// </summary>
    /// <param name="visible">The variable; null where it is not set.</param>
    public string? OwnGpu(string? visible)
    {
        if (LocalRank is not { } local)
        {
            return null;
        }

        if (visible is null)
        {
            return local.ToString(CultureInfo.InvariantCulture);
        }

        string[] listed = visible.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return listed.Length > 1 ? listed[local % listed.Length] : null;
    }

    private static int? Number(string? text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int n) ? n : null;
}
