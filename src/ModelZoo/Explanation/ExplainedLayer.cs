using ModelZoo.Analysis;
using ModelZoo.Registry;
using ModelZoo.Tracing;
using ModelZoo.Training;
using ModelZoo.Transfer;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ModelZoo.Explanation;

/// <summary>The layer whose maps are looked at, and where their elements lie in the model's input.</summary>
/// <param name="Name">As in the trace: "layer4.1.relu", a second call of the same leaf with "#2" after it.</param>
/// <param name="Module">The leaf.</param>
/// <param name="Call">Which of its calls, from 1.</param>
/// <param name="Rows">Along the rows of the input.</param>
/// <param name="Columns">Along its columns.</param>
internal sealed record ExplainedLayer(string Name, nn.Module Module, int Call, MapAxis Rows, MapAxis Columns)
{
    /// <summary>
    /// Chooses one. Without a name it is the last leaf with maps [C,H,W] of more than one place before the classifier that is no pooling and no dropout: what
    /// average or flattening is computed from. A name is that of a leaf, or of a module, of which the last leaf with such maps is taken.
    /// </summary>
    /// <param name="model">The model.</param>
    /// <param name="inputShape">[C,H,W].</param>
    /// <param name="name">As the user wrote it; null for none.</param>
    /// <exception cref="ZooException">The model cannot be traced, or has no such layer.</exception>
    public static ExplainedLayer Choose(nn.Module<Tensor, Tensor> model, IReadOnlyList<long> inputShape, string? name)
    {
        using DisposeScope scope = NewDisposeScope();
        using ModelMode mode = ModelMode.Eval(model);
        Tensor? any = model.parameters().FirstOrDefault();
        using Trace trace = Trace.Run(model, zeros([1, .. inputShape], any?.dtype ?? ScalarType.Float32, any?.device ?? CPU));
        HashSet<int> used = Before(trace, trace.Output);
        TraceNode node = name is null ? Last(model, trace, used) : Named(model, trace, used, name);
        ReceptiveField? field = Before(trace, node.Index).Any(i => HidesPlaces(trace.Nodes[i])) ? null
            : ModelSummary.Of(trace, model).Layers[node.Index].ReceptiveField;
        int call = node.Name.LastIndexOf('#') is > 0 and var at && int.TryParse(node.Name.AsSpan(at + 1), out int n) ? n : 1;
        return new(node.Name, node.Module, call, MapAxis.Of(node.OutputShape[2], trace.InputShape[2], field),
            MapAxis.Of(node.OutputShape[3], trace.InputShape[3], field));
    }

    private static TraceNode Last(nn.Module model, Trace trace, HashSet<int> used)
    {
        int from = Classifier(model, trace) is { } head ? head.Inputs[0] : trace.Output;
        for (int index = from; index != Trace.ModelInput;)
        {
            TraceNode node = trace.Nodes[index];
            if (IsSpatial(node) && !Passes(node.Module))
            {
                return node;
            }

            if (node.Inputs.Count != 1)
            {
                break; // maps of several scales meet: the last of them
            }

            index = node.Inputs[0];
        }

        HashSet<int> before = from == Trace.ModelInput ? [] : Before(trace, from);
        return trace.Nodes.LastOrDefault(n => before.Contains(n.Index) && used.Contains(n.Index) && IsSpatial(n) && !Passes(n.Module))
            ?? throw new ZooException($"{model.GetName()}: no layer before its classifier has maps [C,H,W] of more than one place, so Grad-CAM has nothing to "
                + "show where it looks. It is for convolutional networks.");
    }

    private static TraceNode Named(nn.Module model, Trace trace, HashSet<int> used, string name)
    {
        TraceNode[] inside = [.. trace.Nodes.Where(n => n.Name == name || n.Name.StartsWith($"{name}.", StringComparison.Ordinal)
            || n.Name.StartsWith($"{name}#", StringComparison.Ordinal))];
        TraceNode[] exact = [.. inside.Where(n => n.Name == name)];
        IEnumerable<string> known = trace.Nodes.Where(IsSpatial).Select(n => n.Name);
        TraceNode last = (exact.Length > 0 ? exact : inside).LastOrDefault(IsSpatial) ?? throw new UsageException(inside.Length == 0
            ? $"--layer {name}: {model.GetName()} has no such layer.{NearestName.Hint(name, known)} `zoo summary` lists them."
            : $"--layer {name}: gives [{string.Join(",", inside[^1].OutputShape)}], and Grad-CAM needs maps [N,C,H,W] of more than one place. "
                + "Name a layer before it (`zoo summary` lists them).");
        return used.Contains(last.Index) && last.Module is not nn.Module<Tensor, (Tensor, Tensor)>
            ? last
            : throw new UsageException($"--layer {name}: the model's answer does not depend on it alone. Name another layer (`zoo summary` lists them).");
    }

    // The model's own word, else the first layer backwards from the logits that could make them.
    private static TraceNode? Classifier(nn.Module model, Trace trace)
    {
        if (model is ZooModel { Head: { Length: > 0 } head })
        {
            return trace.Nodes.LastOrDefault(n => n.Name == head || n.Name.StartsWith($"{head}#", StringComparison.Ordinal));
        }

        for (int index = trace.Output; index != Trace.ModelInput && trace.Nodes[index] is var node; index = node.Inputs[0])
        {
            if (HeadFinder.CanBeHead(node.Module))
            {
                return node;
            }

            if (node.Inputs.Count != 1 || node.ParameterCount > 0)
            {
                break;
            }
        }

        return null;
    }

    private static bool IsSpatial(TraceNode node) => node.OutputShape is [_, _, var rows, var columns] && rows * columns > 1;

    // Makes no maps of its own.
    private static bool Passes(nn.Module module) =>
        module is MaxPool2d or AvgPool2d or AdaptiveAvgPool2d or AdaptiveMaxPool2d or Dropout or Dropout2d or Identity;

    // What its window is the table does not know, since it depends on the input.
    private static bool HidesPlaces(TraceNode node) => node.Module is AdaptiveAvgPool2d or AdaptiveMaxPool2d && IsSpatial(node);

    // All that a node is computed from, itself included.
    private static HashSet<int> Before(Trace trace, int node)
    {
        HashSet<int> seen = [];
        Stack<int> open = new([node]);
        while (open.TryPop(out int index))
        {
            if (index != Trace.ModelInput && seen.Add(index))
            {
                foreach (int input in trace.Nodes[index].Inputs)
                {
                    open.Push(input);
                }
            }
        }

        return seen;
    }
}

/// <summary>Where the elements of a map lie along one axis of the input: element i around First + i·Step, in pixels from the center of the first.</summary>
/// <param name="Count">Elements.</param>
/// <param name="First">The first one's place.</param>
/// <param name="Step">From one to the next.</param>
public readonly record struct MapAxis(int Count, double First, double Step)
{
    /// <summary>
    /// As far apart as their receptive fields are, the whole in the middle of the input: padding that is not the same on both sides moves the fields by half an
    /// element, but not what networks see there. Where that is not known they are spread evenly.
    /// </summary>
    internal static MapAxis Of(long count, long pixels, ReceptiveField? field)
    {
        double step = field is { Jump: > 0 } f && (count - 1) * f.Jump <= pixels ? f.Jump : (double)pixels / count;
        return new((int)count, ((pixels - 1) - ((count - 1) * step)) / 2, step);
    }

    /// <summary>The element, between two of them, at a pixel; beyond the outermost it is those.</summary>
    internal double At(double pixel) => Math.Clamp((pixel - First) / Step, 0, Count - 1);
}
