using System.CommandLine;
using System.Globalization;
using System.Text;
using ModelZoo.Distributed;

namespace ModelZoo.Cli;

/// <summary>
/// The part that this process has in a command that mpiexec or srun started several times: rank 0 speaks and writes, all end together.
/// </summary>
internal static class RankRun
{
    private const string Off = "none", Required = "mpi";

    // Rank 0 may be about to say the same; it ends the others as soon as it has.
    private static readonly TimeSpan Courtesy = TimeSpan.FromSeconds(1.5);

    private static readonly Stream Errors = Console.OpenStandardError();
    private static MpiGroup? group;
    private static byte[] advice = [];

    internal static readonly Option<string> Option = GlobalOptions.Choice("--distributed",
        "Whether to share the work with the processes that mpiexec or srun started; auto does where there are others", "auto", "auto", "mpi", "none");

    /// <summary>The processes that work together; null where this one is alone.</summary>
    internal static RankGroup? Group => group;

    /// <summary>Whether this process only works, and another speaks.</summary>
    internal static bool IsSilent => group is { IsFirst: false };

    /// <summary>Joins the others, where the command shares its work.</summary>
    /// <exception cref="ZooException">There is no MPI, or another one than the launcher's.</exception>
    internal static void Join(ParseResult parsed)
    {
        string wanted = Takes(parsed.CommandResult.Command) ? parsed.GetValue(Option)! : Off;
        if (group is null && (wanted == Required || (wanted != Off && MpiGroup.IsLaunched)))
        {
            group = MpiGroup.Join(Lost);
        }
    }

    /// <summary>Refuses a command that would do the same several times, and write the same files.</summary>
    /// <exception cref="UsageException">The command works in one process.</exception>
    internal static void MustShare(ParseResult parsed)
    {
        Command command = parsed.CommandResult.Command;
        if (MpiGroup.IsLaunched && command is not RootCommand && !command.Subcommands.Any() && !Takes(command) && parsed.Action is not ExampleHelp)
        {
            throw new UsageException($"zoo {command.Name} works in one process, and was started several times at once. Start it without mpiexec or srun; "
                + "zoo train, zoo eval and zoo predict share their work.");
        }
    }

    /// <summary>Whether a message about the command line itself is for another process to give: all have the same.</summary>
    internal static bool LeavesUsageToOthers(string[] args) => MpiGroup.LaunchedRank > 0 && !IsOff(args);

    /// <summary>Says who works together: a message of the launcher has the number of a process, and this has its rank.</summary>
    internal static void Introduce(Session session)
    {
        if (group is not { IsFirst: true, Size: > 1 })
        {
            return;
        }

        foreach (IGrouping<string, RankInfo> host in group.Members.GroupBy(m => m.Host))
        {
            IEnumerable<string> ranks = host.Select(m => string.Create(CultureInfo.InvariantCulture, $"rank {m.Rank} is process {m.Process}"));
            session.Say($"{host.Key}: {string.Join(", ", ranks)}");
        }
    }

    /// <summary>What is said after a rank was lost.</summary>
    internal static void Advise(string text) => advice = Encoding.UTF8.GetBytes($" {text}");

    /// <summary>At the end of a command that all have come to.</summary>
    internal static void Leave() => group?.Dispose();

    /// <summary>Before a message about a failure: which rank it is of.</summary>
    internal static string Prefix()
    {
        if (!IsSilent)
        {
            return "";
        }

        Thread.Sleep(Courtesy);
        return string.Create(CultureInfo.InvariantCulture, $"rank {group!.Rank} on {group.Members[group.Rank].Host}: ");
    }

    /// <summary>After it: nobody waits for a rank that has failed.</summary>
    internal static void Abort(int code)
    {
        if (group is { Size: > 1 })
        {
            group.Abort(code);
        }
    }

    private static bool Takes(Command command) => command.Options.Contains(Option);

    private static bool IsOff(string[] args) =>
        args.Contains($"{Option.Name}={Off}") || args.SkipWhile(a => a != Option.Name).Skip(1).FirstOrDefault() == Off;

    // mpiexec kills this process in a moment: one write, without a lock.
    private static void Lost(RankInfo dead)
    {
        RankInfo[] left = [.. group?.Members.Where(m => m.Host == dead.Host && m.Rank != dead.Rank) ?? []];
        if (left.Length > 0 && left[0].Rank == group!.Rank)
        {
            Errors.Write([.. Encoding.UTF8.GetBytes($"zoo: {dead} has ended before the others, and the job with it."), .. advice, (byte)'\n']);
        }
    }
}
