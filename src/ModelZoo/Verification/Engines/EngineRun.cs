using ModelZoo.Onnx;
using ModelZoo.Reference;
using ModelZoo.Verification.Checks;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ModelZoo.Verification.Engines;

/// <summary>
/// Holds what an engine made of each layer against the reference. Where a node became several layers, what they hand on is the reference's own.
/// </summary>
internal sealed class EngineRun(IReadOnlyList<GraphStep> steps, IGraphEngine engine, VerifyOptions options)
{
    private readonly Dictionary<int, Inner> inner = []; // by slot: what no output shows

    /// <summary>A value between layers of one node, with the errors that it may have; null for none.</summary>
    private sealed record Inner(NdArray Values, double[]? Errors);

    /// <summary>The check of a layer; null where its value is not the engine's to show.</summary>
    public LayerCheck? Check(int place, IReadOnlyDictionary<string, GraphArray> values)
    {
        GraphStep step = steps[place];
        string op = step.Module.GetType().Name;
        GraphArray? made = step.Made is { } name ? values[name] : null;
        if (!options.Checks.TryFind(step.Module, out ILayerCheck? check, out string? reason))
        {
            return Unverified(reason);
        }

        if (step.IsSecond)
        {
            return Places(place, check, values);
        }

        check = check is ResamplingCheck places ? places with { RoughPlaces = true } : check; // engines form them in single precision
        NdArray[] inputs = new NdArray[step.Takes.Length];
        double[]?[] errors = new double[]?[step.Takes.Length];
        for (int i = 0; i < inputs.Length; i++)
        {
            if (step.From[i] is { } from)
            {
                inputs[i] = new NdArray(values[from].Values, values[from].Shape);
            }
            else if (inner.TryGetValue(step.Takes[i], out Inner? handed))
            {
                (inputs[i], errors[i]) = (handed.Values, handed.Errors);
            }
            else
            {
                return Unverified("what goes into it is no value of the graph");
            }
        }

        if (step.Module is Layers.MaxUnpool unpool)
        {
            inputs[1] = InPlane(inputs[1], unpool.Kernel * unpool.Kernel * inputs[0].Shape[2] * inputs[0].Shape[3]);
        }

        try
        {
            var rounding = Rounding.Of(made?.Type ?? TypeOf(step, values), options.WideAccumulation);
            Quantity? quantity = Array.TrueForAll(errors, e => e is null) ? check.Output(inputs, rounding) : Carried(check, inputs, errors, rounding);
            if (quantity is null)
            {
                return Unverified("a value within its node that no output shows is not exact");
            }

            quantity = Loosened(step.Module, quantity, inputs[0]);
            if (made is not null)
            {
                var actual = new NdArray(made.Values, made.Shape);
                ulong seed = options.Seed + ((ulong)place << 32);
                LayerCheck result = Comparison.Of(step.Path, op, quantity, ActualValues.Of(actual), options.SampleOf(quantity), seed);
                return result.Passed ? result : result with
                {
                    LikelyCause = LikelyCause.Find(check, step.Module, step.Module, inputs, ActualValues.Of(actual), rounding, options),
                };
            }

            inner[place + 1] = Whole(quantity);
            return null;
        }
        catch (ArgumentException misfit)
        {
            LayerCheck failed = Unverified($"its input does not fit the description: {misfit.Message}");
            return failed with { Verdict = Verdict.Failed, WorstRatio = double.PositiveInfinity };
        }

        LayerCheck Unverified(string? why) => new()
        {
            Name = step.Path,
            Op = op,
            Quantity = Quantity.Output,
            Shape = [.. (made?.Shape ?? []).Select(n => (long)n)],
            TotalCount = made?.Values.Length ?? 0,
            Verdict = Verdict.Unverified,
            Note = why,
        };
    }

    // The places that a pooling gives beside its maxima, each in its own plane.
    private LayerCheck? Places(int place, ILayerCheck check, IReadOnlyDictionary<string, GraphArray> values)
    {
        if (steps[place].Made is not { } name || steps[place - 1].From is not [{ } from])
        {
            return null;
        }

        GraphArray input = values[from], made = values[name];
        Quantity expected = check.FurtherOutputs([new NdArray(input.Values, input.Shape)], Rounding.Of(ScalarType.Float32, options.WideAccumulation)).Single();
        var actual = ActualValues.Of(InPlane(new NdArray(made.Values, made.Shape), input.Shape[2] * input.Shape[3]));
        string op = steps[place].Module.GetType().Name;
        return Comparison.Of(steps[place - 1].Path, op, expected, actual, options.SampleOf(expected), options.Seed + ((ulong)place << 32));
    }

    // ONNX counts over the whole batch and its planes.
    private static NdArray InPlane(NdArray places, int plane) => new([.. places.Data.Select(p => p % plane)], [.. places.Shape]);

    // Of a value that nothing shows: that of what goes in, for everything is computed in one type.
    private static ScalarType TypeOf(GraphStep step, IReadOnlyDictionary<string, GraphArray> values) =>
        step.From.OfType<string>().Select(name => (ScalarType?)values[name].Type).FirstOrDefault() ?? ScalarType.Float32;

    /// <summary>Errors of an input that only moves go along; to a sum they are added.</summary>
    private static Quantity? Carried(ILayerCheck check, NdArray[] inputs, double[]?[] errors, Rounding rounding)
    {
        Quantity quantity = check.Output(inputs, rounding);
        switch (check)
        {
            case ArrangementCheck moved:
                Arrangement how = moved.How(inputs[0].ShapeOf());
                return quantity with { At = i => Wider(quantity.At(i), how.Places[i] < 0 ? 0 : errors[0]![how.Places[i]]) };
            case FlattenCheck:
                return quantity with { At = i => Wider(quantity.At(i), errors[0]![i]) };
            case AddCheck or ElementwiseCheck { How: Joining.Add or Joining.Subtract or Joining.Maximum or Joining.Minimum }:
                NdArray y = NdArray.Zeros(quantity.Shape);
                return quantity with
                {
                    At = i => Elementwise.Places(inputs[0], inputs[1], y, i) is var (a, b)
                        ? Wider(quantity.At(i), (errors[0]?[a] ?? 0) + (errors[1]?[b] ?? 0))
                        : default,
                };
            default:
                return null;
        }
    }

    private static Bounded Wider(Bounded value, double error) => value with { Error = value.Error + (1.001 * error) };

    // What an engine's own approximations of functions may be off.
    private Quantity Loosened(nn.Module module, Quantity quantity, NdArray x)
    {
        double more = engine.FunctionError;
        return module switch
        {
            Sigmoid or Tanh or TorchSharp.Modules.Softmax or Layers.ElementFunction { Kind: Layers.ElementFunctionKind.Erf } =>
                quantity with { At = i => Wider(quantity.At(i), more) },
            Hardsigmoid => quantity with { At = i => Wider(quantity.At(i), more) }, // as αx + β
            GELU or Mish or Hardswish or SiLU => quantity with { At = i => Wider(quantity.At(i), more * Math.Abs(x.Data[i])) },
            ELU or SELU or LogSoftmax or Softplus => quantity with { At = i => Wider(quantity.At(i), 2 * more) },
            _ => quantity,
        };
    }

    private static Inner Whole(Quantity quantity)
    {
        NdArray values = NdArray.Zeros(quantity.Shape);
        double[] errors = new double[values.Count];
        Parallel.For(0, values.Count, i => (values.Data[i], errors[i]) = (quantity.At(i).Value, quantity.At(i).Error));
        return new(values, Array.Exists(errors, e => e != 0) ? errors : null);
    }
}
