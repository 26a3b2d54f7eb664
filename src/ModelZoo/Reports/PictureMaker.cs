using ModelZoo.Data;
using ModelZoo.Drawing;
using ModelZoo.Explanation;
using ModelZoo.Imaging;
using ModelZoo.Inference;
using ModelZoo.Loading;
using ModelZoo.Training;

namespace ModelZoo.Reports;

/// <summary>Makes the pictures of the chosen images, small, with and without the map of Grad-CAM.</summary>
internal static class PictureMaker
{
    private const int BatchSize = 8;

    /// <summary>The lists that were chosen; and the report with the layer whose maps were looked at, or why there are none.</summary>
    public static (ModelReport Report, PictureList[] Lists) Make(
        ModelReport report, ResolvedModel model, LabeledImages data, PictureChoice[] choices, ReportOptions options, CancellationToken cancel)
    {
        string[] kinds = model.Task.Kind == TaskKind.Regression ? ["wrong", "sure"] : ["wrong", "unsure", "sure"];
        if (options.Pictures == 0 || data.TypicalShape.Channels is not (1 or 3))
        {
            return (report, []);
        }

        (PictureExplainer? explainer, string? why) = Explainer(model, options.Layer);
        ReportedPicture[] pictures = [.. choices.Select(c => c.Picture)];
        Dictionary<(int Index, int Output), PictureExplanation> maps = explainer is null ? []
            : Maps(explainer, model, data, pictures.SelectMany(p => p.RightOutput is { } right ? new[] { (p.Index, p.Output), (p.Index, right) }
                : [(p.Index, p.Output)]), options, cancel);
        Dictionary<int, Drawn> drawn = [];
        foreach (ReportedPicture picture in pictures)
        {
            cancel.ThrowIfCancellationRequested();
            if (!drawn.ContainsKey(picture.Index))
            {
                drawn[picture.Index] = data.Read(picture.Index, options.Loader.Decoding ?? new(),
                    whole => Draw(whole, picture.Index, maps, options.PictureSize));
            }
        }

        PictureList[] lists = [.. kinds.Select(kind => new PictureList(kind, ReportText.Title(kind, model.Task.Kind), ReportText.Note(kind, model.Task.Kind),
            [.. choices.Where(c => c.List == kind).Select(c => drawn[c.Picture.Index].Of(c.Picture))]))];
        return (report with { ExplainedLayer = explainer?.Layer, NotExplained = why }, lists);
    }

    // A report without maps is better than none.
    private static (PictureExplainer? Explainer, string? Why) Explainer(ResolvedModel model, string? layer)
    {
        try
        {
            return (new PictureExplainer(model, layer), null);
        }
        catch (ZooException e) when (layer is null)
        {
            return (null, e.Message);
        }
    }

    private static Dictionary<(int Index, int Output), PictureExplanation> Maps(PictureExplainer explainer, ResolvedModel model, LabeledImages data,
        IEnumerable<(int Index, int Output)> wanted, ReportOptions options, CancellationToken cancel)
    {
        Dictionary<(int, int), PictureExplanation> maps = [];
        foreach ((int Index, int Output)[] some in wanted.Distinct().Chunk(BatchSize))
        {
            cancel.ThrowIfCancellationRequested();
            int[] places = [.. some.Select(s => s.Index)];
            LabeledImages chosen = data switch
            {
                ImageDataset dataset => dataset.Subset(places),
                LabeledFiles files => files.Subset(places),
                _ => throw new NotSupportedException(data.GetType().Name),
            };
            using IImageBatches images = ImageBatches.Open(chosen, model.Preprocessing, null, options.Loader with { OnBadImage = OnBadImage.Fail });
            foreach (Batch read in images.InOrder(BatchSize))
            {
                using Batch batch = read;
                foreach (((int, int) one, PictureExplanation map) in some.Zip(explainer.Explain(batch.Inputs, [.. some.Select(s => (int?)s.Output)])))
                {
                    maps[one] = map;
                }
            }
        }

        return maps;
    }

    private static Drawn Draw(PixelImage whole, int index, Dictionary<(int Index, int Output), PictureExplanation> maps, int size)
    {
        PixelImage small = PagePicture.Shrunk(whole, size);
        return new(small, maps.Where(m => m.Key.Index == index).ToDictionary(m => m.Key.Output, m => m.Value.Over(small, size, least: size / 2)));
    }

    private sealed record Drawn(PixelImage Picture, Dictionary<int, PixelImage> Maps)
    {
        public ReportedPicture Of(ReportedPicture picture) => picture with
        {
            Picture = Picture,
            Explained = Maps.GetValueOrDefault(picture.Output),
            RightExplained = picture.RightOutput is { } right ? Maps.GetValueOrDefault(right) : null,
        };
    }
}
