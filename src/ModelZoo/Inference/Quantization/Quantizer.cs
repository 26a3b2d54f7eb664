using ModelZoo.Inference.Compilation;
using ModelZoo.Tracing;
using ModelZoo.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace ModelZoo.Inference.Quantization;

/// <summary>How a network is quantized.</summary>
public sealed record QuantizeOptions
{
    /// <summary>How the ranges of values are chosen.</summary>
    public RangeObserver Observer { get; init; } = RangeObserver.Mse;

    /// <summary>Whether biases make up for what rounded weights move the mean of a layer's output.</summary>
    public bool BiasCorrection { get; init; } = true;

    /// <summary>Whether the first layer stays in float32.</summary>
    public bool FloatFirst { get; init; }

    /// <summary>Whether the last layer stays in float32.</summary>
    public bool FloatLast { get; init; } = true;

    /// <summary>Other layers that stay in float32.</summary>
    public IReadOnlyList<string> FloatLayers { get; init; } = [];

    /// <summary>On how many pictures each layer's cost is measured; 0: it is not.</summary>
    public int ReportImages { get; init; } = 8;

    /// <summary>Told what is done and how much of it.</summary>
    public Action<string, int, int>? Progress { get; init; }

    /// <summary>Ends it.</summary>
    public CancellationToken Cancellation { get; init; }
}

/// <summary>What computing a layer on bytes costs.</summary>
/// <param name="Layer">Its name.</param>
/// <param name="Weights">How many weights it has.</param>
/// <param name="Bytes">Whether it computes on bytes.</param>
/// <param name="OwnNoise">Signal to noise of its output in dB, its input being right up to its own rounding.</param>
/// <param name="OutputNoise">Signal to noise of the network's output in dB when only this layer computes on bytes.</param>
public sealed record LayerCost(string Layer, long Weights, bool Bytes, double OwnNoise, double OutputNoise);

/// <summary>A quantized network.</summary>
/// <param name="Info">What a checkpoint keeps.</param>
/// <param name="Costs">What each layer that can compute on bytes costs, in the order of execution.</param>
/// <param name="Noise">Signal to noise of the network's output in dB, on the pictures of the report.</param>
public sealed record QuantizationResult(QuantizationInfo Info, IReadOnlyList<LayerCost> Costs, double Noise);

/// <summary>
/// Post-training static quantization: a network in float32 is run on pictures, and from the ranges of its values and weights follow the numbers with which it
/// computes on bytes (<see cref="QuantizationInfo"/>). Weights are int8, symmetric, with a scale for each output channel; values are uint8.
/// Source: Jacob et al. 2018 (arXiv 1712.05877); observers: Krishnamoorthi 2018 (arXiv 1806.08342); bias correction: Nagel et al. 2019 (arXiv 1906.04721).
/// </summary>
public sealed class Quantizer : IDisposable
{
    private readonly nn.Module<Tensor, Tensor> model;
    private readonly IReadOnlyList<Tensor> batches;
    private readonly QuantizeOptions options;
    private readonly CompiledModel plain;
    private readonly Calibration calibration;

    private Quantizer(nn.Module<Tensor, Tensor> model, IReadOnlyList<Tensor> batches, QuantizeOptions options)
    {
        (this.model, this.batches, this.options) = (model, batches, options);
        plain = model.Compile(new() { Fusions = ByteRewriter.Joined });
        int images = (int)batches.Sum(b => b.shape[0]) * (options.Observer == RangeObserver.MinMax ? 1 : 2);
        using CompiledModel unjoined = model.Compile(new() { Fusions = ByteRewriter.Joined & ~Fusions.Sums });
        calibration = plain.With(batches[0], program => unjoined.With(batches[0], measured => Calibration.Of(program.Steps, measured, batches, options.Observer,
            done => options.Progress?.Invoke("calibrating", done, images), options.Cancellation)));
    }

    /// <summary>The layers that can compute on bytes, in the order of execution.</summary>
    public IReadOnlyList<string> Layers => [.. calibration.Layers];

    /// <summary>Runs a network on calibration pictures. It is put into evaluation mode and stays the caller's.</summary>
    /// <param name="model">In float32 on the CPU.</param>
    /// <param name="batches">Pictures as the model takes them, [N,C,H,W] each; they stay the caller's and are needed as long as this lives.</param>
    /// <param name="options">How; null for the defaults.</param>
    /// <exception cref="ZooException">The network has no layer that can compute on bytes, or what it computes is not finite.</exception>
    /// <exception cref="TraceException">The model's forward calls functions between its layers.</exception>
    public static Quantizer Calibrate(nn.Module<Tensor, Tensor> model, IReadOnlyList<Tensor> batches, QuantizeOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(batches);
        if (batches.Count == 0)
        {
            throw new ArgumentException("No calibration pictures.", nameof(batches));
        }

        var quantizer = new Quantizer(model, batches, options ?? new());
        if (quantizer.Layers.Count == 0)
        {
            quantizer.Dispose();
            throw new ZooException("The network has no convolution or linear layer that can compute on bytes.");
        }

        return quantizer;
    }

    /// <summary>The network in which every layer that may computes on bytes.</summary>
    public QuantizationInfo Info() => Info(Chosen());

    /// <summary>The same with some layers more in float32.</summary>
    public QuantizationInfo Info(IReadOnlySet<string> layers) =>
        calibration.Info(layers, options.BiasCorrection);

    /// <summary>The layers that may compute on bytes by the options.</summary>
    public HashSet<string> Chosen()
    {
        HashSet<string> chosen = [.. Layers];
        if (options.FloatFirst)
        {
            chosen.Remove(Layers[0]);
        }

        if (options.FloatLast)
        {
            chosen.Remove(Layers[^1]);
        }

        if (options.FloatLayers.FirstOrDefault(l => !Layers.Contains(l)) is { } unknown)
        {
            throw new UsageException($"{unknown} is no layer that can compute on bytes.{NearestName.Hint(unknown, Layers)}");
        }

        chosen.ExceptWith(options.FloatLayers);
        return chosen;
    }

    /// <summary>What each layer costs, and all of them together.</summary>
    /// <param name="layers">Those that compute on bytes.</param>
    public QuantizationResult Measure(IReadOnlySet<string> layers)
    {
        QuantizationInfo info = Info(layers);
        if (options.ReportImages < 1)
        {
            return new(info, [], double.NaN);
        }

        using DisposeScope scope = NewDisposeScope();
        using IDisposable none = no_grad();
        Tensor pictures = cat(batches.ToArray(), 0).narrow(0, 0, Math.Min(options.ReportImages, batches.Sum(b => b.shape[0])));
        Tensor right = plain.Call(pictures);
        List<LayerCost> costs = [];
        foreach (string layer in Layers)
        {
            options.Cancellation.ThrowIfCancellationRequested();
            options.Progress?.Invoke("measuring layers", costs.Count, Layers.Count);
            QuantizationInfo alone = Info(new HashSet<string> { layer });
            double own = double.NaN, output = Noise(right, alone, pictures, layer, ref own);
            long weights = plain.With(pictures, p => ByteRewriter.FloatWeights(p.Steps.First(s => s.Layers[0].Name == layer)).Weight.numel());
            costs.Add(new(layer, weights, layers.Contains(layer), own, output));
        }

        double ignored = 0;
        return new(info, costs, Noise(right, info, pictures, null, ref ignored));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        calibration.Dispose();
        plain.Dispose();
    }

    // Of the network's output, and of a layer's: with this layer alone on bytes its input is right.
    private double Noise(Tensor right, QuantizationInfo info, Tensor pictures, string? layer, ref double own)
    {
        using DisposeScope scope = NewDisposeScope();
        using CompiledModel compiled = model.Compile(new() { Quantization = info });
        Tensor? seen = null, expected = null;
        Tensor output = compiled.With(pictures, program => program.Run(pictures, (step, made) => seen = Of(step, made[0], layer) ?? seen));
        if (layer is not null)
        {
            plain.With(pictures, program => program.Run(pictures, (step, made) => expected = Of(step, made[0], layer) ?? expected)).Dispose();
            own = Decibels(expected!, seen!);
        }

        return Decibels(right, output);
    }

    private static Tensor? Of(Step step, Tensor made, string? layer) => layer is null || step.Layers.Count == 0 || step.Layers[0].Name != layer ? null
        : ByteRewriter.Floats(step, made).MoveToOuterDisposeScope();

    private static double Decibels(Tensor right, Tensor seen)
    {
        double signal = right.square().sum().item<float>(), noise = (right - seen).square().sum().item<float>();
        return 10 * Math.Log10(signal / noise);
    }
}
