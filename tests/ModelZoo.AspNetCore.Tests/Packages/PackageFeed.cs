using System.Diagnostics;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text;
using ModelZoo.Models;
using ModelZoo.Tests;
using Xunit;

namespace ModelZoo.AspNetCore.Tests.Packages;

/// <summary>Tests that start processes run one after the other: each takes all cores.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
#pragma warning disable CA1711 // xunit's own word.
public class ProcessCollection : ICollectionFixture<PackageFeed>
#pragma warning restore CA1711
{
    public const string Name = "processes";
}

/// <summary>
/// A folder feed as <c>scripts/pack</c> fills it, and apps outside the checkout that restore from it: the zoo's packages onto a fresh cache, all others out of
/// the machine's own.
/// </summary>
public sealed class PackageFeed : IDisposable
{
    private readonly TempFolder folder = new();
    private readonly Lazy<string> feed;

    public PackageFeed()
    {
        feed = new(Pack);
        string machine = Metadata("PackageCache");
        Directory.CreateDirectory(Others);
        foreach (string package in Directory.EnumerateDirectories(machine).Where(p => !Path.GetFileName(p).StartsWith("modelzoo", StringComparison.Ordinal)))
        {
            Directory.CreateSymbolicLink(Path.Combine(Others, Path.GetFileName(package)), package);
        }
    }

    /// <summary>The checkout.</summary>
    public static string Root { get; } = CatalogFiles.Find(AppContext.BaseDirectory).Root;

    /// <summary>Of the packages.</summary>
    public static string Version => Metadata("Version");

    /// <summary>Of TorchSharp-cpu.</summary>
    public static string TorchSharpVersion => Metadata("TorchSharpVersion");

    /// <summary>The feed; packed at the first call.</summary>
    public string Feed => feed.Value;

    /// <summary>The fresh package cache.</summary>
    public string Cache => Path.Combine(folder.Path, "cache");

    /// <summary>A place for apps.</summary>
    public string Apps => Path.Combine(folder.Path, "apps");

    private string Others => Path.Combine(folder.Path, "others");

    public void Dispose() => folder.Dispose();

    /// <summary>A new folder with these files, whose packages come from the feed.</summary>
    public string App(string name, params (string File, string Text)[] files)
    {
        string app = Path.Combine(Apps, name);
        Directory.CreateDirectory(app);
        WriteSettings();
        foreach ((string file, string text) in files)
        {
            File.WriteAllText(Path.Combine(app, file), text);
        }

        return app;
    }

    /// <summary>A project file of an app that references the packages.</summary>
    public static string Project(string sdk, params string[] packages) => $"""
        <Project Sdk="{sdk}">
          <PropertyGroup>
            <OutputType>Exe</OutputType>
            <TargetFramework>net10.0</TargetFramework>
            <Nullable>enable</Nullable>
            <ImplicitUsings>enable</ImplicitUsings>
          </PropertyGroup>
          <ItemGroup>
        {string.Join('\n', packages.Select(id => $"    <PackageReference Include=\"{id}\" Version=\"{VersionOf(id)}\" />"))}
          </ItemGroup>
        </Project>
        """;

    private static string VersionOf(string id) => id == "TorchSharp-cpu" ? TorchSharpVersion : Version;

    /// <summary>Runs `dotnet` on the fresh cache.</summary>
    public Ran Dotnet(string workingFolder, params string[] arguments) => Ran.Start("dotnet", workingFolder, arguments, new()
    {
        ["NUGET_PACKAGES"] = Cache,
        ["MSBUILDDISABLENODEREUSE"] = "1",
        ["UseSharedCompilation"] = "false",
        ["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1",
        ["DOTNET_NOLOGO"] = "1",
    }).Finish();

    /// <summary>Sources and fallback for every app, and for the tool.</summary>
    public string WriteSettings()
    {
        string settings = Path.Combine(Apps, "nuget.config");
        Directory.CreateDirectory(Apps);
        File.WriteAllText(settings, $"""
            <configuration>
              <packageSources><clear /><add key="feed" value="{Feed}" /></packageSources>
              <fallbackPackageFolders><clear /><add key="others" value="{Others}" /></fallbackPackageFolders>
            </configuration>
            """);
        return settings;
    }

    private static string Metadata(string key) =>
        typeof(PackageFeed).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(data => data.Key == key).Value!;

    private string Pack()
    {
        string output = Path.Combine(folder.Path, "feed");
        var environment = new Dictionary<string, string> { ["MSBUILDDISABLENODEREUSE"] = "1" };
        Ran packed = Ran.Start(Path.Combine(Root, "scripts", "pack"), Root, ["--output", output, "--no-build"], environment).Finish();
        Assert.True(packed.ExitCode == 0, packed.Output + packed.Errors);
        return output;
    }
}

/// <summary>A process and what came of it.</summary>
public sealed partial record Ran(int ExitCode, string Output, string Errors)
{
    /// <summary>Starts one; it is ended after ten minutes.</summary>
    internal static Running Start(string program, string workingFolder, IEnumerable<string> arguments, Dictionary<string, string>? environment = null)
    {
        // What a test host sets for itself is not for the programs that it starts.
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = workingFolder, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string name in start.Environment.Keys.Where(n => n.StartsWith("MSBUILD", StringComparison.Ordinal) || n == "DOTNET_ROLL_FORWARD").ToArray())
        {
            start.Environment.Remove(name);
        }

        start.Environment["NO_COLOR"] = "1";
        foreach ((string name, string value) in environment ?? [])
        {
            start.Environment[name] = value;
        }

        return new Running(Process.Start(start)!);
    }

    internal sealed partial class Running : IDisposable
    {
        private readonly Process process;
        private readonly StringBuilder output = new(), errors = new();

        public Running(Process process)
        {
            this.process = process;
            process.OutputDataReceived += (_, line) => Add(output, line.Data);
            process.ErrorDataReceived += (_, line) => Add(errors, line.Data);
            process.BeginOutputReadLine();
            process.BeginErrorReadLine();
        }

        /// <summary>What it has written so far.</summary>
        public string Output
        {
            get
            {
                lock (output)
                {
                    return output.ToString();
                }
            }
        }

        /// <summary>Waits until something is so; fails where it ends before, or after a minute.</summary>
        public async Task Until(Func<bool> condition)
        {
            for (int wait = 0; !condition(); wait++)
            {
                Assert.False(process.HasExited || wait > 1200, Output + errors);
                await Task.Delay(50);
            }
        }

        /// <summary>As `kill` does.</summary>
        public Ran Terminate()
        {
            Assert.Equal(0, Kill(process.Id, 15));
            return Finish();
        }

        public Ran Finish()
        {
            if (!process.WaitForExit(TimeSpan.FromMinutes(10)))
            {
                process.Kill(entireProcessTree: true);
            }

            process.WaitForExit();
            return new(process.ExitCode, Output, errors.ToString());
        }

        public void Dispose()
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }

            process.Dispose();
        }

        private static void Add(StringBuilder lines, string? line)
        {
            lock (lines)
            {
                _ = line is null ? lines : lines.Append(line).Append('\n');
            }
        }

        [LibraryImport("libc", EntryPoint = "kill")]
        private static partial int Kill(int pid, int signal);
    }
}
