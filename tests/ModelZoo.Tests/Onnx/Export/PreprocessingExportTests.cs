using ModelZoo.Imaging;
using ModelZoo.Models;
using ModelZoo.Onnx;
using ModelZoo.Onnx.Export;
using ModelZoo.Registry;
using ModelZoo.Tests.Training;
using Xunit;
using Xunit.Abstractions;
using static TorchSharp.torch;

namespace ModelZoo.Tests.Onnx.Export;

/// <summary>Pictures in the graph: what ONNX Runtime makes of them against the zoo's own path.</summary>
[Collection(TorchCollection.Name)]
public class PreprocessingExportTests(ITestOutputHelper log)
{
    private static readonly Preprocessing ImageNet = Preprocessing.ImageNet(56, 64);

    public static TheoryData<string, int, int> Cases() => new()
    {
        { "crop", 100, 75 }, { "crop", 75, 100 }, { "crop", 64, 64 }, { "crop", 40, 33 }, { "crop", 131, 131 }, { "crop", 301, 64 }, { "bicubic", 100, 75 },
        { "bicubic", 40, 33 }, { "larger", 100, 75 }, { "oblong", 90, 160 }, { "resize", 100, 75 }, { "resize", 20, 30 }, { "border", 100, 75 },
        { "pad", 100, 75 }, { "pad", 30, 21 }, { "pad", 57, 20 }, { "gray", 100, 75 },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_picture_becomes_the_same_input_within_one_step(string what, int width, int height)
    {
        Preprocessing p = what switch
        {
            "bicubic" => ImageNet with { Interpolation = Interpolation.Bicubic },
            "larger" => ImageNet with { ShorterSide = 50 },
            "oblong" => ImageNet with { Height = 40 },
            "resize" => ImageNet with { Fit = Fit.Resize, ShorterSide = 0 },
            "border" => ImageNet with { Fit = Fit.Resize, ShorterSide = 0, Border = 3 },
            "pad" => ImageNet with { Fit = Fit.Pad, ShorterSide = 0 },
            "gray" => ImageNet with { Channels = 1, Mean = [0.4f], Std = [0.3f] },
            _ => ImageNet,
        };
        PixelImage[] pictures = [Noise(width, height, 1), Noise(width, height, 2)];
        (int steps, double share) = Difference(p, pictures);
        log.WriteLine($"{what} {width}×{height}: at most {steps} of 255, {share:P3} of the values");
        Assert.InRange(steps, 0, 1);
        Assert.True(share < 0.03, $"{share}");
    }

    [Fact]
    public void A_resize_without_antialiasing_is_caught()
    {
        PixelImage[] pictures = [Noise(160, 120, 3)];
        Assert.InRange(Difference(ImageNet, pictures).Steps, 0, 1);
        Assert.True(Difference(ImageNet, pictures, static graph =>
        {
            NodeProto resize = graph.Nodes.Single(n => n.OpType == "Resize");
            foreach (AttributeProto attribute in resize.Attributes.Where(a => a.Name is "antialias" or "exclude_outside"))
            {
                attribute.I = 0;
            }
        }).Steps > 10);
    }

    [Fact]
    public void Checks_of_a_graph_with_preprocessing_are_pictures()
    {
        using var folder = new TempFolder();
        ModelInfo info = Catalog.Models.Find("resnet20");
        using ZooModel model = info.Create();
        string[] labels = [.. Enumerable.Range(0, 10).Select(i => $"{i}")];
        OnnxExported made = OnnxExport.Write(folder.File("p.onnx"), model, new()
        {
            Input = [3, 32, 32],
            WithPreprocessing = true,
            Checks = 3,
            Description = new() { Architecture = info.Name, Options = info.Defaults, Labels = labels, Preprocessing = info.Preprocessing },
        });
        Assert.Equal((18, false), (made.Opset, made.AnySize));
        OnnxChecks checks = OnnxChecks.Read(folder.File("p.onnx"))!;
        Assert.True(checks.Pictures);
        Assert.Equal([3, 41, 49, 3], checks.Input.Shape);
        Assert.Equal([3, 10], checks.Output.Shape);
        using OrtSession ort = OrtSession.Of(folder.File("p.onnx"));
        double difference = checks.Difference(ort.Run(Array.ConvertAll(checks.Input.Data, v => (byte)v), checks.Input.Shape).Values);
        Assert.True(difference < 1e-2, $"{difference}");
    }

    /// <summary>The largest difference of the inputs that both make, in steps of 1/255, and how many values differ.</summary>
    internal static (int Steps, double Share) Difference(Preprocessing p, PixelImage[] pictures, Action<GraphProto>? plant = null)
    {
        using var identity = nn.Identity();
        using IDisposable built = OnnxExport.Build(identity, new()
        {
            Input = [p.Channels, p.Height, p.Width],
            WithPreprocessing = true,
            Description = new()
            {
                Architecture = "identity",
                Options = new(1, p.Channels, p.Height, p.Width),
                Labels = ["a"],
                Preprocessing = p,
            },
        }, out ModelProto proto, out _);
        plant?.Invoke(proto.Graph!);
        using OrtSession ort = OrtSession.Of(proto);
        var pipeline = new ImagePipeline(p);
        var ours = new float[pictures.Length * pipeline.Length];
        for (int i = 0; i < pictures.Length; i++)
        {
            pipeline.Apply(pictures[i], ours.AsSpan(i * pipeline.Length, pipeline.Length));
        }

        (float[] theirs, long[] shape) = ort.Run([.. pictures.SelectMany(picture => picture.Rgb)], pictures.Length, pictures[0].Height, pictures[0].Width, 3);
        Assert.Equal([pictures.Length, p.Channels, p.Height, p.Width], shape);
        int plane = p.Height * p.Width, most = 0, different = 0;
        for (int i = 0; i < ours.Length; i++)
        {
            double step = Math.Abs((double)ours[i] - theirs[i]) * p.Std[i / plane % p.Channels] * 255;
            most = Math.Max(most, (int)Math.Round(step));
            different += step > 0.5 ? 1 : 0;
        }

        return (most, (double)different / ours.Length);
    }

    private static PixelImage Noise(int width, int height, ulong seed)
    {
        var random = new SeededRandom(seed);
        return new(width, height, [.. Enumerable.Range(0, 3 * width * height).Select(_ => (byte)random.Next(256))]);
    }
}
