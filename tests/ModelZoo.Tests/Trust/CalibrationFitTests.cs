using ModelZoo.Statistics;
using ModelZoo.Tests.Statistics;
using ModelZoo.Trust;
using Xunit;
using Xunit.Abstractions;

namespace ModelZoo.Tests.Trust;

public class CalibrationFitTests(ITestOutputHelper log)
{
    private const int Classes = 5;

    [Fact]
    public void The_promises_hold_on_further_pictures_and_a_rule_that_saw_them_all_breaks_them_more_often()
    {
        const int draws = 100, held = 900, further = 3_000;
        var options = new CalibrationOptions { ErrorRate = 0.1, UnlikeRate = 0 };
        (int broken, int naive, int refused) = (0, 0, 0);
        List<double> inSet = [];
        for (ulong draw = 0; draw < draws; draw++)
        {
            (float[] logits, int[] labels) = CertaintyTests.Drawn(held + further, Classes, 0.5, seed: 100 + draw);
            Calibration made;
            try
            {
                made = CalibrationFit.Of(new(logits.AsMemory(0, held * Classes), labels[..held]), options with { Seed = draw });
            }
            catch (ZooException)
            {
                refused++; // held-out pictures that happen to be hard: nothing is promised
                continue;
            }

            (double p, bool right, bool inside)[] answers = [.. Enumerable.Range(held, further).Select(i => Answer(made, logits, labels, i))];
            broken += Wrong(answers, made.LeastProbability) > options.ErrorRate ? 1 : 0;
            inSet.Add(answers.Count(a => a.inside) / (double)further);
            (double p, bool right, bool inside)[] seen = [.. Enumerable.Range(0, held).Select(i => Answer(made, logits, labels, i))];
            double fitted = seen.Select(a => a.p).Order().First(t => Wrong(seen, t) <= options.ErrorRate);
            naive += Wrong(answers, fitted) > options.ErrorRate ? 1 : 0;
        }

        log.WriteLine($"broken {broken} of {draws}, refused {refused}, by a threshold that fits what it saw {naive}; in the set {100 * inSet.Average():F2} %");
        Assert.InRange(broken, 0, 11); // 5 %, and 2.7 standard deviations of such a count
        Assert.InRange(refused, 0, draws / 5);
        Assert.InRange(naive, draws / 4, draws); // about half, as for any threshold that just fits
        Assert.InRange(inSet.Average(), 0.89, 0.91);
    }

    [Fact]
    public void A_seed_decides_which_pictures_are_for_what()
    {
        (float[] logits, int[] labels) = CertaintyTests.Drawn(900, Classes, 0.5, seed: 7);
        HeldOut heldOut = new(logits, labels);
        var options = new CalibrationOptions { ErrorRate = 0.1, Seed = 3 };
        Calibration made = CalibrationFit.Of(heldOut, options);
        Assert.Equal(made, CalibrationFit.Of(heldOut, options));
        Assert.NotEqual(made.Temperature, CalibrationFit.Of(heldOut, options with { Seed = 4 }).Temperature);
        Assert.Equal((900, null), (made.Pictures, made.Fault()));
        Assert.InRange(made.Temperature, 0.38, 0.65);
        Assert.True(made.CalibrationErrorAfter < made.CalibrationErrorBefore);
    }

    [Fact]
    public void Too_few_pictures_and_a_promise_that_cannot_be_kept_are_refused_in_a_line()
    {
        (float[] logits, int[] labels) = CertaintyTests.Drawn(600, Classes, 2, seed: 8);
        var (options, some) = (new CalibrationOptions { Data = "photos/val" }, new HeldOut(logits.AsMemory(0, 80 * Classes), labels[..80]));
        string few = Assert.Throws<ZooException>(() => CalibrationFit.Of(some, options)).Message;
        Assert.Equal("photos/val: 80 held-out pictures cannot show that at most 5 % of the answers are wrong: 89 or more are needed, or a larger "
            + "--error-rate.", few);
        int[] shuffled = [.. labels.Select(label => (label + 1) % Classes)];
        string never = Assert.Throws<ZooException>(() => CalibrationFit.Of(new(logits, shuffled), options)).Message;
        Assert.StartsWith("photos/val: no threshold keeps the error rate of 5 % with 95 % confidence: ", never, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', never);
    }

    [Fact]
    public void Pictures_that_are_far_away_have_no_part_in_the_answers()
    {
        (float[] logits, int[] labels) = CertaintyTests.Drawn(900, Classes, 1, seed: 9);
        double[] far = [.. Enumerable.Range(0, 900).Select(i => i % 10 == 0 ? 1.5 : 0.1)];
        int[] mixed = [.. labels.Index().Select(l => far[l.Index] > 1 ? (l.Item + 1) % Classes : l.Item)]; // what is far away is always wrong
        FeatureNeighbors kept = CalibrationFit.Keep([1f, 0f, 0f, 1f], 2, new() { UnlikeRate = 0.2 });
        var options = new CalibrationOptions { ErrorRate = 0.3, UnlikeRate = 0.2 };
        Calibration made = CalibrationFit.Of(new(logits, mixed, far), options, kept);
        Assert.Equal((0.1, 0.2), (made.Features!.Limit, made.Features.Rate));
        Assert.Equal(Doubt.Unlike, made.Judge(1, 1.5));
        Assert.Equal(Doubt.Unlike, made.Judge(1, double.NaN));
        Assert.Equal(Doubt.Unlikely, made.Judge(made.LeastProbability - 0.01, 0.05));
        Assert.Equal(Doubt.None, made.Judge(made.LeastProbability, 0.1));
        Calibration blind = CalibrationFit.Of(new(logits, mixed), options);
        Assert.True(blind.Answered < made.Answered, "without the distance, wrong and certain answers must cost others");
    }

    private static (double P, bool Right, bool Inside) Answer(Calibration made, float[] logits, int[] labels, int i)
    {
        var p = new double[Classes];
        Temperature.Softmax(logits.AsSpan(i * Classes, Classes), made.Temperature, p);
        return (p.Max(), Array.IndexOf(p, p.Max()) == labels[i], p[labels[i]] >= made.SetProbability);
    }

    private static double Wrong((double P, bool Right, bool Inside)[] answers, double threshold) =>
        answers.Where(a => a.P >= threshold).Select(a => a.Right ? 0.0 : 1).DefaultIfEmpty().Average();
}
