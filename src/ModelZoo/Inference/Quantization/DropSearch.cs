using ModelZoo.Training;
using ModelZoo.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace ModelZoo.Inference.Quantization;

/// <summary>How a quantized network answers.</summary>
/// <param name="Accuracy">The share of pictures whose most probable class is the right one.</param>
/// <param name="Agreement">The share whose most probable class is the float network's.</param>
/// <param name="Drop">What is lost, in points: of accuracy, or where the pictures have other classes than the network, of agreement.</param>
public sealed record QuantizedAnswers(double Accuracy, double Agreement, double Drop);

/// <summary>Measures what quantization costs in answers, and leaves the worst layers in float32 until that is little enough.</summary>
public sealed class DropSearch
{
    private readonly nn.Module<Tensor, Tensor> model;
    private readonly IBatchSource pictures;
    private readonly bool labeled;
    private readonly int batchSize;
    private readonly long[] answers; // of the float network
    private readonly CancellationToken cancel;

    /// <param name="model">In float32 on the CPU.</param>
    /// <param name="pictures">What is answered.</param>
    /// <param name="labeled">Whether their labels are the network's classes.</param>
    /// <param name="batchSize">Pictures in a forward.</param>
    /// <param name="cancel">Ends it.</param>
    public DropSearch(nn.Module<Tensor, Tensor> model, IBatchSource pictures, bool labeled, int batchSize = 64, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(pictures);
        (this.model, this.pictures, this.labeled, this.batchSize, this.cancel) = (model, pictures, labeled, batchSize, cancel);
        using CompiledModel plain = model.Compile();
        (answers, FloatAccuracy) = Answers(plain);
    }

    /// <summary>The float network's accuracy.</summary>
    public double FloatAccuracy { get; }

    /// <summary>How a quantized network answers.</summary>
    public QuantizedAnswers Measure(QuantizationInfo info)
    {
        using CompiledModel compiled = model.Compile(new() { Quantization = info });
        (long[] own, double accuracy) = Answers(compiled);
        double agreement = own.Zip(answers).Count(pair => pair.First == pair.Second) / (double)Math.Max(1, own.Length);
        return new(accuracy, agreement, 100 * (labeled ? FloatAccuracy - accuracy : 1 - agreement));
    }

    /// <summary>
    /// The most layers that may compute on bytes with a drop of at most so many points: those that cost least, as many as hold it. First twice as many of the
    /// worst are left out at each try, then the number is halved in.
    /// </summary>
    /// <param name="quantizer">The calibrated network.</param>
    /// <param name="costs">What each layer costs.</param>
    /// <param name="most">The drop in points.</param>
    /// <param name="tried">Told of each try: how many layers are left out, and the answers.</param>
    /// <returns>The layers and their answers. Where even a network all in float32 would not hold it, none.</returns>
    public (IReadOnlySet<string> Layers, QuantizedAnswers Answers) Hold(Quantizer quantizer, IReadOnlyList<LayerCost> costs, double most,
        Action<int, QuantizedAnswers>? tried = null)
    {
        ArgumentNullException.ThrowIfNull(quantizer);
        HashSet<string> chosen = quantizer.Chosen();
        string[] worst = [.. costs.Where(c => chosen.Contains(c.Layer)).OrderBy(c => c.OutputNoise).Select(c => c.Layer)];
        (int fails, int holds) = (-1, worst.Length);
        QuantizedAnswers held = new(FloatAccuracy, 1, 0);
        for (int left = 0; left < worst.Length; left = left == 0 ? 1 : 2 * left)
        {
            if (Try(left) is { } answers)
            {
                (holds, held) = (left, answers);
                break;
            }

            fails = left;
        }

        while (holds - fails > 1)
        {
            int middle = (holds + fails) / 2;
            if (Try(middle) is { } answers)
            {
                (holds, held) = (middle, answers);
            }
            else
            {
                fails = middle;
            }
        }

        return (chosen.Except(worst.Take(holds)).ToHashSet(), held);

        QuantizedAnswers? Try(int left)
        {
            QuantizedAnswers answers = Measure(quantizer.Info(chosen.Except(worst.Take(left)).ToHashSet()));
            tried?.Invoke(left, answers);
            return answers.Drop <= most ? answers : null;
        }
    }

    private (long[] Answers, double Accuracy) Answers(CompiledModel compiled)
    {
        using IDisposable none = no_grad();
        List<long> all = [];
        int right = 0;
        foreach (Batch read in pictures.InOrder(batchSize))
        {
            cancel.ThrowIfCancellationRequested();
            using Batch batch = read;
            using DisposeScope scope = NewDisposeScope();
            long[] own = compiled.Call(batch.Inputs).argmax(1).data<long>().ToArray();
            right += own.Zip(batch.Labels.data<long>().ToArray()).Count(pair => pair.First == pair.Second);
            all.AddRange(own);
        }

        return ([.. all], right / (double)Math.Max(1, all.Count));
    }
}
