using ModelZoo.Statistics;
using Xunit;

namespace ModelZoo.Tests.Statistics;

public class FoldsTests
{
    private static readonly int[] Labels = [.. Enumerable.Range(0, 137).Select(i => i % 7 == 0 ? 2 : i % 3 == 0 ? 1 : 0)];

    [Theory]
    [InlineData(2)]
    [InlineData(5)]
    [InlineData(10)]
    public void Classes_and_folds_are_even(int count)
    {
        Folds folds = Folds.Stratified(Labels, count, seed: 3);
        Assert.All(Spreads(folds, Labels), spread => Assert.InRange(spread, 0, 1));
    }

    [Fact]
    public void A_split_that_does_not_look_at_classes_is_found()
    {
        int[] sorted = [.. Labels.Order()];
        Assert.Contains(Spreads(new([.. Enumerable.Range(0, sorted.Length).Select(i => i * 5 / sorted.Length)], 5), sorted), spread => spread > 1);
    }

    [Fact]
    public void Every_example_is_tested_once_and_learned_otherwise()
    {
        Folds folds = Folds.Stratified(Labels, 4, seed: 1);
        Assert.Equal(Enumerable.Range(0, Labels.Length), Enumerable.Range(0, 4).SelectMany(folds.Tested).Order());
        Assert.All(Enumerable.Range(0, 4), f => Assert.Equal(Enumerable.Range(0, Labels.Length), folds.Tested(f).Concat(folds.Learned(f)).Order()));
    }

    [Fact]
    public void The_seed_decides()
    {
        Assert.Equal(Folds.Stratified(Labels, 5, 8).Of, Folds.Stratified(Labels, 5, 8).Of);
        Assert.NotEqual(Folds.Stratified(Labels, 5, 8).Of, Folds.Stratified(Labels, 5, 9).Of);
    }

    [Fact]
    public void Too_few_examples_are_refused() => Assert.Contains("3 examples", Assert.Throws<ZooException>(() => Folds.Stratified([0, 1, 0], 5, 0)).Message,
        StringComparison.Ordinal);

    // How far apart the largest and the smallest fold are, over all examples and in each class.
    private static IEnumerable<int> Spreads(Folds folds, int[] labels) => labels.Distinct().Select(c => (int?)c).Append(null).Select(c =>
    {
        int[] sizes = [.. Enumerable.Range(0, folds.Count).Select(f => folds.Tested(f).Count(i => c is null || labels[i] == c))];
        return sizes.Max() - sizes.Min();
    });
}
