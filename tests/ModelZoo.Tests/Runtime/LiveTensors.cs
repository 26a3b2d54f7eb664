using System.Runtime.CompilerServices;
using TorchSharp;
using static TorchSharp.torch;

namespace ModelZoo.Tests.Runtime;

/// <summary>
/// Counts the tensors that something leaves behind. <see cref="Tensor.TotalCount"/> alone cannot tell: it goes up by one with each <c>Parameter</c> that is
/// made of a tensor and never comes down again (TorchSharp 0.107.0: the tensor that hands its handle on stays counted, but holds nothing).
/// </summary>
internal static class LiveTensors
{
    /// <summary>Tensors that this thread made and did not dispose, whoever holds them.</summary>
    internal static long Left(Action action)
    {
        long before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        action();
        return DisposeScopeManager.Statistics.ThreadTotalLiveCount - before;
    }

    /// <summary>Tensors of any thread that were left to the garbage collector. Nothing else may compute meanwhile.</summary>
    internal static long Abandoned(Action action)
    {
        Collect();
        Run(action);
        long before = Tensor.TotalCount;
        Collect();
        return before - Tensor.TotalCount;
    }

    /// <summary>
    /// Tensors of any thread that are there afterwards and were not before, left to the collector or held. What others left is collected first; what it
    /// frees all the same while the action runs makes the number smaller, never larger, so a test asks for at most 0. Nothing else may compute meanwhile.
    /// </summary>
    internal static long Added(Action action)
    {
        long before = Total();
        Run(action);
        return Tensor.TotalCount - before;
    }

    /// <summary>The tensors that are counted once the collector has been through.</summary>
    internal static long Total()
    {
        Collect();
        return Tensor.TotalCount;
    }

    // The action's objects are not to live on in the caller's registers.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Run(Action action) => action();

    private static void Collect()
    {
        for (int i = 0; i < 2; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
    }
}
