using ModelZoo.Inference.Compilation;
using ModelZoo.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace ModelZoo.Inference.Quantization;

/// <summary>What was measured of a network in float32 on calibration pictures, and the numbers of <see cref="QuantizationInfo"/> that follow from it.</summary>
internal sealed class Calibration : IDisposable
{
    private readonly Dictionary<string, ValueRange> ranges = []; // by the first name of those that share a scale
    private readonly Dictionary<string, Tensor> means = []; // [C] of what products take in
    private readonly Dictionary<string, string> groups = []; // of the values that may be bytes
    private readonly Dictionary<string, Step> products;
    private readonly IReadOnlyList<Step> steps;
    private readonly Dictionary<string, ByteScale> chosen = [];
    private readonly Dictionary<(string, bool), QuantizedLayer> layersOf = [];
    private readonly RangeObserver observer;
    private readonly int images;

    private Calibration(IReadOnlyList<Step> steps, CompiledProgram measured, IReadOnlyList<Tensor> batches, RangeObserver observer, Action<int>? progress,
        CancellationToken cancel)
    {
        (this.steps, this.observer) = (steps, observer);
        products = BytePlan.ProductsOf(steps);
        images = (int)batches.Sum(b => b.shape[0]);
        foreach (IGrouping<int, int> group in BytePlan.Of(steps, products.Keys.ToHashSet()).Values.GroupBy(v => v.Value, v => v.Key))
        {
            string[] names = [.. group.Order().Select(NameOf)];
            Array.ForEach(names, name => groups[name] = names[0]);
        }

        foreach (string before in products.Values.Select(BeforeSum).OfType<string>())
        {
            groups.TryAdd(before, before);
        }

        int done = 0;
        for (int pass = 0; pass < (observer == RangeObserver.MinMax ? 1 : 2); pass++)
        {
            foreach (Tensor batch in batches)
            {
                using DisposeScope scope = NewDisposeScope();
                See("", batch, pass);
                measured.Run(batch, (step, made) => See(ByteRewriter.ValueOf(step), made[0], pass), cancel).Dispose();
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
    /// <param name="steps">The network's steps in float32.</param>
    /// <param name="measured">The same network without sums inside convolutions: what is added is a value there, too.</param>
    /// <param name="batches">[N,C,H,W] each.</param>
    /// <param name="observer">How ranges are chosen.</param>
    /// <param name="progress">Told how many pictures were run.</param>
    /// <param name="cancel">Ends it.</param>
    public static Calibration Of(IReadOnlyList<Step> steps, CompiledProgram measured, IReadOnlyList<Tensor> batches, RangeObserver observer,
        Action<int>? progress, CancellationToken cancel) => new(steps, measured, batches, observer, progress, cancel);

    /// <summary>The quantized network in which some layers compute on bytes.</summary>
    /// <param name="layers">Which.</param>
    /// <param name="correct">Whether biases make up for the rounding of weights.</param>
    public QuantizationInfo Info(IReadOnlySet<string> layers, bool correct)
    {
        // Values that share a scale with all layers on bytes share it with some, too: their ranges were measured together.
        IEnumerable<string> bytes = BytePlan.Of(steps, layers).Values.Keys.Order().Select(NameOf);
        IEnumerable<string> before = products.Where(p => layers.Contains(p.Key)).Select(p => BeforeSum(p.Value)).OfType<string>();
        return new()
        {
            Observer = observer.ToString().ToLowerInvariant(),
            Images = images,
            Values = [.. bytes.Concat(before).Distinct().Select(name => (name, Scale: Choose(groups[name])))
                .Select(v => new QuantizedValue(v.name, (float)v.Scale.Scale, (int)v.Scale.Zero))],
            Layers = [.. products.Where(p => layers.Contains(p.Key))
                .Select(p => layersOf[(p.Key, correct)] = layersOf.GetValueOrDefault((p.Key, correct)) ?? Layer(p.Value, correct))],
        };
    }

    public void Dispose()
    {
        foreach (Tensor mean in means.Values)
        {
            mean.Dispose();
        }
    }

    // What a product gives before something is added to it: a value of its own where another runtime computes the sum by itself, as ONNX's QDQ has it.
    private static string? BeforeSum(Step step)
    {
        if (ByteRewriter.ProductOf(step) is not { Sum: true })
        {
            return null;
        }

        int sum = step.Layers.ToList().FindLastIndex(l => l.Inputs.Count > 1);
        return step.Layers[sum - 1].Name;
    }

    private ByteScale Choose(string group) => chosen.TryGetValue(group, out ByteScale known) ? known : chosen[group] = ranges[group].Choose(observer);

    private string NameOf(int value) => value == 0 ? "" : ByteRewriter.ValueOf(steps.First(s => s.Outputs.Contains(value)));

    private void See(string value, Tensor made, int pass)
    {
        if (!groups.TryGetValue(value, out string? group))
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
        Tensor mean = means[NameOf(step.Inputs[0])].reshape(groups, 1, -1); // [G,1,C/groups]
        Tensor shift = (perInput.reshape(groups, -1, perInput.shape[1]) * mean).sum(2).reshape(-1);
        return new(step.Layers[0].Name, scales.data<float>().ToArray(), shift.data<float>().ToArray());
    }
}
