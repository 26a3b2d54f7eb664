using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using ModelZoo.Experiments;
using ModelZoo.Imaging;
using ModelZoo.Onnx.Export;
using ModelZoo.Plots;
using ModelZoo.Registry;
using ModelZoo.Training;
using ModelZoo.Training.Runs;
using ModelZoo.Weights;
using static TorchSharp.torch;

namespace ModelZoo.Fuzz;

/// <summary>Whole inputs: the golden files of the tests, and what the library writes itself.</summary>
internal static class Seeds
{
    internal static readonly (string Name, long MostBytes)[] ArchiveFiles = [("one.bin", 64), ("two.bin", 64)];

    private static string Folder => Path.Combine(AppContext.BaseDirectory, "Seeds");

    public static IEnumerable<byte[]> Files(string pattern) => Directory.GetFiles(Folder, pattern).Order(StringComparer.Ordinal).Select(File.ReadAllBytes);

    public static string Text(IEnumerable<byte[]> seeds) => Encoding.UTF8.GetString(seeds.First());

    public static IEnumerable<byte[]> Safetensors()
    {
        WeightsTensor[] tensors =
            [new("weight", DType.F32, [2, 3], new byte[24]), new("bias", DType.F16, [2], new byte[4]), new("n", DType.I64, [], new byte[8])];
        yield return Written(".safetensors", path => SafetensorsWriter.Write(path, tensors, new Dictionary<string, string> { ["format"] = "pt" }));
        yield return Written(".safetensors", path => SafetensorsWriter.Write(path, tensors,
            new Dictionary<string, string> { [CheckpointJson.Key] = Text(Descriptions()) }));
    }

    public static IEnumerable<byte[]> Pickles()
    {
        using var zip = new ZipArchive(new MemoryStream(Files("zip.pth").First()));
        using Stream pickle = zip.Entries.First(e => e.Name == "data.pkl").Open();
        using var bytes = new MemoryStream();
        pickle.CopyTo(bytes);
        yield return bytes.ToArray();
        yield return StateDictPickler.Pickle([new("weight", DType.F32, [2, 3], new byte[24])]);
    }

    public static IEnumerable<byte[]> ShardLists() => Utf8(
        """{"metadata": {"total_size": 36}, "weight_map": {"weight": "a.safetensors", "bias": "a.safetensors", "n": "a.safetensors"}}""",
        """{"weight_map": {"weight": "a.safetensors", "bias": "b.safetensors"}}""");

    public static IEnumerable<byte[]> OnnxModels()
    {
        random.manual_seed(1);
        using var model = nn.Sequential(("conv", nn.Conv2d(3, 4, 3, stride: 2)), ("bn", nn.BatchNorm2d(4)), ("act", nn.SiLU()),
            ("pool", nn.MaxPool2d(2)), ("flatten", nn.Flatten()), ("fc", nn.Linear(36, 2)));
        yield return Written(".onnx", path => OnnxExport.Write(path, model, new() { Input = [3, 14, 14] }));
        yield return Written(".onnx", path => OnnxExport.Write(path, model, new() { Input = [3, 14, 14], Fold = true, Checks = 1, Opset = 21 }));
    }

    public static IEnumerable<byte[]> Descriptions()
    {
        var info = new CheckpointInfo
        {
            Architecture = "lenet5",
            Options = new ModelOptions(2, 3, 32, 32) { Norm = "group:2" },
            Labels = ["cat", "dog"],
            Task = new PredictionTask { Kind = TaskKind.MultiLabel, Thresholds = [0.25, 0.5] },
            Preprocessing = Preprocessing.Cifar10(),
            Extra = new Dictionary<string, string> { ["seed"] = "1", ["recipe"] = new Recipe().ToJson() },
        };
        return Utf8(CheckpointJson.Write(info), CheckpointJson.Write(info with { Preprocessing = Preprocessing.ImageNet(32, 40), Task = null }));
    }

    /// <summary>A checkpoint with a description, which may be anything.</summary>
    public static byte[] Described(string text, string folder)
    {
        string path = Path.Combine(folder, "described.safetensors");
        SafetensorsWriter.Write(path, [new("weight", DType.F32, [1], new byte[4])], new Dictionary<string, string> { [CheckpointJson.Key] = text });
        return File.ReadAllBytes(path);
    }

    public static IEnumerable<byte[]> Arrays()
    {
        yield return Written(".npy", path => Npy.Write(path, [2, 3], new float[6]));
        yield return Written(".npy", path => Npy.Write(path, [], new float[1]));
        yield return Array("{'descr': '<f8', 'fortran_order': True, 'shape': (2, 2), }", 32);
        yield return Array("{'descr': '|u1', 'fortran_order': False, 'shape': (0, 3), }", 0);

        static byte[] Array(string header, int bytes) =>
            [0x93, .. "NUMPY"u8, 1, 0, 118, 0, .. Encoding.ASCII.GetBytes(header.PadRight(117) + "\n"), .. new byte[bytes]];
    }

    // The TIFF inside EXIF data, of both byte orders: one entry, orientation 6.
    public static IEnumerable<byte[]> Exif() =>
    [
        [.. "II*\0"u8, 8, 0, 0, 0, 1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0],
        [.. "MM\0*"u8, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0],
    ];

    public static IEnumerable<byte[]> Idx()
    {
        byte[] images = [0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 3, .. new byte[18]], labels = [0, 0, 8, 1, 0, 0, 0, 4, 1, 2, 3, 4];
        return [images, labels, Structures.Gzip(images), Structures.Gzip(labels)];
    }

    public static IEnumerable<byte[]> CifarBatches() => [[3, .. new byte[3072], 9, .. new byte[3072]]];

    public static IEnumerable<byte[]> Archives()
    {
        using var bytes = new MemoryStream();
        using (var tar = new TarWriter(bytes, TarEntryFormat.Ustar, leaveOpen: true))
        {
            foreach ((string name, _) in ArchiveFiles)
            {
                tar.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, $"folder/{name}") { DataStream = new MemoryStream(new byte[40]) });
            }
        }

        return [bytes.ToArray()];
    }

    public static IEnumerable<byte[]> Tables() => Utf8("path,label\na.png,cat\nb.png,dog\nc.jpg,cat\n", "a.png;0.5\r\nb.png;1e3\r\nc.jpg;-7\r\n",
        "path,cat,dog,split\na.png,1,0,train\nb.png,0,1,val\nc.jpg,1,1,train\n", "path\tlabels\n\"a.png\"\t\"cat dog\"\nb.png\tdog\n");

    public static IEnumerable<byte[]> Recipes() => [.. Files("recipe.json"), .. Utf8(new Recipe().ToJson())];

    public static IEnumerable<byte[]> Runs() => Utf8(RunDescription.Write(new Dictionary<string, string> { ["model"] = "lenet5" }, Reading.RunIdentity));

    public static IEnumerable<byte[]> States() => Utf8(new RunState
    {
        Epoch = 2,
        Rate = 0.1,
        Epochs = [new EpochResult(1, 0.5, 0.6, 0.7, 1.5, 100)],
        ParameterSteps = new() { ["fc.weight"] = 10 },
        Best = 0.3,
    }.ToJson());

    public static IEnumerable<byte[]> Identities() =>
        Utf8(System.Text.Json.JsonSerializer.Serialize(Reading.RunIdentity.ToDictionary(), RunStateJson.Default.DictionaryStringString));

    public static IEnumerable<byte[]> PullNotes() => Utf8("""{"file": "net.v1/model.safetensors", "source": "https://host/x", "sha256": "00"}""");

    public static IEnumerable<byte[]> Results()
    {
        var info = new ExperimentInfo("x", ExperimentGroup.Training, "Title") { Claim = "A claim.", Source = "A book", Runs = "Something" };
        var result = new ExperimentResult(Verdict.Reproduced, new(1.5, "×", "One and a half."))
        {
            Seeds = [0, 1],
            Figures =
            [
                new LinePlot("Lines", new("epoch"), new("accuracy", "%"), [Series.OfRuns("one", [1, 2], [[10, 50], [20, 40]])]),
                new BarChart("Bars", new("weights", Logarithmic: true), ["a", "b"], [new("one", [27, 1e6])]),
                new HeatMap("Heat", new("column"), new("row"), [[1, -2], [0, 2.5]]) { Unit = "units" },
                new TableFigure("Table", ["name", ">number"], [["a", "1"]]),
            ],
        };
        yield return ResultStore.ToJson(new(info, new("quick", 0, 2, "digits", 1), result, 1.5, "2 cores"));
    }

    private static byte[][] Utf8(params string[] texts) => [.. texts.Select(Encoding.UTF8.GetBytes)];

    private static byte[] Written(string ending, Action<string> write)
    {
        string path = Path.Combine(Path.GetTempPath(), $"zoo-fuzz-{Guid.NewGuid():N}{ending}");
        try
        {
            write(path);
            return File.ReadAllBytes(path);
        }
        finally
        {
            File.Delete(path);
        }
    }
}
