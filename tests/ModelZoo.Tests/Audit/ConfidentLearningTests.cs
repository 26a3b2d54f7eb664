using ModelZoo.Audit;
using Xunit;

namespace ModelZoo.Tests.Audit;

public class ConfidentLearningTests
{
    // Dogs, foxes and cows of the paper's figure 1: counts of label (row) and class (column), and the joint distribution that it gives for them.
    private static readonly int[][] Counts = [[100, 40, 20], [56, 60, 0], [32, 12, 80]];
    private static readonly double[][] Published = [[0.25, 0.10, 0.05], [0.14, 0.15, 0.00], [0.08, 0.03, 0.20]];

    private enum Fault
    {
        None,
        ThresholdsOfAll,
        FirstOverThreshold,
        RowsAsTheyAre,
        Unsorted,
    }

    [Fact]
    public void The_published_counts_give_the_published_joint()
    {
        List<double> probabilities = [];
        List<int> labels = [];
        for (int label = 0; label < 3; label++)
        {
            for (int truth = 0; truth < 3; truth++)
            {
                for (int n = 0; n < Counts[label][truth]; n++)
                {
                    probabilities.AddRange(Enumerable.Range(0, 3).Select(c => c == truth ? 1.0 : 0));
                    labels.Add(label);
                }
            }
        }

        var found = ConfidentLearning.Of(probabilities.ToArray(), labels.ToArray(), 3);
        Assert.Equal(Counts, found.Joint);
        for (int i = 0; i < 3; i++)
        {
            Assert.All(Enumerable.Range(0, 3), j => Assert.Equal(Published[i][j], Math.Round(found.Estimate[i][j] / 400, 2), 12));
        }

        int[] wrong = found.Wrong(probabilities.ToArray(), labels.ToArray());
        Assert.Equal(160, wrong.Length); // all off the diagonal
        Assert.All(wrong, i => Assert.Equal(1, probabilities[(3 * i) + found.Confident[i]]));
        Assert.Equal([60, 116 - 60, 44], Enumerable.Range(0, 3).Select(label => found.Wrong(probabilities.ToArray(), labels.ToArray(), ConfidentCut.ByClass)
            .Count(i => labels[i] == label)));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(7)]
    public void It_agrees_with_plain_loops_and_they_notice_a_mistake(int classes)
    {
        var noticed = new HashSet<Fault>();
        for (ulong seed = 0; seed < 20; seed++)
        {
            (double[][] rows, int[] labels) = Noisy(classes, 60, seed);
            double[] flat = [.. rows.SelectMany(r => r)];
            var found = ConfidentLearning.Of(flat, labels, classes);
            (double[] thresholds, int[][] joint, double[][] estimate) = Reference(rows, labels, classes, Fault.None);
            Assert.Equal(thresholds, found.Thresholds, (a, b) => double.IsNaN(a) == double.IsNaN(b) && !(Math.Abs(a - b) > 1e-12));
            Assert.Equal(joint, found.Joint);
            for (int i = 0; i < classes; i++)
            {
                Assert.Equal(estimate[i], found.Estimate[i], (a, b) => Math.Abs(a - b) < 1e-9);
            }

            foreach (ConfidentCut cut in Enum.GetValues<ConfidentCut>())
            {
                int[] expected = Wrong(rows, labels, classes, cut, Fault.None);
                Assert.Equal(expected, found.Wrong(flat, labels, cut));
                foreach (Fault fault in Enum.GetValues<Fault>().Where(f => !Wrong(rows, labels, classes, cut, f).SequenceEqual(expected)))
                {
                    noticed.Add(fault);
                }
            }
        }

        Assert.Equal(Enum.GetValues<Fault>().Where(f => f != Fault.None && (classes > 3 || f != Fault.FirstOverThreshold)).Order(),
            noticed.Where(f => classes > 3 || f != Fault.FirstOverThreshold).Order());
    }

    [Fact]
    public void Sure_and_right_probabilities_give_no_wrong_label_and_odd_inputs_are_refused()
    {
        double[] sure = [0.9, 0.1, 0.8, 0.2, 0.1, 0.9, 0.3, 0.7];
        Assert.Empty(ConfidentLearning.Of(sure, [0, 0, 1, 1], 2).Wrong(sure, [0, 0, 1, 1]));
        Assert.Equal(0.8 - 0.2, ConfidentLearning.Margin([0.8, 0.2], 0), 12);
        Assert.Throws<ArgumentException>(() => ConfidentLearning.Of(sure, [0, 0, 1], 2));
        Assert.Throws<ArgumentException>(() => ConfidentLearning.Of(sure, [0, 0, 1, 2], 2));
    }

    private static (double[][] Rows, int[] Labels) Noisy(int classes, int count, ulong seed)
    {
        var random = new SeededRandom(seed);
        var labels = new int[count];
        var rows = new double[count][];
        for (int i = 0; i < count; i++)
        {
            int truth = random.Next(classes);
            labels[i] = random.Next(4) == 0 ? random.Next(classes) : truth;
            double[] logits = [.. Enumerable.Range(0, classes).Select(c => (c == truth ? 1.5 : 0) + random.NextGaussian())];
            double sum = logits.Sum(Math.Exp);
            rows[i] = [.. logits.Select(l => Math.Exp(l) / sum)];
        }

        return (rows, labels);
    }

    // Section 3.1 of the paper, as it is written there.
    private static (double[] Thresholds, int[][] Joint, double[][] Estimate) Reference(double[][] p, int[] labels, int classes, Fault fault)
    {
        var t = new double[classes];
        for (int j = 0; j < classes; j++)
        {
            double[] own = [.. p.Where((_, i) => fault == Fault.ThresholdsOfAll || labels[i] == j).Select(row => row[j])];
            t[j] = own.Sum() / own.Length;
        }

        int[][] joint = [.. t.Select(_ => new int[classes])];
        for (int i = 0; i < p.Length; i++)
        {
            if (Counted(p[i], t, fault) is { } j)
            {
                joint[labels[i]][j]++;
            }
        }

        double[][] estimate = [.. t.Select(_ => new double[classes])];
        for (int a = 0; a < classes; a++)
        {
            int having = labels.Count(l => l == a), sum = joint[a].Sum();
            for (int b = 0; b < classes; b++)
            {
                estimate[a][b] = sum == 0 ? a == b ? having : 0 : fault == Fault.RowsAsTheyAre ? joint[a][b] : (double)joint[a][b] * having / sum;
            }
        }

        return (t, joint, estimate);
    }

    private static int? Counted(double[] row, double[] t, Fault fault)
    {
        int[] over = [.. Enumerable.Range(0, row.Length).Where(j => row[j] >= t[j])];
        return over.Length == 0 ? null : fault == Fault.FirstOverThreshold ? over[0] : over.MaxBy(j => row[j]);
    }

    // Section 3.2.
    private static int[] Wrong(double[][] p, int[] labels, int classes, ConfidentCut cut, Fault fault)
    {
        (double[] t, int[][] _, double[][] estimate) = Reference(p, labels, classes, fault);
        HashSet<int> byRate = [], byClass = [], confident = [];
        for (int a = 0; a < classes; a++)
        {
            int[] own = [.. Enumerable.Range(0, p.Length).Where(i => labels[i] == a)];
            byClass.UnionWith(own.OrderBy(i => p[i][a]).Take(Round(own.Length - estimate[a][a])));
            for (int b = 0; b < classes; b++)
            {
                if (b != a)
                {
                    byRate.UnionWith(own.OrderByDescending(i => p[i][b] - p[i][a]).Take(Round(estimate[a][b])));
                }
            }
        }

        confident.UnionWith(Enumerable.Range(0, p.Length).Where(i => Counted(p[i], t, fault) is { } j && j != labels[i]));
        HashSet<int> chosen = cut switch
        {
            ConfidentCut.ByClass => byClass,
            ConfidentCut.ByNoiseRate => byRate,
            ConfidentCut.Ranked => [.. Enumerable.Range(0, p.Length).OrderBy(i => p[i][labels[i]]).Take(confident.Count)],
            ConfidentCut.Both => [.. byClass.Intersect(byRate)],
            _ => confident,
        };
        return fault == Fault.Unsorted ? [.. chosen.Order()]
            : [.. chosen.OrderBy(i => p[i][labels[i]] - p[i].Where((_, j) => j != labels[i]).Max()).ThenBy(i => i)];

        static int Round(double x) => (int)Math.Floor(x + 0.5);
    }
}
