using ModelZoo.Inference.Compilation;
using TorchSharp.Modules;

namespace ModelZoo.Inference.Quantization;

/// <summary>Which values of a network are bytes when some of its layers compute on them, and which of those share a scale.</summary>
internal sealed class BytePlan
{
    private readonly Dictionary<int, int> groups = []; // of the values that are bytes

    private BytePlan()
    {
    }

    /// <summary>The values that are bytes, each with the number of its group.</summary>
    public IReadOnlyDictionary<int, int> Values => groups;

    /// <summary>The steps that can compute on bytes, by the names of their first layers.</summary>
    public static Dictionary<string, Step> ProductsOf(IReadOnlyList<Step> steps) =>
        steps.Where(s => ByteRewriter.ProductOf(s) is not null).ToDictionary(s => s.Layers[0].Name);

    /// <param name="steps">A network in float32.</param>
    /// <param name="layers">The layers that are to compute on bytes.</param>
    public static BytePlan Of(IReadOnlyList<Step> steps, IReadOnlySet<string> layers)
    {
        var plan = new BytePlan();
        HashSet<int> made = []; // by a product on bytes
        foreach (Step step in steps.Where(s => IsProduct(s, layers)))
        {
            made.Add(step.Outputs[0]);
            plan.Join(step.Inputs[0]);
            if (ByteRewriter.ProductOf(step)!.Value.Sum)
            {
                plan.Join(step.Inputs[1]);
                plan.Join(step.Outputs[0]);
            }
        }

        // From behind: what hands bytes on takes bytes, of the same scale.
        foreach (Step step in steps.Reverse())
        {
            if (ByteRewriter.Keeps(step) && plan.groups.ContainsKey(step.Outputs[0]))
            {
                plan.Join([step.Outputs[0], .. step.Inputs]);
            }
            else if (step.Layers is [{ Module: AdaptiveAvgPool2d, OutputShape: [_, _, 1, 1] }] && made.Contains(step.Inputs[0]))
            {
                plan.Join(step.Inputs[0]);
            }
        }

        return plan;
    }

    private static bool IsProduct(Step step, IReadOnlySet<string> layers) =>
        step.Layers.Count > 0 && layers.Contains(step.Layers[0].Name) && ByteRewriter.ProductOf(step) is not null;

    private void Join(params ReadOnlySpan<int> values)
    {
        int group = groups.TryGetValue(values[0], out int known) ? known : values[0];
        foreach (int value in values)
        {
            if (groups.TryGetValue(value, out int other) && other != group)
            {
                foreach (int member in groups.Where(g => g.Value == other).Select(g => g.Key).ToArray())
                {
                    groups[member] = group;
                }
            }

            groups[value] = group;
        }
    }
}
