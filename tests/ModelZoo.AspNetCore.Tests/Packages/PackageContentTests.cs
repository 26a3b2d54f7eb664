using System.IO.Compression;
using System.Reflection.Metadata;
using System.Text;
using System.Xml.Linq;
using Xunit;

namespace ModelZoo.AspNetCore.Tests.Packages;

/// <summary>What is in the packages.</summary>
[Collection(ProcessCollection.Name)]
public class PackageContentTests(PackageFeed feed)
{
    private static readonly Guid EmbeddedSource = new("0E8A571B-6926-466E-B4AD-8AB04611F5FE");

    public static TheoryData<string, string> Libraries => new()
    {
        { "ModelZoo.Reference", "" },
        {
            "ModelZoo", "BitMiracle.LibTiff.NET CsvHelper Google.Protobuf Microsoft.Extensions.Logging.Abstractions ModelZoo.Reference NuGet.Protocol "
                + "SkiaSharp SkiaSharp.NativeAssets.Linux.NoDependencies System.IO.Hashing TorchSharp"
        },
        { "ModelZoo.Models", "ModelZoo TorchSharp" },
        { "ModelZoo.AspNetCore", "ModelZoo ModelZoo.Models" },
    };

    [Fact]
    public void These_packages_are_made() => Assert.Equal(
        new[] { "ModelZoo", "ModelZoo.AspNetCore", "ModelZoo.Cli", "ModelZoo.Models", "ModelZoo.Reference" }
            .SelectMany(id => new[] { $"{id}.{PackageFeed.Version}.nupkg", $"{id}.{PackageFeed.Version}.snupkg" }).Order(StringComparer.Ordinal),
        Directory.EnumerateFiles(feed.Feed).Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Libraries))]
    public void A_library_has_what_an_app_needs_and_no_more(string id, string dependencies)
    {
        using ZipArchive package = ZipFile.OpenRead(Path.Combine(feed.Feed, $"{id}.{PackageFeed.Version}.nupkg"));
        string[] files = [.. package.Entries.Select(entry => entry.FullName)];
        Assert.Superset(new HashSet<string> { "LICENSE", "README.md", $"lib/net10.0/{id}.dll", $"lib/net10.0/{id}.xml" }, files.ToHashSet());
        Assert.Equal(id == "ModelZoo" ? ["buildTransitive/InitializeTorchRuntime.cs", "buildTransitive/ModelZoo.targets", "buildTransitive/Torch.targets"] : [],
            files.Where(file => file.StartsWith("build", StringComparison.Ordinal)).Order(StringComparer.Ordinal));

        XElement metadata = Nuspec(package, id);
        string? Value(string name) => metadata.Elements().FirstOrDefault(e => e.Name.LocalName == name)?.Value;
        Assert.Equal(("MIT", "README.md", "the ModelZoo contributors"), (Value("license"), Value("readme"), Value("authors")));
        Assert.Null(metadata.Descendants().SelectMany(e => e.Attributes()).FirstOrDefault(a => a.Name == "url")); // no host
        Assert.Equal(dependencies, string.Join(' ', metadata.Descendants().Where(e => e.Name.LocalName == "dependency").Select(e => e.Attribute("id")!.Value)
            .Order(StringComparer.Ordinal)));
    }

    [Theory]
    [MemberData(nameof(Libraries))]
    public void Symbols_carry_the_sources_and_no_place_of_this_machine(string id, string dependencies)
    {
        Assert.NotNull(dependencies);
        using ZipArchive package = ZipFile.OpenRead(Path.Combine(feed.Feed, $"{id}.{PackageFeed.Version}.snupkg"));
        using var symbols = new MemoryStream();
        using (Stream pdb = package.GetEntry($"lib/net10.0/{id}.pdb")!.Open())
        {
            pdb.CopyTo(symbols);
        }

        symbols.Position = 0;
        using var provider = MetadataReaderProvider.FromPortablePdbStream(symbols);
        MetadataReader reader = provider.GetMetadataReader();
        var embedded = reader.CustomDebugInformation.Select(reader.GetCustomDebugInformation).Where(i => reader.GetGuid(i.Kind) == EmbeddedSource)
            .Select(i => i.Parent).ToHashSet();
        Assert.NotEmpty(reader.Documents);
        Assert.All(reader.Documents, handle =>
        {
            string name = reader.GetString(reader.GetDocument(handle).Name);
            Assert.StartsWith("/_/", name, StringComparison.Ordinal);
            Assert.Contains(handle, embedded);
        });
        Assert.DoesNotContain(PackageFeed.Root, Encoding.UTF8.GetString(symbols.ToArray()), StringComparison.Ordinal);
    }

    [Fact]
    public void The_tool_brings_its_libraries_but_no_libtorch()
    {
        string path = Path.Combine(feed.Feed, $"ModelZoo.Cli.{PackageFeed.Version}.nupkg");
        using ZipArchive package = ZipFile.OpenRead(path);
        string[] files = [.. package.Entries.Select(entry => entry.Name)];
        Assert.Contains("Spectre.Console.dll", files);
        Assert.Contains("libLibTorchSharp.so", files);
        Assert.DoesNotContain(files, file => file.Contains("torch_cpu", StringComparison.Ordinal));
        Assert.InRange(new FileInfo(path).Length, 1 << 20, 60 << 20);
        Assert.Contains(Nuspec(package, "ModelZoo.Cli").Descendants(), e => e.Name.LocalName == "packageType" && e.Attribute("name")!.Value == "DotnetTool");
    }

    private static XElement Nuspec(ZipArchive package, string id)
    {
        using Stream text = package.GetEntry($"{id}.nuspec")!.Open();
        return XDocument.Load(text).Root!.Elements().Single();
    }
}
