using System.Diagnostics;
using ModelZoo.Imaging;
using ModelZoo.Onnx;
using ModelZoo.Onnx.Export;
using ModelZoo.Reference;
using static TorchSharp.torch;

namespace ModelZoo.Verification.Engines;

/// <summary>
/// Says whether an engine computes an ONNX file as the file says: every value that a layer makes is an output of a copy of the graph, and is held against the
/// reference, which is given the engine's own inputs of that layer, within the rounding-error bound of each element. Then the file as it is gives the same
/// output, and for the checks in it what the network gave before it was written.
/// </summary>
/// <remarks>
/// What the file as it is computes, with all that the engine fuses, is compared with a threshold of <see cref="Whole"/> of the largest output: no rigorous
/// bound is practical over a whole network. The files of the catalog's networks stay below 2·10⁻⁵; a wrong layer shows as 10⁻² and more.
/// </remarks>
public sealed class GraphVerifier : IDisposable
{
    /// <summary>How far whole outputs may differ, as a part of the largest.</summary>
    public const double Whole = 2e-4;

    private const string Name = "the file";
    private const long MostBytes = 256L << 20; // of values that are held at once
    private readonly OnnxFile file;
    private readonly IReadOnlyList<GraphStep> steps;
    private readonly string outputName;
    private readonly List<LayerCheck> checks = [];

    private GraphVerifier(OnnxFile file, OnnxChecks? embedded)
    {
        (this.file, Checks, outputName) = (file, embedded, file.Model.Graph!.Outputs.FirstOrDefault()?.Name ?? "");
        Pictures = file.Model.Graph.Inputs.FirstOrDefault()?.Type?.TensorType?.ElemType == OnnxType.UInt8;
        if (Pictures)
        {
            steps = [];
            return;
        }

        Weights.CheckpointInfo? described = OnnxMetadata.Description(file);
        GraphBuilder built = GraphBuilder.Build(file, new GraphSizes(described?.Options.InputHeight, described?.Options.InputWidth));
        steps = built.Steps;
        foreach (GraphStep step in steps)
        {
            step.Module.eval();
        }

        if (built.InputShape is not [_, var channels, var height, var width])
        {
            Dispose();
            throw new ZooException($"{file.Name}: takes {Shapes.Text(built.InputShape)}; networks that take images [N,C,H,W] are supported only.");
        }

        (Channels, Height, Width) = checked(((int)channels, (int)height, (int)width));
        Batch = built.WrittenBatch is { } batch ? checked((int)Math.Min(batch, int.MaxValue)) : null;
        int classes = (int)Math.Clamp(built.Output.Shape.ElementAtOrDefault(1), 1, 1 << 20);
        Preprocessing = new OnnxMetadata(file, classes, Channels, Height, Width).Preprocessing;
    }

    /// <summary>Channels of its images; 0 where it takes pictures.</summary>
    public int Channels { get; }

    /// <summary>Rows of its images.</summary>
    public int Height { get; }

    /// <summary>Columns of its images.</summary>
    public int Width { get; }

    /// <summary>How many images it takes at once; null for any number.</summary>
    public int? Batch { get; }

    /// <summary>Whether it takes pictures, uint8 [N,H,W,3], and does their preprocessing itself: then only its checks can be verified.</summary>
    public bool Pictures { get; }

    /// <summary>
    /// Whether its weights are float16 or bfloat16. ONNX Runtime computes such a graph on a CPU in float32, and leaves conversions out between nodes, so that no
    /// value is what the next node is given: only its checks can be verified.
    /// </summary>
    public bool Narrow => file.Model.Graph!.Initializers.Exists(t => t.DataType is OnnxType.Float16 or OnnxType.BFloat16);

    /// <summary>How images become its input.</summary>
    public Preprocessing? Preprocessing { get; }

    /// <summary>The checks in the file; null where it has none.</summary>
    public OnnxChecks? Checks { get; }

    /// <summary>Opens a file.</summary>
    /// <exception cref="ZooException">It cannot be read, is damaged, or has what is not supported.</exception>
    public static GraphVerifier Open(string path)
    {
        OnnxFile file = OnnxFile.Open(path);
        try
        {
            return new GraphVerifier(file, OnnxChecks.Read(file.Model, path));
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Runs the graph and compares.</summary>
    /// <param name="engine">What runs it.</param>
    /// <param name="images">[N,C,H,W]; null where it takes pictures.</param>
    /// <param name="options">How much to verify.</param>
    /// <param name="progress">Receives each check as it is done.</param>
    /// <exception cref="ZooException">The engine refuses the graph, or it takes pictures and has no checks.</exception>
    public VerificationReport Verify(IGraphEngine engine, Tensor? images, VerifyOptions? options = null, IProgress<LayerCheck>? progress = null)
    {
        ArgumentNullException.ThrowIfNull(engine);
        var clock = Stopwatch.StartNew();
        options ??= new VerifyOptions();
        checks.Clear();
        bool whole = !Pictures && !Narrow;
        if (!whole && Checks is null)
        {
            throw new ZooException($"{file.Name}: {(Pictures ? "takes pictures" : "has weights of 16 bits")}, where only checks in the file can be verified, and "
                + "it has none. Export it with --checks 4.");
        }

        string? folder = Path.GetDirectoryName(Path.GetFullPath(file.Name));
        GraphArray? output = null;
        if (images is not null && whole)
        {
            var input = new GraphArray(InputType(), images.Sizes(), TensorValues.ValuesAt(images, null));
            output = Layers(engine, folder, input, options, progress);
            using IGraphSession asItIs = engine.Open(OnnxFile.ToBytes(file.Model), folder);
            Add(AsItIs(asItIs.Run(input, [outputName])[0], output), progress);
            OfChecks(asItIs, progress);
        }
        else
        {
            using IGraphSession asItIs = engine.Open(OnnxFile.ToBytes(file.Model), folder);
            OfChecks(asItIs, progress);
        }

        return new VerificationReport([.. checks], options.AllowUnverified, clock.Elapsed);
    }

    /// <summary>The file's outputs, as it is.</summary>
    /// <param name="engine">What runs it.</param>
    /// <param name="input">What it takes: images, or pictures as bytes.</param>
    /// <exception cref="ZooException">The engine refuses the graph or the input.</exception>
    public GraphArray Run(IGraphEngine engine, GraphArray input)
    {
        ArgumentNullException.ThrowIfNull(engine);
        using IGraphSession session = engine.Open(OnnxFile.ToBytes(file.Model), Path.GetDirectoryName(Path.GetFullPath(file.Name)));
        return session.Run(input, [outputName])[0];
    }

    /// <summary>Every value that its layers make of one image, by name.</summary>
    internal IEnumerable<(string Name, double[] Values)> Values(IGraphEngine engine, Tensor image)
    {
        string[] names = [.. steps.Select(s => s.Made).OfType<string>().Distinct()];
        using IGraphSession session = engine.Open(WithEveryValue(), Path.GetDirectoryName(Path.GetFullPath(file.Name)));
        return names.Zip(session.Run(new(InputType(), image.Sizes(), TensorValues.ValuesAt(image, null)), names), (name, value) => (name, value.Values));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (GraphStep step in steps ?? [])
        {
            step.Module.Dispose();
        }

        file.Dispose();
    }

    private GraphArray Layers(IGraphEngine engine, string? folder, GraphArray input, VerifyOptions options, IProgress<LayerCheck>? progress)
    {
        using IGraphSession session = engine.Open(WithEveryValue(), folder);
        var run = new EngineRun(steps, engine, options);
        GraphArray output = session.Run(input, [outputName])[0];
        for (int from = 0; from < steps.Count;)
        {
            // As many layers as their values fit; a layer's own are always taken.
            int to = from;
            long bytes = 0;
            for (; to < steps.Count && (to == from || bytes + BytesOf(to, input.Shape[0]) <= MostBytes); to++)
            {
                bytes += BytesOf(to, input.Shape[0]);
            }

            string inputName = file.Model.Graph!.Inputs.Find(i => steps.Any(s => s.From.Contains(i.Name)))?.Name ?? "";
            IEnumerable<string> wanted = steps.Skip(from).Take(to - from).SelectMany(s => s.From.Append(s.Made)).OfType<string>();
            string[] names = [.. wanted.Where(n => n != inputName).Distinct()];
            IReadOnlyList<GraphArray> values = names.Length == 0 ? [] : session.Run(input, names);
            Dictionary<string, GraphArray> byName = names.Zip(values).ToDictionary(v => v.First, v => v.Second, StringComparer.Ordinal);
            byName[inputName] = input;
            for (; from < to; from++)
            {
                options.Cancellation.ThrowIfCancellationRequested();
                if (run.Check(from, byName) is { } check)
                {
                    Add(check, progress);
                }
            }
        }

        return output;
    }

    // In double, with the inputs; the batch stands in the sizes as a prime.
    private long BytesOf(int step, int batch) =>
        sizeof(double) * batch * (PerImage(steps[step].Shape) + steps[step].Takes.Where(t => t > 0).Sum(t => PerImage(steps[t - 1].Shape)));

    private static long PerImage(long[] shape) => shape.Aggregate(1L, static (a, b) => checked(a * (Shapes.HasBatch(b) ? b / Shapes.Batch : b)));

    private ReadOnlyMemory<byte> WithEveryValue()
    {
        var model = new ModelProto
        {
            IrVersion = file.Model.IrVersion,
            ProducerName = file.Model.ProducerName,
            Graph = new GraphProto { Name = file.Model.Graph!.Name },
        };
        model.OpsetImport.AddRange(file.Model.OpsetImport);
        model.Graph.Nodes.AddRange(file.Model.Graph.Nodes);
        model.Graph.Initializers.AddRange(file.Model.Graph.Initializers);
        model.Graph.Inputs.AddRange(file.Model.Graph.Inputs);
        model.Graph.Outputs.AddRange(file.Model.Graph.Outputs);
        HashSet<string> there = [.. model.Graph.Outputs.Select(o => o.Name), .. model.Graph.Inputs.Select(i => i.Name)];
        foreach (string name in steps.SelectMany(s => s.From.Append(s.Made)).OfType<string>().Where(there.Add))
        {
            model.Graph.Outputs.Add(new() { Name = name }); // its type is inferred
        }

        return OnnxFile.ToBytes(model);
    }

    private ScalarType InputType() => file.Model.Graph!.Inputs.Find(i => steps.Any(s => s.From.Contains(i.Name)))?.Type?.TensorType?.ElemType switch
    {
        OnnxType.Float16 => ScalarType.Float16,
        OnnxType.Double => ScalarType.Float64,
        OnnxType.BFloat16 => ScalarType.BFloat16,
        _ => ScalarType.Float32,
    };

    private static LayerCheck AsItIs(GraphArray output, GraphArray expected)
    {
        double scale = expected.Values.Max(static v => Math.Abs(v)) * (output.Type == ScalarType.Float32 ? 1 : 64);
        var quantity = new Quantity("output as it is", expected.Shape, i => new(expected.Values[i], Whole * scale));
        return Comparison.Of(Name, "graph", quantity, ActualValues.Of(new NdArray(output.Values, output.Shape)), int.MaxValue, 0);
    }

    private void OfChecks(IGraphSession session, IProgress<LayerCheck>? progress)
    {
        if (Checks is null)
        {
            return;
        }

        int[] shape = [.. Checks.Input.Shape.Select(n => checked((int)n))];
        var input = new GraphArray(Pictures ? ScalarType.Byte : InputType(), shape, Array.ConvertAll(Checks.Input.Data, v => (double)v));
        GraphArray output = session.Run(input, [outputName])[0];
        int[] wanted = [.. Checks.Output.Shape.Select(n => checked((int)n))];
        int each = Checks.Output.Data.Length / wanted[0];

        // With pictures a pixel may be off by a step of 1/255 after the resize.
        double part = Pictures ? 0.05 : Narrow ? 64 * Whole : Whole;
        var largest = Checks.Output.Data.Chunk(each).Select(row => (double)row.Max(MathF.Abs)).ToArray();
        var quantity = new Quantity("checks in the file", wanted, i => new(Checks.Output.Data[i], part * largest[i / each]));
        Add(Comparison.Of(Name, "graph", quantity, ActualValues.Of(new NdArray(output.Values, output.Shape)), int.MaxValue, 0), progress);
    }

    private void Add(LayerCheck check, IProgress<LayerCheck>? progress)
    {
        checks.Add(check);
        progress?.Report(check);
    }
}
