using System.Text;
using ModelZoo.Data;
using ModelZoo.Downloads;
using ModelZoo.Experiments;
using ModelZoo.Imaging;
using ModelZoo.Registry;
using ModelZoo.Training;
using ModelZoo.Training.Runs;
using ModelZoo.Weights;

namespace ModelZoo.Fuzz;

/// <summary>How the readers are called: all that a caller would go on to do with what they give.</summary>
internal static class Reading
{
    private const int MostBytesOfTensor = 1 << 16;
    private static readonly DecodeOptions Small = new() { MaxPixels = 1 << 20 };
    private static readonly ImagePipeline Pipeline = new(Preprocessing.ImageNet(32, 40), Small);
    private static readonly float[] Input = new float[Pipeline.Length];
    private static readonly Recipe Plain = new();
    private static readonly Dictionary<string, string> Identity = new() { ["recipe"] = Plain.ToJson(), ["seed"] = "0", ["steps"] = "10" };
    private static readonly PublishedWeights Published = new("v1", "https://host/net-00000000.pth", Preprocessing.ImageNet(), 50, 75);

    internal static IReadOnlyDictionary<string, string> RunIdentity => Identity;

    /// <summary>Calls all, also after one that refuses; if all do, the first refusal is thrown.</summary>
    public static void Each(params ReadOnlySpan<Action> actions)
    {
        ZooException? first = null;
        int refused = 0;
        foreach (Action action in actions)
        {
            try
            {
                action();
            }
            catch (ZooException error)
            {
                first ??= error;
                refused++;
            }
        }

        if (first is not null && refused == actions.Length)
        {
            throw first;
        }
    }

    public static string Put(byte[] bytes, string folder, string name)
    {
        string path = Path.Combine(folder, name);
        File.WriteAllBytes(path, bytes);
        return path;
    }

    public static void Text(byte[] bytes, Action<string> read) => read(Encoding.UTF8.GetString(bytes));

    public static void Tensors(byte[] bytes, string name)
    {
        using WeightsFile file = WeightsFile.Parse(bytes, name);
        ReadAll(file);
    }

    public static void Shards(byte[] bytes, string folder)
    {
        foreach (string shard in new[] { "a.safetensors", "b.safetensors" })
        {
            if (!File.Exists(Path.Combine(folder, shard)))
            {
                File.WriteAllBytes(Path.Combine(folder, shard), Seeds.Safetensors().First());
            }
        }

        using WeightsFile file = WeightsFile.Open(Put(bytes, folder, "x.safetensors.index.json"));
        ReadAll(file);
    }

    public static void Picture(byte[] bytes, string folder)
    {
        string path = Put(bytes, folder, "picture");
        Each(
            () => ImageDecoder.ReadInfo(bytes, "picture"),
            () => ImageDecoder.Decode(bytes, "picture", Small),
            () => Pipeline.Apply(path, Input));
    }

    public static void Table(byte[] bytes, string folder)
    {
        foreach (string picture in new[] { "a.png", "b.png", "c.jpg" }.Where(name => !File.Exists(Path.Combine(folder, name))))
        {
            File.WriteAllBytes(Path.Combine(folder, picture), []);
        }

        string path = Put(bytes, folder, "table.csv");
        Each(
            () => ImageTable.Open(path, DataSplit.Train),
            () => ImageTable.Open(path, DataSplit.Test, labels: new() { Kind = TaskKind.MultiLabel }),
            () => ImageTable.Open(path, DataSplit.Train, labels: new() { Kind = TaskKind.Regression, Column = "2" }));
    }

    public static void State(byte[] bytes, string folder)
    {
        // Text that is no Unicode is refused with the header already.
        string text = Encoding.UTF8.GetString(bytes), path = Path.Combine(folder, "state.safetensors");
        Each(() => Of(text, Seeds.Text(Seeds.Identities())), () => Of(Seeds.Text(Seeds.States()), text));

        void Of(string state, string identity)
        {
            SafetensorsWriter.Write(path, [], new Dictionary<string, string> { ["modelzoo.training"] = state, ["modelzoo.run"] = identity });
            using WeightsFile file = WeightsFile.Open(path);
            TrainingStateFile.Read(file, Identity, Plain);
        }
    }

    public static void Result(byte[] bytes, string folder)
    {
        Put(bytes, folder, "x.json");
        new ResultStore(folder).Read("x");
    }

    public static void PullNote(byte[] bytes, string folder)
    {
        Environment.SetEnvironmentVariable("MODELZOO_HOME", folder);
        Directory.CreateDirectory(WeightsCache.Folder);
        File.WriteAllBytes(Path.Combine(WeightsCache.Folder, "net.v1.json"), bytes);
        WeightsCache.Find("net", Published);
    }

    private static void ReadAll(WeightsFile file)
    {
        foreach (WeightsEntry entry in file.Entries)
        {
            file.CopyTo(entry.Name, new byte[Math.Min(entry.ByteLength, MostBytesOfTensor)]);
        }

        if (file.Entries.Sum(entry => (double)entry.ByteLength) < MostBytesOfTensor)
        {
            WeightsScan.Run(file);
        }

        if (Checkpoint.IsCheckpoint(file))
        {
            CheckpointJson.Read(file);
        }
    }
}
