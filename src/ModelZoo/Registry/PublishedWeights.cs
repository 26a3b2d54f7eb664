using System.Text;
using ModelZoo.Imaging;

namespace ModelZoo.Registry;

/// <summary>Trained weights that somebody else published: where they are and what belongs to them. Their accuracy is the publisher's word, not ours.</summary>
/// <param name="Name">What follows the colon in <c>resnet50:imagenet1k_v1</c>: the publisher's name in lower case.</param>
/// <param name="Url">Where the file is. Its name ends in the first eight hexadecimal digits of its SHA-256 (<c>resnet50-0676ba61.pth</c>), which <c>zoo
/// pull</c> checks.</param>
/// <param name="Preprocessing">How images become the input that these weights were trained with.</param>
/// <param name="Top1">Published accuracy on ImageNet's validation images, in percent; null where none is.</param>
/// <param name="Top5">The same for the five best classes.</param>
/// <param name="Labels">The embedded list of class names, in the order of the logits.</param>
public sealed record PublishedWeights(
    string Name, string Url, Preprocessing Preprocessing, double? Top1, double? Top5, string Labels = PublishedWeights.ImageNet)
{
    /// <summary>The 1,000 classes of ImageNet's 2012 challenge, one a line.</summary>
    public const string ImageNet = "imagenet-classes.txt";

    /// <summary>Weights without a classifier in a NuGet package.</summary>
    /// <param name="name">What follows the colon.</param>
    /// <param name="package">Where they are.</param>
    /// <param name="preprocessing">How images become the input.</param>
    public PublishedWeights(string name, PackageWeights package, Preprocessing preprocessing)
        : this(name, package?.Url ?? throw new ArgumentNullException(nameof(package)), preprocessing, null, null) => Package = package;

    /// <summary>The NuGet package that holds them, as networks in ONNX's format; null for a file at <see cref="Url"/>.</summary>
    public PackageWeights? Package { get; }

    /// <summary>Whether there is a classifier among them; else they serve fine-tuning and features.</summary>
    public bool HasHead => Package is null;

    /// <summary>The file's name: the end of the address, or what a package's weights are called once they are converted.</summary>
    public string File => Package is { } package
        ? $"{package.Id}.{package.Version}.safetensors".ToLowerInvariant()
        : Url[(Url.LastIndexOf('/') + 1)..];

    /// <summary>Class names, in the order of the logits.</summary>
    /// <param name="readResource">Reads embedded files: ModelZoo.Models' Catalog.ReadResource.</param>
    public IReadOnlyList<string> ReadLabels(Func<string, byte[]> readResource)
    {
        ArgumentNullException.ThrowIfNull(readResource);
        return Encoding.UTF8.GetString(readResource(Labels)).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
    }
}

/// <summary>
/// Weights in a NuGet package: a network in ONNX's format that ends in features, and another that is its preprocessing: pictures [N,3,H,W] with values 0 … 255,
/// red first, to the first one's input, by taking a mean image from them.
/// </summary>
public sealed record PackageWeights
{
    /// <summary>The package's name.</summary>
    public required string Id { get; init; }

    /// <summary>Its version; no other is taken.</summary>
    public required string Version { get; init; }

    /// <summary>Its length, for people: a feed that signs packages changes it.</summary>
    public required long Bytes { get; init; }

    /// <summary>The license, as an SPDX identifier.</summary>
    public required string License { get; init; }

    /// <summary>Whose work it is.</summary>
    public required string Copyright { get; init; }

    /// <summary>The license's text: a file of the package that is kept with the weights.</summary>
    public required string LicenseFile { get; init; }

    /// <summary>The network.</summary>
    public required PackageFile Network { get; init; }

    /// <summary>Its preprocessing.</summary>
    public required PackageFile Preprocess { get; init; }

    /// <summary>"nuget:&lt;id&gt;/&lt;version&gt;/&lt;path&gt;": what stands where others have an address.</summary>
    public string Url => $"nuget:{Id}/{Version}/{Network.Path}";

    /// <inheritdoc/>
    public override string ToString() => $"{Id} {Version}";
}

/// <summary>A file in a package.</summary>
/// <param name="Path">Its path there, with slashes.</param>
/// <param name="Bytes">Its length.</param>
/// <param name="Sha256">64 hexadecimal digits, lower case: no other file is read.</param>
public sealed record PackageFile(string Path, long Bytes, string Sha256)
{
    /// <summary>The last part of the path.</summary>
    public string Name => Path[(Path.LastIndexOf('/') + 1)..];
}
