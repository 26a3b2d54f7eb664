using System.Diagnostics;
using System.Globalization;
using ModelZoo.Runtime;

namespace ModelZoo.Tests.Runtime;

/// <summary>
/// A process that loads libtorch by the zoo and answers questions about itself: torchsharp-peer, scripts/bench's plain TorchSharp side. By itself it keeps the
/// settings of the process; with --settings the zoo makes its own.
/// </summary>
internal sealed class PlainChild : IDisposable
{
    // Whatever the tests run with is not what is tested.
    private static readonly string[] Variables =
    [
        "GOMP_SPINCOUNT", "OMP_WAIT_POLICY", "OMP_NUM_THREADS", "OMP_THREAD_LIMIT", "MKL_NUM_THREADS",
        "MALLOC_TRIM_THRESHOLD_", "MALLOC_TOP_PAD_", "MALLOC_MMAP_THRESHOLD_", "GLIBC_TUNABLES",
    ];

    private readonly Process process;
    private readonly Task<string> errors;

    /// <param name="arguments">--settings, or none.</param>
    /// <param name="program">A copy of the program; null for the one beside the tests.</param>
    /// <param name="environment">Variables to set; null unsets one.</param>
    internal PlainChild(string[]? arguments = null, string? program = null, IReadOnlyDictionary<string, string?>? environment = null)
    {
        var start = new ProcessStartInfo("dotnet", [program ?? Program, .. arguments ?? []])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (string name in Variables)
        {
            start.Environment.Remove(name);
        }

        foreach ((string name, string? value) in environment ?? new Dictionary<string, string?>())
        {
            start.Environment.Remove(name);
            if (value is not null)
            {
                start.Environment[name] = value;
            }
        }

        process = Process.Start(start)!;
        errors = process.StandardError.ReadToEndAsync();
    }

    internal static string Program => Path.Combine(AppContext.BaseDirectory, "torchsharp-peer.dll");

    /// <summary>TorchSharp's native library, which the tests run on.</summary>
    internal static string Binding => TorchLibraries.SearchFolders.Select(f => Path.Combine(f, "libLibTorchSharp.so")).First(File.Exists);

    internal string Ask(string line)
    {
        process.StandardInput.WriteLine(line);
        return process.StandardOutput.ReadLine() ?? throw new InvalidOperationException($"The child ended: {errors.Result}");
    }

    /// <summary>Trains LeNet-5, 64 images a step, and returns the seconds.</summary>
    internal double Train(int steps) => double.Parse(Ask($"train:lenet5:64:32 {steps}").Split(' ')[0], CultureInfo.InvariantCulture);

    /// <summary>What it says where it cannot start.</summary>
    internal string Failure()
    {
        process.StandardInput.Close();
        process.WaitForExit();
        Xunit.Assert.Equal(1, process.ExitCode);
        return errors.Result;
    }

    public void Dispose()
    {
        if (!process.HasExited)
        {
            process.Kill();
        }

        process.Dispose();
    }
}
