using System.Diagnostics;
using static TorchSharp.torch;

namespace ModelZoo.Bench;

/// <summary>Live tensors and resident memory over 10,000 training steps, with and without dispose scopes in the user's code.</summary>
internal static class MemoryUse
{
    internal static void Run(Output output)
    {
        foreach (bool scopes in new[] { true, false })
        {
            using var training = new LenetSteps();
            training.Run(500, scopes);
            output.Say($"10,000 training steps, {(scopes ? "a dispose scope around each step" : "no dispose scopes in user code")}:");
            for (int block = 0; block <= 10; block++)
            {
                if (block > 0)
                {
                    training.Run(1000, scopes);
                }

                if (block % 2 == 0)
                {
                    using var process = Process.GetCurrentProcess();
                    (long tensors, double megabytes) = (Tensor.TotalCount, process.WorkingSet64 / 1048576.0);
                    output.Say($"  after {block * 1000,6} steps: {tensors,6} live tensors, {megabytes:F0} MB resident");
                    output.Add(new { Benchmark = "memory", Scopes = scopes, Steps = block * 1000, LiveTensors = tensors, ResidentMegabytes = megabytes });
                }
            }

            GC.Collect();
            GC.WaitForPendingFinalizers();
            output.Say($"  after a collection:  {Tensor.TotalCount,6} live tensors");
        }
    }
}
