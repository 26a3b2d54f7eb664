using ModelZoo.Imaging;
using TorchSharp;
using static TorchSharp.torch;

namespace ModelZoo.Loading;

/// <summary>How often, and as what, an image is seen when it is classified: the probabilities of its views are averaged (test-time augmentation).</summary>
public sealed class TestViews
{
    private TestViews(string name, int count) => (Name, Count) = (name, count);

    /// <summary>The image and its mirror image.</summary>
    public static TestViews Flip { get; } = new("flip", 2);

    /// <summary>The four corners and the middle of the image, resized as for the center crop.</summary>
    public static TestViews FiveCrops { get; } = new("five-crops", 5);

    /// <summary>The same and their mirror images (<see cref="TenCrop"/>).</summary>
    public static TestViews TenCrops { get; } = new("crops", TenCrop.Views);

    /// <summary>All of them.</summary>
    public static IReadOnlyList<TestViews> Known { get; } = [Flip, FiveCrops, TenCrops];

    /// <summary>"flip", "five-crops" or "crops".</summary>
    public string Name { get; }

    /// <summary>Views of an image.</summary>
    public int Count { get; }

    /// <summary>Whether they are parts of a larger image, so that pictures are needed to make them.</summary>
    public bool AreCrops => this != Flip;

    /// <summary>Refuses a preprocessing that cuts nothing off, where crops are wanted.</summary>
    /// <exception cref="ZooException">It takes the whole image.</exception>
    public void MustSuit(Preprocessing preprocessing)
    {
        ArgumentNullException.ThrowIfNull(preprocessing);
        if (AreCrops && (preprocessing.Fit != Fit.Crop || preprocessing.ShorterSide < Math.Min(preprocessing.Height, preprocessing.Width)))
        {
            throw new ZooException($"{(Count == 10 ? "Ten" : "Five")} crops are cut out of an image that is larger than the input; these weights take the "
                + $"whole image ({preprocessing.Height}×{preprocessing.Width}).");
        }
    }

    /// <summary>The crops of a picture, in the order of <see cref="TenCrop.Of"/>, from <see cref="ImagePipeline.Uncropped"/>.</summary>
    internal IReadOnlyList<PixelImage> Crops(PixelImage uncropped, int width, int height) =>
        [.. TenCrop.Of(uncropped, width, height).Take(Count)];

    /// <summary>All views of a batch as one.</summary>
    /// <param name="inputs">[B,C,H,W]; of crops [B,Count·C,H,W], one after the other.</param>
    /// <returns>[B·Count,C,H,W].</returns>
    internal Tensor Spread(Tensor inputs)
    {
        long[] s = inputs.shape;
        return AreCrops
            ? inputs.reshape(s[0] * Count, s[1] / Count, s[2], s[3])
            : stack(new List<Tensor> { inputs, inputs.flip(3) }, 1).reshape(s[0] * Count, s[1], s[2], s[3]);
    }

    /// <summary>The mean of the views' probabilities.</summary>
    /// <param name="logits">[B·Count,K].</param>
    /// <returns>[B,K].</returns>
    internal Tensor Mean(Tensor logits) => nn.functional.softmax(logits, 1).reshape(logits.shape[0] / Count, Count, -1).mean([1]);

    /// <summary>A model of such batches whose outputs [B,classes] are the logarithms of the mean probabilities. It does not own the given one.</summary>
    /// <param name="model">[N,C,H,W] to logits [N,classes].</param>
    public nn.Module<Tensor, Tensor> Average(nn.Module<Tensor, Tensor> model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return new Averaged(model, this);
    }

    private sealed class Averaged : nn.Module<Tensor, Tensor>
    {
        private readonly nn.Module<Tensor, Tensor> model;
        private readonly TestViews views;

        public Averaged(nn.Module<Tensor, Tensor> model, TestViews views)
            : base(nameof(TestViews))
        {
            (this.model, this.views) = (model, views);
            RegisterComponents();
        }

        public override Tensor forward(Tensor input)
        {
            using DisposeScope scope = NewDisposeScope();
            return views.Mean(model.call(views.Spread(input))).clamp_min(1.17549435e-38f).log().MoveToOuterDisposeScope();
        }

        protected override void Dispose(bool disposing)
        {
            base.Dispose(disposing: false); // the inner model is its owner's
        }
    }
}
