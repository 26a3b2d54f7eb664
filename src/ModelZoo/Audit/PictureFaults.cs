namespace ModelZoo.Audit;

/// <summary>What is wrong with a picture by itself: unreadable, empty, dark, bright, blurred, tiny, of strange shape.</summary>
internal static class PictureFaults
{
    // Of brightness, in [0,1]: what all but 5 % of the pixels do not reach; and the span within which 90 % of them must lie to show nothing.
    private const double Dark = 0.2, Bright = 0.9, Nothing = 0.03;

    // Of 132 photographs of hymenoptera none is above 0.44; blurred with a standard deviation of 3 pixels 87 % are above 0.5, of 2 pixels 56 %.
    private const double Blurred = 0.5;

    // Of the shorter side; a picture this small has lost what a network of 224 pixels looks for. Where half of all are so, that is how the data are.
    private const int Tiny = 48;
    private const double Small = 0.5; // of the usual shorter side

    // The longer side over the shorter one.
    private const double Strange = 3;

    /// <summary>What each picture has.</summary>
    /// <param name="facts">Of all pictures of the data.</param>
    public static IEnumerable<AuditFinding> Of(IReadOnlyList<PictureFacts> facts)
    {
        PictureFacts[] read = [.. facts.Where(f => f.Problem is null)];
        double side = Median(read, f => Math.Min(f.Width, f.Height)), aspect = Median(read, f => f.Aspect), blur = Median(read, f => f.Blur);
        double dark = Median(read, f => f.High), bright = Median(read, f => f.Low);
        for (int i = 0; i < facts.Count; i++)
        {
            PictureFacts f = facts[i];
            if (f.Problem is { } problem)
            {
                yield return new(i, AuditProblem.Unreadable, AuditSuggestion.Drop, 1, problem);
                continue;
            }

            if (f.High - f.Low < Nothing)
            {
                string span = Percent(f.High - f.Low);
                yield return Look(i, AuditProblem.Empty, 1 - (f.High - f.Low), $"shows nothing: 90 % of its pixels lie within {span} of brightness");
            }
            else if (f.High < Dark && dark > 2 * Dark)
            {
                yield return Look(i, AuditProblem.Dark, 1 - f.High, $"95 % of its pixels are darker than {Percent(f.High)} of white");
            }
            else if (f.Low > Bright && bright < Bright / 2)
            {
                yield return Look(i, AuditProblem.Bright, f.Low, $"95 % of its pixels are brighter than {Percent(f.Low)} of white");
            }
            else if (f.Blur > Blurred && blur < Blurred - 0.1)
            {
                yield return Look(i, AuditProblem.Blurred, f.Blur, $"blur {f.Blur.ToString("F2", System.Globalization.CultureInfo.InvariantCulture)} in its "
                    + "sharpest part");
            }

            if (Math.Min(f.Width, f.Height) is var own && own < Tiny && own < Small * side)
            {
                yield return Look(i, AuditProblem.Tiny, 1 - (own / side), $"{f.Width}×{f.Height} pixels");
            }

            if (f.Aspect >= Strange && aspect < Strange / 1.5)
            {
                yield return Look(i, AuditProblem.StrangeShape, 1 - (1 / f.Aspect), $"{f.Width}×{f.Height} pixels");
            }
        }
    }

    private static AuditFinding Look(int picture, AuditProblem problem, double score, string why) => new(picture, problem, AuditSuggestion.Look, score, why);

    private static string Percent(double share) => (100 * share).ToString("F0", System.Globalization.CultureInfo.InvariantCulture) + " %";

    private static double Median(PictureFacts[] read, Func<PictureFacts, double> value) =>
        read.Length == 0 ? 0 : read.Select(value).Order().ElementAt(read.Length / 2);
}
