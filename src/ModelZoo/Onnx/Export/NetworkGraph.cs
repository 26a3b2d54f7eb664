using ModelZoo.Tracing;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ModelZoo.Onnx.Export;

/// <summary>A traced network as nodes of ONNX.</summary>
/// <param name="Output">The name of its output.</param>
/// <param name="OutputShape">Its shape, at the traced size.</param>
internal sealed record NetworkGraph(string Output, long[] OutputShape)
{
    /// <summary>Traces a network and writes what its output is made of.</summary>
    /// <exception cref="ZooException">Some layers can't be written; all of them are named.</exception>
    public static NetworkGraph Write(ExportGraph graph, nn.Module<Tensor, Tensor> model, long[] inputShape, bool fold)
    {
        using Trace trace = Trace.Run(model, inputShape);
        bool[] needed = Needed(trace);
        List<string> refused = [];
        var values = new string[trace.Nodes.Count][];
        HashSet<int> gone = fold || graph.Bytes is not null ? Fold(graph, trace, needed) : [];
        string input = graph.Bytes?.Value(graph, "", OnnxExport.InputName) ?? OnnxExport.InputName;
        foreach (TraceNode node in trace.Nodes.Where(n => needed[n.Index]))
        {
            string[] inputs = [.. node.Inputs.Zip(node.InputSlots, (from, slot) => from == Trace.ModelInput ? input : values[from][slot])];
            if (gone.Contains(node.Index))
            {
                values[node.Index] = [graph.Bytes?.Value(graph, node.Name, inputs[0]) ?? inputs[0]];
                continue;
            }

            try
            {
                string[] written = LayerExports.Write(new LayerCall(graph, node, PrefixOf(node, model), inputs));
                values[node.Index] = graph.Bytes is { } bytes && written.Length == 1 ? [bytes.Value(graph, node.Name, written[0])] : written;
            }
            catch (NotSupportedException reason)
            {
                refused.Add($"{node.Name} ({node.Op}): {reason.Message}");
                values[node.Index] = [node.Name, $"{node.Name}/2"];
            }
        }

        if (refused.Count > 0)
        {
            throw new ZooException($"The network can't be written as ONNX, because of {refused.Count} of its layers:\n{string.Join('\n', refused)}");
        }

        string made = values[trace.Output][0];
        long[] shape = trace.Nodes[trace.Output].OutputShape;
        string wanted = shape.Length == 2 ? "logits" : "output";
        if (made == wanted)
        {
            return new(made, shape);
        }

        string output = graph.Name(wanted);
        if (made == input)
        {
            NodeProto same = new() { OpType = "Identity", Name = output };
            same.Inputs.Add(made);
            same.Outputs.Add(output);
            graph.Nodes.Add(same);
        }
        else
        {
            graph.Rename(made, output);
        }

        return new(output, shape);
    }

    /// <summary>Whether images of another size would give the same graph: then it is right for any that the network takes.</summary>
    public static bool IsSameFor(ExportGraph graph, nn.Module<Tensor, Tensor> model, OnnxExportOptions options)
    {
        if (options.Input.Count != 3)
        {
            return false;
        }

        // Odd differences, so that what only multiples allow is not taken for general.
        const int MoreRows = 33, MoreColumns = 47;
        using var other = new ExportGraph(graph.Opset, options.Quantization);
        try
        {
            other.Name(OnnxExport.InputName);
            Write(other, model, [1, options.Input[0], options.Input[1] + MoreRows, options.Input[2] + MoreColumns], options.Fold);
            return !other.FixesSize && other.Structure().AsSpan().SequenceEqual(graph.Structure());
        }
        catch (Exception error) when (error is ZooException or System.Runtime.InteropServices.ExternalException or ArgumentException)
        {
            return false; // as where fully connected layers follow the maps
        }
    }

    private static string PrefixOf(TraceNode node, nn.Module model)
    {
        int call = node.Name.IndexOf('#', StringComparison.Ordinal);
        return ReferenceEquals(node.Module, model) ? "" : $"{(call < 0 ? node.Name : node.Name[..call])}.";
    }

    // Auxiliary classifiers, for example, are not.
    private static bool[] Needed(Trace trace)
    {
        var needed = new bool[trace.Nodes.Count];
        needed[trace.Output] = true;
        foreach (TraceNode node in trace.Nodes.Reverse().Where(n => needed[n.Index]))
        {
            foreach (int input in node.Inputs.Where(i => i != Trace.ModelInput))
            {
                needed[input] = true;
            }
        }

        return needed;
    }

    /// <summary>Multiplies each batch normalization into the convolution before it, where nothing else reads that one, and gives those that are done.</summary>
    private static HashSet<int> Fold(ExportGraph graph, Trace trace, bool[] needed)
    {
        HashSet<int> gone = [];
        ILookup<nn.Module, TraceNode> calls = trace.Nodes.Where(n => needed[n.Index]).ToLookup(n => n.Module);
        int[] readers = new int[trace.Nodes.Count];
        foreach (int input in trace.Nodes.Where(n => needed[n.Index]).SelectMany(n => n.Inputs).Where(i => i != Trace.ModelInput).Append(trace.Output))
        {
            readers[input]++;
        }

        foreach (TraceNode node in trace.Nodes.Where(n => needed[n.Index] && n.Module is BatchNorm2d && n.Inputs[0] != Trace.ModelInput))
        {
            TraceNode before = trace.Nodes[node.Inputs[0]];
            if (before.Module.GetType() == typeof(Conv2d) && readers[before.Index] == 1 && calls[before.Module].Count() == 1
                && Folded((Conv2d)before.Module, (BatchNorm2d)node.Module) is var (weight, bias))
            {
                graph.Folded.Add(before.Module, (graph.Own(weight), graph.Own(bias)));
                gone.Add(node.Index);
            }
        }

        return gone;
    }

    // In double precision: what is rounded is the result alone.
    private static (Tensor Weight, Tensor Bias)? Folded(Conv2d convolution, BatchNorm2d norm)
    {
        if (norm.running_mean is not { } mean || norm.running_var is not { } variance)
        {
            return null;
        }

        using DisposeScope scope = NewDisposeScope();
        Tensor factor = Exact(variance).add(norm.eps).rsqrt();
        factor = norm.weight is { } gamma ? factor * Exact(gamma) : factor;
        Tensor shift = ((convolution.bias is { } bias ? Exact(bias) : zeros_like(factor)) - Exact(mean)) * factor;
        shift = norm.bias is { } beta ? shift + Exact(beta) : shift;
        Tensor weight = (Exact(convolution.weight) * factor.reshape(-1, 1, 1, 1)).to(ScalarType.Float32);
        return (weight.MoveToOuterDisposeScope(), shift.to(ScalarType.Float32).MoveToOuterDisposeScope());
    }

    private static Tensor Exact(Tensor values) => values.detach().to(ScalarType.Float64, CPU);
}
