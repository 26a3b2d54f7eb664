using ModelZoo.Imaging;
using ModelZoo.Inference;
using ModelZoo.Statistics;
using static TorchSharp.torch;

namespace ModelZoo.Explanation;

/// <summary>Shows where in pictures a trained model sees its answers (<see cref="GradCam"/>). Not for several threads at a time.</summary>
public sealed class PictureExplainer
{
    private readonly ResolvedModel model;
    private readonly GradCam gradCam;
    private readonly Lazy<ImagePipeline> pipeline;

    /// <param name="model">It stays the caller's.</param>
    /// <param name="layer">As in <see cref="GradCam"/>; null: the last before pooling and classifier.</param>
    /// <param name="decoding">How files are decoded; null: turned as their EXIF orientation says.</param>
    /// <exception cref="ZooException">The model makes no predictions, cannot be traced, or has no such layer.</exception>
    public PictureExplainer(ResolvedModel model, string? layer = null, DecodeOptions? decoding = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        model.RequirePredictions("an explanation");
        this.model = model;
        Preprocessing p = model.Preprocessing;
        gradCam = new GradCam(model.Model, [p.Channels, p.Height, p.Width], layer);
        pipeline = new(() => new ImagePipeline(p, decoding));
    }

    /// <summary>The layer whose maps are looked at.</summary>
    public string Layer => gradCam.Layer;

    /// <summary>Explains an answer to a picture.</summary>
    /// <param name="picture">Of any size.</param>
    /// <param name="output">Which class, label or number; null for the likeliest.</param>
    public PictureExplanation Explain(PixelImage picture, int? output = null)
    {
        ArgumentNullException.ThrowIfNull(picture);
        var values = new float[pipeline.Value.Length];
        pipeline.Value.Apply(picture, values);
        Preprocessing p = model.Preprocessing;
        using Tensor input = tensor(values, [1, p.Channels, p.Height, p.Width]);
        return Explain(input, [output])[0];
    }

    /// <summary>The same for pictures as the model takes them.</summary>
    /// <param name="inputs">[N,C,H,W], normalized.</param>
    /// <param name="outputs">N: which output of each; null for its likeliest.</param>
    public IReadOnlyList<PictureExplanation> Explain(Tensor inputs, IReadOnlyList<int?> outputs) =>
        [.. gradCam.Explain(inputs, outputs).Select(map => new PictureExplanation(map, model.Labels[map.Output], ValueOf(map), model.Preprocessing))];

    private double ValueOf(SaliencyMap map)
    {
        double output = map.Outputs[map.Output];
        switch (model.Task.Kind)
        {
            case TaskKind.Regression:
                return (output * model.Task.Scale) + model.Task.Offset;
            case TaskKind.MultiLabel:
                return 1 / (1 + Math.Exp(-output));
            default:
                var probabilities = new double[map.Outputs.Count];
                Temperature.Softmax([.. map.Outputs], model.Calibration?.Temperature ?? 1, probabilities);
                return probabilities[map.Output];
        }
    }
}

/// <summary>Why a model says what it says of a picture.</summary>
/// <param name="Map">Where.</param>
/// <param name="Label">What is explained: a class, a label, or what the number is called.</param>
/// <param name="Value">Its probability, or the number.</param>
/// <param name="Preprocessing">How the picture became the input.</param>
public sealed record PictureExplanation(SaliencyMap Map, string Label, double Value, Preprocessing Preprocessing)
{
    /// <summary>
    /// The picture, gray, with the map over it in the colors of <see cref="Plots.Viridis"/>; what preprocessing cuts off, so that the network does not see it,
    /// is dim.
    /// </summary>
    /// <param name="picture">The one that was explained, upright.</param>
    /// <param name="longest">The most pixels of the longer side; a larger picture is made smaller.</param>
    /// <param name="least">A picture whose longer side has fewer gets each pixel drawn as a square of so many that it has at least as many.</param>
    public PixelImage Over(PixelImage picture, int longest = 1600, int least = 256)
    {
        ArgumentNullException.ThrowIfNull(picture);
        PixelImage drawn = Sized(picture, longest, least);
        Placement place = ImagePipeline.Place(Preprocessing, drawn.Width, drawn.Height);
        byte[] rgb = GC.AllocateUninitializedArray<byte>(drawn.Rgb.Length);
        for (int y = 0, at = 0; y < drawn.Height; y++)
        {
            for (int x = 0; x < drawn.Width; x++, at += 3)
            {
                (double column, double row) = place.ToInput(x + 0.5, y + 0.5);
                byte gray = Luma.Of(drawn.Rgb[at], drawn.Rgb[at + 1], drawn.Rgb[at + 2]);
                bool seen = column >= 0 && row >= 0 && column <= Preprocessing.Width && row <= Preprocessing.Height;
                (rgb[at], rgb[at + 1], rgb[at + 2]) = seen ? Marked(gray, Map.At(column - 0.5, row - 0.5)) : Dim(gray);
            }
        }

        return new PixelImage(drawn.Width, drawn.Height, rgb);
    }

    /// <summary>The strongest place, in pixels of the picture.</summary>
    /// <param name="width">Its columns.</param>
    /// <param name="height">Its rows.</param>
    public (double X, double Y) PeakIn(int width, int height)
    {
        Placement place = ImagePipeline.Place(Preprocessing, width, height);
        (double x, double y) = place.ToPicture(Map.Peak.X + 0.5, Map.Peak.Y + 0.5);
        return (Math.Clamp(x, 0, width), Math.Clamp(y, 0, height));
    }

    private static PixelImage Sized(PixelImage picture, int longest, int least)
    {
        int longer = Math.Max(picture.Width, picture.Height);
        if (longer > longest)
        {
            double share = (double)longest / longer;
            return Resampling.Resize(picture, Math.Max(1, (int)Math.Round(share * picture.Width)), Math.Max(1, (int)Math.Round(share * picture.Height)),
                Interpolation.Bilinear);
        }

        int times = Math.Max(1, (least + longer - 1) / longer);
        if (times == 1)
        {
            return picture;
        }

        var (width, height) = (picture.Width * times, picture.Height * times);
        byte[] rgb = GC.AllocateUninitializedArray<byte>(3 * width * height);
        for (int y = 0, to = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++, to += 3)
            {
                picture.Rgb.AsSpan(3 * ((y / times * picture.Width) + (x / times)), 3).CopyTo(rgb.AsSpan(to));
            }
        }

        return new PixelImage(width, height, rgb, picture.IsGray);
    }

    private static (byte Red, byte Green, byte Blue) Marked(byte gray, double share)
    {
        const double Faint = 0.25, Strong = 0.65; // of the color
        (byte red, byte green, byte blue) = Plots.Viridis.At(share);
        double color = Faint + ((Strong - Faint) * share);
        return (Mix(red), Mix(green), Mix(blue));

        byte Mix(byte own) => (byte)Math.Round((gray * (1 - color)) + (own * color));
    }

    private static (byte Red, byte Green, byte Blue) Dim(byte gray)
    {
        byte dim = (byte)(64 + (gray / 4));
        return (dim, dim, dim);
    }
}
