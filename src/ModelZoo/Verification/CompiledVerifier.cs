using ModelZoo.Inference;
using ModelZoo.Inference.Compilation;
using ModelZoo.Inference.Quantization;
using ModelZoo.Layers;
using ModelZoo.Reference;
using ModelZoo.Tracing;
using ModelZoo.Verification.Checks;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ModelZoo.Verification;

/// <summary>
/// Holds a compiled network against the reference: each operation's real inputs, as they were when they were made, go through the layers that it stands for, in
/// double, and what it computed must lie within the rounding bound of the fused computation. Then the weights are changed and it is done again on a sample, so
/// that weights that were packed or folded before are noticed; and the whole must give what the model gives. Of a quantized network sums of integers must be
/// equal (<see cref="ByteReference"/>).
/// </summary>
/// <remarks>
/// Folding changes the order of roundings, not values: a product with a folded weight a·w carries the roundings of a (a sum, a root, two products or quotients)
/// and of a·w besides its own, so of a sum Σt of n terms |computed − exact| ≤ γ_{n+1+6}·Σ|t| for each layer that was folded in.
/// </remarks>
public static class CompiledVerifier
{
    private const int FoldedRoundings = 6;
    private const double MostSlope = 1.1; // of SiLU; the others' is 1 at most
    private const double Relative = 1e-3; // of the whole network's largest output: rounding mostly stays far below, a wrong connection far above
    private const double Changed = 0.9375;

    /// <summary>Verifies a compiled model; the model's weights are as before afterwards.</summary>
    /// <param name="model">What was compiled.</param>
    /// <param name="compiled">The compiled model.</param>
    /// <param name="input">A batch, [N,C,H,W], float32 on the CPU.</param>
    /// <param name="options">How much to verify.</param>
    public static IReadOnlyList<LayerCheck> Verify(nn.Module<Tensor, Tensor> model, CompiledModel compiled, Tensor input, VerifyOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(compiled);
        ArgumentNullException.ThrowIfNull(input);
        options ??= new();
        using var mode = new EvalMode(model);
        using IDisposable none = no_grad();
        List<LayerCheck> checks = [.. Pass(model, compiled, input, options, "compiled")];
        using (new ModuleState(model, parameters: true))
        {
            foreach (Parameter parameter in model.parameters())
            {
                parameter.mul_(Changed);
            }

            checks.AddRange(Pass(model, compiled, input, options with { MaxElements = 1024, MaxTerms = 50_000 }, "compiled, weights changed"));
        }

        return checks;
    }

    private static List<LayerCheck> Pass(nn.Module<Tensor, Tensor> model, CompiledModel compiled, Tensor input, VerifyOptions options, string quantity)
    {
        List<LayerCheck> checks = [];
        ByteReference? bytes = compiled.Quantization is { } info ? new(info) : null;
        using Tensor output = compiled.With(input, program =>
        {
            Dictionary<int, NdArray> values = new() { [0] = input.ToNdArray() };
            ulong number = 0;
            return program.Run(input, (step, made) =>
            {
                options.Cancellation.ThrowIfCancellationRequested();
                bytes?.Note(step);
                if (step is ByteProductStep product)
                {
                    checks.Add(Comparison.Of(bytes!.NameOf(step), step.Layers[0].Op, Named(bytes.Weights(product)), ActualValues.Of(product.Product.Weight),
                        options.MaxElements, options.Seed));
                }

                checks.Add(bytes?.Output(step, [.. step.Inputs.Select(i => values[i])]) is { } exact
                    ? Comparison.Of(bytes.NameOf(step), step.Kind, Named(exact), ActualValues.Of(made[0]), options.SampleOf(exact),
                        options.Seed + (number++ << 32))
                    : Check(step, [.. step.Inputs.Select(i => values[i])], made[0], options, quantity, options.Seed + (number++ << 32)));
                for (int slot = 0; slot < made.Length; slot++)
                {
                    values[step.Outputs[slot]] = made[slot].ToNdArray();
                }

                foreach (int dead in step.Dead)
                {
                    values.Remove(dead);
                }
            });
        });
        if (bytes is not null)
        {
            return checks; // what rounding to bytes costs the whole is measured by `zoo quantize`, not bounded
        }

        using Tensor eager = model.call(input);
        NdArray expected = eager.ToNdArray();
        double bound = (Relative * expected.Data.Select(Math.Abs).DefaultIfEmpty().Max()) + Sensitivity(model, input, eager);
        checks.Add(Comparison.Of("model", model.GetName(), new(quantity, [.. expected.Shape], i => new(expected.Data[i], bound)), ActualValues.Of(output),
            int.MaxValue, options.Seed));
        return checks;

        Quantity Named(Quantity plain) => plain with { Name = $"{quantity}, {plain.Name}" };
    }

    // What a few roundings of the input make of the output: a deep network without shortcuts may amplify them to its whole output.
    private static double Sensitivity(nn.Module<Tensor, Tensor> model, Tensor input, Tensor output)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor rounded = input * (1 + (Math.ScaleB(1, -21) * (arange(input.numel()).reshape(input.shape).remainder(7) - 3)));
        return (model.call(rounded) - output).abs().max().to(ScalarType.Float64).item<double>();
    }

    private static LayerCheck Check(Step step, NdArray[] inputs, Tensor made, VerifyOptions options, string name, ulong seed)
    {
        string layer = step.Layers[0].Name, op = string.Join("+", step.Layers.Select(l => l.Op));
        try
        {
            Quantity? expected = Expected(step, inputs, options, out string? reason);
            return expected is null
                ? new()
                {
                    Name = layer,
                    Op = step.Layers[0].Op,
                    Quantity = name,
                    Shape = made.shape,
                    TotalCount = made.numel(),
                    Verdict = Verdict.Unverified,
                    Note = reason,
                }
                : Comparison.Of(layer, op, expected with { Name = name }, ActualValues.Of(made), options.SampleOf(expected), seed);
        }
        catch (ArgumentException misfit)
        {
            return new() { Name = layer, Op = op, Quantity = name, Verdict = Verdict.Failed, WorstRatio = double.PositiveInfinity, Note = misfit.Message };
        }
    }

    // Null where a layer has no reference check.
    private static Quantity? Expected(Step step, NdArray[] inputs, VerifyOptions options, out string? reason)
    {
        var rounding = Rounding.Of(ScalarType.Float32);
        int leading = (step as ConvolutionStep)?.Leading ?? 0;
        Func<int, double>? inherited = null;
        if (leading > 0)
        {
            if (Before(step, inputs[0], rounding, options, out reason) is not { } read)
            {
                return null;
            }

            NdArray errors = read.Errors, weight = ((Conv2d)step.Layers[leading].Module).weight.ToNdArray();
            inputs = [read.Values, .. inputs[1..]];
            inherited = i => Inherited(errors, weight, i);
        }

        if (!options.Checks.TryFind(step.Layers[leading].Module, out ILayerCheck? head, out reason))
        {
            return null;
        }

        Quantity first = head.Output(step is ConvolutionStep ? [inputs[0]] : inputs, rounding);
        int[] shape = first.Shape;
        Func<int, Sum>? sums = head switch
        {
            ConvolutionCheck c => i => Reference.Convolution.ForwardAt(inputs[0], c.Weight, c.Bias, c.Window,
                i / (shape[1] * shape[2] * shape[3]), i / (shape[2] * shape[3]) % shape[1], i / shape[3] % shape[2], i % shape[3]),
            LinearCheck l => i => Reference.Linear.ForwardAt(inputs[0], l.Weight, l.Bias, i / shape[1], i % shape[1]),
            _ => null,
        };
        if (inherited is not null && sums is { } clean)
        {
            sums = i => clean(i) is var sum ? sum with { Magnitude = sum.Magnitude + (inherited(i) / (sum.Terms * rounding.Unit)) } : default; // γₙ times that
        }

        int tile = step is ConvolutionStep convolution ? convolution.WinogradTile(shape[0]) : 0;
        if (tile > 0 && sums is { } direct && head is ConvolutionCheck of)
        {
            var bound = new WinogradBound(inputs[0], of.Weight, of.Bias, (of.Window.Padding.H, of.Window.Padding.W), tile);
            sums = i => bound.Of(direct(i), i / (shape[1] * shape[2] * shape[3]), i / (shape[2] * shape[3]) % shape[1], i / shape[3] % shape[2], i % shape[3]);
            first = first with { Terms = first.Terms * WinogradBound.Cost, Whole = null };
        }

        Func<int, Bounded> at = first.At;
        foreach (TraceNode layer in step.Layers.Skip(leading + 1))
        {
            if (sums is not null && Folded(layer.Module, sums, first.Shape) is { } folded)
            {
                sums = folded;
            }
            else if (sums is not null && layer.Module is Layers.Add or Layers.Elementwise)
            {
                Func<int, Sum> before = sums;
                sums = i => before(i).Plus(inputs[1].Data[i]);
            }
            else if (Activated(layer.Module, sums is { } whole ? i => rounding.Of(whole(i)) : at, rounding, options, out reason) is { } activated)
            {
                return first with { At = activated, Whole = null };
            }
            else
            {
                return null;
            }
        }

        return sums is { } plain && (tile > 0 || step.Layers.Count > 1) ? first with { At = i => rounding.Of(plain(i)), Whole = null } : first;
    }

    // What a convolution reads where it computes a normalization and a ReLU of its input as it does, and by how much each value may be off.
    private static (NdArray Values, NdArray Errors)? Before(Step step, NdArray input, Rounding rounding, VerifyOptions options, out string? reason)
    {
        if (!options.Checks.TryFind(step.Layers[0].Module, out ILayerCheck? norm, out reason))
        {
            return null;
        }

        Func<int, Bounded> at = norm.Output([input], rounding).At;
        foreach (TraceNode layer in step.Layers.Skip(1).Take(((ConvolutionStep)step).Leading - 1))
        {
            if (Activated(layer.Module, at, rounding, options, out reason) is not { } activated)
            {
                return null;
            }

            at = activated;
        }

        (NdArray values, NdArray errors) = (NdArray.ZerosLike(input), NdArray.ZerosLike(input));
        Parallel.For(0, input.Count, i => (values.Data[i], errors.Data[i]) = at(i) is var bounded ? (bounded.Value, bounded.Error) : default);
        return (values, errors);
    }

    // Σ |w|·e over the channels that an element of a 1×1 convolution reads.
    private static double Inherited(NdArray errors, NdArray weight, int i)
    {
        int pixels = errors.Shape[2] * errors.Shape[3], channels = errors.Shape[1], outer = weight.Shape[0];
        (int image, int k, int pixel) = (i / (pixels * outer), i / pixels % outer, i % pixels);
        double sum = 0;
        for (int c = 0; c < channels; c++)
        {
            sum += Math.Abs(weight.Data[(k * channels) + c]) * errors.Data[(((image * channels) + c) * pixels) + pixel];
        }

        return sum;
    }

    private static Func<int, Sum>? Folded(nn.Module leaf, Func<int, Sum> sums, int[] shape)
    {
        int ChannelOf(int i) => shape.Length == 4 ? i / (shape[2] * shape[3]) % shape[1] : i % shape[1];
        if (leaf is BatchNorm2d norm)
        {
            BatchNormCheck check = BatchNormCheck.Of(norm);
            return i =>
            {
                int c = ChannelOf(i);
                double scale = (check.Gamma?[c] ?? 1) / Math.Sqrt(check.Variance[c] + check.Eps);
                return sums(i).Times(scale).Plus(-check.Mean[c] * scale).Plus(check.Beta?[c] ?? 0).WithRoundings(FoldedRoundings);
            };
        }

        if (leaf is ConstantOperand constant)
        {
            NdArray values = constant.Value.ToNdArray();
            double Value(int i) => values.Data[values.Count == 1 ? 0 : ChannelOf(i)];
            return constant.Operation switch
            {
                BinaryOperation.Add => i => sums(i).Plus(Value(i)).WithRoundings(FoldedRoundings),
                BinaryOperation.Subtract => i => sums(i).Plus(-Value(i)).WithRoundings(FoldedRoundings),
                BinaryOperation.Multiply => i => sums(i).Times(Value(i)).WithRoundings(FoldedRoundings),
                _ => i => sums(i).Times(1 / Value(i)).WithRoundings(FoldedRoundings),
            };
        }

        return null;
    }

    // The operand's error passes through a slope of at most MostSlope; the function's own rounding is the check's.
    private static Func<int, Bounded>? Activated(nn.Module leaf, Func<int, Bounded> at, Rounding rounding, VerifyOptions options, out string? reason)
    {
        if (!options.Checks.TryFind(leaf, out ILayerCheck? check, out reason))
        {
            return null;
        }

        if (check is not ActivationCheck activation)
        {
            reason = $"there is no reference of {leaf.GetType().Name} inside another operation";
            return null;
        }

        return i =>
        {
            Bounded x = at(i);
            Bounded y = activation.Forward is null ? Bounded.Exact(activation.Formula.Value(x.Value)) : activation.Forward(rounding, x.Value);
            return y with { Error = y.Error + (MostSlope * x.Error) };
        };
    }
}
