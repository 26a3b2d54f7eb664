using System.Runtime.InteropServices;
using TorchSharp;

namespace ModelZoo.Runtime;

/// <summary>libtorch and TorchSharp's native library, found and loaded.</summary>
internal sealed class TorchLibraries
{
    private const string Variable = "LIBTORCH";

    // In the order of their dependencies. What a libtorch without CUDA lacks is passed over.
    private static readonly (string Name, bool Required)[] Names =
        [("c10", true), ("torch_cpu", true), ("c10_cuda", false), ("torch_cuda", false), ("torch", true)];

    // The loader's words, where the address space is too small.
    private static readonly string[] NoRoom = ["failed to map segment", "annot allocate memory", "cannot create"];

    private TorchLibraries(string folder, nint torchCpu) => (Folder, TorchCpu) = (folder, torchCpu);

    /// <summary>What LIBTORCH says: the folder with libtorch's libraries, or one that holds it as lib/ or torch/lib/. Null where it says nothing.</summary>
    public static string? NamedFolder => Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } name ? name : null;

    /// <summary>Where libtorch was found.</summary>
    public string Folder { get; }

    /// <summary>The handle of libtorch_cpu.</summary>
    public nint TorchCpu { get; }

    /// <summary>Where a program's own native libraries may lie, the nearest first.</summary>
    internal static string[] SearchFolders => [
        .. (AppContext.GetData("NATIVE_DLL_SEARCH_DIRECTORIES") as string ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries),
        AppContext.BaseDirectory,
        Path.Combine(AppContext.BaseDirectory, "runtimes", RuntimeInformation.RuntimeIdentifier, "native"),
    ];

    /// <summary>Loads all of them.</summary>
    /// <exception cref="ZooException">One is missing or cannot be loaded.</exception>
    public static TorchLibraries Load()
    {
        string folder = Find();
        if (NamedFolder is not null && SearchFolders.FirstOrDefault(f => File.Exists(Path.Combine(f, FileName("torch_cpu")))) is { } own)
        {
            throw new ZooException($"{Variable} names a libtorch, but this program was built with one of its own ({own}), and a process cannot hold two. "
                + $"Build it with TorchDevice=libtorch, or unset {Variable}.");
        }

        string binding = FileName("LibTorchSharp");
        string torchSharp = SearchFolders.Select(f => Path.Combine(f, binding)).FirstOrDefault(File.Exists)
            ?? throw new ZooException($"{binding}, TorchSharp's native library, is in none of {string.Join(", ", SearchFolders)}. "
                + "Restore and build the program again; a publish needs a runtime identifier (-r linux-x64).");
        nint torchCpu = 0;
        foreach ((string name, bool required) in Names)
        {
            string path = Path.Combine(folder, FileName(name));
            if (required || File.Exists(path))
            {
                nint handle = Open(path, "");
                torchCpu = name == "torch_cpu" ? handle : torchCpu;
            }
        }

        string hint = NamedFolder is null ? ""
            : $" TorchSharp {typeof(torch).Assembly.GetName().Version?.ToString(3)} needs another version of libtorch than this.";
        Open(torchSharp, hint);
        return new TorchLibraries(folder, torchCpu);
    }

    private static string Find()
    {
        string cpu = FileName("torch_cpu");
        if (NamedFolder is { } named)
        {
            return new[] { named, Path.Combine(named, "lib"), Path.Combine(named, "torch", "lib") }.FirstOrDefault(f => File.Exists(Path.Combine(f, cpu)))
                ?? throw new ZooException($"{Variable} is '{named}', but {cpu} is neither there nor in lib/ or torch/lib/ below it. "
                    + $"Name the folder that holds it, such as a Python installation's site-packages/torch/lib, or unset {Variable}.");
        }

        return SearchFolders.FirstOrDefault(f => File.Exists(Path.Combine(f, cpu)))
            ?? throw new ZooException($"libtorch ({cpu}) is in none of {string.Join(", ", SearchFolders)}. "
                + $"Reference the package TorchSharp-cpu, or name a folder that holds libtorch in the environment variable {Variable}.");
    }

    private static nint Open(string path, string hint)
    {
        try
        {
            try
            {
                return NativeLibrary.Load(path);
            }
            catch (DllNotFoundException e) when (OperatingSystem.IsLinux() && OlderLibStdCxx.Explains(e.Message))
            {
                return OlderLibStdCxx.Load(path);
            }
        }
        catch (Exception e) when (e is DllNotFoundException or BadImageFormatException)
        {
            throw new ZooException($"{path} cannot be loaded: {Reason(e.Message)}{hint}", e);
        }
    }

    // .NET lists all that it tried; the loader's own words about the file itself come last.
    private static string Reason(string message)
    {
        string last = message.Trim().Split('\n')[^1].Trim();
        return Array.Exists(NoRoom, last.Contains)
            ? $"out of memory ({last.Split(": ")[^1]}). The process may not take enough: see `ulimit -v`."
            : last;
    }

    private static string FileName(string name) =>
        OperatingSystem.IsWindows() ? $"{name}.dll" : OperatingSystem.IsMacOS() ? $"lib{name}.dylib" : $"lib{name}.so";
}
