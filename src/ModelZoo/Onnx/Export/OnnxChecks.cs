using System.Runtime.InteropServices;
using ModelZoo.Imaging;
using ModelZoo.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace ModelZoo.Onnx.Export;

/// <summary>
/// Test inputs of an ONNX file and what the network gave for them before it was written: whoever runs the file can see that it still does. They are in the
/// file's metadata, each as the base64 text of a .npy file: <see cref="InputKey"/> is what the graph takes (float32 [n,C,H,W], or uint8 [n,H,W,3] where the
/// graph begins with pictures), <see cref="OutputKey"/> its output, float32 [n,…].
/// </summary>
/// <param name="Input">The graph's input.</param>
/// <param name="Pictures">Whether the input is pictures: uint8.</param>
/// <param name="Output">The network's output.</param>
public sealed record OnnxChecks(NpyArray Input, bool Pictures, NpyArray Output)
{
    /// <summary>The metadata's key of the inputs.</summary>
    public const string InputKey = "check.input";

    /// <summary>The metadata's key of the expected outputs.</summary>
    public const string OutputKey = "check.output";

    /// <summary>Reads the checks of a file.</summary>
    /// <returns>Null where it has none.</returns>
    /// <exception cref="ZooException">The file can't be read, or its checks are damaged.</exception>
    public static OnnxChecks? Read(string path)
    {
        using OnnxFile file = OnnxFile.Open(path);
        return Read(file.Model, path);
    }

    /// <summary>
    /// How far outputs are from the expected ones: the largest difference, divided by the largest expected value of that input.
    /// </summary>
    /// <param name="output">As many values as <see cref="Output"/> has; one that is no number is infinitely far.</param>
    /// <exception cref="ArgumentException">There are more or fewer.</exception>
    public double Difference(ReadOnlySpan<float> output)
    {
        float[] expected = Output.Data;
        if (output.Length != expected.Length)
        {
            throw new ArgumentException($"There are {output.Length} values, but {expected.Length} are expected.", nameof(output));
        }

        double worst = 0;
        int each = expected.Length / (int)Math.Max(1, Output.Shape[0]);
        for (int first = 0; first < expected.Length; first += each)
        {
            double difference = 0, largest = 0;
            for (int i = first; i < first + each; i++)
            {
                double d = Math.Abs((double)output[i] - expected[i]);
                difference = Math.Max(difference, double.IsNaN(d) ? double.PositiveInfinity : d);
                largest = Math.Max(largest, Math.Abs(expected[i]));
            }

            worst = Math.Max(worst, difference == 0 ? 0 : difference / largest);
        }

        return worst;
    }

    internal static OnnxChecks? Read(ModelProto model, string name)
    {
        string? input = Value(InputKey), output = Value(OutputKey);
        if (input is null && output is null)
        {
            return null;
        }

        OnnxType type = model.Graph?.Inputs.FirstOrDefault()?.Type?.TensorType?.ElemType ?? OnnxType.Undefined;
        var checks = new OnnxChecks(Parse(InputKey, input), type == OnnxType.UInt8, Parse(OutputKey, output));
        return checks.Input.Shape is [> 0, ..] && checks.Output.Shape is [> 0, ..] && checks.Input.Shape[0] == checks.Output.Shape[0]
            ? checks
            : throw new ZooException($"{name}: has checks whose inputs [{string.Join(",", checks.Input.Shape)}] and outputs "
                + $"[{string.Join(",", checks.Output.Shape)}] do not go together. {OnnxFile.Advice}");

        string? Value(string key) => model.MetadataProps.FirstOrDefault(p => p.Key == key)?.Value;

        NpyArray Parse(string key, string? text)
        {
            var bytes = new byte[((text?.Length ?? 0) / 4 * 3) + 3];
            return text is not null && Convert.TryFromBase64String(text, bytes, out int count)
                ? Npy.Read(new MemoryStream(bytes, 0, count), $"{name}: {key}")
                : throw new ZooException($"{name}: its {key} is missing or no base64 text. {OnnxFile.Advice}");
        }
    }

    /// <summary>Draws inputs and computes what a network in eval mode gives for them; null where none are asked for.</summary>
    internal static OnnxChecks? Make(nn.Module<Tensor, Tensor> model, OnnxExportOptions options)
    {
        if (options.Checks == 0)
        {
            return null;
        }

        using DisposeScope scope = NewDisposeScope();
        var random = new SeededRandom(0);
        long n = options.Checks;
        (NpyArray shown, float[] input) = options.Description?.Preprocessing is { Channels: 1 or 3 } p
            && options.Input.SequenceEqual([p.Channels, p.Height, p.Width])
                ? FromPictures(p, options, random)
                : FromNoise([n, .. options.Input], random);
        Device device = model.parameters().FirstOrDefault()?.device ?? CPU;
        ScalarType type = model.parameters().FirstOrDefault()?.dtype ?? ScalarType.Float32;
        Tensor output = model.call(tensor(input, [n, .. options.Input]).to(type, device)).to(ScalarType.Float32, CPU).contiguous();
        return new(shown, options.WithPreprocessing, new NpyArray(output.shape, output.data<float>().ToArray()));
    }

    internal void WriteTo(ModelProto model)
    {
        ReadOnlySpan<byte> input = Pictures ? Array.ConvertAll(Input.Data, v => (byte)v) : MemoryMarshal.AsBytes<float>(Input.Data);
        Add(InputKey, [.. Npy.Header(Pictures ? "|u1" : "<f4", Input.Shape), .. input]);
        Add(OutputKey, [.. Npy.Header("<f4", Output.Shape), .. MemoryMarshal.AsBytes<float>(Output.Data)]);

        void Add(string key, byte[] npy) => model.MetadataProps.Add(new() { Key = key, Value = Convert.ToBase64String(npy) });
    }

    // With preprocessing in the graph the pictures have another size and another aspect ratio than the input.
    private static (NpyArray Shown, float[] Input) FromPictures(Preprocessing p, OnnxExportOptions options, SeededRandom random)
    {
        var pipeline = new ImagePipeline(p);
        (int width, int height) = options.WithPreprocessing ? ((p.Width * 3 / 2) + 1, (p.Height * 5 / 4) + 1) : (p.Width, p.Height);
        PixelImage[] pictures = [.. Enumerable.Range(0, options.Checks).Select(_ => Picture(width, height, random))];
        var input = new float[pictures.Length * pipeline.Length];
        for (int i = 0; i < pictures.Length; i++)
        {
            pipeline.Apply(pictures[i], input.AsSpan(i * pipeline.Length, pipeline.Length));
        }

        return options.WithPreprocessing
            ? (new([pictures.Length, height, width, 3], [.. pictures.SelectMany(picture => picture.Rgb).Select(b => (float)b)]), input)
            : (new([pictures.Length, .. options.Input], input), input);
    }

    // Soft spots of color with some grain: like a photograph it has both large and small structure.
    private static PixelImage Picture(int width, int height, SeededRandom random)
    {
        const int Cells = 7, Grain = 24;
        byte[] coarse = [.. Enumerable.Range(0, Cells * Cells * 3).Select(_ => (byte)random.Next(256))];
        byte[] rgb = Resampling.Resize(new PixelImage(Cells, Cells, coarse), width, height, Interpolation.Bicubic).Rgb;
        return new PixelImage(width, height, Array.ConvertAll(rgb, b => (byte)Math.Clamp(b + random.Next((2 * Grain) + 1) - Grain, 0, 255)));
    }

    private static (NpyArray Shown, float[] Input) FromNoise(long[] shape, SeededRandom random)
    {
        float[] values = [.. Enumerable.Range(0, checked((int)shape.Aggregate(1L, (a, b) => a * b))).Select(_ => (float)random.NextGaussian())];
        return (new(shape, values), values);
    }
}
