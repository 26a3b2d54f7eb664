using System.Runtime.InteropServices;
using ModelZoo.Inference;
using ModelZoo.Inference.Compilation;
using ModelZoo.Tests.Training;
using Xunit;
using static TorchSharp.torch;

namespace ModelZoo.Tests.Inference;

/// <summary>Every element of every loop is computed once, whoever computes it, and whoever else would like the threads.</summary>
[Collection(TorchCollection.Name)]
public sealed unsafe class ThreadTeamTests : IDisposable
{
    private readonly int before = get_num_threads();

    public void Dispose() => set_num_threads(before);

    [Theory]
    [InlineData(2)]
    [InlineData(5)] // more than there are cores
    public void Each_element_once(int threads)
    {
        if (!DirectConvolution.IsSupported)
        {
            return; // no network uses a team here
        }

        set_num_threads(threads);
        var random = new Random(3);
        for (int round = 0; round < 300; round++)
        {
            using ThreadTeam.Use use = ThreadTeam.Enter();
            ThreadTeam team = Assert.IsType<ThreadTeam>(use.Team);
            Assert.Same(team, ThreadTeam.Current);
            for (int loop = 0; loop < 20; loop++)
            {
                Once(random.Next(1, 500), random.Next(1, 40));
                if (random.Next(8) == 0)
                {
                    team.Rest();
                }
            }

            if (round % 100 == 0)
            {
                Thread.Sleep(5); // they fall asleep meanwhile
            }
        }

        Assert.Null(ThreadTeam.Current);
    }

    [Fact]
    public void Of_two_who_want_it_one_gets_it_and_the_other_computes_all_the_same()
    {
        if (CompiledModel.Unavailable is not null || !DirectConvolution.IsSupported)
        {
            return;
        }

        set_num_threads(2);
        int leaders = 0;
        Thread[] callers = [.. Enumerable.Range(0, 4).Select(_ => new Thread(() =>
        {
            for (int round = 0; round < 200; round++)
            {
                using ThreadTeam.Use use = ThreadTeam.Enter();
                using ThreadTeam.Use again = ThreadTeam.Enter();
                Assert.Null(again.Team);
                if (use.Team is not null)
                {
                    Assert.Equal(1, Interlocked.Increment(ref leaders));
                }

                Once(200, 3);
                if (use.Team is not null)
                {
                    Interlocked.Decrement(ref leaders);
                }
            }
        }))];
        Array.ForEach(callers, static c => c.Start());
        Array.ForEach(callers, static c => c.Join());
    }

    private static void Once(int count, int grain)
    {
        int* seen = stackalloc int[count];
        new Span<int>(seen, count).Clear();
        NativeOperators.ParallelFor(count, grain, &Count, seen);
        Assert.All(new Span<int>(seen, count).ToArray(), static n => Assert.Equal(1, n));
    }

    [UnmanagedCallersOnly]
    private static void Count(long begin, long end, void* context)
    {
        for (long i = begin; i < end; i++)
        {
            Interlocked.Increment(ref ((int*)context)[i]);
        }
    }
}
