using System.Buffers.Binary;
using System.Text;
using ModelZoo.Weights;
using Xunit;

namespace ModelZoo.Tests.Weights;

/// <summary>
/// The golden headers and bytes are NumPy 1.24's: numpy.lib.format.write_array(f, array), printed as text up to the padding and as hexadecimal after byte 128.
/// </summary>
public sealed class NpyTests : IDisposable
{
    private const string Plain = "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }";

    private readonly TempFolder folder = new();

    public static TheoryData<string, string, long[], float[]> Golden { get; } = new()
    {
        {
            "{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3, 4), }", // np.asfortranarray(np.arange(24).reshape(2, 3, 4))
            "00000000000040410000804000008041000000410000a0410000803f000050410000a04000008841000010410000a841"
                + "00000040000060410000c04000009041000020410000b04100004040000070410000e04000009841000030410000b841",
            [2, 3, 4],
            [.. Enumerable.Range(0, 24).Select(i => (float)i)]
        },
        { "{'descr': '<f8', 'fortran_order': False, 'shape': (3,), }", "9a9999999999b93fea8ca039593e29c6000000000000f07f", [3],
            [0.1f, -1e30f, float.PositiveInfinity] },
        { "{'descr': '<f2', 'fortran_order': False, 'shape': (4,), }", "003c00b8ff7b0100", [4], [1, -0.5f, 65504, 5.9604645e-08f] },
        { "{'descr': '<i8', 'fortran_order': False, 'shape': (2, 2), }", "0100000000000000feffffffffffffff01000001000000000000000000000040", [2, 2],
            [1, -2, 16777216, 4.611686e18f] },
        { "{'descr': '|u1', 'fortran_order': False, 'shape': (2,), }", "00ff", [2], [0, 255] },
        { "{'descr': '<f4', 'fortran_order': False, 'shape': (), }", "0000e040", [], [7] },
        { "{'descr': '<f4', 'fortran_order': False, 'shape': (0, 3), }", "", [0, 3], [] },
    };

    public static TheoryData<byte[], string> Hostile { get; } = new()
    {
        { [], "not a .npy file" },
        { [0x93, .. "NUMPY"u8], "not a .npy file" },
        { [.. "PK\x03\x04 an npz archive"u8], "not a .npy file" },
        { File(3, Plain, new byte[8]), "version 3.0" },
        { [0x93, .. "NUMPY"u8, 1, 1, 0, 0], "version 1.1" },
        { [0x93, .. "NUMPY"u8, 1, 0, 0xFF, 0xFF], "65535 bytes" },
        { [0x93, .. "NUMPY"u8, 1, 0, 0x76, 0x00, (byte)'{'], "ends within its header" },
        { [0x93, .. "NUMPY"u8, 2, 0, 0xFF, 0xFF, 0xFF, 0xFF], "4294967295 bytes" },
        { [0x93, .. "NUMPY"u8, 2, 0, 0x00, 0x00, 0x00], "at most 10000" },
        { File(1, "{'descr': '|O', 'fortran_order': False, 'shape': (1,), }", [0x80, 0x03, (byte)'.']), "Python objects ('|O'), which only unpickling" },
        { File(1, "{'descr': 'O', 'fortran_order': False, 'shape': (1,), }", [0x80]), "Python objects" },
        { File(1, "{'descr': '>f4', 'fortran_order': False, 'shape': (2,), }", new byte[8]), "big-endian" },
        { File(1, "{'descr': '<c8', 'fortran_order': False, 'shape': (1,), }", new byte[8]), "'<c8'; <f4, <f8, <f2, <i8, |u1 are read" },
        { File(1, "{'descr': [('x', '<f4')], 'fortran_order': False, 'shape': (2,), }", new byte[8]), "several fields" },
        { File(1, Plain, new byte[7]), "does not fill the 7 bytes" },
        { File(1, Plain, new byte[9]), "does not fill the 9 bytes" },
        { File(1, Plain.Replace("(2,)", "(9223372036854775807, 9223372036854775807)", StringComparison.Ordinal), new byte[8]), "does not fill" },
        { File(1, Plain.Replace("(2,)", "(4611686018427387904,)", StringComparison.Ordinal), new byte[8]), "does not fill" },
        { File(1, Plain.Replace("(2,)", "(9223372036854775808,)", StringComparison.Ordinal), new byte[8]), "'shape' is not a tuple" },
        { File(1, Plain.Replace("(2,)", "(-2,)", StringComparison.Ordinal), new byte[8]), "'shape' is not a tuple" },
        { File(1, Plain.Replace("(2,)", "(1 2)", StringComparison.Ordinal), new byte[8]), "'shape' is not a tuple" },
        { File(1, Plain.Replace("(2,)", "(2)", StringComparison.Ordinal), new byte[8]), "a number, not a tuple" },
        { File(1, Plain.Replace("(2,)", $"({new string('1', 65).Replace("1", "1,", StringComparison.Ordinal)})", StringComparison.Ordinal), new byte[4]),
            "at most 64" },
        { File(1, Plain.Replace("False", "Maybe", StringComparison.Ordinal), new byte[8]), "neither True nor False" },
        { File(1, Plain.Replace("'shape'", "'form'", StringComparison.Ordinal), new byte[8]), "unknown key 'form'" },
        { File(1, "{'descr': '<f4', 'shape': (2,)}", new byte[8]), "lacks" },
        { File(1, "{'descr': '<f4', 'descr': '<f4'}", new byte[8]), "twice" },
        { File(1, Plain + "import os", new byte[8]), "something follows" },
        { File(1, "{'descr': '<f4", new byte[8]), "does not end" },
        { File(1, "{'descr' '<f4'}", new byte[8]), "':' is missing" },
        { File(1, "__import__('os')", new byte[8]), "'{' is missing" },
        { File(1, "", new byte[8]), "'{' is missing" },
        { File(1, "{'descr': '<f8', 'fortran_order': False, 'shape': (1,), }", BitConverter.GetBytes(1e300)), "value 0 is 1E+300, beyond float32" },
    };

    public void Dispose() => folder.Dispose();

    [Theory]
    [MemberData(nameof(Golden))]
    public void What_numpy_wrote_is_read(string header, string hex, long[] shape, float[] values)
    {
        foreach (byte version in new byte[] { 1, 2 })
        {
            NpyArray array = Npy.Read(folder.Write("golden.npy", File(version, header, Convert.FromHexString(hex))));
            Assert.Equal(shape, array.Shape);
            Assert.Equal(values, array.Data);
        }
    }

    // np.array([[1.5, -2, 3e38], [np.nan, -0.0, 1e-40]], '<f4')
    [Fact]
    public void What_is_written_equals_numpys_file_to_the_byte()
    {
        byte[] golden = File(1, "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }",
            Convert.FromHexString("0000c03f000000c0e6b1617f0000c07f00000080c2160100"));
        float quietNan = BitConverter.UInt32BitsToSingle(0x7FC00000); // NumPy's; .NET's float.NaN has the sign bit set
        Npy.Write(folder.File("a.npy"), [2, 3], new[] { 1.5f, -2, 3e38f, quietNan, -0f, 1e-40f });
        Assert.Equal(golden, System.IO.File.ReadAllBytes(folder.File("a.npy")));
    }

    [Fact]
    public void Random_arrays_of_every_rank_come_back_unchanged()
    {
        var random = new SeededRandom(11);
        for (int rank = 0; rank <= 8; rank++)
        {
            long[] shape = [.. Enumerable.Range(0, rank).Select(_ => (long)(1 + random.Next(4)))];
            int[] bits = [.. Enumerable.Range(0, (int)shape.Aggregate(1L, (a, b) => a * b)).Select(_ => (int)random.NextUInt64())];
            Npy.Write(folder.File("r.npy"), shape, bits.Select(BitConverter.Int32BitsToSingle).ToArray());
            NpyArray array = Npy.Read(folder.File("r.npy"));
            Assert.Equal(shape, array.Shape);
            Assert.Equal(bits, array.Data.Select(BitConverter.SingleToInt32Bits));
        }
    }

    [Fact]
    public void Many_values_are_converted_piece_by_piece()
    {
        const int Count = 40_000; // several pieces of 64 KiB
        byte[] bytes = new byte[Count * 8];
        for (int i = 0; i < Count; i++)
        {
            BinaryPrimitives.WriteDoubleLittleEndian(bytes.AsSpan(i * 8), i / 3.0);
        }

        NpyArray array = Npy.Read(new MemoryStream(File(1, $"{{'descr': '<f8', 'fortran_order': False, 'shape': (2, {Count / 2}), }}", bytes)), "resource");
        Assert.Equal(Enumerable.Range(0, Count).Select(i => (float)(i / 3.0)), array.Data);
    }

    [Theory]
    [MemberData(nameof(Hostile))]
    public void Hostile_files_are_refused_by_name(byte[] content, string expected)
    {
        string path = folder.Write("x.npy", content);
        var error = Assert.Throws<ZooException>(() => Npy.Read(path));
        Assert.StartsWith(path, error.Message, StringComparison.Ordinal);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_file_is_named_and_a_wrong_count_is_refused()
    {
        Assert.Contains("no such file", Assert.Throws<ZooException>(() => Npy.Read(folder.File("none.npy"))).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => Npy.Write(folder.File("a.npy"), [2, 2], new float[3]));
        Assert.False(System.IO.File.Exists(folder.File("a.npy")));
    }

    private static byte[] File(byte version, string header, byte[] data)
    {
        int lengthBytes = version == 1 ? 2 : 4;
        string padded = header.PadRight(128 - 8 - lengthBytes - 1) + '\n';
        byte[] length = BitConverter.GetBytes(padded.Length)[..lengthBytes];
        return [0x93, .. "NUMPY"u8, version, 0, .. length, .. Encoding.Latin1.GetBytes(padded), .. data];
    }
}
