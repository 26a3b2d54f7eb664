using System.Diagnostics;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace ModelZoo.Cli;

/// <summary>
/// libtorch for <c>zoo</c> as a .NET tool, whose package has none: 0.6 GB, which other programs of the machine may have in NuGet's package cache already. What
/// is not there <c>dotnet restore</c> fetches into it, by the user's own NuGet settings. Nothing here may call the library: it would load libtorch.
/// </summary>
internal static partial class LibtorchPackage
{
    private const string Variable = "LIBTORCH";
    private const string Remedy = $"Name a folder that holds libtorch in the environment variable {Variable}, or mend NuGet's settings.";

    private static readonly string Version = BuiltWith.Value("LibTorchVersion");

    private static string File => OperatingSystem.IsWindows() ? "torch_cpu.dll" : OperatingSystem.IsMacOS() ? "libtorch_cpu.dylib" : "libtorch_cpu.so";

    private static string Id => $"libtorch-cpu-{RuntimeInformation.RuntimeIdentifier}";

    /// <summary>Names the package's libtorch to the library, unless the program has one or the environment names one.</summary>
    /// <exception cref="InvalidOperationException">It is not on this machine, and cannot be fetched.</exception>
    internal static void Find()
    {
        string own = (AppContext.GetData("NATIVE_DLL_SEARCH_DIRECTORIES") as string ?? "") + Path.PathSeparator + AppContext.BaseDirectory;
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } || Holds(own.Split(Path.PathSeparator)) is not null)
        {
            return;
        }

        string[] caches =
        [
            Environment.GetEnvironmentVariable("NUGET_PACKAGES") ?? "",
            Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages"),
            .. (Environment.GetEnvironmentVariable("NUGET_FALLBACK_PACKAGES") ?? "").Split(';'),
        ];
        string folder = InCaches(caches) ?? InCaches(Restored())
            ?? throw new InvalidOperationException($"the package {Id} {Version} holds no {File}. {Remedy}");
        Environment.SetEnvironmentVariable(Variable, folder);
    }

    private static string? InCaches(IEnumerable<string> caches) => Holds(caches.Where(Path.IsPathRooted)
        .Select(cache => Path.Combine(cache, Id, Version, "runtimes", RuntimeInformation.RuntimeIdentifier, "native")));

    private static string? Holds(IEnumerable<string> folders) =>
        folders.FirstOrDefault(folder => folder.Length > 0 && System.IO.File.Exists(Path.Combine(folder, File)));

    // The folders of packages in which it is afterwards.
    private static string[] Restored()
    {
        Console.Error.WriteLine($"zoo: fetching libtorch once (the package {Id} {Version}, by this machine's NuGet settings) …");
        DirectoryInfo scratch = Directory.CreateTempSubdirectory("zoo-libtorch-");
        try
        {
            string project = Path.Combine(scratch.FullName, "libtorch.csproj");
            System.IO.File.WriteAllText(project, $"""
                <Project Sdk="Microsoft.NET.Sdk">
                  <PropertyGroup><TargetFramework>net{Environment.Version.Major}.0</TargetFramework></PropertyGroup>
                  <ItemGroup><PackageDownload Include="{Id}" Version="[{Version}]" /></ItemGroup>
                </Project>
                """);
            var start = new ProcessStartInfo("dotnet", ["restore", project, "--verbosity", "quiet", "--nologo"])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            };
            start.Environment["RestoreRootConfigDirectory"] = Environment.CurrentDirectory; // a nuget.config there counts, as it does for a project
            using Process restore = Process.Start(start)!;
            Task<string> errors = restore.StandardError.ReadToEndAsync();
            string output = restore.StandardOutput.ReadToEnd() + errors.Result;
            restore.WaitForExit();
            string assets = Path.Combine(scratch.FullName, "obj", "project.assets.json");
            if (restore.ExitCode != 0 || !System.IO.File.Exists(assets))
            {
                throw new InvalidOperationException($"libtorch is not on this machine, and `dotnet restore` did not get the package {Id} {Version}: "
                    + $"{Reason(output)} {Remedy}");
            }

            using var document = JsonDocument.Parse(System.IO.File.ReadAllText(assets));
            return [.. document.RootElement.GetProperty("packageFolders").EnumerateObject().Select(entry => entry.Name)];
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new InvalidOperationException($"libtorch is not on this machine, and `dotnet`, which would fetch it, is not on PATH. {Remedy}", e);
        }
        finally
        {
            scratch.Delete(recursive: true);
        }
    }

    // The first error, without the project's path before it and the project's name behind it; of addresses the host alone, for they may carry secrets.
    private static string Reason(string output)
    {
        string line = output.Split('\n', StringSplitOptions.TrimEntries).FirstOrDefault(l => l.Contains(Mark, StringComparison.Ordinal)) ?? "no reason given.";
        int begin = Math.Max(0, line.IndexOf(Mark, StringComparison.Ordinal)), end = line.LastIndexOf(" [", StringComparison.Ordinal);
        return Address().Replace(end > begin ? line[begin..end] : line[begin..], "$1$2/…");
    }

    private const string Mark = "error NU";

    [GeneratedRegex(@"(https?://)(?:[^\s/@]*@)?([^\s/?]+)\S*", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex Address();
}

/// <summary>Versions that the project file writes into the program.</summary>
internal static class BuiltWith
{
    internal static string Value(string key) =>
        typeof(BuiltWith).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(data => data.Key == key).Value!;
}
