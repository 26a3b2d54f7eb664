using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace ModelZoo.Cli.Tests;

/// <summary>Runs <c>zoo</c> as its users do: as a process of its own.</summary>
internal sealed partial record Zoo(int ExitCode, string Output, string Errors)
{
    internal JsonElement Json => JsonDocument.Parse(Output).RootElement;

    internal static Zoo Run(params string[] arguments) => Start(null, arguments).Finish();

    internal static Zoo RunIn(string folder, params string[] arguments) => Start(folder, arguments).Finish();

    /// <summary>With no more address space than this; Linux only.</summary>
    internal static Zoo RunWithin(int kibibytes, string folder, params string[] arguments)
    {
        // .NET would reserve most of it for itself.
        var environment = new Dictionary<string, string> { ["DOTNET_GCHeapHardLimit"] = "0x20000000" };
        return StartWith(environment, folder, arguments, ["bash", "-c", $"ulimit -v {kibibytes}; exec \"$@\"", "limited"]).Finish();
    }

    internal static Running Start(string? folder, params string[] arguments) => StartWith([], folder, arguments);

    /// <summary>The same with other environment variables.</summary>
    internal static Running StartWith(Dictionary<string, string> environment, string? folder, params string[] arguments) =>
        StartWith(environment, folder, arguments, []);

    /// <summary>In so many processes, by MPICH's mpiexec.</summary>
    internal static Running StartRanks(int ranks, Dictionary<string, string> environment, string? folder, params string[] arguments) =>
        StartWith(environment, folder, arguments, [Mpiexec, "-n", $"{ranks}"]);

    /// <summary>In two processes, each with arguments of its own.</summary>
    internal static Running StartTwo(string? folder, string[] first, string[] second) =>
        StartWith([], folder, second, [Mpiexec, "-n", "1", "dotnet", Path.Combine(AppContext.BaseDirectory, "zoo.dll"), .. first, ":", "-n", "1"]);

    private const string Mpiexec = "mpiexec.mpich";

    private static Running StartWith(Dictionary<string, string> environment, string? folder, string[] arguments, string[] wrapper)
    {
        // A test run in the background of a shell has Ctrl-C switched off, and hands that down; `env` switches it on again.
        string[] command = ["dotnet", Path.Combine(AppContext.BaseDirectory, "zoo.dll"), .. arguments];
        string[] whole = OperatingSystem.IsLinux() ? ["env", "--default-signal=INT,TERM", .. wrapper, .. command] : command;
        var start = new ProcessStartInfo(whole[0], whole[1..])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder ?? AppContext.BaseDirectory,
        };
        start.Environment["NO_COLOR"] = "1";
        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        return new Running(Process.Start(start)!);
    }

    /// <summary>A process that has not ended yet.</summary>
    internal sealed partial class Running
    {
        private readonly Process process;
        private readonly StringBuilder said = new();
        private readonly Task<string> output;
        private readonly List<string> errors = [];

        internal Running(Process process)
        {
            this.process = process;
            output = ReadAsync();
        }

        /// <summary>What is on standard output by now.</summary>
        internal string OutputSoFar
        {
            get
            {
                lock (said)
                {
                    return said.ToString();
                }
            }
        }

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

        /// <summary>Waits until something is so; false where zoo ends before.</summary>
        internal bool WaitUntil(Func<bool> condition)
        {
            while (!condition())
            {
                if (process.WaitForExit(1))
                {
                    return false;
                }
            }

            return true;
        }

        /// <summary>Sends a signal: 2 is what Ctrl-C sends, 15 what `kill` does.</summary>
        internal void Signal(int number) => Signal(process.Id, number);

        /// <summary>The same to a process that it has started: 9 kills it, 19 stops it.</summary>
        internal static void Signal(int id, int number) => Xunit.Assert.Equal(0, Kill(id, number));

        /// <summary>The last line of standard error that was read.</summary>
        internal string LastError => errors[^1];

        internal Zoo Finish()
        {
            using var limit = new Timer(_ => process.Kill(), null, TimeSpan.FromMinutes(3), Timeout.InfiniteTimeSpan);
            string rest = process.StandardError.ReadToEnd();
            process.WaitForExit();
            using (process)
            {
                return new Zoo(process.ExitCode, output.Result, string.Join('\n', errors.Append(rest)));
            }
        }

        private async Task<string> ReadAsync()
        {
            var piece = new char[4096];
            while (await process.StandardOutput.ReadAsync(piece) is > 0 and int read)
            {
                lock (said)
                {
                    said.Append(piece, 0, read);
                }
            }

            return OutputSoFar;
        }

        [LibraryImport("libc", EntryPoint = "kill")]
        private static partial int Kill(int pid, int signal);
    }
}
