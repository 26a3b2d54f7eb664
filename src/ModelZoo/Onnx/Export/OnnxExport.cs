using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using ModelZoo.Imaging;
using ModelZoo.Tracing;
using ModelZoo.Weights;
using static TorchSharp.torch;

namespace ModelZoo.Onnx.Export;

/// <summary>What a network is written as.</summary>
public sealed record OnnxExportOptions
{
    /// <summary>The shape of one input, [C,H,W].</summary>
    public required IReadOnlyList<long> Input { get; init; }

    /// <summary>
    /// The version of ONNX's operators, 17 … 22. <see cref="WithPreprocessing"/> needs 18 and raises it to that.
    /// </summary>
    public int Opset { get; init; } = OnnxExport.LeastOpset;

    /// <summary>Whether batch normalization goes into the convolutions before it.</summary>
    public bool Fold { get; init; }

    /// <summary>
    /// Whether the graph begins with pictures, uint8 [N,H,W,3] of any size, and does itself what <see cref="CheckpointInfo.Preprocessing"/> says.
    /// </summary>
    public bool WithPreprocessing { get; init; }

    /// <summary>Which layers compute on bytes: written as QDQ, batch normalization folded; null for float32.</summary>
    public QuantizationInfo? Quantization { get; init; }

    /// <summary>How many test inputs are put into the file, with the network's own outputs (<see cref="OnnxChecks"/>).</summary>
    public int Checks { get; init; }

    /// <summary>What the network is; null: the file does not say.</summary>
    public CheckpointInfo? Description { get; init; }
}

/// <summary>What was written.</summary>
/// <param name="Opset">The version of the operators.</param>
/// <param name="Nodes">Operators.</param>
/// <param name="Tensors">The network's own.</param>
/// <param name="Folded">Batch normalizations that are in a convolution now.</param>
/// <param name="AnySize">Whether the graph takes images of other sizes than the network's own.</param>
public sealed record OnnxExported(int Opset, int Nodes, int Tensors, int Folded, bool AnySize);

/// <summary>
/// Writes a network as ONNX from its trace: its tensors under the keys of its <c>state_dict</c>, a batch of any size, of images of any size where the graph is
/// the same for another one; without what only training needs.
/// </summary>
public static class OnnxExport
{
    /// <summary>The oldest version of the operators that is written.</summary>
    public const int LeastOpset = 17;

    /// <summary>The newest: none of the operators that are used has changed until then.</summary>
    public const int MostOpset = 22;

    /// <summary>What the metadata of a file call the description of the network, as a checkpoint's do.</summary>
    public const string DescriptionKey = CheckpointJson.Key;

    /// <summary>The class names, in the order of the logits, as a JSON array.</summary>
    public const string LabelsKey = "labels";

    /// <summary>The steps from a picture to the input, as a JSON array.</summary>
    public const string PreprocessingKey = "preprocessing";

    /// <summary>What the certainty of a calibrated network is worth, as a JSON object: temperature, least_probability, set_probability, error_rate.</summary>
    public const string CalibrationKey = "calibration";

    internal const string InputName = "input", PicturesName = "pictures";

    private static readonly JsonSerializerOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes a file, atomically.</summary>
    /// <param name="path">The file to create or replace.</param>
    /// <param name="model">A network whose forward calls leaf modules only. It is written as it is in evaluation; its mode is put back.</param>
    /// <param name="options">What is written.</param>
    /// <exception cref="TraceException">The network can't be traced.</exception>
    /// <exception cref="ZooException">A layer can't be written (all of those are named at once), the options are impossible, or the file can't be
    /// written.</exception>
    public static OnnxExported Write(string path, nn.Module<Tensor, Tensor> model, OnnxExportOptions options)
    {
        using var graph = Build(model, options, out ModelProto proto, out OnnxExported report);
        OnnxFile.Write(path, proto);
        return report;
    }

    /// <summary>The same in memory; the tensors of the message live as long as the result.</summary>
    internal static IDisposable Build(nn.Module<Tensor, Tensor> model, OnnxExportOptions options, out ModelProto proto, out OnnxExported report)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(options);
        int opset = Check(options);
        bool training = model.training;
        var graph = new ExportGraph(opset, options.Quantization);
        try
        {
            model.eval();
            using IDisposable none = no_grad();
            graph.Name(InputName);
            if (options.WithPreprocessing)
            {
                graph.Name(PicturesName);
                PreprocessingGraph.Write(graph, options.Description!.Preprocessing, PicturesName, InputName);
            }

            NetworkGraph network = NetworkGraph.Write(graph, model, [1, .. options.Input], options.Fold);
            bool anySize = !options.WithPreprocessing && !graph.FixesSize && NetworkGraph.IsSameFor(graph, model, options);
            proto = Message(graph, network, options, anySize);
            OnnxChecks.Make(model, options)?.WriteTo(proto);
            report = new(opset, graph.Nodes.Count, graph.Weights.Count, graph.Folded.Count, anySize);
            return graph;
        }
        catch (System.Runtime.InteropServices.ExternalException error)
        {
            graph.Dispose();
            throw new ZooException($"The network does not run on an input of [{string.Join(",", options.Input)}]: {TorchError.Summary(error)}", error);
        }
        catch
        {
            graph.Dispose();
            throw;
        }
        finally
        {
            model.train(training);
        }
    }

    private static ModelProto Message(ExportGraph graph, NetworkGraph network, OnnxExportOptions options, bool anySize)
    {
        var proto = new ModelProto
        {
            // The oldest version of the format that belongs to the operators.
            IrVersion = graph.Opset switch { >= 21 => 10, >= 19 => 9, _ => 8 },
            ProducerName = nameof(ModelZoo),
            ProducerVersion = typeof(OnnxExport).Assembly.GetName().Version?.ToString(3) ?? "",
            Graph = new() { Name = options.Description?.Architecture ?? "network" },
        };
        proto.OpsetImport.Add(new() { Version = graph.Opset });
        proto.Graph.Nodes.AddRange(graph.Nodes);
        proto.Graph.Initializers.AddRange(graph.Weights.Concat(graph.Constants));
        proto.Graph.Inputs.Add(options.WithPreprocessing ? ValueInfoProto.Of(PicturesName, OnnxType.UInt8, "batch", "height", "width", 3)
            : anySize && options.Input.Count == 3 ? ValueInfoProto.Of(InputName, OnnxType.Float, "batch", options.Input[0], "height", "width")
            : ValueInfoProto.Of(InputName, OnnxType.Float, [.. options.Input.Select(size => (object)size).Prepend("batch")]));
        proto.Graph.Outputs.Add(ValueInfoProto.Of(network.Output, OnnxType.Float, [.. network.OutputShape.Skip(1).Select((size, axis) =>
            axis > 0 && anySize ? axis == 1 ? "output_height" : (object)"output_width" : size).Prepend("batch")]));
        if (options.Description is { } info)
        {
            Add(DescriptionKey, CheckpointJson.Write(info));
            Add(LabelsKey, JsonSerializer.Serialize(info.Labels, Readable));
            if (info.Calibration is { } known)
            {
                Add(CalibrationKey, new JsonObject
                {
                    ["temperature"] = known.Temperature,
                    ["least_probability"] = known.LeastProbability,
                    ["set_probability"] = known.SetProbability,
                    ["error_rate"] = known.ErrorRate,
                }.ToJsonString(Readable));
            }

            Add(PreprocessingKey, PreprocessingSteps.Of(info.Preprocessing).ToJsonString(Readable));
        }

        return proto;

        void Add(string key, string value) => proto.MetadataProps.Add(new() { Key = key, Value = value });
    }

    private static int Check(OnnxExportOptions options)
    {
        Preprocessing? preprocessing = options.Description?.Preprocessing;
        string? wrong = options.Opset is < LeastOpset or > MostOpset ? $"opset {options.Opset}; it writes {LeastOpset} to {MostOpset}"
            : options.Input.Count == 0 || options.Input.Any(size => size < 1) ? $"an input of [{string.Join(",", options.Input)}]"
            : options.Checks < 0 ? $"{options.Checks} checks"
            : options.WithPreprocessing && preprocessing is null ? "preprocessing: nothing says what is done to a picture"
            : options.WithPreprocessing && !options.Input.SequenceEqual([preprocessing!.Channels, preprocessing.Height, preprocessing.Width])
                ? $"an input of [{string.Join(",", options.Input)}] with a preprocessing for another size"
            : null;
        return wrong is null
            ? Math.Max(options.Opset, options.WithPreprocessing ? PreprocessingGraph.LeastOpset : LeastOpset)
            : throw new UsageException($"ONNX can't be written for {wrong}.");
    }
}
