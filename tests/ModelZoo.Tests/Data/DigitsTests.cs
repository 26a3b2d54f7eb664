using System.Diagnostics;
using ModelZoo.Data;
using Xunit;

namespace ModelZoo.Tests.Data;

public class DigitsTests
{
    [Fact]
    public void The_split_has_its_documented_sizes_and_covers_the_file()
    {
        ImageDataset train = Digits.Load(DataSplit.Train);
        ImageDataset test = Digits.Load(DataSplit.Test);
        Assert.Equal((1157, 640), (train.Count, test.Count));
        Assert.Equal(new ImageShape(1, 8, 8), train.Shape);
        Assert.Equal("digits/test", test.Name);
        Assert.Contains("Alpaydin", test.Info.Source, StringComparison.Ordinal);
        Assert.Equal("CC BY 4.0", test.Info.License);
    }

    // scikit-learn: np.bincount(load_digits().target[:1157]) and [1157:].
    [Fact]
    public void Every_class_is_in_both_parts()
    {
        Assert.Equal([114, 117, 114, 118, 116, 117, 116, 115, 114, 116], Histogram(DataSplit.Train));
        Assert.Equal([64, 65, 63, 65, 65, 65, 65, 64, 60, 64], Histogram(DataSplit.Test));
    }

    // Both parts begin where a form begins: with three rows of 0 to 9.
    [Theory]
    [InlineData(DataSplit.Train)]
    [InlineData(DataSplit.Test)]
    public void Each_part_begins_with_the_beginning_of_a_form(DataSplit split) =>
        Assert.Equal(Enumerable.Range(0, 30).Select(i => i % 10), Digits.Load(split).Labels[..30].ToArray());

    // scikit-learn: load_digits().images[0] / 16, the zero that its documentation shows.
    [Fact]
    public void Pixels_are_sixteenths()
    {
        var image = new float[64];
        Digits.Load(DataSplit.Train).CopyImage(0, image);
        Assert.Equal([0, 0, 5, 13, 9, 1, 0, 0], image[..8].Select(value => value * 16));
        Assert.Equal(294, image.Sum() * 16);
    }

    [Fact]
    public void The_neighbor_classifier_reaches_the_accuracy_measured_with_scikit_learn()
    {
        ImageDataset train = Digits.Load(DataSplit.Train).Cached();
        ImageDataset test = Digits.Load(DataSplit.Test).Cached();
        var trained = new float[train.Count * 64];
        train.CopyBatch([.. Enumerable.Range(0, train.Count)], trained, new long[train.Count]);
        var image = new float[64];
        int right = 0;
        for (int i = 0; i < test.Count; i++)
        {
            test.CopyImage(i, image);
            int nearest = Enumerable.Range(0, train.Count).MinBy(j => SquaredDistance(image, trained.AsSpan(j * 64, 64)));
            right += train.Labels[nearest] == test.Labels[i] ? 1 : 0;
        }

        Assert.Equal(617, right); // 96.41 %
    }

    [Fact]
    public void Loading_takes_milliseconds()
    {
        // The best of five: a machine with other work may stand still for any one.
        TimeSpan best = Enumerable.Range(0, 5).Min(_ =>
        {
            long start = Stopwatch.GetTimestamp();
            Digits.Load(DataSplit.Test);
            return Stopwatch.GetElapsedTime(start);
        });
        Assert.True(best < TimeSpan.FromMilliseconds(200), $"{best}");
    }

    private static int[] Histogram(DataSplit split) =>
        [.. Digits.Load(split).Labels.ToArray().CountBy(label => label).OrderBy(pair => pair.Key).Select(pair => pair.Value)];

    private static float SquaredDistance(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        float sum = 0;
        for (int i = 0; i < a.Length; i++)
        {
            sum += (a[i] - b[i]) * (a[i] - b[i]);
        }

        return sum;
    }
}
