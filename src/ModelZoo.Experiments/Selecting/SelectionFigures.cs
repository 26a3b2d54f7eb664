using ModelZoo.Plots;

namespace ModelZoo.Experiments.Selecting;

/// <summary>The plots of a selection.</summary>
internal static class SelectionFigures
{
    private const int MostLines = 8;

    /// <summary>Accuracy against what it costs, with the Pareto front.</summary>
    public static IEnumerable<Figure> Fronts(NetworkSelection selection)
    {
        const string Steps = "The dashed steps are the Pareto front: nothing to the left of them or above is both cheaper and as accurate. Whiskers: 95 % "
            + "confidence; they overlap more often than the paired tests leave a pair open.";
        if (selection.Timing is not null)
        {
            yield return Front(selection, "Accuracy against time", new("time per picture", "ms", Logarithmic: true), n => n.Speed?.Milliseconds) with
            {
                Caption = Steps,
            };
        }

        yield return Front(selection, "Accuracy against size", new("file", "MB", Logarithmic: true), n => n.DiskBytes / 1e6) with
        {
            Caption = selection.Timing is null ? Steps : "",
        };
    }

    private static ScatterPlot Front(NetworkSelection selection, string title, Axis cost, Func<SelectedNetwork, double?> of)
    {
        (SelectedNetwork Network, double Cost)[] all = [.. selection.Networks.Where(n => of(n) is not null).Select(n => (n, of(n)!.Value))];
        ScatterPoint[] points = [.. all.Select(n => new ScatterPoint(n.Network.Name, n.Cost, 100 * n.Network.Accuracy, 0, Group(n.Network))
        {
            Low = 100 * n.Network.AccuracyInterval.Low,
            High = 100 * n.Network.AccuracyInterval.High,
        })];
        ScatterPoint[] front = [.. points.Where((p, i) => all[i].Network.Seen is null && !points.Where((_, j) => all[j].Network.Seen is null).Any(other =>
            other.Y >= p.Y && other.X <= p.X && (other.Y > p.Y || other.X < p.X)))];
        return new(title, cost, new("accuracy", "%"), points) { Front = front };
    }

    private static string Group(SelectedNetwork n) =>
        n.Seen is not null ? "knows these pictures" : n.Origin == NetworkOrigin.Scratch ? "trained anew" : "pretrained";

    /// <summary>Times, memory, and how long fitting takes.</summary>
    public static IEnumerable<Figure> Times(NetworkSelection selection)
    {
        SelectedNetwork[] timed = [.. selection.Networks.Where(n => n.Speed is not null)];
        string[] names = [.. timed.Select(n => n.Name)];
        if (timed.Length > 0)
        {
            bool bytes = timed.Any(n => n.Speed!.Bytes is not null);
            yield return new BarChart("Time per picture", new("time per picture", "ms", Logarithmic: true), names,
                [Bars("eager", n => n.Eager), Bars("compiled", n => n.Compiled), .. bytes ? new[] { Bars("int8", n => n.Bytes) } : []])
            {
                Caption = $"Median of {selection.Timing!.Rounds} interleaved rounds at batch {selection.Timing.Batch}; whiskers from the least to the "
                    + "greatest.",
            };
            if (timed.Any(n => n.Speed!.PeakBytes is not null))
            {
                yield return new BarChart("Memory", new("resident memory", "MB", Logarithmic: true), names,
                    [new("", [.. timed.Select(n => n.Speed!.PeakBytes is { } b ? b / 1e6 : double.NaN)])])
                {
                    Caption = "Rise of the process’ resident memory from before the network was read until it had computed.",
                };
            }
        }

        yield return new BarChart("Fitting it to all pictures", new("time", "s", Logarithmic: true), [.. selection.Networks.Select(n => n.Name)],
            [new("", [.. selection.Networks.Select(n => n.TrainingSeconds)])])
        {
            Caption = "Features of all pictures, computed once, and one head; trained anew, one training.",
        };

        Bars Bars(string name, Func<NetworkSpeed, Comparing.Spread?> of) => new(name, [.. timed.Select(n => of(n.Speed!)?.Median ?? double.NaN)])
        {
            Low = [.. timed.Select(n => of(n.Speed!)?.Min ?? double.NaN)],
            High = [.. timed.Select(n => of(n.Speed!)?.Max ?? double.NaN)],
        };
    }

    /// <summary>Accuracy by the number of pictures learned from, where that was measured.</summary>
    public static IEnumerable<Figure> Curves(NetworkSelection selection) => selection.Networks.Where(n => n.Curve is not null).Chunk(MostLines)
        .Select(some => new LinePlot("Accuracy by training pictures", new("pictures learned from", Logarithmic: true), new("accuracy", "%"),
            [.. some.Select(n => new Series(n.Name, [.. n.Curve!.Pictures.Select(p => (double)p)], [.. n.Curve.Errors.Select(e => 100 * (1 - e))])
            {
                Low = [.. n.Curve.ErrorIntervals.Select(e => 100 * (1 - e.High))],
                High = [.. n.Curve.ErrorIntervals.Select(e => 100 * (1 - e.Low))],
            })])
        {
            Caption = "Heads on parts of the pictures, each tested on a fold that it did not see; bands: 95 % confidence, other pictures and heads being "
                + "drawn.",
        });
}
