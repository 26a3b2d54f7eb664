using ModelZoo.Analysis;
using ModelZoo.Verification;
using static ModelZoo.Plots.Markup;

namespace ModelZoo.Drawing;

/// <summary>
/// Error/bound of each layer in the order of execution, on a logarithmic axis: a dot for its output, a triangle for the worst of its gradients, a cross for
/// what fails.
/// </summary>
internal static class StripChart
{
    private const double Left = 62, Top = 14, Plot = 190, ExactLane = 24, Right = 12, Axis = 40;

    public static string Html(LayerOutcomes outcomes)
    {
        IReadOnlyList<GraphNode> nodes = outcomes.Report.Graph.Nodes;
        double[] ratios = [.. nodes.SelectMany(n => outcomes.Of(n.Name)).Where(IsPlotted).Select(c => c.WorstRatio).Where(r => r > 0 && double.IsFinite(r))];
        int low = Math.Clamp(ratios.Length == 0 ? -2 : (int)Math.Floor(Math.Log10(ratios.Min())), -12, -1);
        int high = Math.Clamp(ratios.Length == 0 ? 1 : (int)Math.Ceiling(Math.Log10(ratios.Max())), 1, 12);
        double step = Math.Clamp(860.0 / Math.Max(1, nodes.Count), 5, 30), width = Left + (nodes.Count * step) + Right;
        double height = Top + Plot + ExactLane + Axis;
        double Y(double ratio) => ratio == 0
            ? Top + Plot + ExactLane
            : Top + (Plot * (1 - ((Math.Log10(Math.Clamp(ratio, Math.Pow(10, low), Math.Pow(10, high))) - low) / (high - low))));
        double X(int index) => Left + ((index + 0.5) * step);

        string svg = "<svg role=\"group\" aria-label=\"Error divided by bound, per layer in order of execution, logarithmic; the same numbers are in the "
            + $"table of checks\" xmlns=\"http://www.w3.org/2000/svg\" width=\"{Px(width)}\" height=\"{Px(height)}\" viewBox=\"0 0 {Px(width)} "
            + $"{Px(height)}\">\n";
        int every = Math.Max(1, (high - low + 5) / 6);
        for (int power = low; power <= high; power++)
        {
            if (power % every == 0)
            {
                double y = Y(Math.Pow(10, power));
                svg += Rule(power == 0 ? "limit" : "grid", y) + YLabel(power switch { 0 => "1", -1 => "0.1", -2 => "0.01", 1 => "10", _ => $"1e{power}" }, y);
            }
        }

        svg += Rule("grid", Y(0)) + YLabel("exact", Y(0));
        svg += $"<text class=\"tick\" x=\"{Px(width - Right)}\" y=\"{Px(Y(1) - 4)}\" text-anchor=\"end\">bound</text>\n";
        int label = Spacing(nodes.Count, step);
        for (int i = 0; i < nodes.Count; i++)
        {
            svg += (i + 1) % label == 0 || i == 0 ? $"<text class=\"tick\" x=\"{Px(X(i))}\" y=\"{Px(Y(0) + 16)}\" text-anchor=\"middle\">{i + 1}</text>" : "";
            svg += Layer(nodes[i], i, outcomes, X(i), Y);
        }

        svg += $"<text class=\"tick\" x=\"{Px(Left)}\" y=\"{Px(height - 6)}\">layer, in order of execution</text>"
            + $"<text class=\"tick\" transform=\"translate(12 {Px(Top + (Plot / 2))}) rotate(-90)\" text-anchor=\"middle\">error / bound</text></svg>";
        return $"<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Chart of error/bound\">{svg}</div>\n"
            + "<p class=\"legend\">● output &#160; ▲ worst gradient &#160; ✗ outside its bound, or wrong in another way &#160; Up to 1 is within the "
                + "rounding-error bound; “exact” is no error at all.</p>\n";

        string Rule(string style, double y) => $"<line class=\"{style}\" x1=\"{Px(Left)}\" x2=\"{Px(width - Right)}\" y1=\"{Px(y)}\" y2=\"{Px(y)}\"/>";
    }

    private static string YLabel(string text, double y) => $"<text class=\"tick\" x=\"{Px(Left - 6)}\" y=\"{Px(y + 4)}\" text-anchor=\"end\">{text}</text>\n";

    private static string Layer(GraphNode node, int index, LayerOutcomes outcomes, double x, Func<double, double> y)
    {
        LayerCheck[] checks = [.. outcomes.Of(node.Name).Where(IsPlotted)];
        LayerCheck? output = checks.Where(c => c.Quantity == Quantity.Output).MaxBy(c => c.WorstRatio),
            gradient = checks.Where(c => c.Quantity.StartsWith(Quantity.Grad, StringComparison.Ordinal)).MaxBy(c => c.WorstRatio);
        LayerCheck? failure = checks.Where(c => c.Verdict == Verdict.Failed).MaxBy(c => c.WorstRatio);
        string marks = "";
        if (gradient is { Passed: true })
        {
            marks += $"<path class=\"gradient\" d=\"M{Px(x)} {Px(y(gradient.WorstRatio) - 4)}l4 7h-8z\"/>";
        }

        if (output is { Passed: true })
        {
            marks += $"<circle class=\"output\" cx=\"{Px(x)}\" cy=\"{Px(y(output.WorstRatio))}\" r=\"3\"/>";
        }

        if (failure is not null)
        {
            marks += $"<path class=\"cross\" d=\"M{Px(x - 4)} {Px(y(failure.WorstRatio) - 4)}l8 8m0-8l-8 8\"/>";
        }

        string numbers = string.Join("; ", checks.Where(c => c == output || c == gradient || c == failure).Select(c => $"{c.Quantity} {Number(c.WorstRatio)}"));
        return marks.Length == 0 ? "" : $"<a href=\"#{PageNames.Row(index)}\"><title>{Escape($"{index + 1} {node.Name}: {numbers}")}</title>{marks}</a>\n";
    }

    private static bool IsPlotted(LayerCheck check) => check.Verdict == Verdict.Failed || (check.CheckedCount > 0 && check.Quantity != "parameters");

    /// <summary>How many layers from one number on the axis to the next.</summary>
    private static int Spacing(int count, double step) => new[] { 1, 5, 10, 20, 50, 100 }.FirstOrDefault(n => n * step >= 26, Math.Max(1, count));
}
