using System.Text;
using ModelZoo.Data;
using ModelZoo.Imaging;
using ModelZoo.Onnx;
using ModelZoo.Registry;
using ModelZoo.Training;
using ModelZoo.Training.Runs;
using ModelZoo.Verification.Blueprints;
using ModelZoo.Weights;
using static ModelZoo.Fuzz.Reading;

namespace ModelZoo.Fuzz;

/// <summary>Every reader of bytes from outside. A new one is a row here: a name, how to read, and whole inputs to begin with.</summary>
public static class Readers
{
    /// <summary>The readers, and those that are planted.</summary>
    public static IReadOnlyList<FuzzTarget> All { get; } =
    [
        new("safetensors", (bytes, _) => Tensors(bytes, "x.safetensors"), Seeds.Safetensors) { Repair = Structures.Safetensors, IsText = true },
        new("pth-zip", (bytes, _) => Tensors(bytes, "x.pth"), () => Seeds.Files("zip.pth")) { Repair = Structures.Zip },
        new("pth-legacy", (bytes, _) => Tensors(bytes, "x.pth"), () => Seeds.Files("legacy.pth")),
        new("pickle", (bytes, _) => Tensors(Structures.AsPth(bytes), "x.pth"), Seeds.Pickles),
        new("dat", (bytes, _) => Tensors(bytes, "x.dat"), () => Seeds.Files("torchsharp.dat")),
        new("shards", Shards, Seeds.ShardLists) { IsText = true },
        new("description", (bytes, folder) => Tensors(Seeds.Described(Encoding.Latin1.GetString(bytes), folder), "x.safetensors"), Seeds.Descriptions)
        {
            IsText = true,
        },
        new("npy", (bytes, _) => Npy.Read(new MemoryStream(bytes), "x.npy"), Seeds.Arrays) { IsText = true },
        new("onnx", (bytes, _) => OnnxModel.Parse(bytes, "x.onnx").Model.Dispose(), Seeds.OnnxModels),

        new("jpeg", Picture, () => Seeds.Files("*.jpg")),
        new("png", Picture, () => Seeds.Files("*.png")) { Repair = Structures.Png },
        new("webp", Picture, () => Seeds.Files("*.webp")),
        new("bmp", Picture, () => Seeds.Files("*.bmp")),
        new("gif", Picture, () => Seeds.Files("*.gif")),
        new("tiff", Picture, () => Seeds.Files("*.tif")),
        new("orientation", (bytes, _) => Exif.Orientation(bytes), Seeds.Exif) { NeverRefuses = true },

        new("idx", (bytes, folder) => Each(() => IdxFile.Read(Put(bytes, folder, "idx"), 3), () => IdxFile.Read(Put(bytes, folder, "idx"), 1)), Seeds.Idx),
        new("cifar", (bytes, folder) => Cifar.Load10(Path.GetDirectoryName(Put(bytes, folder, "test_batch.bin"))!, DataSplit.Test), Seeds.CifarBatches),
        new("archive", (bytes, folder) => Archive.Unpack(Put(Structures.Gzip(bytes), folder, "a.tar.gz"), Path.Combine(folder, "out"), Seeds.ArchiveFiles),
            Seeds.Archives) { Repair = Structures.Tar },
        new("csv", Table, Seeds.Tables) { IsText = true },

        new("recipe", (bytes, _) => Text(bytes, text => Each(() => Recipe.Parse(text, "x.json"), () => Recipe.ParseFor("lenet5", text, "x.json"),
            () => Recipe.ModelsOf(text, "x.json"))), Seeds.Recipes) { IsText = true },
        new("run", (bytes, folder) => RunDescription.Read(Put(bytes, folder, "run.json")), Seeds.Runs) { IsText = true },
        new("state", State, Seeds.States) { IsText = true },
        new("card", (bytes, _) => ModelCard.Parse(bytes, "x.json"), () => Seeds.Files("*.card.json")) { IsText = true },
        new("blueprint", (bytes, _) => Text(bytes, text => BlueprintText.Parse(text, "x.txt")), () => Seeds.Files("*.blueprint.txt")) { IsText = true },
        new("pull-note", PullNote, Seeds.PullNotes) { IsText = true, NeverRefuses = true },
        new("result", Result, Seeds.Results) { IsText = true, NeverRefuses = true },

        .. Planted.All,
    ];

    /// <summary>The readers.</summary>
    public static IEnumerable<FuzzTarget> Real => All.Where(target => !target.IsPlanted);

    /// <exception cref="UsageException">There is none of that name.</exception>
    public static FuzzTarget Find(string name) => All.FirstOrDefault(target => target.Name == name)
        ?? throw new UsageException($"There is no reader '{name}'. There are {string.Join(", ", Real.Select(target => target.Name))}.");
}

/// <summary>Readers that do what none should.</summary>
internal static class Planted
{
    private static readonly byte[] Harmless = new byte[64];

    public static FuzzTarget[] All { get; } =
    [
        Make("planted-throw", bytes => _ = bytes[bytes[5]]),
        Make("planted-hang", bytes => SpinWait.SpinUntil(() => bytes[5] < 100)),
        Make("planted-memory", bytes => GC.KeepAlive(new byte[bytes[5] > 100 ? 600_000_000 : 1])),
        Make("planted-native", Native),
        Make("planted-crash", bytes => End(bytes[5] > 100)),
    ];

    private static FuzzTarget Make(string name, Action<byte[]> read) =>
        new(name, (bytes, _) => read(bytes.Length > 5 ? bytes : Harmless), () => [Harmless]) { IsPlanted = true };

    private static void End(bool now)
    {
        if (now)
        {
            Environment.FailFast("planted");
        }
    }

    private static unsafe void Native(byte[] bytes)
    {
        if (bytes[5] > 100)
        {
            const nuint Much = 3_000_000_000;
            var memory = new Span<byte>(System.Runtime.InteropServices.NativeMemory.Alloc(Much), int.MaxValue);
            memory.Fill(1);
            Thread.Sleep(TimeSpan.FromSeconds(20));
        }
    }
}
