using ModelZoo.Imaging;
using static ModelZoo.Plots.Markup;

namespace ModelZoo.Drawing;

/// <summary>A picture that a page holds itself, as a data URI of modest size; the page's frame must allow images (<see cref="PageFrame.Write"/>).</summary>
public static class PagePicture
{
    /// <summary>Up to so many pixels a side a picture is drawn with its pixels as squares, and loses nothing.</summary>
    public const int Tiny = 96;

    /// <summary>Rules of a style sheet that pages with such pictures need.</summary>
    public const string Style = """
        img.picture { display: block; width: 100%; height: auto; border: 1px solid var(--rule); border-radius: 4px; background: var(--panel); }
        img.tiny { image-rendering: pixelated; }
        """;

    /// <summary>An img element.</summary>
    /// <param name="picture">Of any size; a larger one is made smaller.</param>
    /// <param name="alt">What it shows, unescaped: a file's name may be in it.</param>
    /// <param name="longest">The most pixels of its longer side.</param>
    public static string Html(PixelImage picture, string alt, int longest = 224)
    {
        PixelImage small = Shrunk(picture, longest);
        bool tiny = Math.Max(small.Width, small.Height) <= Tiny;
        string data = Convert.ToBase64String(tiny ? ImageEncoder.Png(small) : ImageEncoder.Jpeg(small));
        return $"<img class=\"picture{(tiny ? " tiny" : "")}\" width=\"{small.Width}\" height=\"{small.Height}\" alt=\"{Escape(alt)}\" "
            + $"src=\"data:image/{(tiny ? "png" : "jpeg")};base64,{data}\"/>";
    }

    /// <summary>The picture with its longer side no longer than that; the same object where it is.</summary>
    public static PixelImage Shrunk(PixelImage picture, int longest)
    {
        ArgumentNullException.ThrowIfNull(picture);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(longest);
        int longer = Math.Max(picture.Width, picture.Height);
        return longer <= longest ? picture : Resampling.Resize(picture, Scaled(picture.Width), Scaled(picture.Height), Interpolation.Bilinear);

        int Scaled(int side) => Math.Max(1, (int)Math.Round((double)side * longest / longer));
    }
}
