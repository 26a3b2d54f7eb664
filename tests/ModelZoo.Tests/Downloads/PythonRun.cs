using System.Diagnostics;

namespace ModelZoo.Tests.Downloads;

/// <summary>Runs the Python that has torchvision.</summary>
internal static class PythonRun
{
    /// <summary>What a program prints.</summary>
    public static string Output(string program)
    {
        var start = new ProcessStartInfo("/usr/bin/python3", ["-c", program]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["OMP_NUM_THREADS"] = "1";
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"python3 ended with {process.ExitCode}: {errors.Result}");
    }
}
