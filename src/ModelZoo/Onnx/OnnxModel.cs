using ModelZoo.Imaging;
using ModelZoo.Registry;
using ModelZoo.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace ModelZoo.Onnx;

/// <summary>
/// Reads networks in ONNX's format as modules that can be trained: layers of TorchSharp and the zoo with the file's weights as parameters and buffers, which
/// can be traced, summarized, verified and fine-tuned as any other.
/// </summary>
public static class OnnxModel
{
    /// <summary>The oldest version of ONNX's operators that is read.</summary>
    public const int OldestOpset = 7;

    /// <summary>The newest version of ONNX's operators that is read.</summary>
    public const int NewestOpset = 22;

    /// <summary>Rows and columns of an input whose size the graph leaves open.</summary>
    internal const int UsualSize = 224;

    /// <summary>The network alone.</summary>
    /// <param name="path">The .onnx file; tensors in files beside it are found there.</param>
    /// <param name="maxMemory">The most bytes that its layers and constants may take; null: <see cref="MemoryNeed.DefaultLimit"/>.</param>
    /// <returns>[N,C,H,W] to the graph's first output, in evaluation mode.</returns>
    /// <exception cref="ZooException">The file cannot be read or is damaged, or has what is not supported: the message lists all of it, with nodes and
    /// opset.</exception>
    public static ZooModel Load(string path, long? maxMemory = null) => Open(path, maxMemory).Model;

    /// <summary>The network and what belongs to it.</summary>
    /// <inheritdoc cref="Load" path="/param"/>
    /// <inheritdoc cref="Load" path="/exception"/>
    public static OnnxImport Open(string path, long? maxMemory = null) => Open(path, maxMemory, static _ => { });

    /// <summary>The same for bytes in memory; tensors in other files are refused.</summary>
    /// <param name="bytes">The whole file.</param>
    /// <param name="displayName">What error messages call it.</param>
    /// <param name="maxMemory">As in <see cref="Load"/>.</param>
    /// <inheritdoc cref="Load" path="/exception"/>
    public static OnnxImport Parse(ReadOnlyMemory<byte> bytes, string displayName, long? maxMemory = null)
    {
        using OnnxFile file = OnnxFile.Parse(bytes, displayName, maxMemory);
        return Import(file, static _ => { });
    }

    /// <summary>The same, with a look at the network before its large weights are read (<see cref="OnnxImport.Unread"/>).</summary>
    /// <param name="path">The file.</param>
    /// <param name="maxMemory">As in <see cref="Load"/>.</param>
    /// <param name="look">May put the memory of other parameters under those that are unread: what is read goes there.</param>
    internal static OnnxImport Open(string path, long? maxMemory, Action<OnnxImport> look)
    {
        using OnnxFile file = OnnxFile.Open(path, maxMemory);
        return Import(file, look);
    }

    /// <summary>The catalog's line of a network whose graph a checkpoint carries.</summary>
    /// <param name="checkpoint">Its description.</param>
    /// <param name="file">The checkpoint.</param>
    /// <exception cref="ZooException">The graph is damaged.</exception>
    internal static ModelInfo InfoOf(CheckpointInfo checkpoint, WeightsFile file)
    {
        var skeleton = OnnxSkeleton.Parse(checkpoint.Graph!, file.Name, file.Entries.Sum(e => e.ByteLength));
        ModelOptions o = checkpoint.Options;
        return Info(checkpoint.Architecture, skeleton, checkpoint.Graph!, (o.InChannels, o.InputHeight, o.InputWidth), o.NumClasses,
            checkpoint.Preprocessing, "");
    }

    /// <summary>
    /// A network that was imported, with a fully connected layer for so many classes behind its output, whose weights are zeros; images are averaged before it.
    /// </summary>
    /// <param name="info">Its line of a catalog, which has its graph.</param>
    /// <param name="model">The network.</param>
    /// <param name="options">What it was built for.</param>
    /// <param name="classes">Outputs.</param>
    /// <returns>A network of its own, and its line.</returns>
    /// <exception cref="ZooException">Its output can have no such layer.</exception>
    internal static (ZooModel Model, ModelInfo Info) WithHead(ModelInfo info, ZooModel model, ModelOptions options, int classes)
    {
        OnnxSkeleton bare = OnnxSkeleton.Parse(info.Graph!, info.Name, model.parameters().Concat(model.buffers()).Sum(t => t.numel() * t.element_size()));
        long[] shape;
        using (DisposeScope scope = NewDisposeScope())
        using (no_grad())
        {
            bool training = model.training;
            model.eval();
            Tensor any = model.parameters().First();
            shape = model.call(zeros([1, options.InChannels, options.InputHeight, options.InputWidth], any.dtype, any.device)).shape;
            model.train(training);
        }

        if (model is OnnxNetwork { Steps: [.., { Node: -1 }] })
        {
            shape = [.. shape, 1, 1]; // the graph itself makes images of one pixel
        }

        OnnxSkeleton skeleton = bare.WithHead(shape, classes);
        OnnxNetwork network = skeleton.Build(options with { NumClasses = classes });
        using (no_grad())
        {
            Dictionary<string, Tensor> own = network.state_dict();
            foreach ((string key, Tensor value) in model.state_dict())
            {
                own[key].copy_(value);
            }
        }

        ModelInfo with = Info(info.Name, skeleton, skeleton.Text, (options.InChannels, options.InputHeight, options.InputWidth), classes, info.Preprocessing,
            "") with
        {
            Source = info.Source,
            Stem = network.Stem,
            Stages = network.Stages,
        };
        network.Entry = with;
        return (network, with);
    }

    /// <summary>Builds a network for pictures of what a graph, or <paramref name="sizes"/>, says.</summary>
    internal static OnnxNetwork Network(OnnxFile file, GraphSizes sizes, out long[] input, out long[] output) =>
        Network(file, GraphBuilder.Build(file, sizes), out input, out output);

    private static OnnxNetwork Network(OnnxFile file, GraphBuilder built, out long[] input, out long[] output)
    {
        List<GraphStep> steps = [.. built.Steps];
        (input, output, int made) = (built.InputShape, built.Output.Shape, built.Output.Slot);
        if (output is [_, _, 1, 1])
        {
            // Features or logits as images of one pixel.
            output = output[..2];
            string path = LeafNames.Distinct([.. steps.Select(s => (s.Path, "")), ("flatten", "output")])[^1];
            steps.Add(new(nn.Flatten(), path, -1, [made], output));
            made = steps.Count;
        }

        var network = new OnnxNetwork(NameOf(file), steps, made) { Notes = built.Notes };
        network.eval();
        return network;
    }

    private static OnnxImport Import(OnnxFile file, Action<OnnxImport> look)
    {
        try
        {
            return Imported(file, look);
        }
        catch (OverflowException error)
        {
            throw new ZooException($"{file.Name}: has sizes beyond all that can be counted. The file is damaged.", error);
        }
    }

    private static OnnxImport Imported(OnnxFile file, Action<OnnxImport> look)
    {
        CheckpointInfo? described = OnnxMetadata.Description(file);
        var sizes = new GraphSizes(described?.Options.InputHeight, described?.Options.InputWidth); // where the graph leaves them open
        GraphBuilder built = GraphBuilder.BuildUnread(file, sizes);
        OnnxNetwork network = Network(file, built, out long[] input, out long[] output);
        try
        {
            if (input.Length != 4 || output.Length is not (2 or 4) || output[0] != Shapes.Batch || output.Skip(1).Any(Shapes.HasBatch))
            {
                throw new ZooException($"{file.Name}: turns {Shapes.Text(input)} into {Shapes.Text(output)}; networks that take images [N,C,H,W] and make one "
                    + "row or image for each are supported only.");
            }

            (int channels, int height, int width, int classes) = checked(((int)input[1], (int)input[2], (int)input[3], (int)output[1]));
            OnnxSkeleton skeleton = OnnxSkeleton.Of(file, network, classes);
            var metadata = new OnnxMetadata(file, classes, channels, height, width);
            ModelInfo info = Info(NameOf(file), skeleton, skeleton.Text, (channels, height, width), classes, metadata.Preprocessing,
                file.Model.ProducerName) with
            {
                Stem = network.Stem,
                Stages = network.Stages,
                Task = output.Length == 4 ? ModelTask.DensePrediction : ModelTask.Classification,
            };
            network.Entry = info;
            var import = new OnnxImport
            {
                Model = network,
                Info = info,
                Labels = metadata.Labels,
                Task = metadata.Task,
                Preprocessing = metadata.Preprocessing,
                Notes = [.. network.Notes, .. metadata.Notes],
                Described = described,
                Unread = new HashSet<object>(built.Unread, ReferenceEqualityComparer.Instance),
            };
            look(import);
            built.ReadParameters();
            foreach ((string key, Tensor value) in network.state_dict())
            {
                if (NonFinite.In(value) is { } found)
                {
                    throw new ZooException($"{file.Name}: {key} holds {found}: such weights answer nothing. Export the network anew.");
                }
            }

            return import with { Unread = OnnxImport.None };
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }

    private static ModelInfo Info(string name, OnnxSkeleton skeleton, string graph, (int, int, int) input, int classes, Preprocessing preprocessing,
        string producer) => new()
        {
            Name = name,
            Family = "onnx",
            Summary = "Imported from ONNX.",
            Source = producer.Length > 0 ? $"an ONNX file by {Printable.Plain(producer)}" : "an ONNX file",
            Input = input,
            Classes = classes,
            Preprocessing = preprocessing,
            Graph = graph,
            Build = skeleton.Build,
            Head = skeleton.Head,
            Stem = "",
            Stages = [],
        };

    // "resnet18.onnx": with its ending, so that it is no name of the catalog.
    private static string NameOf(OnnxFile file)
    {
        string name = Path.GetFileNameWithoutExtension(file.Name);
        string plain = new([.. name.Where(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.').Take(60)]);
        return $"{(plain.Length > 0 ? plain : "model")}.onnx";
    }
}

/// <summary>A network that was read from an ONNX file, and what belongs to it.</summary>
public sealed record OnnxImport
{
    /// <summary>The network, in evaluation mode.</summary>
    public required ZooModel Model { get; init; }

    /// <summary>A line of the catalog of its own, which builds the same network anew.</summary>
    public required ModelInfo Info { get; init; }

    /// <summary>Class names in the order of the logits: of the file's metadata, else numbers.</summary>
    public required IReadOnlyList<string> Labels { get; init; }

    /// <summary>What its outputs mean.</summary>
    public PredictionTask Task { get; init; } = PredictionTask.Classes;

    /// <summary>How images become its input: of the file's metadata, else ImageNet's.</summary>
    public required Preprocessing Preprocessing { get; init; }

    /// <summary>The parameters whose values are still in the file alone.</summary>
    internal IReadOnlySet<object> Unread { get; init; } = None;

    internal static IReadOnlySet<object> None { get; } = new HashSet<object>();

    /// <summary>What the zoo, if it wrote the file, said of the network that it wrote.</summary>
    internal CheckpointInfo? Described { get; init; }

    /// <summary>What was left aside or assumed, a sentence each.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];
}
