using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Torch.Tests.Tensors;

[Collection(Alone.Name)]
public class LifetimeTests
{
    [Fact]
    public void A_scope_disposes_of_what_was_made_inside()
    {
        Tensor inside;
        using (DisposeScope scope = NewDisposeScope())
        {
            inside = ones(2) + 1;
            Assert.True(scope.Contains(inside));
            Assert.Equal(2, scope.DisposablesCount);
        }

        Assert.True(inside.IsInvalid);
    }

    [Fact]
    public void What_moves_to_the_outer_scope_dies_with_that()
    {
        Tensor kept, detached;
        using (NewDisposeScope())
        {
            using (NewDisposeScope())
            {
                kept = ones(2).MoveToOuterDisposeScope();
                detached = ones(2).DetachFromDisposeScope();
            }

            Assert.False(kept.IsInvalid);
        }

        Assert.True(kept.IsInvalid);
        Assert.False(detached.IsInvalid);
        detached.Dispose();
    }

    [Fact]
    public void An_exception_inside_a_scope_still_disposes()
    {
        Tensor? inside = null;
        Assert.Throws<ExternalException>(() =>
        {
            using DisposeScope scope = NewDisposeScope();
            inside = ones(2);
            _ = inside + ones(3);
        });
        Assert.True(inside!.IsInvalid);
        using Tensor after = ones(1);
        Assert.False(after.IsInvalid);
    }

    [Fact]
    public void A_disposed_tensor_throws_and_disposing_twice_is_harmless()
    {
        Tensor t = ones(2);
        t.Dispose();
        t.Dispose();
        Assert.True(t.IsInvalid);
        Assert.Throws<InvalidOperationException>(() => t + 1);
        Assert.Throws<InvalidOperationException>(() => t.shape);
        Assert.Throws<InvalidOperationException>(() => t.dtype);
        Assert.Throws<InvalidOperationException>(() => t.ToString());
        Assert.Throws<InvalidOperationException>(() => t.data<float>());
        Assert.Throws<InvalidOperationException>(() => t.item<float>());
        using Tensor live = ones(2);
        Assert.Throws<InvalidOperationException>(() => live + t);
        Assert.Throws<InvalidOperationException>(() => cat([live, t]));
    }

    [Fact]
    public void Statistics_count_what_was_made_inside_and_outside_scopes()
    {
        DisposeScopeManager.Statistics.Reset();
        using (NewDisposeScope())
        {
            _ = ones(2);
            _ = ones(2).DetachFromDisposeScope();
        }

        using Tensor outside = ones(2);
        LifetimeStatistics found = DisposeScopeManager.Statistics.TensorStatistics;
        Assert.Equal(2, found.CreatedInScopeCount);
        Assert.Equal(1, found.CreatedOutsideScopeCount);
        Assert.Equal(1, found.DisposedInScopeCount);
        Assert.Equal(1, found.DetachedFromScopeCount);
    }

    [Fact]
    public void Operations_leave_no_hidden_tensors_behind()
    {
        using Tensor x = ones(3, 4), mask = x > 0, index = tensor(new[] { 0L, 1L });
        // Not 1 / x, tolist and ToString(style): TorchSharp 0.105.1 leaves handles of theirs to the scope or the garbage collector.
        Dictionary<string, Action> operations = new()
        {
            ["x + 1"] = () => (x + 1).Dispose(),
            ["element"] = () => x[1, 2].Dispose(),
            ["slices"] = () => x[1.., ..2].Dispose(),
            ["mask"] = () => x[mask].Dispose(),
            ["index"] = () => x[TensorIndex.Tensor(index), 1].Dispose(),
            ["std"] = () => x.std([1L], type: ScalarType.Float64).Dispose(),
            ["detach"] = () => _ = x.cpu().DetachAndDispose(),
            ["item"] = () => _ = x.sum().ItemAndDispose(),
            ["converted"] = () => tensor(new[] { 1f, 2f }, int64).Dispose(),
        };
        List<string> leaks = [];
        foreach ((string name, Action operation) in operations)
        {
            long before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
            operation();
            long left = DisposeScopeManager.Statistics.ThreadTotalLiveCount - before;
            if (left != 0)
            {
                leaks.Add($"{name}: {left}");
            }
        }

        Assert.Empty(leaks);
    }

    [Fact]
    public void The_finalizer_frees_what_nobody_disposed()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        long before = Tensor.TotalCount;
        Forget();
        for (int i = 0; i < 20 && Tensor.TotalCount > before; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            Thread.Sleep(20);
        }

        Assert.True(Tensor.TotalCount <= before, $"{Tensor.TotalCount - before} tensors survived");
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Forget()
    {
        for (int i = 0; i < 50; i++)
        {
            _ = ones(10);
        }
    }

    [Fact]
    public void Eight_threads_compute_at_once_with_scopes_of_their_own()
    {
        using Tensor shared = rand(64, 64);
        using Tensor product = shared.mm(shared);
        using Tensor expected = product.relu();
        var wrong = 0;
        var threads = new Thread[8];
        for (int n = 0; n < threads.Length; n++)
        {
            threads[n] = new Thread(() =>
            {
                for (int i = 0; i < 100; i++)
                {
                    using DisposeScope scope = NewDisposeScope();
                    if (!shared.mm(shared).relu().allclose(expected))
                    {
                        Interlocked.Increment(ref wrong);
                    }
                }
            });
            threads[n].Start();
        }

        foreach (Thread t in threads)
        {
            t.Join();
        }

        Assert.Equal(0, wrong);
    }
}

internal static class LifetimeExtensions
{
    internal static float ItemAndDispose(this Tensor t)
    {
        using (t)
        {
            return t.item<float>();
        }
    }

    internal static string DetachAndDispose(this Tensor t)
    {
        using (t)
        using (Tensor detached = t.detach())
        {
            return detached.ToString();
        }
    }
}
