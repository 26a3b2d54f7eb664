using System.IO.Compression;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using ModelZoo.Downloads;
using ModelZoo.Registry;

namespace ModelZoo.Tests.Inference;

/// <summary>A folder with NuGet settings of its own: a feed that is a folder, and a folder of unpacked packages.</summary>
internal sealed class FakeFeed
{
    private readonly TempFolder folder;

    internal FakeFeed(TempFolder folder, string? source = null, string? packages = null)
    {
        this.folder = folder;
        Directory.CreateDirectory(folder.File("feed"));
        Directory.CreateDirectory(folder.File("settings"));
        Write(source is "" ? "" : $"""<add key="here" value="{source ?? folder.File("feed")}" />""", packages ?? folder.File("packages"));
    }

    /// <summary>The package that the tests' project references, unpacked.</summary>
    internal static string ResNet18 { get; } =
        typeof(FakeFeed).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "ResNet18Package").Value!;

    internal NuGetFeeds Feeds => new(folder.File("settings"));

    /// <summary>Writes anything as the settings.</summary>
    internal void Break(string text) => File.WriteAllText(folder.File("settings/nuget.config"), text);

    /// <summary>Puts a package with these files into the feed.</summary>
    /// <returns>The .nupkg.</returns>
    internal string Add(PackageWeights package, params (string Name, byte[] Content)[] files)
    {
        string path = folder.File($"feed/{package.Id}.{package.Version}.nupkg");
        using ZipArchive archive = ZipFile.Open(path, ZipArchiveMode.Create);
        Put($"{package.Id}.nuspec", Encoding.UTF8.GetBytes($"""
            <?xml version="1.0"?><package xmlns="http://schemas.microsoft.com/packaging/2013/05/nuspec.xsd"><metadata><id>{package.Id}</id>
            <version>{package.Version}</version><authors>us</authors><description>none</description></metadata></package>
            """));
        foreach ((string name, byte[] content) in files)
        {
            Put(name, content);
        }

        return path;

        void Put(string name, byte[] content)
        {
            using Stream entry = archive.CreateEntry(name).Open();
            entry.Write(content);
        }
    }

    /// <summary>A package that knows these two files.</summary>
    internal static PackageWeights Package(byte[] network, byte[] preprocess) => new()
    {
        Id = "Fake.Weights",
        Version = "1.2.3",
        Bytes = 1 << 20,
        License = "MIT",
        Copyright = "us",
        LicenseFile = "LICENSE",
        Network = new("tools/net/net.onnx", network.Length, Convert.ToHexStringLower(SHA256.HashData(network))),
        Preprocess = new("tools/prep/prep.onnx", preprocess.Length, Convert.ToHexStringLower(SHA256.HashData(preprocess))),
    };

    private void Write(string source, string packages) => Break($"""
        <?xml version="1.0" encoding="utf-8"?>
        <configuration>
          <config><add key="globalPackagesFolder" value="{packages}" /></config>
          <packageSources><clear />{source}</packageSources>
          <fallbackPackageFolders><clear /></fallbackPackageFolders>
          <packageSourceMapping><clear /></packageSourceMapping>
        </configuration>
        """);
}

/// <summary>A folder for the zoo's files of a test, and NuGet's settings without a folder of packages; both are put back at the end.</summary>
internal sealed class PackageHome : IDisposable
{
    private readonly Dictionary<string, string?> before = new[] { "MODELZOO_HOME", "NUGET_PACKAGES" }.ToDictionary(v => v, Environment.GetEnvironmentVariable);

    internal PackageHome(TempFolder folder)
    {
        Environment.SetEnvironmentVariable("MODELZOO_HOME", folder.File("home"));
        Environment.SetEnvironmentVariable("NUGET_PACKAGES", null);
    }

    public void Dispose()
    {
        foreach ((string name, string? value) in before)
        {
            Environment.SetEnvironmentVariable(name, value);
        }
    }
}
