using ModelZoo.Imaging;
using TorchSharp;
using static TorchSharp.torch;

namespace ModelZoo.Diagnosis;

/// <summary>Where on the way from a picture to outputs something is done otherwise.</summary>
public enum MistakeStage
{
    /// <summary>Decoding.</summary>
    Picture,

    /// <summary>To the input's size.</summary>
    Fit,

    /// <summary>The order of pixels and channels.</summary>
    Pixels,

    /// <summary>Scale, mean and standard deviation.</summary>
    Numbers,

    /// <summary>The network's mode and precision.</summary>
    Network,

    /// <summary>What is made of the logits.</summary>
    Output,
}

/// <summary>Something that is often done otherwise.</summary>
/// <param name="Name">A short name ("bgr").</param>
/// <param name="Stage">Where.</param>
/// <param name="Meaning">What the others do, as a sentence's end ("take blue for red").</param>
public sealed record Mistake(string Name, MistakeStage Stage, string Meaning)
{
    internal Action<DiagnosedPath> Apply { get; init; } = static _ => { };
}

/// <summary>The list of them.</summary>
internal static class Mistakes
{
    /// <param name="p">What is right.</param>
    /// <param name="labels">The class names in the order of the logits.</param>
    public static IEnumerable<Mistake> For(Preprocessing p, IReadOnlyList<string> labels)
    {
        (float[] mean, float[] std) = (p.Mean, p.Std);
        Interpolation other = p.Interpolation == Interpolation.Bilinear ? Interpolation.Bicubic : Interpolation.Bilinear;
        return [
            Make("exif", MistakeStage.Picture, "leave pictures as they lie in the file, whatever EXIF says", path => path.Upright = false),

            Fitted("stretched", "resize the whole picture to the input, whatever its aspect ratio", x =>
                Resampling.Resize(x, p.Width, p.Height, p.Interpolation)),
            Fitted("no-antialias", "resize without antialiasing (as OpenCV and TensorFlow do)", x => Sized(p, x, (y, w, h) => Plain(y, w, h, nearest: false))),
            Fitted("nearest", "resize by taking the nearest pixel", x => Sized(p, x, (y, w, h) => Plain(y, w, h, nearest: true))),
            Fitted("interpolation", $"resize with the {other} filter", x => Sized(p, x, (y, w, h) => Resampling.Resize(y, w, h, other))),
            Fitted("crop-only", "cut the middle out of the picture without resizing it", x => Middle(x, p.Width, p.Height)),
            Fitted("crop-first", "cut the largest square out before resizing", x =>
                Resampling.Resize(Middle(x, Math.Min(x.Width, x.Height), Math.Min(x.Width, x.Height)), p.Width, p.Height, p.Interpolation)),
            Fitted("no-margin", "resize the shorter side to the input itself before the crop", x =>
                new ImagePipeline(p with { Fit = Fit.Crop, ShorterSide = Math.Min(p.Height, p.Width), Border = 0 }).Fit(x)),

            Make("bgr", MistakeStage.Pixels, "take blue for red", path => path.Pixels = x => Mapped(x, static (_, i) => i - (i % 3) + 2 - (i % 3))),
            Make("gray", MistakeStage.Pixels, "make the picture gray", path => path.Pixels = Luma.Gray),
            Make("mirrored", MistakeStage.Pixels, "mirror the picture", path => path.Pixels = x => Mapped(x, static (y, i) =>
                (3 * ((i / 3 / y.Width * y.Width) + y.Width - 1 - (i / 3 % y.Width))) + (i % 3))),
            Make("upside-down", MistakeStage.Pixels, "have the last row first", path => path.Pixels = x => Mapped(x, static (y, i) =>
                (3 * (((y.Height - 1 - (i / 3 / y.Width)) * y.Width) + (i / 3 % y.Width))) + (i % 3))),
            .. p.Width == p.Height
                ? new[] { Make("transposed", MistakeStage.Pixels, "take rows for columns", path => path.Pixels = x => Mapped(x, static (y, i) =>
                    (3 * ((i / 3 % y.Width * y.Width) + (i / 3 / y.Width))) + (i % 3))) }
                : [],

            Numbered("no-mean", "do not subtract the mean", (v, c) => v / 255f / std[c]),
            Numbered("no-std", "do not divide by the standard deviation", (v, c) => (v / 255f) - mean[c]),
            Numbered("no-mean-std", "leave the values in [0, 1]", (v, _) => v / 255f),
            Numbered("no-scale", "subtract mean and divide by standard deviation of [0, 1], but have values in [0, 255]", (v, c) => (v - mean[c]) / std[c]),
            Numbered("raw", "leave the values in [0, 255]", (v, _) => v),
            Numbered("twice", "subtract the mean and divide by the standard deviation twice", (v, c) => ((((v / 255f) - mean[c]) / std[c]) - mean[c]) / std[c]),
            Numbered("scale-twice", "divide by 255 twice", (v, c) => ((v / 255f / 255f) - mean[c]) / std[c]),
            Numbered("minus-one-to-one", "have values in [−1, 1]", (v, _) => (v / 127.5f) - 1),
            Numbered("mean-255", "subtract the mean of [0, 255] alone", (v, c) => v - (255 * mean[c])),

            Make("training", MistakeStage.Network, "run the network in training mode", path => path.Training = true),
            Make("float16", MistakeStage.Network, "compute in float16", path => path.Type = ScalarType.Float16),
            Make("bfloat16", MistakeStage.Network, "compute in bfloat16", path => path.Type = ScalarType.BFloat16),

            Make("softmax", MistakeStage.Output, "give probabilities (softmax), not logits", path => path.Output = x => x.softmax(-1)),
            Make("log-softmax", MistakeStage.Output, "give logarithms of probabilities", path => path.Output = x => x.log_softmax(-1)),
            Make("sigmoid", MistakeStage.Output, "give a sigmoid of each logit", path => path.Output = x => x.sigmoid()),
            Reordered("labels-sorted", "have the classes in the order of their names", OrderedBy(labels, static (name, _) => name)),
            Reordered("numbers-as-text", "have the classes in the order of their numbers as text (0, 1, 10, 11, … 2)",
                OrderedBy(labels, static (_, i) => $"{i}")),
            Reordered("labels-reversed", "have the classes in the opposite order", [.. Enumerable.Range(0, labels.Count).Reverse().Select(i => (long)i)]),
        ];
    }

    private static Mistake Make(string name, MistakeStage stage, string meaning, Action<DiagnosedPath> apply) => new(name, stage, meaning) { Apply = apply };

    private static Mistake Fitted(string name, string meaning, Func<PixelImage, PixelImage> fit) =>
        Make(name, MistakeStage.Fit, meaning, path => path.Fit = fit);

    private static Mistake Numbered(string name, string meaning, Func<float, int, float> number) =>
        Make(name, MistakeStage.Numbers, meaning, path => path.Number = number);

    private static Mistake Reordered(string name, string meaning, long[] order) => Make(name, MistakeStage.Output, meaning, path => path.Output = x =>
    {
        using Tensor places = tensor(order);
        return x.index_select(1, places);
    });

    private static long[] OrderedBy(IReadOnlyList<string> labels, Func<string, int, string> key) =>
        [.. Enumerable.Range(0, labels.Count).OrderBy(i => key(labels[i], i), StringComparer.Ordinal).Select(i => (long)i)];

    private static PixelImage Mapped(PixelImage x, Func<PixelImage, int, int> from)
    {
        var rgb = new byte[x.Rgb.Length];
        for (int i = 0; i < rgb.Length; i++)
        {
            rgb[i] = x.Rgb[from(x, i)];
        }

        return new PixelImage(x.Width, x.Height, rgb, x.IsGray);
    }

    // The size that is right, made in another way.
    private static PixelImage Sized(Preprocessing p, PixelImage x, Func<PixelImage, int, int, PixelImage> resize)
    {
        (int width, int height) = p.Fit == Fit.Crop ? p.SizeBeforeCrop(x.Width, x.Height) : (p.Width - (2 * p.Border), p.Height - (2 * p.Border));
        PixelImage sized = resize(x, width, height);
        return p.Fit == Fit.Crop ? Middle(sized, p.Width, p.Height) : new ImagePipeline(p).Fit(sized);
    }

    private static PixelImage Middle(PixelImage x, int width, int height) => x.Width < width || x.Height < height
        ? x
        : x.Crop((int)Math.Round((x.Width - width) / 2.0), (int)Math.Round((x.Height - height) / 2.0), width, height);

    private static PixelImage Plain(PixelImage x, int width, int height, bool nearest)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor pixels = tensor(x.Rgb, [1, x.Height, x.Width, 3]).permute(0, 3, 1, 2).to(ScalarType.Float32);
        Tensor sized = nearest
            ? nn.functional.interpolate(pixels, size: [height, width], mode: InterpolationMode.Nearest)
            : nn.functional.interpolate(pixels, size: [height, width], mode: InterpolationMode.Bilinear, align_corners: false);
        return new PixelImage(width, height, sized.round().clamp(0, 255).to(ScalarType.Byte).permute(0, 2, 3, 1).contiguous().data<byte>().ToArray(), x.IsGray);
    }
}
