namespace ModelZoo.Bench;

/// <summary>The lines of a race's table, and at the end the geometric means of each mode's ratios.</summary>
/// <param name="output">Takes the lines and the figures.</param>
/// <param name="benchmark">What the figures are called.</param>
/// <param name="sides">Whom we are compared with: the name in the figures and the heading.</param>
internal sealed class TrainingTable(Output output, string benchmark, IReadOnlyList<(string Name, string Heading)> sides)
{
    private readonly List<(string Mode, string Side, double Ratio)> medians = [];

    internal void Head() =>
        output.Say($"{"model",-10} {"batch",5}  {"mode",-18} {"images/s",9}  {string.Join("  ", sides.Select(s => $"{$"to {s.Heading} [min, max]",-28}"))}");

    /// <summary>A line, and its figures with what they are about: device, threads, versions.</summary>
    internal void Add(TrainingCase one, TrainingMode mode, RaceResult result, object about)
    {
        List<string> cells = [];
        var figures = new Dictionary<string, object>();
        foreach ((string name, _) in sides)
        {
            if (result.Ratio(name) is not { } ratio)
            {
                cells.Add($"{"-",-28}");
                continue;
            }

            medians.Add((mode.Name, name, ratio.Median));
            cells.Add(FormattableString.Invariant($"{FormattableString.Invariant($"{ratio.Median:F3} [{ratio.Min:F3}, {ratio.Max:F3}]"),-28}"));
            figures[name] = new { ImagesPerSecond = result.PerSecond(name), Ratio = ratio, BlockSeconds = result.Others[name] };
        }

        output.Say($"{one.Model,-10} {one.Batch,5}  {mode.Name,-18} {result.OursPerSecond,9:F1}  {string.Join("  ", cells)}");
        output.Add(new
        {
            Benchmark = benchmark,
            one.Model,
            one.Batch,
            one.Size,
            Mode = mode.Name,
            mode.Precision,
            mode.ChannelsLast,
            About = about,
            StepsPerBlock = one.Steps,
            Rounds = result.Ours.Count,
            OursImagesPerSecond = result.OursPerSecond,
            OursBlockSeconds = result.Ours,
            Against = figures,
        });
    }

    /// <summary>A line that says why a mode was not measured.</summary>
    internal void Skip(TrainingCase one, TrainingMode mode, string why)
    {
        output.Say($"{one.Model,-10} {one.Batch,5}  {mode.Name,-18} not measured: {why}");
        output.Add(new { Benchmark = benchmark, one.Model, one.Batch, Mode = mode.Name, NotMeasured = why });
    }

    internal void Finish()
    {
        foreach (IGrouping<string, (string Mode, string Side, double Ratio)> mode in medians.GroupBy(m => m.Mode))
        {
            var means = new Dictionary<string, double>();
            foreach (IGrouping<string, (string Mode, string Side, double Ratio)> side in mode.GroupBy(m => m.Side))
            {
                means[side.Key] = Math.Exp(side.Average(m => Math.Log(m.Ratio)));
            }

            IEnumerable<string> cells =
                sides.Select(s => means.TryGetValue(s.Name, out double mean) ? FormattableString.Invariant($"{mean,-28:F3}") : $"{"-",-28}");
            output.Say($"{"geometric mean",-16}  {mode.Key,-18} {"",9}  {string.Join("  ", cells)}");
            int models = mode.Count(m => m.Side == mode.First().Side);
            output.Add(new { Benchmark = benchmark + " geometric mean", Mode = mode.Key, Models = models, Ratio = means });
        }
    }
}
