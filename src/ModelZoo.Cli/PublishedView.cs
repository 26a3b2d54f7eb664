using System.Globalization;
using ModelZoo.Downloads;
using ModelZoo.Imaging;
using ModelZoo.Registry;

namespace ModelZoo.Cli;

/// <summary>Published weights in words.</summary>
internal static class PublishedView
{
    internal static string Describe(ModelInfo info, PublishedWeights w) =>
        (w.HasHead ? $"ImageNet top-1 {Percent(w.Top1)}, top-5 {Percent(w.Top5)}, as published" : "features, no classifier")
            + $"; {Fitting(w.Preprocessing)}; {(w.Package is { } p ? $"NuGet package {p}, {p.License} license" : w.Url)}"
            + $"{(WeightsCache.Find(info.Name, w) is { } file ? $"; pulled: {file}" : $"; `zoo pull {info.Name}:{w.Name}`")}";

    internal static string Percent(double? percent) => percent is { } p ? p.ToString("F2", CultureInfo.InvariantCulture) + " %" : "–";

    private static string Fitting(Preprocessing p) => p.Fit == Fit.Crop
        ? $"shorter side {p.ShorterSide}, {(p.Interpolation == Interpolation.Bicubic ? "bicubic" : "bilinear")}, crop {p.Height}×{p.Width}"
        : $"{p.Height}×{p.Width}";
}
