using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using ModelZoo.Registry;
using ModelZoo.Weights;

namespace ModelZoo.Inference;

/// <summary>
/// The files of a NuGet package: in the folder that it is unpacked in, in a .nupkg, or the network's file with its preprocessing beside it. Nothing is
/// trusted before its length and its hash are the known ones, and no more than that length is ever read.
/// </summary>
/// <param name="path">The folder or file.</param>
/// <param name="package">What is in it.</param>
internal sealed class PackageContent(string path, PackageWeights package)
{
    private const int MostText = 1 << 16;
    private const string Advice = "The package is damaged or another file; get it again.";

    /// <summary>Whether a file may be one of these: a package, or the network out of one.</summary>
    public static bool IsOne(string name) =>
        name.EndsWith(".nupkg", StringComparison.OrdinalIgnoreCase) || name.EndsWith(".onnx", StringComparison.OrdinalIgnoreCase);

    /// <summary>A file, whole.</summary>
    /// <exception cref="ZooException">It is not there, or not the known one.</exception>
    public byte[] Read(PackageFile file)
    {
        byte[] bytes = Bytes(file.Path, file.Bytes, exactly: true)
            ?? throw new ZooException($"{path}: has no {file.Path}, which the package {package} has. Give the package, or the file with the others "
                + "beside it as they are there.");
        string hash = Convert.ToHexStringLower(SHA256.HashData(bytes));
        return hash == file.Sha256
            ? bytes
            : throw new ZooException($"{path}: {file.Name} has the SHA-256 {hash}, but {package} has {file.Sha256}. {Advice}");
    }

    /// <summary>The text of a small file; null where it is not there.</summary>
    public string? ReadText(string name) => Bytes(name, MostText, exactly: false) is { } bytes ? Encoding.UTF8.GetString(bytes).TrimStart('\uFEFF') : null;

    private byte[]? Bytes(string name, long most, bool exactly)
    {
        try
        {
            return Directory.Exists(path) ? InFolder(Path.Combine(path, name.Replace('/', Path.DirectorySeparatorChar)), most, exactly)
                : path.EndsWith(".onnx", StringComparison.OrdinalIgnoreCase) ? Beside(name) is { } found ? InFolder(found, most, exactly) : null
                : InArchive(name, most, exactly);
        }
        catch (Exception error) when (FileAccessError.Covers(error))
        {
            throw FileAccessError.Reading(path, error);
        }
    }

    // The network itself is the file that was given, whatever it is called; the others are beside it or where the package has them.
    private string? Beside(string name)
    {
        if (name == package.Network.Path)
        {
            return path;
        }

        string up = string.Concat(Enumerable.Repeat("../", package.Network.Path.Count(c => c == '/')));
        string here = Path.GetDirectoryName(Path.GetFullPath(path))!;
        return new[] { Path.Combine(here, name[(name.LastIndexOf('/') + 1)..]), Path.GetFullPath(Path.Combine(here, up + name)) }.FirstOrDefault(File.Exists);
    }

    private byte[]? InFolder(string file, long most, bool exactly)
    {
        if (!File.Exists(file))
        {
            return null;
        }

        RegularFile.Require(file);
        using FileStream stream = File.OpenRead(file);
        Require(file, stream.Length, most, exactly);
        byte[] bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    private byte[]? InArchive(string name, long most, bool exactly)
    {
        using var source = new FileSource(path);
        if (ZipDirectory.Read(source, path, Advice).FirstOrDefault(item => Uri.UnescapeDataString(item.Name).Equals(name, StringComparison.OrdinalIgnoreCase))
            is not { } member)
        {
            return null;
        }

        Require($"{path}: its {name}", member.Length, most, exactly);
        byte[] bytes = new byte[member.Length];
        try
        {
            using Stream stored = new SourceStream(source, member.Offset, member.StoredLength);
            using Stream whole = member.Deflated ? new DeflateStream(stored, CompressionMode.Decompress) : stored;
            whole.ReadExactly(bytes);
            return whole.ReadByte() < 0 ? bytes : throw new InvalidDataException("it has more bytes than the archive says");
        }
        catch (Exception error) when (error is InvalidDataException or EndOfStreamException)
        {
            throw new ZooException($"{path}: its {name} cannot be unpacked ({error.Message.TrimEnd('.')}). {Advice}", error);
        }
    }

    private void Require(string what, long length, long most, bool exactly)
    {
        if (exactly ? length != most : length > most)
        {
            throw new ZooException($"{what} has {length:N0} bytes, but {package} has {most:N0}{(exactly ? "" : " at most")} there. {Advice}");
        }
    }
}
