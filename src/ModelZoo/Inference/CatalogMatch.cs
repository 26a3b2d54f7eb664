using System.Text;
using ModelZoo.Analysis;
using ModelZoo.Layers;
using ModelZoo.Onnx;
using ModelZoo.Registry;
using ModelZoo.Tracing;
using ModelZoo.Weights;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ModelZoo.Inference;

/// <summary>
/// Recognizes an imported graph as a network of the catalog: the same layers with the same settings, wired the same way from the input to the logits. Its
/// weights then go into a network of the catalog, under that one's keys.
/// </summary>
internal sealed class CatalogMatch
{
    private const double Rounding = 1e-4; // of the largest logit

    private static readonly HashSet<string> Unimportant = ["inplace", "momentum", "p"];

    private readonly Trace graph;
    private readonly Trace known;
    private readonly Dictionary<int, int> pairs = [];
    private readonly IReadOnlySet<object> unread;
    private readonly bool backbone;

    private CatalogMatch(Trace graph, Trace known, OnnxImport import, bool backbone = false) =>
        (this.graph, this.known, unread, this.backbone) = (graph, known, import.Unread, backbone);

    /// <summary>
    /// Fills a network from a graph that ends in what the network's head takes. A mean image at the network's input is not in the graph; borders that give the
    /// same windows at this size count as equal, and so does a pool of the whole image.
    /// </summary>
    /// <param name="model">Of the catalog; its head and its mean image stay as they are.</param>
    /// <param name="import">The imported network.</param>
    /// <returns>Whether the graph is that network's; else the model may be filled in part.</returns>
    public static bool FillBackbone(ZooModel model, OnnxImport import)
    {
        ModelOptions options = import.Info.Defaults;
        long[] shape = [1, options.InChannels, options.InputHeight, options.InputWidth];
        using Trace graph = Trace.Run(import.Model, shape), known = Trace.Run(model, shape);
        TraceNode? head = known.Nodes.FirstOrDefault(n => n.Name == model.Head);
        return head is { Inputs: [var features] } && new CatalogMatch(graph, known, import, backbone: true).Fill(model, features);
    }

    /// <summary>
    /// The network of the catalog, with the imported weights, in evaluation mode; null where none is equal. Parameters that are still unread share their memory
    /// with its own.
    /// </summary>
    /// <param name="catalog">The known models.</param>
    /// <param name="import">The imported network.</param>
    /// <param name="readResource">Reads the catalog's blueprints, which tell quickly what is worth building.</param>
    /// <param name="maxMemory">The most bytes that it may take.</param>
    /// <param name="info">Its line of the catalog.</param>
    public static ZooModel? Find(ModelCatalog catalog, OnnxImport import, Func<string, byte[]> readResource, long maxMemory, out ModelInfo? info)
    {
        if (Named(catalog, import, out info) is not { } described)
        {
            return Search(catalog, import, readResource, maxMemory, out info);
        }

        ZooModel? same = Build(info!, described.Options, import, maxMemory);
        info = same is null ? null : info;
        return same; // where it is null, what it computes may prove it yet
    }

    /// <summary>The same for a network whose weights are read and that says what it is, where the layers are not those: if it computes the same.</summary>
    /// <inheritdoc cref="Find"/>
    public static ZooModel? Proven(ModelCatalog catalog, OnnxImport import, Func<string, byte[]> readResource, long maxMemory, out ModelInfo? info)
    {
        if (Named(catalog, import, out info) is not { } described)
        {
            return null; // it was looked for before
        }

        return Proven(info!, described.Options, import, maxMemory) is { } same ? same : Search(catalog, import, readResource, maxMemory, out info);
    }

    private static CheckpointInfo? Named(ModelCatalog catalog, OnnxImport import, out ModelInfo? info)
    {
        info = null;
        ModelOptions own = import.Info.Defaults;
        return import.Described is { } described && catalog.TryFind(described.Architecture, out info)
            && described.Options is var o && (o.NumClasses, o.InChannels, o.InputHeight, o.InputWidth)
                == (own.NumClasses, own.InChannels, own.InputHeight, own.InputWidth)
            ? described
            : null;
    }

    private static ZooModel? Search(ModelCatalog catalog, OnnxImport import, Func<string, byte[]> readResource, long maxMemory, out ModelInfo? info)
    {
        string kernels = Kernels(import.Model.parameters().Select(p => p.shape));
        foreach (ModelInfo candidate in catalog.Models.Where(m =>
            m.Task == import.Info.Task && Blueprint(m, readResource) is { } text && Kernels(text) == kernels))
        {
            if (Build(candidate, import.Info.Defaults, import, maxMemory) is { } model)
            {
                info = candidate;
                return model;
            }
        }

        info = null;
        return null;
    }

    // The network that the file names, if it has all of its weights and no others, and computes the same: what a file says of itself is no proof.
    private static ZooModel? Proven(ModelInfo named, ModelOptions options, OnnxImport import, long maxMemory)
    {
        using DisposeScope scope = NewDisposeScope();
        Dictionary<string, Tensor> given = import.Model.state_dict();
        ZooModel? model = null;
        try
        {
            model = Create(named, options, maxMemory);
            Dictionary<string, Tensor> wanted = model.state_dict();
            if (given.Count == wanted.Count && wanted.All(w => given.TryGetValue(w.Key, out Tensor? value) && value.shape.SequenceEqual(w.Value.shape)))
            {
                using IDisposable none = no_grad();
                foreach ((string key, Tensor tensor) in wanted)
                {
                    tensor.copy_(given[key]);
                }

                using Generator generator = new Generator().manual_seed(1);
                Tensor x = randn(2, options.InChannels, options.InputHeight, options.InputWidth, generator: generator);
                Tensor expected = import.Model.call(x), actual = model.call(x);
                if (actual.shape.SequenceEqual(expected.shape)
                    && (actual - expected).abs().max().item<float>() <= Rounding * expected.abs().max().item<float>())
                {
                    return model;
                }
            }
        }
        catch (ZooException)
        {
            // It cannot be built so: the file says what is not true.
        }

        model?.Dispose();
        return null;
    }

    // In evaluation mode, with weights that nobody has set.
    private static ZooModel Create(ModelInfo candidate, ModelOptions options, long maxMemory)
    {
        SizeCheck.Require(candidate, options, maxMemory);
        using IDisposable skipped = WeightInit.Skip();
        ZooModel model = candidate.Create(options);
        if (model is IAuxiliaryHeads { Auxiliary.Count: > 0 })
        {
            model.Dispose();
            model = candidate.Create(options with { OmitAuxiliary = true });
        }

        model.eval();
        return model;
    }

    private static ZooModel? Build(ModelInfo candidate, ModelOptions options, OnnxImport import, long maxMemory)
    {
        ZooModel? model = null;
        try
        {
            model = Create(candidate, options, maxMemory);
            long[] shape = [1, options.InChannels, options.InputHeight, options.InputWidth];
            using Trace graph = Trace.Run(import.Model, shape), known = Trace.Run(model, shape);
            if (new CatalogMatch(graph, known, import).Fill(model, known.Output))
            {
                return model;
            }
        }
        catch (ZooException)
        {
            // The architecture does not allow these sizes, or is no chain of leaves: it is another one.
        }

        model?.Dispose();
        return null;
    }

    private bool Fill(ZooModel model, int output)
    {
        if (!Equal(graph.Output, output))
        {
            return false;
        }

        HashSet<nn.Module> filled = new(ReferenceEqualityComparer.Instance);
        using IDisposable none = no_grad();
        foreach ((int to, int from) in pairs)
        {
            nn.Module source = graph.Nodes[from].Module, target = known.Nodes[to].Module;
            filled.Add(target);
            Dictionary<string, Tensor> given = source.state_dict();
            foreach ((string key, Tensor tensor) in target.state_dict())
            {
                if (!given.TryGetValue(key, out Tensor? value) || !value.shape.SequenceEqual(tensor.shape))
                {
                    return false;
                }

                if (unread.Contains(value))
                {
                    value.set_(tensor);
                }
                else
                {
                    tensor.copy_(value);
                }
            }
        }

        return model.named_modules().Where(m => !m.module.children().Any() && m.module.parameters(recurse: false).Any() && !(backbone && m.name == model.Head))
            .All(m => filled.Contains(m.module));
    }

    private bool Equal(int output, int expected)
    {
        var stack = new Stack<(int Graph, int Known)>([(output, expected)]);
        while (stack.TryPop(out var next))
        {
            (int i, int k) = (Skip(graph, next.Graph), Skip(known, next.Known));
            if (i == Trace.ModelInput || k == Trace.ModelInput || pairs.TryGetValue(k, out int paired))
            {
                if ((i == Trace.ModelInput || k == Trace.ModelInput) ? i != k : pairs[k] != i)
                {
                    return false;
                }

                continue;
            }

            (TraceNode a, TraceNode b) = (graph.Nodes[i], known.Nodes[k]);
            if (b.Module is SiLU && a.Module is Multiply && Gated(a) is { } gated)
            {
                pairs[k] = i;
                stack.Push((gated, b.Inputs[0]));
                continue;
            }

            if (backbone && SameWindows(a, b) is { } before)
            {
                pairs[k] = i;
                stack.Push((before, b.Inputs[0]));
                continue;
            }

            if (a.Op != b.Op || a.Inputs.Count != b.Inputs.Count || !Settings(a).SequenceEqual(Settings(b)))
            {
                return false;
            }

            pairs[k] = i;
            for (int input = 0; input < a.Inputs.Count; input++)
            {
                stack.Push((a.Inputs[input], b.Inputs[input]));
            }
        }

        return true;
    }

    // x·σ(x) is what exporters write for SiLU.
    private int? Gated(TraceNode product)
    {
        foreach ((int x, int gate) in new[] { (product.Inputs[0], product.Inputs[1]), (product.Inputs[1], product.Inputs[0]) })
        {
            if (gate != Trace.ModelInput && graph.Nodes[gate].Module is Sigmoid && graph.Nodes[gate].Inputs[0] == x)
            {
                return x;
            }
        }

        return null;
    }

    // What the graph's window takes, where its border is a layer of its own or its pool has the image's size; null where the windows differ.
    private int? SameWindows(TraceNode a, TraceNode b)
    {
        if (a.Module is AvgPool2d pool && b.Module is AdaptiveAvgPool2d && b.OutputShape is [_, _, 1, 1] && a.OutputShape is [_, _, 1, 1]
            && LayerFacts.Window(a, 0) is (var rows, _, 0, _) && LayerFacts.Window(a, 1) is (var columns, _, 0, _) && pool.divisor_override is null)
        {
            return (rows, columns) == (a.InputShapes[0][2], a.InputShapes[0][3]) ? a.Inputs[0] : null;
        }

        if (a.Op != b.Op || a.Module is not (Conv2d or MaxPool2d) || a.Inputs is not [>= 0 and var border] || !a.OutputShape.SequenceEqual(b.OutputShape)
            || !Settings(a).Where(s => s.Key != "padding").SequenceEqual(Settings(b).Where(s => s.Key != "padding")))
        {
            return null;
        }

        // Windows that begin at the same places and are equally many are the same: what a wider border adds lies behind the last one.
        long[]? sides = graph.Nodes[border].Module switch
        {
            ZeroPad2d { value: 0, padding: [_, _, _, _] } zeros when a.Module is Conv2d => zeros.padding,
            ConstantBorder { Value: double.NegativeInfinity, Sides: [_, _, _, _] } least when a.Module is MaxPool2d => least.Sides,
            _ => null,
        };
        return sides is [var left, _, var top, _] && LayerFacts.Window(a, 0) is (_, _, 0, _) && LayerFacts.Window(a, 1) is (_, _, 0, _)
            && LayerFacts.Window(b, 0)!.Value.Padding == top && LayerFacts.Window(b, 1)!.Value.Padding == left
            ? graph.Nodes[border].Inputs[0]
            : null;
    }

    // What does nothing in evaluation is not in a graph that was exported for it.
    private int Skip(Trace trace, int node)
    {
        while (node != Trace.ModelInput && trace.Nodes[node] is { Inputs.Count: 1 } n
            && (n.Module is Identity or Dropout or Dropout2d or StochasticDepth
                || (backbone && n.Module is MeanImage && trace == known)
                || (n.Module is AdaptiveAvgPool2d && n.OutputShape.SequenceEqual(n.InputShapes[0]))))
        {
            node = n.Inputs[0];
        }

        return node;
    }

    private static IEnumerable<KeyValuePair<string, string>> Settings(TraceNode node) =>
        LayerFacts.Hyperparameters(node.Module).Where(s => !Unimportant.Contains(s.Key));

    private static string? Blueprint(ModelInfo info, Func<string, byte[]> readResource)
    {
        try
        {
            return Encoding.UTF8.GetString(readResource($"blueprints/{info.Name}.blueprint.txt"));
        }
        catch (Exception error) when (error is ZooException or IOException or ArgumentException or InvalidOperationException)
        {
            return null;
        }
    }

    // The shapes of all convolutions' weights, in no order.
    private static string Kernels(IEnumerable<long[]> shapes) =>
        string.Join(' ', shapes.Where(s => s.Length == 4).Select(s => string.Join('x', s)).Order(StringComparer.Ordinal));

    private static string Kernels(string blueprint) => Kernels(blueprint.Split("\nkeys ")[^1].Split('\n').Skip(1)
        .Where(line => !line.StartsWith("aux", StringComparison.Ordinal))
        .SelectMany(line => line.Split(' ').Skip(1)).Select(entry => entry.Split('=')).Where(entry => entry.Length == 2)
        .Select(entry => entry[1].Split('x').Select(n => long.TryParse(n, out long size) ? size : 0).ToArray()));
}
