using System.Text;
using ModelZoo.Weights;
using Xunit;

namespace ModelZoo.Tests.Weights;

/// <summary>
/// The files that the format's reference implementation asserts in its own tests (github.com/huggingface/safetensors: safetensors/src/tensor.rs and
/// bindings/python/tests/test_simple.py), written out as text: each character is a byte.
/// </summary>
public sealed class ReferenceSafetensorsTests : IDisposable
{
    private const string Zeros = "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
    private const string Test = "{\"test\":{\"dtype\":\"I32\",\"shape\":[2,2],\"data_offsets\":[0,16]}}";
    private const string Test1 = "\"test1\":{\"dtype\":\"I32\",\"shape\":[2,2],\"data_offsets\":[0,16]}";

    private static readonly Dictionary<string, string> Framework = new() { ["framework"] = "pt" };

    private readonly TempFolder folder = new();

    /// <summary>A file and what it must be written from: metadata or not, and tensors of zeros.</summary>
    public static TheoryData<string, bool, (string Name, DType Type, long[] Shape)[]> Written { get; } = new()
    {
        { "\b\0\0\0\0\0\0\0{}      ", false, [] },
        { "(\0\0\0\0\0\0\0{\"__metadata__\":{\"framework\":\"pt\"}}     ", true, [] },
        { $"@\0\0\0\0\0\0\0{Test}    {Zeros}", false, [("test", DType.I32, [2, 2])] },
        { $"`\0\0\0\0\0\0\0{{\"__metadata__\":{{\"framework\":\"pt\"}},{Test1}}} {Zeros}", true, [("test1", DType.I32, [2, 2])] },
        {
            $"\u0080\0\0\0\0\0\0\0{{{Test1},\"test2\":{{\"dtype\":\"F16\",\"shape\":[2,2],\"data_offsets\":[16,24]}}}}      {Zeros}{Zeros[..8]}",
            false,
            [("test1", DType.I32, [2, 2]), ("test2", DType.F16, [2, 2])]
        },
    };

    public static TheoryData<string, int> Read { get; } = new()
    {
        { $"<\0\0\0\0\0\0\0{Test}{Zeros}", 1 },
        { $"f\0\0\0\0\0\0\0{{\"__metadata__\":{{\"framework\":\"pt\"}},{Test1}}}       {Zeros}", 1 },
        { "\u0006\0\0\0\0\0\0\0{}\r \t\n", 0 },
        { "\u0006\0\0\0\0\0\0\0\t\n{}\r ", 0 },
        { "<\0\0\0\0\0\0\0{\"test\":{\"dtype\":\"I32\",\"shape\":[2,0],\"data_offsets\":[0, 0]}}", 1 },
    };

    public static TheoryData<string> Refused { get; } = new(
        $"<\0\0\0\0\0\0\0{Test}{Zeros}extra_bogus_data_for_polyglot_file",
        $"<\0\0\0\0\0\0\0{Test}{Zeros[..14]}",
        $"<\0\0\0\0\u00FF\u00FF\u00FF{Test}{Zeros}",
        "",
        "<\0\0\0\0\0\0\0",
        "\u0001\0\0\0\0\0\0\0\u00FF",
        "\u0001\0\0\0\0\0\0\0{",
        "<\0\0\0\0\0\0\0{\"test\":{\"dtype\":\"I32\",\"shape\":[2,2],\"data_offsets\":[0, 4]}}",
        $"O\0\0\0\0\0\0\0{{\"test\":{{\"dtype\":\"I32\",\"shape\":[2,18446744073709551614],\"data_offsets\":[0,16]}}}}{Zeros}",
        $"N\0\0\0\0\0\0\0{{\"test\":{{\"dtype\":\"I32\",\"shape\":[2,9223372036854775807],\"data_offsets\":[0,16]}}}}{Zeros}");

    public void Dispose() => folder.Dispose();

    [Theory]
    [MemberData(nameof(Written))]
    public void The_writer_gives_the_same_bytes_and_the_reader_takes_them(string text, bool metadata, (string Name, DType Type, long[] Shape)[] tensors)
    {
        string path = folder.File("a.safetensors");
        SafetensorsWriter.Write(
            path,
            tensors.Select(t => new WeightsTensor(t.Name, t.Type, t.Shape, new byte[t.Type.ByteLength(t.Shape)!.Value])),
            metadata ? Framework : null);
        Assert.Equal(text, Encoding.Latin1.GetString(File.ReadAllBytes(path)));

        using var file = SafetensorsFile.Open(path);
        Assert.Equal(metadata ? Framework : [], file.Metadata);
        Assert.Equal(tensors.Select(t => t.Name), file.Entries.Select(entry => entry.Name));
    }

    [Theory]
    [MemberData(nameof(Read))]
    public void What_the_reference_reads_is_read(string text, int tensors)
    {
        using var file = SafetensorsFile.Open(folder.Write("a.safetensors", Encoding.Latin1.GetBytes(text)));
        Assert.Equal(tensors, file.Entries.Count);
    }

    [Theory]
    [MemberData(nameof(Refused))]
    public void What_the_reference_refuses_is_refused(string text) =>
        Assert.Throws<ZooException>(() => SafetensorsFile.Open(folder.Write("a.safetensors", Encoding.Latin1.GetBytes(text))));
}
