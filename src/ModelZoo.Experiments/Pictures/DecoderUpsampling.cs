using ModelZoo.Data;
using ModelZoo.Experiments.Training;
using ModelZoo.Imaging;
using ModelZoo.Loading;
using ModelZoo.Models;
using ModelZoo.Plots;
using ModelZoo.Registry;
using TorchSharp;
using static ModelZoo.Plots.Markup;
using static TorchSharp.torch;

namespace ModelZoo.Experiments.Pictures;

/// <summary>One encoder–decoder, enlarged in four ways, trained to give its input back.</summary>
/// <param name="favorite">Another way to claim to be the best.</param>
public sealed class DecoderUpsampling(string favorite = "encdec_unpool")
    : Experiment(new("decoder-upsampling", ExperimentGroup.Pictures, "Reconstructions by kind of upsampling")
    {
        Claim = "Unpooling to the remembered places reconstructs an image better than enlarging without them.",
        Source = "Zeiler and Fergus, arXiv 1311.2901, section 2.1; Badrinarayanan et al. (SegNet), arXiv 1511.00561, section 3; the lecture, “upsampling”",
        Runs = "The catalog’s four encoder–decoders, which have equally many parameters, trained as autoencoders with the mean squared error: Adam, "
            + "learning rate 0.002, batches of 64",
        UsesData = true,
        Seeded = true,
    })
{
    private const int Samples = 6, Batch = 64;
    private static readonly (string Model, string Name)[] Kinds = [("encdec_unpool", "unpooling"), ("encdec_transposed", "transposed convolution"),
        ("encdec_nearest", "repeated pixels"), ("encdec_nails", "bed of nails")];

    /// <inheritdoc/>
    public override ExperimentResult Run(ExperimentContext context)
    {
        int size = context.Preset.ImageSize, epochs = context.Choose(8, 60);
        using ImageTensors train = Load(context, DataSplit.Train, size), test = Load(context, DataSplit.Test, size);
        IReadOnlyList<IReadOnlyList<DecoderRun>> runs = context.OverSeeds([.. Kinds.Select(k => k.Model)], (model, seed) =>
            Train(context, model, seed, epochs, train, test));
        double[][] last = [.. runs.Select(r => r.Select(run => run.TestErrors[^1]).ToArray())];
        int own = Array.FindIndex(Kinds, k => k.Model == favorite);
        int[] others = [.. Enumerable.Range(0, Kinds.Length).Where(k => k != own)];
        SeedDifference[] more = [.. others.Select(k => new SeedDifference([.. last[k].Zip(last[own], (other, mine) => Math.Log2(other / mine))]))];
        int least = Enumerable.Range(0, others.Length).MinBy(i => more[i].Mean), next = others[least];
        double[] steps = [.. Enumerable.Range(0, epochs + 1).Select(e => (double)e)];
        float[] inputs = test.Raw([.. Enumerable.Range(0, Samples)]).Inputs.data<float>().ToArray();
        return new(SeedDifference.All([.. more.Select(m => m.Above())]), new(Math.Pow(2, more[least].Mean), "×",
            $"After {epochs} epochs {Kinds[own].Name} has an error of {Number(last[own].Average())}, the next best, {Kinds[next].Name}, "
                + $"{Number(last[next].Average())}: {more[least].Ratio}."))
        {
            Seeds = context.Seeds,
            DataUsed = $"{context.Data}, {train.Count:N0} images to train and {test.Count:N0} to test, brought to {size}×{size}",
            Figures =
            [
                new LinePlot("Error on the test images", new("epoch"), new("mean squared error", Logarithmic: true),
                    [.. Kinds.Select((k, i) =>
                    Series.OfRuns(k.Name, steps, [.. runs[i].Select(r => r.TestErrors)]))]) { Caption = "Bands: the least to the greatest over seeds." },
                new BarChart("Error at the end", new("mean squared error"), [.. Kinds.Select(k => k.Name)],
                    [new("", [.. last.Select(l => l.Average())]) { Low = [.. last.Select(l => l.Min())], High = [.. last.Select(l => l.Max())] }]),
                new ImageGrid("Test images and what comes back (first seed)",
                [
                    .. inputs.Chunk(size * size).Select(image => PlotImage.Gray("", size, size, image, 0, 1)),
                    .. Kinds.SelectMany((k, i) => runs[i][0].Restored.Select(image => new PlotImage("", size, size, 1, image))),
                ], Samples) { Rows = ["input", .. Kinds.Select(k => k.Name)] },
            ],
            Notes = ["Rule, fixed before the run: with the same seeds each other decoder's error is higher. A difference of logarithms counts where its mean "
                + "over the seeds is more than twice its standard error.",
                "The remembered places are information that goes round the bottleneck: the decoders without them have to do with the coarse maps alone."],
        };
    }

    private static ImageTensors Load(ExperimentContext context, DataSplit split, int size)
    {
        ImageDataset data = context.Data.Load(split);
        int most = context.Choose(1200, int.MaxValue);
        return ImageTensors.From(data.Count > most ? data.Take(most) : data, new Preprocessing(1, size, size, Fit.Resize, [0], [1]));
    }

    private static DecoderRun Train(ExperimentContext context, string name, long seed, int epochs, ImageTensors train, ImageTensors test)
    {
        using DisposeScope scope = NewDisposeScope();
        manual_seed(seed);
        ModelInfo info = Catalog.Models.Find(name);
        using ZooModel model = info.Create(info.Defaults with { InputHeight = (int)train.Shape[1], InputWidth = (int)train.Shape[2] });
        using optim.Optimizer optimizer = optim.Adam(model.parameters(), lr: 0.002);
        List<double> errors = [Error(model, test)];
        var draw = new SeededRandom((ulong)seed);
        for (int epoch = 0; epoch < epochs; epoch++)
        {
            foreach (int[] chunk in draw.Permutation(train.Count).Chunk(Batch))
            {
                context.Cancel.ThrowIfCancellationRequested();
                using DisposeScope step = NewDisposeScope();
                Tensor images = train.Raw(chunk).Inputs;
                optimizer.zero_grad();
                nn.functional.mse_loss(model.call(images), images).backward();
                optimizer.step();
            }

            errors.Add(Error(model, test));
        }

        using IDisposable none = no_grad();
        int[] first = [.. Enumerable.Range(0, Samples)];
        float[] restored = model.call(test.Raw(first).Inputs).contiguous().data<float>().ToArray();
        return new([.. errors], [.. restored.Chunk(restored.Length / Samples)
            .Select(image => image.Select(v => (byte)Math.Round(255 * Math.Clamp(v, 0, 1))).ToArray())]);
    }

    private static double Error(ZooModel model, ImageTensors test)
    {
        using IDisposable none = no_grad();
        using DisposeScope scope = NewDisposeScope();
        double sum = 0;
        foreach (int[] chunk in Enumerable.Range(0, test.Count).Chunk(256))
        {
            Tensor images = test.Raw(chunk).Inputs;
            sum += nn.functional.mse_loss(model.call(images), images).item<float>() * chunk.Length;
        }

        return sum / test.Count;
    }
}

/// <summary>One trained autoencoder: what is kept of it.</summary>
/// <param name="TestErrors">The mean squared error on the test images before training and after each epoch.</param>
/// <param name="Restored">The first test images as it restores them, [n][H·W], 0 … 255.</param>
internal sealed record DecoderRun(double[] TestErrors, byte[][] Restored);
