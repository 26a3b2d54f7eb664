using System.Diagnostics;
using ModelZoo.Imaging;

namespace ModelZoo.Data.Loading;

/// <summary>After a first image that cannot be read: how many others are bad already by their header.</summary>
internal static class BadImageScan
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>A sentence about the other images and what to do.</summary>
    public static string Hint(LabelledImages images, int first)
    {
        const string Advice = "--on-bad-image skip leaves such images out.";
        if (images is not ImageFolder)
        {
            return Advice;
        }

        var clock = Stopwatch.StartNew();
        int seen = 0, bad = 0;
        for (int index = 0; index < images.Count && clock.Elapsed < Patience; index++)
        {
            if (index == first)
            {
                continue;
            }

            seen++;
            try
            {
                ImageDecoder.ReadInfo(images.NameOf(index));
            }
            catch (ZooException)
            {
                bad++;
            }
        }

        return bad == 0 ? Advice : $"Of {seen} other images {bad} {(bad == 1 ? "has" : "have")} no readable header either. {Advice}";
    }
}
