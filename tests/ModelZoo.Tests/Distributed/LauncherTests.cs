using ModelZoo.Distributed;
using ModelZoo.Runtime;
using ModelZoo.Training;
using Xunit;

namespace ModelZoo.Tests.Distributed;

/// <summary>Who started the process, which GPU is its own, and which part of a batch.</summary>
public class LauncherTests
{
    [Theory]
    [InlineData("PMI_RANK=1 PMI_SIZE=4 MPI_LOCALRANKID=1", "mpiexec 1/4 local 1")]
    [InlineData("PMI_RANK=0 PMI_SIZE=1", "")]
    [InlineData("", "")]
    [InlineData("SLURM_PROCID=3 SLURM_STEP_NUM_TASKS=8 SLURM_LOCALID=0 PMI_RANK=3 PMI_SIZE=8", "srun 3/8 local 0")]
    [InlineData("SLURM_PROCID=0 SLURM_NTASKS=8", "")] // a batch script itself
    [InlineData("OMPI_COMM_WORLD_RANK=2 OMPI_COMM_WORLD_SIZE=3 OMPI_COMM_WORLD_LOCAL_RANK=0", "Open MPI's mpirun 2/3 local 0")]
    [InlineData("PMI_RANK=4 PMI_SIZE=4", "")]
    [InlineData("PMI_RANK=x PMI_SIZE=4", "")]
    public void The_environment_says_who_started_it(string environment, string expected)
    {
        Dictionary<string, string> variables = environment.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(v => v.Split('='))
            .ToDictionary(v => v[0], v => v[1]);
        var found = Launcher.Find(variables.GetValueOrDefault);
        Assert.Equal(expected, found is null ? "" : $"{found.Name} {found.Rank}/{found.Size} local {found.LocalRank}");
    }

    [Theory]
    [InlineData(2, null, "2")]
    [InlineData(2, "0,1,2,3", "2")]
    [InlineData(5, "a,b,c,d", "b")]
    [InlineData(1, "3", null)] // one alone: the launcher has chosen
    [InlineData(1, "", null)] // none at all
    public void A_rank_sees_one_gpu(int local, string? visible, string? expected) => Assert.Equal(expected, new Launcher("", local, 8, local).OwnGpu(visible));

    [Fact]
    public void A_rank_whose_place_is_not_known_sees_all() => Assert.Null(new Launcher("", 1, 2, null).OwnGpu("0,1"));

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void The_parts_of_a_batch_are_the_batch(int least)
    {
        foreach (int ranks in Enumerable.Range(1, 9))
        {
            foreach (int count in Enumerable.Range(0, 40))
            {
                (int First, int End)[] parts = [.. Enumerable.Range(0, ranks).Select(r => new BatchShare(r, ranks, least).Of(count))];
                Assert.Equal(Enumerable.Range(0, count), parts.SelectMany(p => Enumerable.Range(p.First, p.End - p.First)));
                int[] sizes = [.. parts.Select(p => p.End - p.First).Where(n => n > 0)];
                Assert.All(sizes, n => Assert.True(n >= least || count < least));
                Assert.True(sizes.Length == 0 || sizes.Max() - sizes.Min() <= 1);
                Assert.All(parts.SkipWhile(p => p.End > p.First), p => Assert.Equal(p.First, p.End)); // the first ranks have them
            }
        }
    }

    [Fact]
    public void Ranks_that_differ_are_named_with_what_differs()
    {
        Dictionary<string, string> Own(int rank) => new() { ["version"] = "1", ["recipe"] = rank == 2 ? "b" : "a", ["seed"] = rank == 2 ? "2" : "1" };
        AggregateException all = Assert.Throws<AggregateException>(() => ThreadGroup.Run(3, group =>
        {
            RankAgreement.Require(group, [.. Own(group.Rank)]);
            return 0;
        }));
        Assert.Equal(3, all.InnerExceptions.Count);
        Assert.All(all.InnerExceptions, e => Assert.StartsWith(
            "rank 2 (process 102 on here) differs from rank 0: its recipe is b, rank 0's a. Start all ranks with the same version", e.Message,
            StringComparison.Ordinal));
        Assert.Equal([0, 0], ThreadGroup.Run(2, group =>
        {
            RankAgreement.Require(group, [.. Own(0)]);
            return 0;
        }));
    }

    // The check of the checks: calls that do not match are told, and a rank that fails keeps nobody waiting.
    [Fact]
    public void Calls_that_do_not_match_are_an_error()
    {
        Assert.Throws<AggregateException>(() => ThreadGroup.Run(2, group => group.Rank == 0 ? group.Sum(1.0) : group.Gather([]).Length));
        Assert.Throws<AggregateException>(() => ThreadGroup.Run(2, group => group.Rank == 0 ? throw new InvalidOperationException("alone") : group.Sum(1.0)));
    }
}
