using ModelZoo.Reference;
using ModelZoo.Tracing;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ModelZoo.Verification;

/// <summary>The traced graph, run whole by the reference in double: forward to the loss, and backward by the chain rule.</summary>
/// <param name="trace">The graph; its nodes' modules hold the weights.</param>
/// <param name="options">The checks.</param>
internal sealed class ReferencePass(Trace trace, VerifyOptions options)
{
    private readonly NdArray[][] outputs = new NdArray[trace.Nodes.Count][];
    private readonly NdArray?[] gradients = new NdArray?[trace.Nodes.Count];
    private readonly Rounding rounding = Rounding.Of(ScalarType.Float64);

    public NdArray Output => outputs[trace.Output][0];

    public double Loss { get; private set; }

    public NdArray GradInput { get; private set; } = NdArray.Zeros(1);

    /// <summary>Runs the graph.</summary>
    /// <param name="input">The model's input.</param>
    /// <param name="losses">Of each of the trace's outputs: its value and its gradient.</param>
    /// <param name="onParameter">Receives each parameter's gradient, of a shared leaf once for each call, with a bound of what inexact upstream gradients and
    /// inputs may add to one element.</param>
    public void Run(NdArray input, IReadOnlyList<Func<NdArray, (double Value, NdArray Gradient)>> losses, Action<Parameter, Quantity, double> onParameter)
    {
        GradInput = NdArray.ZerosLike(input);
        foreach (TraceNode node in trace.Nodes)
        {
            (ILayerCheck check, NdArray[] inputs) = (CheckOf(node), Inputs(node, input));
            outputs[node.Index] = [Whole(check.Output(inputs, rounding)), .. check.FurtherOutputs(inputs, rounding).Select(Whole)];
        }

        foreach ((int node, var loss) in trace.Outputs.Zip(losses))
        {
            (double value, NdArray gradient) = loss(outputs[node][0]);
            Loss += value;
            gradients[node] = Sum(gradients[node], gradient);
        }

        foreach (TraceNode node in trace.Nodes.Reverse())
        {
            if (gradients[node.Index] is { } gradY)
            {
                Backward(node, input, gradY, onParameter);
                gradients[node.Index] = null;
            }
        }
    }

    /// <summary>Every element.</summary>
    public static NdArray Whole(Quantity quantity)
    {
        if (quantity.Whole is { } whole)
        {
            return whole();
        }

        NdArray values = NdArray.Zeros(quantity.Shape);
        Parallel.For(0, values.Count, i => values.Data[i] = quantity.At(i).Value);
        return values;
    }

    private void Backward(TraceNode node, NdArray input, NdArray gradY, Action<Parameter, Quantity, double> onParameter)
    {
        var parameters = node.Module.named_parameters(recurse: false).ToDictionary(p => Quantity.Grad + p.name, p => p.parameter);
        NdArray[] inputs = Inputs(node, input);
        double scale = Largest(gradY) * Math.Max(1, inputs.Max(Largest));
        foreach (Quantity quantity in CheckOf(node).Gradients(inputs, gradY, rounding))
        {
            if (parameters.TryGetValue(quantity.Name, out Parameter? parameter))
            {
                onParameter(parameter, quantity, scale * Math.Max(1, quantity.Terms));
                continue;
            }

            NdArray gradient = Whole(quantity);
            int slot = quantity.Name == Quantity.GradInput ? 0 : int.Parse(quantity.Name.AsSpan(Quantity.GradInput.Length), provider: null);
            if (node.Inputs[slot] == Trace.ModelInput)
            {
                GradInput = Sum(GradInput, gradient);
            }
            else
            {
                gradients[node.Inputs[slot]] = Sum(gradients[node.Inputs[slot]], gradient);
            }
        }
    }

    private ILayerCheck CheckOf(TraceNode node) =>
        options.Checks.TryFind(node.Module, out ILayerCheck? check, out string? reason) ? check : throw new ZooException($"{node.Name}: {reason}.");

    private NdArray[] Inputs(TraceNode node, NdArray input) =>
        [.. node.Inputs.Zip(node.InputSlots, (source, slot) => source == Trace.ModelInput ? input : outputs[source][slot])];

    private static double Largest(NdArray values) => values.Data.Max(Math.Abs);

    private static NdArray Sum(NdArray? a, NdArray b) => a is null ? b : a.Zip(b, (x, y) => x + y);
}
