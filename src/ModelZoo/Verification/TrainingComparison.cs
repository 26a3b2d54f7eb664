using ModelZoo.Reference;
using ModelZoo.Tracing;
using TorchSharp;
using static TorchSharp.torch;

namespace ModelZoo.Verification;

/// <summary>Runs a layer alone in training mode on its real input, and holds what it did against the reference: output, gradients and buffers.</summary>
internal static class TrainingComparison
{
    private const string Prefix = "training ";
    private const int FewValues = 8;

    public static IEnumerable<LayerCheck> Of(TraceNode node, ITrainingCheck check, Rounding rounding, VerifyOptions options, ulong seed)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor input = Repeated(node.InputValues[0], check.Rows);
        if (check.ByChannel && input.numel() <= input.shape[1])
        {
            yield break; // one value per channel has no variance, and training refuses it
        }

        using LeafRun run = LeafRun.OfTraining(node.Module, [input], seed);
        int[]? channels = Channels(input, check, options, seed);
        check = channels is null ? check : check.OfChannels(channels);
        Tensor Narrowed(Tensor tensor) =>
            channels is null || tensor.shape.Length == 0 ? tensor : tensor.index_select(tensor.shape.Length == 1 ? 0 : 1, Index(channels, tensor.device));

        var computed = run.Gradients.Append(new(Quantity.Output, run.Output)).ToDictionary(p => p.Key, p => Narrowed(p.Value));
        NdArray gradY = Narrowed(run.Upstream.ToTensor(ScalarType.Float64, CPU)).ToNdArray();
        var values = new TrainingValues(Narrowed(input).ToNdArray(), gradY, computed[Quantity.Output].ToNdArray(),
            computed.GetValueOrDefault(Quantity.GradInput)?.ToNdArray());
        foreach ((Quantity expected, NdArray? measured) in check.Quantities(values, rounding))
        {
            ActualValues? actual = measured is not null
                ? ActualValues.Of(measured)
                : computed.TryGetValue(expected.Name, out Tensor? tensor)
                ? ActualValues.Of(tensor)
                : null;
            yield return Compare(expected, actual, c => c.Quantities(values, rounding).Select(q => q.Expected));
        }

        foreach (Quantity expected in check.Buffers(values.Input, rounding))
        {
            ActualValues? actual = run.Buffers.TryGetValue(expected.Name, out Tensor? buffer) ? ActualValues.Of(Narrowed(buffer)) : null;
            yield return Compare(expected, actual, c => c.Buffers(values.Input, rounding));
        }

        LayerCheck Compare(Quantity expected, ActualValues? actual, Func<ITrainingCheck, IEnumerable<Quantity>> quantities)
        {
            if (actual is null)
            {
                return new()
                {
                    Name = node.Name,
                    Op = node.Op,
                    Quantity = Prefix + expected.Name,
                    Verdict = Verdict.Failed,
                    WorstRatio = double.PositiveInfinity,
                    Note = run.Failure ?? "it gives no such thing in training"
                };
            }

            LayerCheck result = Comparison.Of(node.Name, node.Op, expected with { Name = Prefix + expected.Name }, actual, options.SampleOf(expected), seed);
            return Placed(result.Passed ? result : result with { LikelyCause = Cause(check, expected.Name, actual, quantities, seed) });
        }

        LayerCheck Placed(LayerCheck result)
        {
            int axis = result.Shape.Count == 1 ? 0 : 1;
            if (channels is null || result.WorstIndex.Count <= axis)
            {
                return result;
            }

            long[] index = [.. result.WorstIndex], shape = [.. result.Shape];
            (index[axis], shape[axis]) = (channels[index[axis]], input.shape[1]);
            return result with { WorstIndex = index, Shape = shape, TotalCount = shape.Aggregate(1L, (a, b) => a * b) };
        }
    }

    /// <summary>Which change of the description explains what was computed; null where none does.</summary>
    private static string? Cause(ITrainingCheck check, string name, ActualValues actual, Func<ITrainingCheck, IEnumerable<Quantity>> quantities, ulong seed)
    {
        string[] causes = [.. check.Variants.Where(v => quantities(v.Check).Any(q => q.Name == name && Comparison.Fits(q, actual, 512, seed)))
            .Select(v => v.Change)];
        return causes.Length == 0 ? null : string.Join(", or ", causes);
    }

    /// <summary>A seeded sample of channels, where all of them would take more than so many terms: null for all.</summary>
    internal static int[]? Channels(Tensor input, ITrainingCheck check, VerifyOptions options, ulong seed)
    {
        if (!check.ByChannel)
        {
            return null;
        }

        // Normalization takes about 64 steps for each value.
        int channels = (int)input.shape[1], most = (int)Math.Clamp(options.MaxTerms / (64 * (input.numel() / channels)), 2, int.MaxValue);
        if (most >= channels)
        {
            return null;
        }

        var random = new SeededRandom(seed);
        return [.. Enumerable.Range(0, most).Select(i =>
            (int)((long)i * channels / most) + random.Next((int)(((long)(i + 1) * channels / most) - ((long)i * channels / most))))];
    }

    internal static Tensor Index(int[] channels, Device device) => tensor(Array.ConvertAll(channels, c => (long)c)).to(device);

    private static Tensor Repeated(Tensor input, int rows)
    {
        if (rows <= input.shape[0])
        {
            return input;
        }

        Tensor few = input.reshape(input.shape[0], -1);
        few = few.narrow(1, 0, Math.Min(FewValues, few.shape[1]));
        long times = (rows + input.shape[0] - 1) / input.shape[0];
        return few.repeat(times, 1).reshape([times * input.shape[0], few.shape[1], .. Enumerable.Repeat(1L, Math.Max(0, input.shape.Length - 2))]);
    }
}
