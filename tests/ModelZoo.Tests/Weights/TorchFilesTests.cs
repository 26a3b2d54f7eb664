using System.Text.Json;
using ModelZoo.Tests.Oracle;
using ModelZoo.Weights;
using Xunit;

namespace ModelZoo.Tests.Weights;

/// <summary>Files that PyTorch wrote, read to the bit; and files of ours, read by PyTorch to the bit.</summary>
public sealed class TorchFilesTests : IDisposable
{
    private const string Dump = """
        import collections, json, sys, torch
        def dump(state, path):
            def raw(t):
                return t.detach().contiguous().flatten().view(torch.uint8).numpy().tobytes().hex() if t.numel() else ''
            json.dump([[k, str(t.dtype)[6:], list(t.shape), raw(t)] for k, t in state.items()], open(path, 'w'))

        """;

    private const string Cases = Dump + """
        torch.manual_seed(3)
        base = torch.arange(60, dtype=torch.float32).reshape(3, 4, 5)
        types = collections.OrderedDict((str(d)[6:], torch.randint(0, 2, (3, 5)).to(d)) for d in
            (torch.float32, torch.float64, torch.float16, torch.bfloat16, torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8, torch.bool))
        types['float16'].copy_(torch.randn(3, 5)); types['bfloat16'].copy_(torch.randn(3, 5))
        views = {'transposed': base.t() if base.dim() == 2 else base.permute(2, 0, 1), 'strided': base[:, 1:4:2, ::2], 'offset': base[1],
            'scalar': base[1, 2, 3],
            'empty': torch.empty(0, 7), 'expanded': torch.ones(1, 3).expand(4, 3), 'half_t': base.half().transpose(0, 2), 'column': base[:, :, 3],
            'channels_last': torch.randn(2, 3, 4, 5).to(memory_format=torch.channels_last), 'bytes_t': torch.arange(20, dtype=torch.uint8).reshape(4, 5).t(),
            'doubles_t': torch.randn(3, 4, dtype=torch.float64).t()}
        shared = {'a': base, 'b': base, 'c': base[2], 'd': base.reshape(-1)[7:11]}
        module = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.BatchNorm2d(4), torch.nn.Linear(4, 2))
        whole = module.state_dict()
        parameters = collections.OrderedDict((k, p) for k, p in module.named_parameters())
        parallel = torch.nn.DataParallel(module).state_dict()
        optimizer = torch.optim.Adam(module.parameters())
        module(torch.randn(2, 3, 3, 3)[:, :, :, :]).sum().backward() if False else None
        for p in module.parameters(): p.grad = torch.ones_like(p)
        optimizer.step()
        nested = {'epoch': 12, 'arch': 'resnet', 'best': torch.tensor(71.5), 'state_dict': parallel, 'optimizer': optimizer.state_dict(),
            'args': {'lr': 0.1, 'steps': [1, 2], 'none': None, 'flag': True,
            'big': 2 ** 80, 'negative': -2 ** 40,
            'set': {1, 2}, 'frozen': frozenset([3]), 'bytes': b'abc\x00\xff', 'array': bytearray(b'xyz'), 'size': torch.Size([1, 2]),
            'dtype': torch.float16, 'device': torch.device('cpu')}}
        deep = {'model': {'weights': whole}, 'version': (1, 2)}
        files = {'types': (types, types), 'views': (views, views), 'shared': (shared, shared), 'whole': (whole, whole), 'parameters': (parameters, parameters),
            'parallel': (parallel, parallel), 'nested': (nested, parallel), 'deep': (deep, whole)}
        for name, (saved, expected) in files.items():
            dump(expected, name + '.json')
            for protocol in (2, 3, 4, 5):
                torch.save(saved, f'{name}.zip{protocol}.pth', pickle_protocol=protocol)
                torch.save(saved, f'{name}.legacy{protocol}.pth', pickle_protocol=protocol, _use_new_zipfile_serialization=False)
        """;

    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Files_that_PyTorch_wrote_are_read_to_the_bit()
    {
        Python.Run(folder.Path, Cases);
        string[] files = [.. Directory.GetFiles(folder.Path, "*.pth").Order()];
        Assert.Equal(64, files.Length);
        foreach (string path in files)
        {
            using WeightsFile file = WeightsFile.Open(path);
            Assert.Equal(path.Contains("zip", StringComparison.Ordinal) ? "PyTorch .pth (zip)" : "PyTorch .pth (legacy)", file.Format);
            AssertSame(folder.File(Path.GetFileName(path).Split('.')[0] + ".json"), file, path);
            using WeightsFile memory = WeightsFile.Parse(File.ReadAllBytes(path), "memory");
            AssertSame(folder.File(Path.GetFileName(path).Split('.')[0] + ".json"), memory, path);
        }

        using WeightsFile nested = WeightsFile.Open(folder.File("nested.zip2.pth"));
        Assert.Equal("state_dict", nested.Metadata["section"]);
        Assert.StartsWith("module.", nested.Entries[0].Name, StringComparison.Ordinal);
    }

    [Fact]
    public void PyTorch_reads_our_files_to_the_bit()
    {
        WeightsTensor[] tensors =
        [
            .. DTypes.All.Select((type, i) => new WeightsTensor($"layer.{i}.{type}", type, [2, 3], Pattern(type, 6))),
            new("scalar", DType.I64, [], BitConverter.GetBytes(-5L)),
            new("empty", DType.F32, [0, 4], Array.Empty<byte>()),
            new("größe", DType.F32, [1, 70_000], Pattern(DType.F32, 70_000)),
        ];
        WeightsWriter.Write(folder.File("ours.pth"), tensors);
        Python.Run(folder.Path, Dump + """
            a = torch.load('ours.pth')
            b = torch.load('ours.pth', weights_only=True)
            assert type(a) is collections.OrderedDict and list(a) == list(b)
            assert all(t.is_contiguous() for t in a.values())
            dump(a, 'ours.json')
            import zipfile
            z = zipfile.ZipFile('ours.pth')
            assert z.testzip() is None
            for i in z.infolist():
                z.fp.seek(i.header_offset + 26)
                n, m = int.from_bytes(z.fp.read(2), 'little'), int.from_bytes(z.fp.read(2), 'little')
                assert (i.header_offset + 30 + n + m) % 64 == 0, i
            """);
        using WeightsFile file = WeightsFile.Open(folder.File("ours.pth"));
        AssertSame(folder.File("ours.json"), file, "ours");
        Assert.Equal(tensors.Select(t => t.Name), file.Entries.Select(e => e.Name));
    }

    internal static byte[] Pattern(DType type, int count) =>
        [.. Enumerable.Range(0, count * type.Size())
            .Select(i => (byte)(type == DType.Bool ? i % 2 : type is DType.F16 or DType.BF16 or DType.F32 or DType.F64 ? i * 37 % 60 : i * 37))];

    /// <summary>Every tensor of a file against the list that PyTorch wrote; also in odd pieces.</summary>
    private static void AssertSame(string json, WeightsFile file, string path)
    {
        JsonElement[] expected = [.. JsonDocument.Parse(File.ReadAllBytes(json)).RootElement.EnumerateArray()];
        Assert.True(expected.Select(e => e[0].GetString()).SequenceEqual(file.Entries.Select(e => e.Name)), path);
        foreach (JsonElement e in expected)
        {
            WeightsEntry entry = file[e[0].GetString()!];
            Assert.True(e[2].EnumerateArray().Select(n => n.GetInt64()).SequenceEqual(entry.Shape), $"{path} {entry.Name}");
            Assert.Equal(e[1].GetString(), Names[(int)entry.Type]);
            byte[] bytes = Convert.FromHexString(e[3].GetString()!);
            Assert.Equal(bytes.Length, entry.ByteLength);
            byte[] whole = new byte[bytes.Length];
            file.CopyTo(entry.Name, whole);
            Assert.True(bytes.AsSpan().SequenceEqual(whole), $"{path} {entry.Name}");
            byte[] pieces = new byte[bytes.Length];
            for (int from = 0; from < Math.Min(bytes.Length, 2000); from += 7)
            {
                file.CopyTo(entry.Name, pieces.AsSpan(from, Math.Min(7, bytes.Length - from)), from);
                Assert.True(bytes.AsSpan(from, Math.Min(7, bytes.Length - from)).SequenceEqual(pieces.AsSpan(from, Math.Min(7, bytes.Length - from))),
                    $"{path} {entry.Name} from {from}");
            }
        }
    }

    private static readonly string[] Names = ["float64", "float32", "float16", "bfloat16", "int64", "int32", "int16", "int8", "uint8", "bool"];
}
