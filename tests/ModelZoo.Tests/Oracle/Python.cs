using System.Diagnostics;

namespace ModelZoo.Tests.Oracle;

/// <summary>Debian's Python, with python3-torch and python3-torchvision: the other implementation that files and values are held against.</summary>
internal static class Python
{
    private const string Program = "/usr/bin/python3";

    /// <summary>Runs a script in a folder and returns what it printed.</summary>
    /// <param name="folder">The working folder.</param>
    /// <param name="script">The script's text, or the path of a .py file.</param>
    /// <param name="arguments">What it finds in <c>sys.argv[1:]</c>.</param>
    /// <exception cref="InvalidOperationException">It failed or took more than 300 seconds; the message has what it wrote to standard error.</exception>
    public static string Run(string folder, string script, params string[] arguments)
    {
        string[] source = script.EndsWith(".py", StringComparison.Ordinal) && !script.Contains('\n', StringComparison.Ordinal)
            ? [Path.GetFullPath(script)]
            : ["-c", script];
        var start = new ProcessStartInfo(Program, [.. source, .. arguments])
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["OMP_NUM_THREADS"] = "1";
        start.Environment["PYTHONDONTWRITEBYTECODE"] = "1";
        using Process process = Process.Start(start) ?? throw new InvalidOperationException($"{Program} does not start.");
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        bool ended = process.WaitForExit(TimeSpan.FromSeconds(300));
        if (!ended)
        {
            process.Kill(entireProcessTree: true);
        }

        return ended && process.ExitCode == 0
            ? output.Result
            : throw new InvalidOperationException($"{Program} {(ended ? $"ended with {process.ExitCode}" : "took more than 300 s")}: {errors.Result}");
    }
}
