using ModelZoo.Statistics;
using Xunit;
using Xunit.Abstractions;

namespace ModelZoo.Tests.Statistics;

public class PowerLawTests(ITestOutputHelper log)
{
    private static readonly int[] Pictures = [50, 100, 200, 400, 800];

    [Theory]
    [InlineData(0.05, 1, 0.5)]
    [InlineData(0, 2, 0.75)]
    [InlineData(0.1, 3, 1)]
    public void A_law_is_found_again(double floor, double scale, double exponent)
    {
        var law = new PowerLaw(floor, scale, exponent);
        PowerLaw found = PowerLaw.Fit(Pictures, [.. Pictures.Select(n => law.At(n))], 1_000);
        Assert.Equal(law.At(1_600), found.At(1_600), 1e-3);
        Assert.Equal(exponent, found.Exponent, 0.03);
    }

    [Fact]
    public void A_floor_is_never_below_nothing_and_an_error_stays_one()
    {
        PowerLaw steep = PowerLaw.Fit(Pictures, [0.5, 0.3, 0.16, 0.06, 0], 100);
        Assert.True(steep.Floor >= 0 && steep.At(1e9) >= 0);
        Assert.Equal(1, new PowerLaw(0.5, 9, 1).At(1));
        Assert.Throws<ArgumentException>(() => PowerLaw.Fit([1, 2], [0.1, 0.2], 9));
    }

    [Fact]
    public void The_outlook_holds_the_true_error_about_as_often_as_it_says_and_one_that_forgets_the_test_pictures_does_not()
    {
        var law = new PowerLaw(0.04, 1.5, 0.6);
        const int draws = 50, tested = 200, trainings = 4;
        (int covered, int forgot, int gain) = (0, 0, 0);
        for (ulong draw = 0; draw < draws; draw++)
        {
            LearningCurve curve = LearningCurve.Of(Pictures, Drawn(law, trainings, tested, 0.01, draw), draw, 100);
            double truth = law.At(1_600);
            covered += curve.OutlookError.Contains(truth) ? 1 : 0;
            gain += curve.GainInterval.Contains(law.At(800) - truth) ? 1 : 0;
            // The spread of the trainings alone, as if the test pictures were all there are.
            forgot += Math.Abs(curve.Law.At(1_600) - truth) < 2 * 0.01 / Math.Sqrt(trainings * Pictures.Length) ? 1 : 0;
        }

        log.WriteLine($"of {draws}: outlook {covered}, gain {gain}, without the test pictures {forgot}");
        Assert.InRange(covered, (int)(0.86 * draws), draws);
        Assert.InRange(gain, (int)(0.86 * draws), draws);
        Assert.InRange(forgot, 0, (int)(0.75 * draws));
    }

    [Fact]
    public void Errors_that_fall_show_that_more_pictures_would_help_and_level_ones_do_not()
    {
        LearningCurve falling = LearningCurve.Of(Pictures, Drawn(new(0.02, 4, 0.6), 5, 500, 0.003, 1), 2, 300);
        Assert.True(falling.GainInterval.Low > 0 && falling.Gain > 0.01);
        LearningCurve level = LearningCurve.Of(Pictures, Drawn(new(0.1, 0, 1), 5, 500, 0.003, 1), 2, 300);
        Assert.True(level.GainInterval.Low <= 0 && Math.Abs(level.Gain) < 0.01);
        Assert.Equal(1_600, falling.Outlook);
    }

    // Hits of trainings whose error is the law's and a little besides; each test picture is as hard for all of them.
    private static bool[][][] Drawn(PowerLaw law, int trainings, int tested, double spread, ulong seed)
    {
        var random = new SeededRandom(1000 + seed);
        double[] hardness = [.. Enumerable.Range(0, tested).Select(_ => random.NextDouble())];
        return [.. Pictures.Select(n => Enumerable.Range(0, trainings).Select(_ =>
        {
            double error = law.At(n) + (spread * random.NextGaussian());
            return hardness.Select(h => h >= error).ToArray();
        }).ToArray())];
    }
}
