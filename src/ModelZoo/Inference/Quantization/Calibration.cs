using ModelZoo.Inference.Compilation;
using ModelZoo.Weights;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ModelZoo.Inference.Quantization;

/// <summary>What was measured of a network in float32 on calibration pictures, and the numbers of <see cref="QuantizationInfo"/> that follow from it.</summary>
internal sealed class Calibration : IDisposable
{
    private readonly Dictionary<int, ValueRange> ranges = []; // by group
    private readonly Dictionary<int, Tensor> means = []; // [C] of what products take in
    private readonly Dictionary<int, string> names = new() { [0] = "" };
    private readonly Dictionary<string, Step> products;
    private readonly BytePlan plan;
    private readonly RangeObserver observer;
    private readonly int images;

    private Calibration(CompiledProgram program, IReadOnlyList<Tensor> batches, RangeObserver observer, Action<int>? progress, CancellationToken cancel)
    {
        this.observer = observer;
        products = BytePlan.ProductsOf(program.Steps);
        plan = BytePlan.Of(program.Steps, products.Keys.ToHashSet());
        images = (int)batches.Sum(b => b.shape[0]);
        foreach (Step step in program.Steps.Where(s => s.Outputs.Length == 1))
        {
            names[step.Outputs[0]] = ByteRewriter.ValueOf(step);
        }

        int done = 0;
        for (int pass = 0; pass < (observer == RangeObserver.MinMax ? 1 : 2); pass++)
        {
            foreach (Tensor batch in batches)
            {
                using DisposeScope scope = NewDisposeScope();
                See(0, batch, pass);
                program.Run(batch, (step, made) => See(step.Outputs[0], made[0], pass), cancel).Dispose();
                progress?.Invoke(done += (int)batch.shape[0]);
            }
        }

        foreach (Tensor mean in means.Values)
        {
            mean.div_(batches.Count);
        }
    }

    /// <summary>The layers that can compute on bytes, in the order of execution.</summary>
    public IEnumerable<string> Layers => products.Keys;

    /// <summary>Runs a network on pictures.</summary>
    /// <param name="program">The network in float32.</param>
    /// <param name="batches">[N,C,H,W] each.</param>
    /// <param name="observer">How ranges are chosen.</param>
    /// <param name="progress">Told how many pictures were run.</param>
    /// <param name="cancel">Ends it.</param>
    public static Calibration Of(CompiledProgram program, IReadOnlyList<Tensor> batches, RangeObserver observer, Action<int>? progress,
        CancellationToken cancel) => new(program, batches, observer, progress, cancel);

    /// <summary>The quantized network in which some layers compute on bytes.</summary>
    /// <param name="program">What was measured.</param>
    /// <param name="layers">Which.</param>
    /// <param name="correct">Whether biases make up for the rounding of weights.</param>
    public QuantizationInfo Info(CompiledProgram program, IReadOnlySet<string> layers, bool correct)
    {
        BytePlan chosen = BytePlan.Of(program.Steps, layers);
        return new()
        {
            Observer = observer.ToString().ToLowerInvariant(),
            Images = images,
            // Values that would share a scale with all layers on bytes share it with some, too: the ranges were measured together.
            Values = [.. chosen.Values.Keys.Order().Select(v => (Name: names[v], Scale: ranges[plan.Values[v]].Choose(observer)))
                .Select(v => new QuantizedValue(v.Name, (float)v.Scale.Scale, (int)v.Scale.Zero))],
            Layers = [.. products.Where(p => layers.Contains(p.Key)).Select(p => Layer(p.Value, correct))],
        };
    }

    public void Dispose()
    {
        foreach (Tensor mean in means.Values)
        {
            mean.Dispose();
        }
    }

    private void See(int value, Tensor made, int pass)
    {
        if (!plan.Values.TryGetValue(value, out int group))
        {
            return;
        }

        ValueRange range = ranges.TryGetValue(group, out ValueRange? known) ? known : ranges[group] = new ValueRange();
        if (pass > 0)
        {
            range.Count(made);
            return;
        }

        range.Widen(made);
        Tensor mean = made.dim() == 4 ? made.mean([0, 2, 3]) : made.mean([0]);
        if (means.TryGetValue(value, out Tensor? sum))
        {
            sum.add_(mean);
        }
        else
        {
            means[value] = mean.DetachFromDisposeScope();
        }
    }

    private QuantizedLayer Layer(Step step, bool correct)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable none = no_grad();
        (Tensor weight, _) = ByteRewriter.FloatWeights(step);
        Tensor rows = weight.reshape(weight.shape[0], -1);
        Tensor scales = rows.abs().amax([1]).div(ByteProduct.MostWeight);
        scales = scales.masked_fill(scales.lt(1e-30), 1); // a channel of zeros
        if (!correct)
        {
            return new(step.Layers[0].Name, scales.data<float>().ToArray(), new float[scales.shape[0]]);
        }

        // E[w·x] − E[q·x] = (w − q)·E[x], but for the borders.
        long[] shape = weight.shape;
        shape.AsSpan(1).Fill(1);
        Tensor error = weight - (ByteProduct.Rounded(weight, scales).to(ScalarType.Float32) * scales.reshape(shape));
        Tensor perInput = error.reshape(error.shape[0], error.shape[1], -1).sum(2); // [K,C/groups]
        long groups = (step as ConvolutionStep)?.Window.Groups ?? 1;
        Tensor mean = means[step.Inputs[0]].reshape(groups, 1, -1); // [G,1,C/groups]
        Tensor shift = (perInput.reshape(groups, -1, perInput.shape[1]) * mean).sum(2).reshape(-1);
        return new(step.Layers[0].Name, scales.data<float>().ToArray(), shift.data<float>().ToArray());
    }
}
