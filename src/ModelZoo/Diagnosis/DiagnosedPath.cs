using ModelZoo.Imaging;
using TorchSharp;
using static TorchSharp.torch;

namespace ModelZoo.Diagnosis;

/// <summary>The path from a picture to outputs, of which each part can be replaced by what others do instead.</summary>
internal sealed class DiagnosedPath(ImagePipeline pipeline, DecodedPictures pictures)
{
    private readonly Preprocessing preprocessing = pipeline.Preprocessing;

    /// <summary>Whether pictures are turned as their EXIF orientation says.</summary>
    public bool Upright { get; set; } = true;

    /// <summary>To the input's size.</summary>
    public Func<PixelImage, PixelImage> Fit { get; set; } = pipeline.Fit;

    /// <summary>What is done to the pixels of the fitted picture.</summary>
    public Func<PixelImage, PixelImage> Pixels { get; set; } = static picture => picture;

    /// <summary>From a pixel's value, 0 … 255, and its channel to a value of the input.</summary>
    public Func<float, int, float> Number { get; set; } = (v, c) => ((v / 255f) - pipeline.Preprocessing.Mean[c]) / pipeline.Preprocessing.Std[c];

    /// <summary>Whether the network runs as in training.</summary>
    public bool Training { get; set; }

    /// <summary>What it computes in.</summary>
    public ScalarType Type { get; set; } = ScalarType.Float32;

    /// <summary>From logits, [n,classes], to what is given out.</summary>
    public Func<Tensor, Tensor> Output { get; set; } = static logits => logits;

    /// <summary>The outputs for pictures, [n,classes]; null where this path cannot be gone (a picture that is too small for a crop).</summary>
    public float[]? Run(nn.Module<Tensor, Tensor> model, IReadOnlyList<string> files, CancellationToken cancel)
    {
        (int channels, int height, int width) = (preprocessing.Channels, preprocessing.Height, preprocessing.Width);
        int plane = height * width;
        var batch = new float[files.Count * channels * plane];
        for (int i = 0; i < files.Count; i++)
        {
            cancel.ThrowIfCancellationRequested();
            PixelImage fitted = Pixels(Fit(pictures.Of(files[i], Upright)));
            if ((fitted.Width, fitted.Height) != (width, height))
            {
                return null;
            }

            for (int c = 0; c < channels; c++)
            {
                for (int at = 0; at < plane; at++)
                {
                    batch[(((i * channels) + c) * plane) + at] = Number(fitted.Rgb[(3 * at) + c], c);
                }
            }
        }

        return Forward(model, batch, [files.Count, channels, height, width]);
    }

    // Weights, running statistics and the mode are afterwards as they were.
    private float[] Forward(nn.Module<Tensor, Tensor> model, float[] batch, long[] shape)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable none = no_grad();
        (bool training, Dictionary<string, Tensor> state) = (model.training, model.state_dict());
        bool changes = Training || Type != ScalarType.Float32;
        Tensor[] before = changes ? [.. state.Values.Select(t => t.clone())] : [];
        Device device = model.parameters().FirstOrDefault()?.device ?? CPU;
        try
        {
            model.train(Training);
            if (Type != ScalarType.Float32)
            {
                model.to(Type);
            }

            Tensor logits = model.call(tensor(batch, shape).to(Type, device)).to(ScalarType.Float32, CPU);
            return Output(logits).contiguous().data<float>().ToArray();
        }
        finally
        {
            if (Type != ScalarType.Float32)
            {
                model.to(ScalarType.Float32);
            }

            foreach ((Tensor now, Tensor then) in model.state_dict().Values.Zip(before))
            {
                now.copy_(then);
            }

            model.train(training);
        }
    }
}

/// <summary>Pictures of files; the first few stay in memory, since they are needed again and again.</summary>
internal sealed class DecodedPictures(DecodeOptions decoding, IEnumerable<string> kept)
{
    private readonly HashSet<string> kept = [.. kept];
    private readonly Dictionary<(string File, bool Upright), PixelImage> decoded = [];

    /// <param name="file">The file.</param>
    /// <param name="upright">Whether it is turned as its EXIF orientation says.</param>
    public PixelImage Of(string file, bool upright)
    {
        if (decoded.TryGetValue((file, upright), out PixelImage? picture))
        {
            return picture;
        }

        picture = ImageDecoder.Decode(file, decoding with { ApplyOrientation = upright });
        if (kept.Contains(file))
        {
            decoded.Add((file, upright), picture);
        }

        return picture;
    }
}
