using ModelZoo.Audit;
using ModelZoo.Imaging;
using ModelZoo.Tests.Data;
using Xunit;

namespace ModelZoo.Tests.Audit;

public class PictureChecksTests
{
    private static readonly PixelImage[] Clean = [.. Enumerable.Range(0, 24).Select(i => Scene(180 + (4 * i), 150 + (3 * i), (ulong)i))];

    [Fact]
    public void Clean_pictures_have_no_fault() => Assert.Empty(Faults(Clean));

    [Fact]
    public void Each_planted_fault_is_found_and_named_and_no_other()
    {
        PixelImage sharp = Scene(240, 180, 77);
        (AuditProblem Problem, PixelImage Picture)[] planted =
        [
            (AuditProblem.Dark, Changed(sharp, v => v / 8)),
            (AuditProblem.Bright, Changed(sharp, v => 255 - ((255 - v) / 12))),
            (AuditProblem.Empty, Changed(sharp, v => 128 + (v / 100))),
            (AuditProblem.Blurred, Resampling.Resize(Resampling.Resize(sharp, 16, 12, Interpolation.Bilinear), 240, 180, Interpolation.Bicubic)),
            (AuditProblem.Tiny, Resampling.Resize(sharp, 32, 24, Interpolation.Bilinear)),
            (AuditProblem.StrangeShape, sharp.Crop(0, 60, 240, 50)),
        ];
        AuditFinding[] found = [.. Faults([.. Clean, .. planted.Select(p => p.Picture)])];
        Assert.Equal(planted.Select((p, i) => (Clean.Length + i, p.Problem)), found.Select(f => (f.Picture, f.Problem)));
        Assert.All(found, f => Assert.Equal(AuditSuggestion.Look, f.Suggestion));
    }

    [Fact]
    public void Where_most_pictures_are_so_that_is_how_the_data_are()
    {
        PixelImage[] tiny = [.. Clean.Select(p => Resampling.Resize(p, 32, 32, Interpolation.Bilinear))];
        Assert.Empty(Faults(tiny));
        Assert.Empty(Faults([.. Clean.Select(p => Changed(p, v => v / 8))])); // a camera at night
    }

    [Fact]
    public void A_copy_that_is_rescaled_compressed_mirrored_or_cropped_is_the_same_picture_and_another_scene_is_not()
    {
        foreach (PixelImage scene in Clean.Take(6))
        {
            (string Name, bool Mirrored, PixelImage Copy)[] copies =
            [
                ("half as large", false, Resampling.Resize(scene, scene.Width / 2, scene.Height / 2, Interpolation.Bilinear)),
                ("compressed", false, ImageDecoder.Decode(ImageEncoder.Jpeg(scene, 30), "x.jpg")),
                ("mirrored", true, Mirrored(scene)),
                ("cropped", false, scene.Crop(scene.Width / 20, 0, scene.Width - (scene.Width / 20), scene.Height - (scene.Height / 20))),
                ("mirrored, cropped and compressed", true, ImageDecoder.Decode(ImageEncoder.Jpeg(
                    Mirrored(scene).Crop(0, 0, scene.Width - (scene.Width / 20), scene.Height - (scene.Height / 20)), 50), "x.jpg")),
            ];
            foreach ((string name, bool mirrored, PixelImage copy) in copies)
            {
                Agreement agreement = Likeness.Between(Thumb(scene), Thumb(copy));
                Assert.True(Same(agreement), $"{name}: {agreement}");
                Assert.Equal(mirrored, agreement.Mirrored);
            }

            // The same large areas of light, other things in them; and the picture turned by 180 degrees.
            PixelImage other = Scene(scene.Width, scene.Height, 1234), light = Mixed(scene, other);
            Assert.False(Same(Likeness.Between(Thumb(scene), Thumb(light))), "another scene under the same light");
            Assert.All(Clean.Where(c => c != scene), c => Assert.False(Same(Likeness.Between(Thumb(scene), Thumb(c)))));
        }

        static bool Same(Agreement a) => a is { Light: >= Duplicates.LeastLight, Detail: >= Duplicates.LeastDetail };
    }

    private static Likeness Thumb(PixelImage picture) => new(PictureFacts.Of(picture).Small.Span);

    private static AuditFinding[] Faults(PixelImage[] pictures) => [.. PictureFaults.Of([.. pictures.Select(PictureFacts.Of)])];

    /// <summary>Large areas with sharp things in them, full of contrast.</summary>
    internal static PixelImage Scene(int width, int height, ulong seed)
    {
        PixelImage back = Resampling.Resize(Pictures.Noise(5, 4, seed), width, height, Interpolation.Bicubic);
        var random = new SeededRandom(~seed);
        for (int thing = 0; thing < 25; thing++)
        {
            int w = 6 + random.Next(width / 5), h = 6 + random.Next(height / 5), x = random.Next(width - w), y = random.Next(height - h);
            byte[] color = [(byte)random.Next(256), (byte)random.Next(256), (byte)random.Next(256)];
            for (int row = y; row < y + h; row++)
            {
                for (int column = x; column < x + w; column++)
                {
                    color.CopyTo(back.Rgb, 3 * ((row * width) + column));
                }
            }
        }

        return back;
    }

    // The first one's large areas, the other one's details.
    private static PixelImage Mixed(PixelImage areas, PixelImage details)
    {
        PixelImage Soft(PixelImage p) => Resampling.Resize(Resampling.Resize(p, 6, 6, Interpolation.Bilinear), p.Width, p.Height, Interpolation.Bicubic);
        (byte[] soft, byte[] own) = (Soft(areas).Rgb, Soft(details).Rgb);
        return new(areas.Width, areas.Height, [.. details.Rgb.Select((v, i) => (byte)Math.Clamp(soft[i] + v - own[i], 0, 255))]);
    }

    private static PixelImage Mirrored(PixelImage p)
    {
        var rgb = new byte[p.Rgb.Length];
        for (int i = 0; i < p.Width * p.Height; i++)
        {
            p.Rgb.AsSpan(3 * ((i / p.Width * p.Width) + p.Width - 1 - (i % p.Width)), 3).CopyTo(rgb.AsSpan(3 * i));
        }

        return new(p.Width, p.Height, rgb);
    }

    private static PixelImage Changed(PixelImage p, Func<int, int> change) =>
        new(p.Width, p.Height, [.. p.Rgb.Select(v => (byte)Math.Clamp(change(v), 0, 255))]);
}
