using ModelZoo.Data;
using ModelZoo.Explanation;
using ModelZoo.Imaging;
using ModelZoo.Inference;
using ModelZoo.Models;
using ModelZoo.Tests.Training;
using Xunit;

namespace ModelZoo.Tests.Explanation;

[Collection(TorchCollection.Name)]
public class PictureExplainerTests
{
    [Fact]
    public void What_is_explained_is_what_is_predicted_and_the_map_lies_on_the_ink()
    {
        using ResolvedModel model = ModelResolver.Resolve(Catalog.Models, "lenet5:mnist", Catalog.ReadResource);
        var explainer = new PictureExplainer(model);
        using ImageClassifier classifier = ImageClassifier.FromResolved(ModelResolver.Resolve(Catalog.Models, "lenet5:mnist", Catalog.ReadResource));

        // A digit in the upper left of a picture that is otherwise black: what speaks for its class is there.
        ImageDataset digits = Digits.Load(DataSplit.Test);
        foreach (int i in new[] { 0, 1, 2 })
        {
            PixelImage picture = InCorner(digits.Picture(i), 16);
            Prediction predicted = classifier.Predict(picture)[0];
            PictureExplanation explained = explainer.Explain(picture);
            Assert.Equal(predicted.Label, explained.Label);
            Assert.Equal(predicted.Probability, explained.Value, 4);
            (double x, double y) = explained.PeakIn(16, 16);
            Assert.True(x < 11 && y < 11, $"({x}, {y})");
            Assert.Equal(7, explainer.Explain(picture, 7).Map.Output);
        }
    }

    [Fact]
    public void The_map_is_drawn_where_the_picture_has_it_and_what_is_cut_off_is_dim()
    {
        // A map whose one element lies at the left end of an input that is the middle of the picture.
        var map = new SaliencyMap(0, [1], new(1, 15.5, 32), new(4, 3.5, 8), [1, 0, 0, 0]);
        var explained = new PictureExplanation(map, "a", 1, Preprocessing.ImageNet(32, 32));
        var gray = new PixelImage(96, 48, [.. Enumerable.Repeat((byte)200, 3 * 96 * 48)]);
        PixelImage drawn = explained.Over(gray, least: 1);
        Assert.Equal((96, 48), (drawn.Width, drawn.Height));
        Assert.Equal((114, 114, 114), At(10)); // not seen: 64 + 200/4
        (int red, _, int blue) = At(29); // the input begins at 24
        Assert.True(red - blue > 100, "yellow");
        (red, _, blue) = At(70);
        Assert.InRange(blue - red, -20, 20);
        Assert.Equal((30.0, 24.0), explained.PeakIn(96, 48)); // 20 of 64 columns

        // Without any evidence nothing is marked.
        PixelImage none = (explained with { Map = new(0, [1], map.Rows, map.Columns, [0, 0, 0, 0]) }).Over(gray, least: 1);
        Assert.All(Enumerable.Range(24, 48), x => Assert.Equal(none.Rgb[3 * ((24 * 96) + 24)], none.Rgb[3 * ((24 * 96) + x)]));

        (int Red, int Green, int Blue) At(int x)
        {
            int at = 3 * ((24 * 96) + x);
            return (drawn.Rgb[at], drawn.Rgb[at + 1], drawn.Rgb[at + 2]);
        }
    }

    [Fact]
    public void Small_pictures_are_drawn_large_and_large_ones_small()
    {
        var map = new SaliencyMap(0, [1], new(1, 0, 1), new(1, 0, 1), [1]);
        var explained = new PictureExplanation(map, "a", 1, Preprocessing.ImageNet(32, 32));
        PixelImage small = explained.Over(new PixelImage(8, 4, new byte[96]));
        Assert.Equal((256, 128), (small.Width, small.Height));
        PixelImage large = explained.Over(new PixelImage(3000, 30, new byte[270_000]), longest: 300);
        Assert.Equal((300, 3), (large.Width, large.Height));
    }

    private static PixelImage InCorner(PixelImage picture, int side)
    {
        var rgb = new byte[3 * side * side];
        for (int y = 0; y < picture.Height; y++)
        {
            picture.Rgb.AsSpan(3 * y * picture.Width, 3 * picture.Width).CopyTo(rgb.AsSpan(3 * y * side));
        }

        return new PixelImage(side, side, rgb, picture.IsGray);
    }
}
