using ModelZoo.Runtime;
using Xunit;

namespace ModelZoo.Tests.Runtime;

/// <summary>
/// Which libtorch a program loads: its own or the one that LIBTORCH names. A program is a folder here, its libraries are links to the tests' own.
/// </summary>
public sealed class TorchLibrariesTests : IDisposable
{
    private static readonly string Libtorch = TorchRuntime.Folder!;
    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_program_with_its_own_libtorch_loads_that()
    {
        string program = CreateProgram();
        Link(folder.File("program"));
        using PlainChild child = Start(program, null);
        Assert.Equal(folder.File("program"), child.Ask("folder").TrimEnd('/'));
        OnlyOneIsLoaded(child);
    }

    [Theory]
    [InlineData("")]
    [InlineData("lib")]
    [InlineData("torch/lib")]
    public void A_program_without_loads_the_one_that_LIBTORCH_names(string below)
    {
        Link(folder.File(Path.Combine("named", below)));
        using PlainChild child = Start(CreateProgram(), folder.File("named"));
        Assert.Equal(folder.File(Path.Combine("named", below)), child.Ask("folder").TrimEnd('/'));
        OnlyOneIsLoaded(child);
        Assert.True(child.Train(1) > 0);
    }

    [Fact]
    public void A_program_with_its_own_and_another_that_LIBTORCH_names_is_refused()
    {
        Link(folder.File("named"));
        string program = CreateProgram();
        Link(folder.File("program"));
        using PlainChild child = Start(program, folder.File("named"));
        string message = child.Failure();
        Assert.Contains("LIBTORCH names a libtorch, but this program was built with one of its own", message, StringComparison.Ordinal);
        Assert.Contains(folder.File("program"), message, StringComparison.Ordinal);
        Assert.Contains("Build it with TorchDevice=libtorch, or unset LIBTORCH.", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_without_libtorch_is_refused()
    {
        Directory.CreateDirectory(folder.File("empty"));
        foreach (string named in new[] { folder.File("empty"), folder.File("missing") })
        {
            using PlainChild child = Start(CreateProgram(), named);
            string message = child.Failure();
            Assert.Contains($"LIBTORCH is '{named}', but libtorch_cpu.so is neither there nor in lib/ or torch/lib/", message, StringComparison.Ordinal);
            Assert.DoesNotContain("   at ", message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_program_without_and_no_LIBTORCH_says_where_it_looked()
    {
        using PlainChild child = Start(CreateProgram(), null);
        string message = child.Failure();
        Assert.Contains($"libtorch (libtorch_cpu.so) is in none of {folder.File("program")}", message, StringComparison.Ordinal);
        Assert.Contains("name a folder that holds libtorch in the environment variable LIBTORCH", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_libtorch_that_lacks_a_library_or_is_damaged_is_named()
    {
        string named = folder.File("named");
        Directory.CreateDirectory(named);
        File.WriteAllText(Path.Combine(named, "libtorch_cpu.so"), "no library");
        using (PlainChild child = Start(CreateProgram(), named))
        {
            Assert.Contains($"{named}/libc10.so cannot be loaded: ", child.Failure(), StringComparison.Ordinal);
        }

        File.CreateSymbolicLink(Path.Combine(named, "libc10.so"), Path.Combine(Libtorch, "libc10.so"));
        using (PlainChild child = Start(CreateProgram(), named))
        {
            Assert.Contains($"{named}/libtorch_cpu.so cannot be loaded: ", child.Failure(), StringComparison.Ordinal);
        }
    }

    private static PlainChild Start(string program, string? named) =>
        new(program: program, environment: new Dictionary<string, string?> { ["LIBTORCH"] = named });

    private static void OnlyOneIsLoaded(PlainChild child)
    {
        string mapped = child.Ask("mapped libtorch_cpu.so");
        Assert.Equal(Real(Path.Combine(Libtorch, "libtorch_cpu.so")), mapped); // one file; a '|' would stand between two
    }

    private static string Real(string path) => File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path;

    // What TorchDevice=libtorch builds: TorchSharp with its native library, and no libtorch.
    private string CreateProgram()
    {
        string program = folder.File("program");
        Directory.CreateDirectory(program);
        string settings = Path.ChangeExtension(PlainChild.Program, "runtimeconfig.json");
        foreach (string file in (string[])[.. Directory.GetFiles(AppContext.BaseDirectory, "*.dll"), settings, PlainChild.Binding])
        {
            File.Copy(file, Path.Combine(program, Path.GetFileName(file)), overwrite: true);
        }

        return Path.Combine(program, "torchsharp-peer.dll");
    }

    private static void Link(string folder)
    {
        Directory.CreateDirectory(folder);
        foreach (string library in Directory.GetFiles(Libtorch))
        {
            string link = Path.Combine(folder, Path.GetFileName(library));
            if (!File.Exists(link))
            {
                File.CreateSymbolicLink(link, library);
            }
        }
    }
}
