using ModelZoo.Loading;
using ModelZoo.Plots;
using ModelZoo.Training;
using TorchSharp;
using TorchSharp.Modules;
using static ModelZoo.Plots.Markup;
using static TorchSharp.torch;

namespace ModelZoo.Experiments.Training;

/// <summary>Several networks' averaged probabilities against one network.</summary>
/// <param name="size">Another size than the preset's.</param>
public sealed class AveragedMembers(TrainingSize? size = null)
    : TrainingExperiment(new("ensemble", ExperimentGroup.Training, "An ensemble errs less than its members")
    {
        Claim = "The averaged probabilities of five networks that differ only in their seed err less than a network of them does on average.",
        Source = "Krizhevsky et al., NIPS 2012, section 6.1; the lecture, “ensembles”",
        Runs = "Five networks of three 3×3 convolutions for each seed; the test error of every member and of the average of one to five",
        UsesData = true,
        Seeded = true,
        Revision = 2,
    }, size)
{
    private const int Members = 5;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Variants => ["five"];

    /// <inheritdoc/>
    public override string Rule => "the test error of the five together is lower than the mean of their own.";

    /// <inheritdoc/>
    protected override string SourceSize => "AlexNet on ImageNet: one 18.2 %, five 16.4 % top-5 error";

    /// <inheritdoc/>
    protected override (TrainingSize Quick, TrainingSize Full) Sizes => (new(1157, 640, 8, 8, 32, 16), new(int.MaxValue, int.MaxValue, 32, 30, 128, 64));

    /// <inheritdoc/>
    protected override (TrainingSize Size, string Shrunk)? Photographs => (new(1000, 1000, 16, 15, 32, 16),
        "1,000 pictures of 16×16 and small members: averaging gains the more, the more its members differ, whatever their size.");

    /// <inheritdoc/>
    public override ExperimentResult Judge(RunTable runs)
    {
        IReadOnlyList<Measured> seeds = runs["five"];
        var gain = new SeedDifference([.. seeds.Select(m => m.Of("together")[0] - m.Of("together")[^1])]);
        var best = new SeedDifference([.. seeds.Select(m => m.Of("own").Min() - m.Of("together")[^1])]);
        double[] members = [.. Enumerable.Range(1, seeds[0].Of("together").Count).Select(k => (double)k)];
        double one = seeds.Average(m => m.Of("together")[0]), all = seeds.Average(m => m.Of("together")[^1]);
        var parts = new ClaimParts(("less than one on average", gain, 0));
        return new(parts.Verdict, new(gain.Mean, "percentage points",
            $"{Members} networks together err {gain.Text} percentage points less than one on average ({Number(one)} % → {Number(all)} %)."))
        {
            Figures =
            [
                new LinePlot("Test error by number of networks", new("networks averaged") { Ticks = members }, new("test error", "%"),
                    [Series.OfRuns("averaged probabilities", members, [.. seeds.Select(m => m.Of("together"))])])
                { Caption = "Each point is the mean over the five choices of neighbors in a circle of five." },
                new TableFigure("For each seed", ["seed", ">mean of the members (%)", ">best member (%)", ">together (%)", ">loss of one", ">loss together"],
                    [.. seeds.Select((m, i) => (IReadOnlyList<string>)[$"{i + 1}.", Number(m.Of("together")[0]), Number(m.Of("own").Min()),
                        Number(m.Of("together")[^1]), Number(m.Of("loss")[0]), Number(m.Of("loss")[^1])])]),
            ],
            Notes = [parts.Note, $"Against the best member, which only the test set knows, the gain is {best.Text} percentage points. The "
                + "loss of the average is never above the mean of the losses: the logarithm is concave."],
        };
    }

    internal override Measured Train(ExperimentTraining shop, string variant, long seed)
    {
        List<Measured> members = [];
        List<double[]> probabilities = [];
        long[] labels = [.. Tensors.Values(shop.Data.Test.Labels).Select(v => (long)v)];
        for (int i = 0; i < Members; i++)
        {
            long own = (seed * Members) + i;
            manual_seed(own);
            using Sequential model = new ConvStack(shop.Data.Channels, shop.Classes, shop.Size.Width, 3) { Halved = [2] }.Build();
            members.Add(shop.Train(model, shop.Sgd(0.03, 0.9), own));
            probabilities.Add(Probabilities(model, shop.Data.Test));
        }

        // k neighbors of the circle, from each place on
        (double Error, double Loss)[] Of(int k) =>
            [.. Enumerable.Range(0, Members).Select(first =>
                Score([.. Enumerable.Range(0, k).Select(j => probabilities[(first + j) % Members])], labels, shop.Classes))];
        (double Error, double Loss)[][] sizes = [.. Enumerable.Range(1, Members).Select(Of)];
        return Measured.MeanOf(members) with
        {
            More = new Dictionary<string, IReadOnlyList<double>>
            {
                ["own"] = [.. sizes[0].Select(s => s.Error)],
                ["together"] = [.. sizes.Select(s => s.Average(r => r.Error))],
                ["loss"] = [.. sizes.Select(s => s.Average(r => r.Loss))],
            },
        };
    }

    private static double[] Probabilities(Sequential model, ImageTensors data)
    {
        List<double> rows = [];
        model.eval();
        using IDisposable none = no_grad();
        foreach (Batch batch in data.InOrder(256))
        {
            using DisposeScope scope = NewDisposeScope();
            using Batch read = batch;
            rows.AddRange(Tensors.Values(model.call(batch.Inputs).softmax(1)));
        }

        return [.. rows];
    }

    /// <summary>Error in % and mean cross entropy of the mean of some networks' probabilities, [N·classes] each.</summary>
    private static (double Error, double Loss) Score(double[][] members, long[] labels, int classes)
    {
        int wrong = 0;
        double loss = 0;
        for (int n = 0; n < labels.Length; n++)
        {
            double[] mean = [.. Enumerable.Range(0, classes).Select(c => members.Average(m => m[(n * classes) + c]))];
            wrong += Array.IndexOf(mean, mean.Max()) == labels[n] ? 0 : 1;
            loss -= Math.Log(Math.Max(mean[labels[n]], 1e-12));
        }

        return (100.0 * wrong / labels.Length, loss / labels.Length);
    }
}
