using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace ModelZoo.Cli.Tests;

/// <summary>Runs <c>zoo</c> as its users do: as a process of its own.</summary>
internal sealed partial record Zoo(int ExitCode, string Output, string Errors)
{
    internal JsonElement Json => JsonDocument.Parse(Output).RootElement;

    internal static Zoo Run(params string[] arguments) => Start(null, arguments).Finish();

    internal static Zoo RunIn(string folder, params string[] arguments) => Start(folder, arguments).Finish();

    internal static Running Start(string? folder, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "zoo.dll"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder ?? AppContext.BaseDirectory,
        };
        start.Environment["NO_COLOR"] = "1";
        return new Running(Process.Start(start)!);
    }

    /// <summary>A process that has not ended yet.</summary>
    internal sealed partial class Running(Process process)
    {
        private readonly Task<string> output = process.StandardOutput.ReadToEndAsync();
        private readonly List<string> errors = [];

        /// <summary>Reads standard error until a line contains the text.</summary>
        internal void WaitFor(string text)
        {
            while (process.StandardError.ReadLine() is { } line)
            {
                errors.Add(line);
                if (line.Contains(text, StringComparison.Ordinal))
                {
                    return;
                }
            }

            throw new InvalidOperationException($"zoo ended without saying '{text}': {string.Join('\n', errors)}");
        }

        /// <summary>What Ctrl-C sends.</summary>
        internal void Interrupt() => Xunit.Assert.Equal(0, Kill(process.Id, 2));

        internal Zoo Finish()
        {
            string rest = process.StandardError.ReadToEnd();
            process.WaitForExit();
            using (process)
            {
                return new Zoo(process.ExitCode, output.Result, string.Join('\n', errors.Append(rest)));
            }
        }

        [LibraryImport("libc", EntryPoint = "kill")]
        private static partial int Kill(int pid, int signal);
    }
}
