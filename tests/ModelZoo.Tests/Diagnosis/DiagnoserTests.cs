using ModelZoo.Diagnosis;
using ModelZoo.Imaging;
using ModelZoo.Models;
using ModelZoo.Registry;
using ModelZoo.Tests.Imaging;
using ModelZoo.Tests.Training;
using TorchSharp;
using Xunit;
using Xunit.Abstractions;
using static TorchSharp.torch;
using Pictures = ModelZoo.Tests.Data.Pictures;

namespace ModelZoo.Tests.Diagnosis;

/// <summary>Outputs of somebody who makes a mistake, computed here with tensors: each mistake is named.</summary>
[Collection(TorchCollection.Name)]
public sealed class DiagnoserTests : IDisposable
{
    private const int Side = 16;

    private static readonly Preprocessing Right = Preprocessing.ImageNet(Side, 20);
    private static readonly string[] Labels = ["wren", "ant", "cod", "bee", "owl", "elk", "dog", "fox", "hen", "cat", "ape", "gnu"];

    private readonly ITestOutputHelper log;
    private readonly TempFolder folder = new();
    private readonly ZooModel model;
    private readonly string[] files;

    public DiagnoserTests(ITestOutputHelper log)
    {
        this.log = log;
        random.manual_seed(3);
        model = Catalog.Models.Find("resnet20").Create(new(Labels.Length, 3, Side, Side));
        model.eval();
        for (int i = 0; i < 5; i++)
        {
            PixelImage picture = Pictures.Smooth(40 + (7 * i), 65 - (8 * i), (ulong)i);
            File.WriteAllBytes(folder.File($"{i}.png"), PngFile.Rgb(picture.Width, picture.Height, picture.Rgb));
        }

        File.WriteAllBytes(folder.File("5.jpg"), Sideways(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Imaging", "Golden", "q98-444.jpg"))));
        files = [.. Directory.GetFiles(folder.Path).Order(StringComparer.Ordinal)];
    }

    public void Dispose()
    {
        model.Dispose();
        folder.Dispose();
    }

    public static TheoryData<string> Names() => [.. Foreign.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_mistake_is_named(string name)
    {
        DiagnosisReport report = Diagnose(Foreign[name]);
        IEnumerable<string> nearest = report.Tried.Take(3).Select(t => $"{string.Join('+', t.Mistakes.Select(m => m.Name))} {t.Difference:G3}");
        log.WriteLine($"{name}: {report.Difference:G3}; {string.Join("; ", nearest)}");
        Assert.False(report.Same);
        Assert.NotNull(report.Explanation);
        Assert.Equal(name.Split('+'), report.Explanation.Mistakes.Select(m => m.Name));
    }

    [Fact]
    public void Every_mistake_of_the_list_is_planted() =>
        Assert.Empty(Mistakes.For(Right, Labels).Select(m => m.Name).Except(Foreign.Keys));

    [Fact]
    public void Without_a_mistake_both_are_the_same_and_the_network_is_as_before()
    {
        float[] before = [.. model.state_dict().Values.SelectMany(t => t.to(ScalarType.Float32).data<float>().ToArray())];
        Assert.True(Diagnose(new()).Same);
        Diagnose(Foreign["training"]);
        Assert.Equal(before, model.state_dict().Values.SelectMany(t => t.to(ScalarType.Float32).data<float>().ToArray()));
        Assert.False(model.training);
    }

    [Fact]
    public void Numbers_that_nothing_explains_are_not_explained()
    {
        DiagnosisReport report = Diagnose(new() { Output = static x => randn(x.shape) });
        Assert.False(report.Same);
        Assert.Null(report.Explanation);
        Assert.True(report.Tried.Count >= 25);
    }

    [Fact]
    public void Other_sizes_are_refused() => Assert.Contains("[6,12]",
        Assert.Throws<ZooException>(() => Diagnoser.Run(model, Right, Labels, files, new([2, 12], new float[24]))).Message, StringComparison.Ordinal);

    private DiagnosisReport Diagnose(Other other)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable none = no_grad();
        using ZooModel copy = Catalog.Models.Find("resnet20").Create(new(Labels.Length, 3, Side, Side));
        copy.load_state_dict(model.state_dict());
        copy.train(other.Training);
        copy.to(other.Type);
        Tensor[] inputs = [.. files.Select(file =>
        {
            PixelImage picture = ImageDecoder.Decode(file, new DecodeOptions { ApplyOrientation = other.Upright });
            return other.Numbers(other.Pixels(Unit((other.Fit ?? new ImagePipeline(Right).Fit)(picture))));
        })];
        Tensor outputs = other.Output(copy.call(stack(inputs).to(other.Type)).to(ScalarType.Float32)).contiguous();
        return Diagnoser.Run(model, Right, Labels, files, new(outputs.shape, outputs.data<float>().ToArray()));
    }

    private static Tensor Mean => tensor(Right.Mean).reshape(3, 1, 1);

    private static Tensor Std => tensor(Right.Std).reshape(3, 1, 1);

    private static readonly Dictionary<string, Other> Foreign = new()
    {
        ["exif"] = new() { Upright = false },
        ["stretched"] = new() { Fit = x => Resampling.Resize(x, Side, Side, Interpolation.Bilinear) },
        ["no-antialias"] = new() { Fit = x => Sampled(x, nearest: false) },
        ["nearest"] = new() { Fit = x => Sampled(x, nearest: true) },
        ["interpolation"] = new() { Fit = new ImagePipeline(Right with { Interpolation = Interpolation.Bicubic }).Fit },
        ["crop-only"] = new() { Fit = x => Center(x, Side, Side) },
        ["crop-first"] = new()
        {
            Fit = x => Resampling.Resize(Center(x, Math.Min(x.Width, x.Height), Math.Min(x.Width, x.Height)), Side, Side, Interpolation.Bilinear),
        },
        ["no-margin"] = new() { Fit = new ImagePipeline(Right with { ShorterSide = Side }).Fit },
        ["bgr"] = new() { Pixels = x => x.flip(0) },
        ["gray"] = new()
        {
            Pixels = x => (255 * x * tensor([0.299f, 0.587f, 0.114f]).reshape(3, 1, 1)).sum(0, keepdim: true).round().expand(3, Side, Side) / 255,
        },
        ["mirrored"] = new() { Pixels = x => x.flip(2) },
        ["upside-down"] = new() { Pixels = x => x.flip(1) },
        ["transposed"] = new() { Pixels = x => x.transpose(1, 2) },
        ["no-mean"] = new() { Numbers = x => x / Std },
        ["no-std"] = new() { Numbers = x => x - Mean },
        ["no-mean-std"] = new() { Numbers = x => x },
        ["no-scale"] = new() { Numbers = x => ((255 * x) - Mean) / Std },
        ["raw"] = new() { Numbers = x => 255 * x },
        ["twice"] = new() { Numbers = x => (((x - Mean) / Std) - Mean) / Std },
        ["scale-twice"] = new() { Numbers = x => ((x / 255) - Mean) / Std },
        ["minus-one-to-one"] = new() { Numbers = x => (2 * x) - 1 },
        ["mean-255"] = new() { Numbers = x => 255 * (x - Mean) },
        ["training"] = new() { Training = true },
        ["float16"] = new() { Type = ScalarType.Float16 },
        ["bfloat16"] = new() { Type = ScalarType.BFloat16 },
        ["softmax"] = new() { Output = x => x.exp() / x.exp().sum(1, keepdim: true) },
        ["log-softmax"] = new() { Output = x => x - x.exp().sum(1, keepdim: true).log() },
        ["sigmoid"] = new() { Output = x => 1 / (1 + (-x).exp()) },
        ["labels-sorted"] = new() { Output = x => Columns(x, [1, 10, 3, 9, 2, 6, 5, 7, 11, 8, 4, 0]) },
        ["numbers-as-text"] = new() { Output = x => Columns(x, [0, 1, 10, 11, 2, 3, 4, 5, 6, 7, 8, 9]) },
        ["labels-reversed"] = new() { Output = x => x.flip(1) },
        ["labels-reordered"] = new() { Output = x => Columns(x, [3, 1, 2, 0, 5, 4, 7, 6, 9, 8, 11, 10]) },
        ["pictures-reordered"] = new() { Output = x => x.flip(0) },
        ["bgr+softmax"] = new() { Pixels = x => x.flip(0), Output = x => x.softmax(1) },
    };

    private static Tensor Columns(Tensor x, long[] order) => x.index_select(1, tensor(order));

    // [3,H,W] in [0, 1].
    private static Tensor Unit(PixelImage x) => tensor(x.Rgb, [x.Height, x.Width, 3]).permute(2, 0, 1).to(ScalarType.Float32) / 255;

    private static PixelImage Center(PixelImage x, int width, int height) =>
        x.Crop((int)Math.Round((x.Width - width) / 2.0), (int)Math.Round((x.Height - height) / 2.0), width, height);

    // One pixel, or the four around the place, whatever the picture shrinks.
    private static PixelImage Sampled(PixelImage x, bool nearest)
    {
        (int width, int height) = Right.SizeBeforeCrop(x.Width, x.Height);
        var rgb = new byte[3 * width * height];
        for (int i = 0; i < rgb.Length; i++)
        {
            (int row, int column, int c) = (i / 3 / width, i / 3 % width, i % 3);
            byte At(int y, int z) => x.Rgb[(3 * ((Math.Min(y, x.Height - 1) * x.Width) + Math.Min(z, x.Width - 1))) + c];
            if (nearest)
            {
                rgb[i] = At(row * x.Height / height, column * x.Width / width);
                continue;
            }

            double v = Math.Max(0, ((row + 0.5) * x.Height / height) - 0.5), h = Math.Max(0, ((column + 0.5) * x.Width / width) - 0.5);
            (int top, int left) = ((int)v, (int)h);
            double upper = (At(top, left) * (1 - (h - left))) + (At(top, left + 1) * (h - left));
            double lower = (At(top + 1, left) * (1 - (h - left))) + (At(top + 1, left + 1) * (h - left));
            rgb[i] = (byte)Math.Round((upper * (1 - (v - top))) + (lower * (v - top)));
        }

        return Center(new PixelImage(width, height, rgb), Side, Side);
    }

    // The same JPEG with an EXIF segment that says it lies on its side.
    private static byte[] Sideways(byte[] jpeg)
    {
        byte[] exif = [.. "Exif\0\0MM\0*"u8, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0];
        return [jpeg[0], jpeg[1], 0xFF, 0xE1, 0, (byte)(exif.Length + 2), .. exif, .. jpeg[2..]];
    }

    private sealed record Other
    {
        public bool Upright { get; init; } = true;

        public Func<PixelImage, PixelImage>? Fit { get; init; }

        public Func<Tensor, Tensor> Pixels { get; init; } = static x => x;

        public Func<Tensor, Tensor> Numbers { get; init; } = static x => (x - Mean) / Std;

        public bool Training { get; init; }

        public ScalarType Type { get; init; } = ScalarType.Float32;

        public Func<Tensor, Tensor> Output { get; init; } = static x => x;
    }
}
