using ModelZoo.Experiments.Selecting;
using ModelZoo.Statistics;
using Xunit;
using Xunit.Abstractions;
using static ModelZoo.Experiments.Tests.Selecting.SelectionSamples;

namespace ModelZoo.Experiments.Tests.Selecting;

public class RecommendationTests(ITestOutputHelper log)
{
    // 95, 90 and 70 % of 200: the first two differ by 10 pictures of 30 that one alone gets right, which chance may give.
    private static readonly SelectedNetwork Large = Network("large", First(10), milliseconds: 30, megabytes: 100),
        Middle = Network("middle", First(20, 100), milliseconds: 10, megabytes: 40),
        Small = Network("small", First(60, 140), milliseconds: 2, megabytes: 1);

    [Fact]
    public void The_most_accurate_is_recommended_and_what_the_data_cannot_tell_is_said()
    {
        NetworkSelection selection = Select(null, Small, Middle, Large);
        log.WriteLine(selection.Recommendation.Sentence);
        Assert.Equal(["large", "middle", "small"], selection.Networks.Select(n => n.Name));
        Assert.Equal("large", selection.Recommendation.Name);
        Assert.Equal(["middle"], selection.Recommendation.NotTold);
        Assert.StartsWith("Use large: 95.0 % (91.0 – 97.3 %) of 200 pictures, 30.0 ms a picture, 100.0 MB. The data cannot tell it from middle "
            + "(−5.0 points, 10.0 ms a picture, 40.0 MB; about ", selection.Recommendation.Sentence, StringComparison.Ordinal);
        Assert.Contains("more pictures would", selection.Recommendation.Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void Pairs_are_tested_picture_by_picture_and_corrected_for_their_number()
    {
        NetworkSelection selection = Select(null, Small, Middle, Large);
        Assert.Equal(["large-middle", "large-small", "middle-small"], selection.Pairs.Select(p => $"{p.First}-{p.Second}"));
        PairedTest[] tests = [.. selection.Pairs.Select(p => p.Test)];
        Assert.Equal((20, 10), (tests[0].FirstOnly, tests[0].SecondOnly));
        IReadOnlyList<double> adjusted = Holm.Adjust([.. tests.Select(t => t.P)]);
        Assert.All(selection.Pairs.Zip(adjusted), p => Assert.Equal(p.Second, p.First.P, 1e-12));

        // Only this pair is open, so that the test is held against 5 %.
        Assert.Equal(PairedPower.Examples(0.1, 0.05), selection.Pairs[0].Pictures);
        Assert.True(selection.Pairs[0].PicturesAtLeast < selection.Pairs[0].Pictures);
        Assert.All(selection.Pairs.Skip(1), p => Assert.True(p is { Decided: true, Pictures: null, PicturesAtLeast: null }));
    }

    [Fact]
    public void A_difference_that_one_test_alone_would_call_decided_is_left_open_among_many()
    {
        // 12 : 3 gives p = 0.035 by itself. Eleven others are alike.
        SelectedNetwork first = Network("a", First(3)), second = Network("b", First(12, 100));
        Assert.True(Select(null, first, second).Pairs[0].Decided);
        SelectedNetwork[] others = [.. Enumerable.Range(0, 11).Select(i => Network($"c{i:00}", First(12 + i, 100)))];
        Assert.False(Select(null, [first, second, .. others]).Pairs[0].Decided);
    }

    [Theory]
    [InlineData(20.0, null, null, "middle", "Without the limit it would be large with 95.0 %, 30.0 ms a picture, 100.0 MB, which is not shown to be better.")]
    [InlineData(5.0, null, null, "small", "No other keeps to the limits. Without the limit it would be large")]
    [InlineData(null, 50.0, null, "middle", "It is better than small within the limits beyond chance. Without the limit")]
    [InlineData(40.0, 500.0, null, "large", "The data cannot tell it from middle")]
    [InlineData(null, null, 0.6, "small", "It is the fastest of 3 that reach 60.0 % with 95 % confidence.")]
    [InlineData(null, null, 0.69, "middle", "It is the fastest of 2 that reach 69.0 % with 95 % confidence.")]
    [InlineData(null, null, 0.93, "large", "No other reaches 93.0 % on these pictures; that it does on all such is not shown: about ")]
    [InlineData(20.0, null, 0.93, null, "No network within the limits has 93.0 %: the best of them, middle, has 90.0 %")]
    [InlineData(1.0, null, null, null, "No network keeps to the limits: the fastest is small (2.00 ms a picture, 1.0 MB), the smallest small")]
    public void Limits_are_kept(double? ms, double? mb, double? accuracy, string? expected, string said)
    {
        Recommendation recommendation = Select(new(ms, mb, accuracy), Small, Middle, Large).Recommendation;
        log.WriteLine(recommendation.Sentence);
        Assert.Equal(expected, recommendation.Name);
        Assert.Contains(said, recommendation.Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_networks_that_are_as_good_the_fastest_is_taken_and_it_is_said_that_they_answer_alike()
    {
        NetworkSelection selection = Select(null, Network("slow", First(10), milliseconds: 20), Network("quick", First(10), milliseconds: 5));
        Assert.Equal("quick", selection.Recommendation.Name);
        Assert.Contains("slow (0.0 points, 20.0 ms a picture, 10.0 MB; they are right about the same pictures)", selection.Recommendation.Sentence,
            StringComparison.Ordinal);
        Assert.Equal(["quick"], selection.Networks.Where(n => n.OnFront).Select(n => n.Name));
        NetworkSelection other = Select(null, Network("slow", First(10), milliseconds: 20), Network("quick", First(10, 50), milliseconds: 5));
        Assert.Contains("as good here; at least ", other.Recommendation.Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void A_network_that_knows_the_pictures_is_shown_and_not_recommended()
    {
        NetworkSelection selection = Select(null, Middle, Large with { Seen = "large was trained on photos/train" });
        Assert.Equal(["large", "middle"], selection.Networks.Select(n => n.Name));
        Assert.Equal("middle", selection.Recommendation.Name);
        Assert.Equal(["middle"], selection.Networks.Where(n => n.OnFront).Select(n => n.Name));
        Assert.Equal("No network can be recommended: each knows some of these pictures.",
            Select(null, Large with { Seen = "seen" }).Recommendation.Sentence);
    }

    [Fact]
    public void What_is_no_better_than_the_most_frequent_class_is_called_so()
    {
        Assert.Contains("That is not shown to be more than 50.0 %, the share of the most frequent class.",
            Select(null, Network("poor", First(90))).Recommendation.Sentence, StringComparison.Ordinal);
        Assert.DoesNotContain("most frequent", Select(null, Small).Recommendation.Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void The_front_has_what_nothing_beats_in_both()
    {
        NetworkSelection selection = Select(null, Large, Middle, Small, Network("beaten", First(30), milliseconds: 15),
            Network("odd", First(5), milliseconds: 90));
        Assert.Equal(["large", "middle", "odd", "small"], selection.Networks.Where(n => n.OnFront).Select(n => n.Name).Order());
        NetworkSelection untimed = Select(null, Large with { Speed = null }, Middle with { Speed = null, DiskBytes = 200_000_000 });
        Assert.Equal(["large"], untimed.Networks.Where(n => n.OnFront).Select(n => n.Name)); // by size
        Assert.Throws<ArgumentException>(() => Select(null, Large, Network("others", [], pictures: 10)));
    }
}
