using ModelZoo.Reference;
using ModelZoo.Tracing;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ModelZoo.Verification;

/// <summary>The traced graph, run whole by the reference in double: forward to the loss, and backward by the chain rule.</summary>
internal sealed class ReferencePass
{
    private readonly Trace trace;
    private readonly ILayerCheck[] checks;
    private readonly NdArray[][] outputs;
    private readonly NdArray?[] gradients;
    private readonly Rounding rounding = Rounding.Of(ScalarType.Float64);

    public ReferencePass(Trace trace, VerifyOptions options)
    {
        this.trace = trace;
        checks = [.. trace.Nodes.Select(node => options.Checks.TryFind(node.Module, out ILayerCheck? check, out string? reason)
            ? check
            : throw new ZooException($"{node.Name}: {reason}."))];
        outputs = new NdArray[checks.Length][];
        gradients = new NdArray?[checks.Length];
    }

    public NdArray Output => outputs[trace.Output][0];

    public double Loss { get; private set; }

    public NdArray GradInput { get; private set; } = NdArray.Zeros(1);

    /// <summary>By parameter; what a shared leaf gets in each of its calls is added up.</summary>
    public Dictionary<Parameter, NdArray> Gradients { get; } = new(ReferenceEqualityComparer.Instance);

    public void Run(NdArray input, int[] targets)
    {
        GradInput = NdArray.ZerosLike(input);
        foreach (TraceNode node in trace.Nodes)
        {
            NdArray[] inputs = Inputs(node, input);
            outputs[node.Index] = [Whole(checks[node.Index].Output(inputs, rounding)), .. checks[node.Index].FurtherOutputs(inputs, rounding).Select(Whole)];
        }

        Loss = CrossEntropy.Forward(Output, targets);
        gradients[trace.Output] = CrossEntropy.Backward(Output, targets);
        foreach (TraceNode node in trace.Nodes.Reverse())
        {
            if (gradients[node.Index] is { } gradY)
            {
                Backward(node, input, gradY);
            }
        }
    }

    private void Backward(TraceNode node, NdArray input, NdArray gradY)
    {
        var parameters = node.Module.named_parameters(recurse: false).ToDictionary(p => Quantity.Grad + p.name, p => p.parameter);
        foreach (Quantity quantity in checks[node.Index].Gradients(Inputs(node, input), gradY, rounding))
        {
            NdArray gradient = Whole(quantity);
            if (parameters.TryGetValue(quantity.Name, out Parameter? parameter))
            {
                Gradients[parameter] = Sum(Gradients.GetValueOrDefault(parameter), gradient);
                continue;
            }

            int source = node.Inputs[quantity.Name == Quantity.GradInput ? 0 : int.Parse(quantity.Name.AsSpan(Quantity.GradInput.Length), provider: null)];
            if (source == Trace.ModelInput)
            {
                GradInput = Sum(GradInput, gradient);
            }
            else
            {
                gradients[source] = Sum(gradients[source], gradient);
            }
        }
    }

    private NdArray[] Inputs(TraceNode node, NdArray input) => [.. node.Inputs.Zip(node.InputSlots, (source, slot) => source == Trace.ModelInput ? input : outputs[source][slot])];

    private static NdArray Sum(NdArray? a, NdArray b) => a is null ? b : a.Zip(b, (x, y) => x + y);

    private static NdArray Whole(Quantity quantity)
    {
        if (quantity.Whole is { } whole)
        {
            return whole();
        }

        NdArray values = NdArray.Zeros(quantity.Shape);
        Parallel.For(0, values.Count, i => values.Data[i] = quantity.At(i).Value);
        return values;
    }
}
