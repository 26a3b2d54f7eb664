using System.IO.Compression;
using System.Text;
using ModelZoo.Weights;
using Xunit;
using Xunit.Abstractions;

namespace ModelZoo.Tests.Weights;

/// <summary>
/// Files made to do harm: each is refused by name and cause in under a second of processor time and with under 100 MB of memory. Runs alone, because it
/// measures the process.
/// </summary>
[Collection("alone")]
public sealed class HostileWeightsTests(ITestOutputHelper output) : IDisposable
{
    private static readonly byte[] Floats = new byte[16];
    private static readonly byte[] Good = PickleText.Zip(PickleText.OneTensor(0, [4], [1]), ("0", Floats));

    // Name of the file, what makes it, what the message must say.
    private static readonly Dictionary<string, (Func<byte[]> Make, string Expected)> Files = new()
    {
        ["reduce.pth"] = (() => Zip(p => p.Global("posix", "system").Text("touch /tmp/owned").Op([0x85]).Op("R")), "'posix.system', which no state dict needs"),
        ["reduce-nested.pth"] = (() => Zip(p => p.Op("}").Text("x").Global("builtins", "eval").Text("1").Op([0x85]).Op("Rs")), "'builtins.eval'"),
        ["reduce-getattr.pth"] = (() => Zip(p => p.Global("builtins", "getattr").Global("torch", "Size").Text("mro").Op([0x86]).Op("R")),
            "holds an object of the class torch.Size.mro"),
        ["reduce-known.pth"] = (() => Zip(p => p.Global("collections", "OrderedDict").Text("abc").Op([0x85]).Op("R")),
            "calls collections.OrderedDict with arguments that it does not take"),
        ["reduce-text.pth"] = (() => Zip(p => p.Text("os.system").Op(")R")), "calls something that is not a function"),
        ["stack-global.pth"] = (() => Zip(p => p.Text("os").Text("system").Op([0x93])), "'os.system'"),
        ["stack-global-memo.pth"] = (() =>
            Zip(p => p.Text("subprocess").Op("q\u0001").Op("0").Text("Popen").Op("q\u00020h\u0001h\u0002").Op([0x93])), "'subprocess.Popen'"),
        ["stack-global-number.pth"] = (() => Zip(p => p.Number(1).Number(2).Op([0x93])), "names a global by something other than two texts"),
        ["inst.pth"] = (() => Zip(p => p.Op("(").Text("rm -rf /").Op("ios\nsystem\n")), "'os.system'"),
        ["obj.pth"] = (() => Zip(p => p.Op("(").Global("collections", "OrderedDict").Op("o")), "holds no state dict"),
        ["newobj.pth"] = (() => Zip(p => p.Global("collections", "OrderedDict").Op(")").Op([0x81])), "holds no state dict"),
        ["newobj-ex.pth"] = (() => Zip(p => p.Global("collections", "OrderedDict").Op(")}").Op([0x92])), "holds no state dict"),
        ["build.pth"] = (() => Zip(p => p.Global("torch", "Size").Op("}").Text("__class__").Text("x").Op("sb")), "sets the attributes of something other"),
        ["build-setstate.pth"] = (() => Zip(p => p.Op("}").Text("__setstate__").Global("os", "system").Op("s")), "'os.system'"),
        ["namespace.pth"] = (() => Zip(p => p.Op("}").Text("args").Global("argparse", "Namespace").Op(")").Op([0x81]).Op("s")), "holds no state dict"),
        ["object-root.pth"] = (() => Zip(p => p.Global("mypackage", "Network").Op(")").Op([0x81])), "an object of the class mypackage.Network, not a state"),
        ["object-of-text.pth"] = (() => Zip(p => p.Text("os.system").Op(")").Op([0x81])), "makes an object of something other than a class"),
        ["object-harmful.pth"] = (() => Zip(p => p.Global("subprocess", "Popen").Op(")").Op([0x81])), "'subprocess.Popen'"),
        ["object-many-names.pth"] = (() => Zip(p => p.Numbered(0, "N").Repeat(600_000, "ca\nb\n0").Op("N")), "more than 32000000 bytes of memory"),
        ["object-long-name.pth"] = (() => Zip(p => p.Op("c").Op(new string('a', 5000)).Op("\nb\n")), "has a name without end"),
        ["module-of-itself.pth"] = (() => Zip(p => Module(p, "h\0").Op("b")), "contain themselves"),
        ["module-laughs.pth"] = (() => Zip(Laughs), "more than any network has"),
        ["extension.pth"] = (() => Zip(p => p.Op([0x82, 1])), "extension registry"),
        ["extension4.pth"] = (() => Zip(p => p.Op([0x84, 1, 0, 0, 0])), "extension registry"),
        ["persistent-text.pth"] = (() => Zip(p => p.Op("Pos.system\n")), "protocol 0 or 1"),
        ["persistent-other.pth"] = (() => Zip(p => p.Op("(").Text("module").Text("evil.py").Op("tQ")), "refers to a storage in an unknown way"),
        ["buffers.pth"] = (() => Zip(p => p.Op([0x97])), "buffers outside the file"),
        ["legacy-reduce.pth"] = (() => PickleText.Legacy(PickleText.Of(p => p.Global("posix", "system").Text("id").Op([0x85]).Op("R"))), "'posix.system'"),
        ["legacy-magic.pth"] = (() => PickleText.Of(p => p.Global("nt", "system").Text("calc").Op([0x85]).Op("R")), "'nt.system'"),
        ["torchscript.pth"] = (() => ZipBytes.Of(("a/data.pkl", PickleText.Of(p => p.Op("c__torch__\nNet\n"))), ("a/constants.pkl", []),
            ("a/code/__torch__.py", [])), "TorchScript program"),

        ["laughs-tuples.pth"] = (() => Zip(p => p.Op(")").Repeat(1_000_000, "2\u0086")), "more than 32000000 bytes of memory"),
        ["laughs-lists.pth"] = (() => Zip(p => p.Op("]q\0").Repeat(1_000_000, "](h\0h\0eq\0")), "more than 32000000 bytes of memory"),
        ["laughs-text.pth"] = (() => Zip(p => p.Text(new string('a', 1000)).Op("q\u00000](").Repeat(200_000, "h\0").Op("e")), "holds a list"),
        ["laughs-ordered.pth"] = (() => Zip(p => p.Global("collections", "OrderedDict").Op("q\0](").Repeat(10_000, "NN\u0086").Op("eq\u0001")
            .Repeat(100_000, "h\0h\u0001\u0085R0").Op("h\u0001")), "more than 32000000 bytes of memory"),
        ["laughs-search.pth"] = (() => Zip(p => p.Op("}q\0(").Repeat(60_000, "NN").Op("u0}q\u0001(").Numbered(60_000, "h\0").Op("u")), "holds no state dict"),
        ["laughs-encode.pth"] = (() => Zip(p => p.Global("_codecs", "encode").Op("q\0").Text(new string('a', 1_000_000)).Op("q\u0001").Text("latin1")
            .Op("q\u0002").Repeat(100_000, "h\0h\u0001h\u0002\u0086R0").Op("N")), "more than 32000000 bytes of memory"),
        ["deep-lists.pth"] = (() => Zip(p => p.Repeat(1_000_000, "]").Repeat(999_999, "a")), "nested more than"),
        ["deep-marks.pth"] = (() => Zip(p => p.Repeat(1_000_000, "(").Repeat(1_000_000, "t")), "nested more than"),
        ["deep-tuples.pth"] = (() => Zip(p => p.Op(")").Repeat(1_000_000, "\u0085")), "more than 32000000 bytes of memory"),
        ["deep-memo.pth"] = (() => Zip(p => p.Op("N").Memos(1_000_000)), "more than 32000000 bytes of memory"),
        ["long-opcodes.pth"] = (() => Zip(p => p.Repeat(16_000_000, "N0").Op("N")), "holds something, not a state dict"),
        ["long-pickle.pth"] = (() => Zip(p => p.Repeat(20_000_000, "N0").Op("N")), "which is not supported"),
        ["long-text.pth"] = (() => Zip(p => p.Op([0x8D, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F])), "ends in the middle"),
        ["long-bytes.pth"] = (() => Zip(p => p.Op([0x8E, 0, 0, 0, 0, 0, 1, 0, 0])), "ends in the middle"),
        ["long-integer.pth"] = (() => Zip(p => p.Op([0x8B, 0xFF, 0xFF, 0xFF, 0x7F])), "ends in the middle"),
        ["large-integer.pth"] = (() => Zip(p => p.Op([0x8B, 0, 0, 0x10, 0]).Op(new byte[1 << 20])), "whole number of 1048576 bytes"),
        ["no-mark.pth"] = (() => Zip(p => p.Op("Nt")), "mark that is not there"),
        ["no-value.pth"] = (() => Zip(p => p.Op("0")), "value that is not there"),
        ["no-memo.pth"] = (() => Zip(p => p.Op("h\u0007")), "recalls the value 7"),
        ["protocol.pth"] = (() => Zip(p => p.Op([0x80, 9])), "protocol 9"),
        ["left-over.pth"] = (() => Zip(p => p.Op("NN")), "values left over"),

        ["bomb-pickle.pth"] = (() => ZipBytes.Of(CompressionLevel.Optimal, ("a/data.pkl", new byte[30_000_000])), "would grow to 30000000 bytes"),
        ["bomb-storage.pth"] = (() => ZipBytes.Of(CompressionLevel.Optimal, ("a/data.pkl", PickleText.OneTensor(0, [25_000_000], [1], 25_000_000)),
            ("a/data/0", new byte[100_000_000])), "would grow to"),
        ["bomb-lie.pth"] = (() => ZipBytes.Changed(ZipBytes.Of(CompressionLevel.Optimal, ("a/data.pkl", new byte[1_000_000])), 0, 24, [100, 0, 0, 0]),
            "more bytes than the archive says"),
        ["bomb-short.pth"] = (() => ZipBytes.Changed(ZipBytes.Of(CompressionLevel.Optimal, ("a/data.pkl", PickleText.OneTensor(0, [4], [1]))), 0, 24,
            [255, 1, 0, 0]), "cannot be decompressed"),
        ["path.pth"] = (() => ZipBytes.Of(("../../etc/data.pkl", PickleText.OneTensor(0, [4], [1]))), "leads out of the archive"),
        ["path-absolute.pth"] = (() => ZipBytes.Of(("a/data.pkl", PickleText.OneTensor(0, [4], [1])), ("/etc/cron.d/x", Floats)), "leads out of the archive"),
        ["path-windows.pth"] = (() => ZipBytes.Of(("a/data.pkl", PickleText.OneTensor(0, [4], [1])), ("a\\..\\..\\x", Floats)), "leads out of the archive"),
        ["path-storage.pth"] = (() =>
            Zip(p => p.Op("}").Text("x").Tensor("../../../etc/passwd", 4, 0, [4], [1]).Op("s")), "storage '../../../etc/passwd' is missing"),
        ["twice.pth"] = (() =>
            ZipBytes.Of(("a/data.pkl", PickleText.OneTensor(0, [4], [1])), ("a/data/0", Floats), ("a/data/0", new byte[16])), "'a/data/0' appears twice"),
        ["two-pickles.pth"] = (() => ZipBytes.Of(("a/data.pkl", []), ("b/data.pkl", [])), "more than one data.pkl"),
        ["no-pickle.pth"] = (() => ZipBytes.Of(("a/x", [])), "it has no data.pkl"),
        ["overlap.pth"] = (() => ZipBytes.Changed(Good, 1, 42, new byte[4]), "overlaps"),
        ["sizes-differ.pth"] = (() => ZipBytes.Changed(Good, 1, 24, [0, 1, 0, 0]), "impossible sizes"),
        ["sizes-outside.pth"] = (() => ZipBytes.Changed(ZipBytes.Changed(Good, 1, 24, [0, 0, 0, 0x7F]), 1, 20, [0, 0, 0, 0x7F]), "lies outside the archive"),
        ["header-outside.pth"] = (() => ZipBytes.Changed(Good, 1, 42, [0xFE, 0xFF, 0xFF, 0xFF]), "lies outside the archive"),
        ["zip64-missing.pth"] = (() => ZipBytes.Changed(Good, 1, 24, [0xFF, 0xFF, 0xFF, 0xFF]), "lacks its zip64 sizes"),
        ["zip64-lie.pth"] = (() => Zip64(Good, long.MaxValue), "lies outside the file"),
        ["zip64-negative.pth"] = (() => Zip64(Good, -1), "18446744073709551615 bytes"),
        ["encrypted.pth"] = (() => ZipBytes.Changed(Good, 0, 8, [1, 0]), "is encrypted"),
        ["method.pth"] = (() => ZipBytes.Changed(Good, 0, 10, [12, 0]), "compressed by method 12"),
        ["members.pth"] = (() => ZipBytes.EndChanged(Good, 10, [0xFE, 0xFF]), "breaks off after 3 of 65534"),
        ["directory.pth"] = (() => ZipBytes.EndChanged(Good, 12, [0, 0, 0, 0x7F]), "which is not supported"),
        ["directory-outside.pth"] = (() => ZipBytes.EndChanged(Good, 16, [0, 0, 0, 0x7F]), "lies outside the file"),
        ["end.pth"] = (() => Good[..^5], "its end is missing"),
        ["begin-only.pth"] = (() => Good[..40], "its end is missing"),
        ["big-endian.pth"] = (() =>
            ZipBytes.Of(("a/data.pkl", PickleText.OneTensor(0, [4], [1])), ("a/byteorder", "big"u8.ToArray()), ("a/data/0", Floats)), "big-endian"),
        ["many-members.pth"] = (() => ZipBytes.Of([.. Enumerable.Range(0, 60_000).Select(i => ($"a/{i}", Array.Empty<byte>()))]), "it has no data.pkl"),

        ["size-overflow.pth"] = (() => One(0, [1L << 32, 1L << 32], [1L << 32, 1]), "more bytes than a file can have"),
        ["size-overflow-zero.pth"] = (() => One(0, [0, 1L << 62], [1, 1]), "more bytes than a file can have"),
        ["size-large.pth"] = (() => One(0, [1L << 40], [1]), "needs element 1099511627775 of its storage '0', which has 4"),
        ["shape-negative.pth"] = (() => One(0, [-4], [1]), "do not go together"),
        ["stride-negative.pth"] = (() => One(3, [4], [-1]), "do not go together"),
        ["stride-huge.pth"] = (() => One(0, [2, 2, 2, 2], [long.MaxValue, long.MaxValue, long.MaxValue, long.MaxValue]), "needs element"),
        ["stride-missing.pth"] = (() => One(0, [2, 2], [1]), "do not go together"),
        ["offset-negative.pth"] = (() => One(-1, [4], [1]), "do not go together"),
        ["offset-huge.pth"] = (() => One(long.MaxValue, [4], [1]), "needs element"),
        ["offset-empty.pth"] = (() => One(5, [0], [1]), "needs element"),
        ["expanded.pth"] = (() => One(0, [1L << 40], [0]), "repeats 4 elements"),
        ["dimensions.pth"] = (() => One(0, [.. Enumerable.Repeat(1L, 65)], [.. Enumerable.Repeat(1L, 65)]), "more than 64 dimensions"),
        ["storage-small.pth"] = (() => PickleText.Zip(PickleText.OneTensor(0, [8], [1], 8), ("0", Floats)), "has 16 bytes where 8 × F32 need 32"),
        ["storage-negative.pth"] = (() => One(0, [4], [1], -4), "refers to a storage in an unknown way"),
        ["storage-overflow.pth"] = (() => One(0, [4], [1], 1L << 62), "more than a file can have"),
        ["storage-missing.pth"] = (() => PickleText.Zip(PickleText.OneTensor(0, [4], [1])), "storage '0' is missing"),
        ["storage-two-sizes.pth"] = (() =>
            Zip(p => p.Op("}").Text("x").Tensor("0", 4, 0, [4], [1]).Op("s").Text("y").Tensor("0", 2, 0, [2], [1]).Op("s")), "two sizes: 4 × F32 and 2 × F32"),
        ["storage-two-types.pth"] = (() => Zip(p => p.Op("}").Text("x").Tensor("0", 4, 0, [4], [1]).Op("s").Text("y").Storage("0", 4, "IntStorage").Op("s")),
            "two sizes: 4 × F32 and 4 × I32"),
        ["legacy-cut.pth"] = (() => PickleText.Legacy(PickleText.OneTensor(0, [4], [1]), ("0", 4, new byte[7])), "not all there"),
        ["legacy-count.pth"] = (() => PickleText.Legacy(PickleText.OneTensor(0, [4], [1]), ("0", long.MaxValue, Floats)), "where tensors want 4"),
        ["legacy-keys.pth"] = (() => PickleText.Legacy(PickleText.OneTensor(0, [4], [1]), ("1", 4, Floats)), "lists a storage '1' that no tensor uses"),
        ["legacy-no-keys.pth"] = (() => PickleText.Legacy(PickleText.OneTensor(0, [4], [1])), "storage '0' is missing"),
        ["legacy-big-endian.pth"] = (() => PickleText.LegacyHead(littleEndian: false), "big-endian"),
        ["legacy-head.pth"] = (() => PickleText.LegacyHead(littleEndian: true), "in the middle"),

        ["count.dat"] = (() => [0xFF, 0xFF, 0xFF, 0xFF, 0x7F], "says that it has 34359738367 tensors"),
        ["count-short.dat"] = (() => [5, 1, (byte)'x', 6, 1, 4, .. Floats], "the file ends in the name of tensor 1"),
        ["number.dat"] = (() => [.. Enumerable.Repeat((byte)0xFF, 20)], "takes more than 63 bits"),
        ["name.dat"] = (() => [1, 0xFF, 0xFF, 0xFF, 0xFF, 7, (byte)'x'], "says that it has 2147483647 bytes"),
        ["name-cut.dat"] = (() => [1, 100, (byte)'x'], "needs 100 bytes"),
        ["name-not-utf8.dat"] = (() => [1, 2, 0xC3, 0x28, 6, 0, 0, 0, 0, 0], "not valid UTF-8"),
        ["type.dat"] = (() => [1, 1, (byte)'x', 99, 0], "has the element type 99"),
        ["dimensions.dat"] = (() => [1, 1, (byte)'x', 6, 0xFF, 0xFF, 0x7F], "has 2097151 dimensions"),
        ["overflow.dat"] = (() => [1, 1, (byte)'x', 6, 2, .. Leb(1L << 40), .. Leb(1L << 40)], "more bytes than a file can have"),
        ["length.dat"] = (() => [1, 1, (byte)'x', 6, 1, .. Leb(1L << 50), 0, 0], "needs 4503599627370496 bytes"),
        ["twice.dat"] = (() => [2, 1, (byte)'x', 6, 0, 0, 0, 0, 0, 1, (byte)'x', 6, 0, 0, 0, 0, 0], "appears twice"),
        ["rest.dat"] = (() => [1, 1, (byte)'x', 6, 0, 0, 0, 0, 0, 9], "1 bytes follow"),
        ["empty.dat"] = (() => [], "is empty"),
        ["empty.pth"] = (() => [], "is empty"),
        ["noise.pth"] = (() => [0xC3, 0x28, 1, 2, 3, 4, 5, 6], "begins neither like a zip archive nor like a pickle"),
        ["overlap.safetensors"] =
            (() => Safetensors("{\"x\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]},\"y\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[2,6]}}",
                6), "overlaps 'x'"),
        ["header.safetensors"] = (() => [.. BitConverter.GetBytes(100L << 30), (byte)'{'], "its header has 107374182400 bytes"),
        ["pointer.bin"] = (() => Encoding.ASCII.GetBytes("version https://git-lfs.github.com/spec/v1\noid sha256:0"), "Git LFS"),
        ["page.bin"] = (() => Encoding.ASCII.GetBytes("<!DOCTYPE html><html>404"), "web page"),
    };

    private readonly TempFolder folder = new();

    public static TheoryData<string> Names { get; } = [.. Files.Keys];

    public void Dispose() => folder.Dispose();

    [Theory]
    [MemberData(nameof(Names))]
    public void A_hostile_file_is_refused_by_name_and_cause(string name)
    {
        (Func<byte[]> make, string expected) = Files[name];
        string path = folder.Write(name, make());
        WarmUp();
        (TimeSpan best, long most) = (TimeSpan.MaxValue, 0);
        for (int round = 0; round < 3; round++)
        {
            GC.Collect();
            long resident = Environment.WorkingSet;
            long allocated = GC.GetAllocatedBytesForCurrentThread();
            TimeSpan start = Environment.CpuUsage.TotalTime;
            var error = Assert.ThrowsAny<ZooException>(() => WeightsFile.Open(path));
            TimeSpan took = Environment.CpuUsage.TotalTime - start;
            long memory = Math.Max(GC.GetAllocatedBytesForCurrentThread() - allocated, Environment.WorkingSet - resident);
            (best, most) = (took < best ? took : best, Math.Max(most, memory));
            Assert.StartsWith(path, error.Message, StringComparison.Ordinal);
            Assert.Contains(expected, error.Message, StringComparison.Ordinal);
            Assert.InRange(error.Message.Length, 1, 1000);
        }

        output.WriteLine($"| {name} | {best.TotalMilliseconds:F1} ms | {most / 1e6:F1} MB | {expected} |");
        Assert.True(best < TimeSpan.FromSeconds(1), $"{name}: {best}");
        Assert.InRange(most, 0, 100_000_000);
        Assert.False(File.Exists("/tmp/owned"));
    }

    /// <summary>What such a file would do if its pickle were run: the fault that the reader must not have.</summary>
    [Fact]
    public void The_hostile_pickle_is_one_that_Python_would_run()
    {
        byte[] pickle = PickleText.Of(p => p.Global("posix", "getpid").Op(")R"));
        folder.Write("x.pkl", pickle);
        Assert.NotEqual(0, int.Parse(Oracle.Python.Run(folder.Path, "import pickle; print(pickle.load(open('x.pkl', 'rb')))"),
            System.Globalization.CultureInfo.InvariantCulture));
        var error = Assert.Throws<ZooException>(() => WeightsFile.Parse(PickleText.Zip(pickle), "x.pth"));
        Assert.Contains("'posix.getpid'", error.Message, StringComparison.Ordinal);
        Assert.Contains("Nothing was executed", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_good_file_beside_them_is_read()
    {
        foreach (byte[] bytes in new[] { Good, PickleText.Legacy(PickleText.OneTensor(0, [4], [1]), ("0", 4, Floats)),
            ZipBytes.Of(CompressionLevel.Optimal, ("a/data.pkl", PickleText.OneTensor(0, [2, 2], [1, 2])), ("a/data/0", Floats)) })
        {
            using WeightsFile file = WeightsFile.Parse(bytes, "good");
            Assert.Equal(16, file["x"].ByteLength);
            file.CopyTo("x", new byte[16]);
        }
    }

    [Theory]
    [InlineData("zip")]
    [InlineData("legacy")]
    [InlineData("dat")]
    [InlineData("deflated")]
    public void A_file_changed_at_random_is_read_or_refused_but_nothing_else(string kind)
    {
        byte[] pickle = PickleText.Of(p => p.Op("}").Text("x").Tensor("0", 4, 1, [2], [2]).Op("s").Text("y").Tensor("1", 2, 0, [2, 1], [1, 1]).Op("s"));
        byte[] good = kind switch
        {
            "zip" => PickleText.Zip(pickle, ("0", Floats), ("1", Floats[..8])),
            "deflated" => ZipBytes.Of(CompressionLevel.Optimal, ("a/data.pkl", pickle), ("a/data/0", Floats), ("a/data/1", Floats[..8])),
            "legacy" => PickleText.Legacy(pickle, ("0", 4, Floats), ("1", 2, Floats[..8])),
            _ => [2, 1, (byte)'x', 6, 1, 4, .. Floats, 2, (byte)'y', (byte)'z', 4, 2, 1, 2, .. Floats],
        };
        using (WeightsFile file = WeightsFile.Parse(good, $"good.{kind}"))
        {
            Assert.Equal(2, file.Entries.Count);
        }

        var random = new SeededRandom(41);
        int refused = 0;
        for (int round = 0; round < 1000; round++)
        {
            byte[] bad = good[..(good.Length - random.Next(2) * random.Next(good.Length))];
            for (int change = 1 + random.Next(4); change > 0 && bad.Length > 0; change--)
            {
                bad[random.Next(bad.Length)] = (byte)random.Next(256);
            }

            try
            {
                using WeightsFile file = WeightsFile.Parse(bad, "changed." + (kind == "dat" ? "dat" : "pth"));
                foreach (WeightsEntry entry in file.Entries)
                {
                    file.CopyTo(entry.Name, new byte[entry.ByteLength]);
                }
            }
            catch (ZooException)
            {
                refused++;
            }
        }

        Assert.InRange(refused, 100, 999);
    }

    private static void WarmUp()
    {
        foreach (byte[] bytes in new[] { Good, PickleText.Legacy(PickleText.OneTensor(0, [4], [1]), ("0", 4, Floats)), [1, 1, (byte)'x', 6, 0, 0, 0, 0, 0] })
        {
            WeightsFile.Parse(bytes, "warm").Dispose();
        }
    }

    private static byte[] Zip(Action<PickleText> write) => PickleText.Zip(PickleText.Of(write), ("0", Floats));

    // An object kept under 0 whose attributes, on the stack above it, are those of a module with one child.
    private static PickleText Module(PickleText p, string child) => p.Global("a", "Net").Op(")").Op([0x81]).Op("q\0").Op("}").Text("_parameters").Op("}s")
        .Text("_modules").Op("}").Text("x").Op(child).Op("ss");

    // Thirty modules, each twice a child of the next: a thousand million paths.
    private static void Laughs(PickleText p)
    {
        p.Op("Nq\0");
        for (int level = 0; level < 30; level++)
        {
            p.Op("0").Global("a", "Net").Op(")").Op([0x81]).Op("}").Text("_parameters").Op("}s").Text("_modules").Op("}").Text("x").Op("h\0s")
                .Text("y").Op("h\0ssbq\0");
        }
    }

    private static byte[] One(long offset, long[] shape, long[] strides, long count = 4) =>
        PickleText.Zip(PickleText.OneTensor(offset, shape, strides, count), ("0", Floats));

    private static byte[] Safetensors(string header, int data) =>
        [.. BitConverter.GetBytes((long)header.Length), .. Encoding.ASCII.GetBytes(header), .. new byte[data]];

    private static byte[] Leb(long value)
    {
        using var stream = new MemoryStream();
        new BinaryWriter(stream).Write7BitEncodedInt64(value);
        return stream.ToArray();
    }

    // Puts a zip64 end, which wins over the plain one, before it.
    private static byte[] Zip64(byte[] zip, long start)
    {
        int end = zip.AsSpan().LastIndexOf("PK\u0005\u0006"u8);
        byte[] record = [.. "PK\u0006\u0006"u8, .. BitConverter.GetBytes(44L), .. new byte[12], .. BitConverter.GetBytes(3L), .. BitConverter.GetBytes(3L),
            .. BitConverter.GetBytes(100L), .. BitConverter.GetBytes(start)];
        byte[] locator = [.. "PK\u0006\a"u8, .. new byte[4], .. BitConverter.GetBytes((long)end), 1, 0, 0, 0];
        return [.. zip[..end], .. record, .. locator, .. zip[end..]];
    }
}
