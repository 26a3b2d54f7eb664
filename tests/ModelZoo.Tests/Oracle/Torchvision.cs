using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;

namespace ModelZoo.Tests.Oracle;

/// <summary>A Python process with torchvision that answers oracle.py's requests, one at a time.</summary>
public sealed class Torchvision : IDisposable
{
    private const string Python = "/usr/bin/python3";

    private readonly Process process;
    private readonly StringBuilder errors = new();

    public Torchvision()
    {
        Assert(File.Exists(Python), $"{Python} is missing");
        var start = new ProcessStartInfo(Python, [Script(), "serve"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true
        };

        // glibc's defaults give every large tensor back to the kernel, which has to clear its pages again for the next one.
        start.Environment["MALLOC_MMAP_THRESHOLD_"] = start.Environment["MALLOC_TRIM_THRESHOLD_"] = $"{1 << 30}";
        start.Environment["MALLOC_TOP_PAD_"] = $"{64 << 20}";
        process = Process.Start(start)!;
        process.ErrorDataReceived += (_, line) =>
        {
            lock (errors)
            {
                errors.AppendLine(line.Data); // also after Dispose: the last lines come when they come
            }
        };
        process.BeginErrorReadLine();
    }

    /// <summary>Builds the model, and writes its weights, its logits on x.npy and one training step on train.npy into the folder.</summary>
    public void Answer(string model, string folder, int seed, string dtype)
    {
        process.StandardInput.WriteLine(JsonSerializer.Serialize(new { model, folder, seed, dtype }));
        process.StandardInput.Flush();
        Task<string?> answer = process.StandardOutput.ReadLineAsync();
        Assert(answer.Wait(TimeSpan.FromMinutes(5)), $"oracle.py did not answer about {model} in five minutes");
        if (answer.Result != "ok")
        {
            process.WaitForExit(1000); // its last words
            lock (errors)
            {
                Assert(false, $"oracle.py, asked about {model}: {answer.Result}\n{errors}");
            }
        }
    }

    public void Dispose()
    {
        process.StandardInput.Close();
        if (!process.WaitForExit(10_000))
        {
            process.Kill();
        }

        process.Dispose();
    }

    private static string Script([CallerFilePath] string here = "") => Path.Combine(Path.GetDirectoryName(here)!, "oracle.py");

    private static void Assert(bool holds, string message)
    {
        if (!holds)
        {
            throw new InvalidOperationException($"{message}. These tests need Debian's python3-torch and python3-torchvision; scripts/test installs them.");
        }
    }
}
