using System.Text;
using ModelZoo.Weights;
using Xunit;

namespace ModelZoo.Tests.Weights;

/// <summary>Runs alone, because it measures the processor time of the process.</summary>
[Collection("alone")]
public sealed class HostileSafetensorsTests : IDisposable
{
    private const string X = "\"x\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]}";

    private static readonly (string Header, string Expected)[] LargeHeaders =
    [
        ($"{{\"__metadata__\":{{\"a\":\"{new string('m', 20_000_000)}\"}}}}", "16777216 bytes, which is not supported"),
        ($"{{\"{new string('n', 20_000_000)}\":1}}", "16777216 bytes, which is not supported"),
        ($"{{\"x\":{{\"dtype\":\"{new string('n', 20_000_000)}\":1}}", "16777216 bytes, which is not supported"),
        ($"{{\"x\":{{\"shape\":[{string.Concat(Enumerable.Repeat("0,", 10_000_000))}0]}}}}", "more than 64 numbers"),
        ($"{{{new string(' ', 20_000_000)}", "not valid JSON"),
        ($"{{\"x\":{new string('[', 20_000_000)}", "not an object"),
        ($"{{{string.Join(',', Enumerable.Range(0, 70_000).Select(i => $"\"{i}\":{{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}}"))}}}",
            "more than 65536 tensors"),
    ];

    private readonly TempFolder folder = new();

    /// <summary>Header, bytes of data behind it, what the message must say.</summary>
    public static TheoryData<string, int, string> Headers { get; } = new()
    {
        { "", 0, "does not begin with '{'" },
        { "   ", 0, "does not begin with '{'" },
        { "[]", 0, "does not begin with '{'" },
        { "{", 0, "not valid JSON" },
        { "{}}", 0, "not valid JSON" },
        { "{} x", 0, "not valid JSON" },
        { "{\"x\":", 0, "not valid JSON" },
        { $"{{{X},}}", 4, "not valid JSON" },
        { $"{{{X} /* comment */}}", 4, "not valid JSON" },
        { "{\"x\":{\"dtype\":\"\\ud800\"}}", 4, "not valid JSON" },
        { "{\"\\udc00\":1}", 4, "not valid JSON" },
        { $"{{\"x\":{string.Concat(Enumerable.Repeat("[", 100_000))}", 0, "tensor 'x' is not an object" },
        { "{\"x\":{\"shape\":[[[[[[1]]]]]]}}", 0, "tensor 'x' has a field 'shape' that holds something other than whole numbers" },
        { $"{{{X},{X}}}", 4, "the key 'x' appears twice" },
        { $"{{{X},{X.Replace("\"x\"", "\"\\u0078\"", StringComparison.Ordinal)}}}", 4, "the key 'x' appears twice" },
        { "{\"__metadata__\":{},\"__metadata__\":{}}", 0, "the key '__metadata__' appears twice" },
        { "{\"__metadata__\":{\"a\":\"1\",\"a\":\"2\"}}", 0, "the key 'a' of __metadata__ appears twice" },
        { "{\"__metadata__\":{\"a\":1}}", 0, "__metadata__ 'a' is not a text" },
        { "{\"__metadata__\":{\"a\":{}}}", 0, "__metadata__ 'a' is not a text" },
        { "{\"__metadata__\":[]}", 0, "__metadata__ is not an object" },
        { "{\"x\":null}", 0, "tensor 'x' is not an object" },
        { "{\"x\":{}}", 0, "lacks its 'dtype'" },
        { "{\"x\":{\"dtype\":\"U8\",\"data_offsets\":[0,4]}}", 4, "lacks its 'shape'" },
        { "{\"x\":{\"dtype\":\"U8\",\"shape\":[4]}}", 4, "lacks its 'data_offsets'" },
        { X.Replace("}", ",\"shape\":[4]}", StringComparison.Ordinal), 4, "two fields 'shape'" },
        { X.Replace("}", ",\"strides\":[1]}", StringComparison.Ordinal), 4, "unknown field 'strides'" },
        { X.Replace("\"U8\"", "8", StringComparison.Ordinal), 4, "tensor 'x' has a dtype that is not a text" },
        { X.Replace("U8", "F8_E4M3", StringComparison.Ordinal), 4, "unknown dtype 'F8_E4M3'; known are F64, F32, F16, BF16, I64, I32, I16, I8, U8, BOOL" },
        { X.Replace("U8", "u8", StringComparison.Ordinal), 4, "unknown dtype 'u8'" },
        { X.Replace("[4]", "[-4]", StringComparison.Ordinal), 4, "'shape' that holds something other" },
        { X.Replace("[4]", "[4.0]", StringComparison.Ordinal), 4, "'shape' that holds something other" },
        { X.Replace("[4]", "[\"4\"]", StringComparison.Ordinal), 4, "'shape' that holds something other" },
        { X.Replace("[4]", "[9223372036854775808]", StringComparison.Ordinal), 4, "'shape' that holds something other" },
        { X.Replace("[4]", "[4294967296,4294967296]", StringComparison.Ordinal), 4, "more bytes than a file can have" },
        { X.Replace("[4]", "[9223372036854775807,2]", StringComparison.Ordinal), 4, "more bytes than a file can have" },
        { X.Replace("[4]", "[9223372036854775807]", StringComparison.Ordinal).Replace("U8", "F64", StringComparison.Ordinal), 4,
            "more bytes than a file can have" },
        { X.Replace("[4]", $"[{string.Join(',', Enumerable.Repeat(1, 65))}]", StringComparison.Ordinal), 4, "'shape' of more than 64 numbers" },
        { X.Replace("[4]", "[5]", StringComparison.Ordinal), 4, "needs 5 bytes, its data_offsets span 4" },
        { X.Replace("U8", "F32", StringComparison.Ordinal), 4, "F32 [4] needs 16 bytes" },
        { X.Replace("[4]", "[]", StringComparison.Ordinal), 4, "needs 1 bytes" },
        { X.Replace("[0,4]", "[0]", StringComparison.Ordinal), 4, "data_offsets [0]" },
        { X.Replace("[0,4]", "[0,4,8]", StringComparison.Ordinal), 4, "'data_offsets' of more than 2 numbers" },
        { X.Replace("[0,4]", "[4,0]", StringComparison.Ordinal), 4, "begin ≤ end" },
        { X.Replace("[0,4]", "[-4,0]", StringComparison.Ordinal), 4, "'data_offsets' that holds something other" },
        { X.Replace("[0,4]", "[4,8]", StringComparison.Ordinal), 4, "end at byte 8 of the data, but the file has 4" },
        { X.Replace("[0,4]", "[9223372036854775803,9223372036854775807]", StringComparison.Ordinal), 4, "end at byte 9223372036854775807" },
        { X, 3, "the file has 3; it may have been cut off" },
        { X, 5, "1 bytes follow the last tensor" },
        { "{}", 1, "1 bytes follow" },
        { X.Replace("[0,4]", "[1,5]", StringComparison.Ordinal), 5, "belong to no tensor" },
        { $"{{{X},\"y\":{{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[2,6]}}}}", 6, "'y': begins at byte 2 of the data, but overlaps 'x'" },
        { $"{{{X},\"y\":{{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]}}}}", 4, "overlaps" },
        { $"{{{X},\"y\":{{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[5,6]}}}}", 6, "'y': begins at byte 5" },
        { "{\"a\\u001b[31m\\n\":1}", 0, "tensor 'a?[31m?'" },
        { $"{{\"{new string('n', 100_000)}\":1}}", 0, "nnn…'" },
    };

    public void Dispose() => folder.Dispose();

    [Theory]
    [MemberData(nameof(Headers))]
    public void A_wrong_header_is_refused_by_file_and_key(string header, int dataLength, string expected)
    {
        string json = header.StartsWith('"') ? $"{{{header}}}" : header;
        AssertRefused([.. BitConverter.GetBytes((long)Encoding.UTF8.GetByteCount(json)), .. Encoding.UTF8.GetBytes(json), .. new byte[dataLength]], expected);
    }

    [Fact]
    public void Wrong_lengths_are_refused()
    {
        AssertRefused([], "has 0 bytes");
        AssertRefused(new byte[7], "has 7 bytes");
        AssertRefused(new byte[8], "does not begin with '{'");
        AssertRefused([3, 0, 0, 0, 0, 0, 0, 0, (byte)'{', (byte)'}'], "has 3 bytes, but only 2 follow");
        AssertRefused([.. BitConverter.GetBytes(100_000_001L), .. new byte[100]], "has 100000001 bytes; at most 100000000");
        AssertRefused([.. BitConverter.GetBytes(100L << 30), .. new byte[100]], "has 107374182400 bytes");
        AssertRefused([.. BitConverter.GetBytes(ulong.MaxValue), .. new byte[100]], "has 18446744073709551615 bytes");
    }

    [Fact]
    public void Bytes_that_are_not_UTF8_are_refused() =>
        AssertRefused([6, 0, 0, 0, 0, 0, 0, 0, .. "{\"\xFF\""u8[..2], 0xC3, 0x28, .. "\":"u8], "not valid UTF-8");

    [Fact]
    public void Large_headers_are_refused_in_under_a_second_and_100_MB()
    {
        foreach ((string header, string expected) in LargeHeaders)
        {
            byte[] bytes = new byte[8 + header.Length];
            BitConverter.TryWriteBytes(bytes, (long)header.Length);
            Encoding.ASCII.GetBytes(header, bytes.AsSpan(8));
            TimeSpan best = TimeSpan.MaxValue; // of three, of processor time: what else the machine does is not measured
            for (int round = 0; round < 3; round++)
            {
                long allocated = GC.GetAllocatedBytesForCurrentThread();
                TimeSpan start = Environment.CpuUsage.TotalTime;
                var error = Assert.Throws<ZooException>(() => SafetensorsFile.Parse(bytes, "hostile"));
                TimeSpan took = Environment.CpuUsage.TotalTime - start;
                best = took < best ? took : best;
                Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - allocated, 0, 100_000_000);
                Assert.Contains(expected, error.Message, StringComparison.Ordinal);
                Assert.InRange(error.Message.Length, 1, 1000);
            }

            Assert.True(best < TimeSpan.FromSeconds(1), $"{expected}: {best}");
        }
    }

    [Fact]
    public void A_file_changed_at_random_is_read_or_refused_but_nothing_else()
    {
        string path = folder.File("seed.safetensors");
        SafetensorsWriter.Write(path, [new("a", DType.F32, [2, 3], new byte[24]), new("b", DType.Bool, [], new byte[1])], new Dictionary<string,
            string>
        { ["k"] = "v" });
        byte[] good = File.ReadAllBytes(path);
        var random = new SeededRandom(99);
        int refused = 0;
        for (int round = 0; round < 3000; round++)
        {
            byte[] bad = good[..(good.Length - random.Next(2) * random.Next(good.Length))];
            for (int change = random.Next(4); change > 0 && bad.Length > 0; change--)
            {
                bad[random.Next(bad.Length)] = (byte)random.Next(256);
            }

            try
            {
                using var file = SafetensorsFile.Parse(bad, "changed");
                Assert.All(file.Entries, entry => Assert.Equal(entry.ByteLength, file.Use(entry.Name, bytes => bytes.Length)));
            }
            catch (ZooException)
            {
                refused++;
            }
        }

        Assert.InRange(refused, 1000, 2999);
    }

    [Fact]
    public void Paths_that_are_no_files_are_named()
    {
        Assert.Contains("no such file", Assert.Throws<ZooException>(() => SafetensorsFile.Open(folder.File("none"))).Message, StringComparison.Ordinal);
        Assert.Contains("is a folder", Assert.Throws<ZooException>(() => SafetensorsFile.Open(folder.Path)).Message, StringComparison.Ordinal);
        Assert.Contains("folder does not exist", Assert.Throws<ZooException>(() => SafetensorsFile.Open(folder.File("a/b"))).Message, StringComparison.Ordinal);
    }

    private void AssertRefused(byte[] content, string expected)
    {
        string path = folder.Write("hostile.safetensors", content);
        foreach ((string name, Func<SafetensorsFile> open) in new (string, Func<SafetensorsFile>)[]
        {
            (path, () => SafetensorsFile.Open(path)),
            ("resource", () => SafetensorsFile.Parse(content, "resource")),
        })
        {
            var error = Assert.Throws<ZooException>(open);
            Assert.StartsWith(name, error.Message, StringComparison.Ordinal);
            Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        }

        File.Delete(path);
    }
}

[CollectionDefinition("alone", DisableParallelization = true)]
public sealed class Alone;
