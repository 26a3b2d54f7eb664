using ModelZoo.Data;
using Xunit;

namespace ModelZoo.Tests.Data;

public class ImageDatasetTests
{
    private static readonly DatasetInfo Info = new("toy", "made here", "none", ["a", "b", "c"]);

    // Three images [2, 2, 3]: image n holds 12n … 12n + 11.
    private static readonly ImageDataset Toy = ImageDataset.FromBytes(
        Info, new ImageShape(2, 2, 3), Enumerable.Range(0, 36).Select(i => (byte)i).ToArray(), maximum: 10, [2, 0, 1]);

    [Fact]
    public void Bytes_are_divided_by_the_maximum()
    {
        Assert.Equal(3, Toy.Count);
        Assert.Equal("toy", Toy.Name);
        Assert.Equal([2, 0, 1], Toy.Labels.ToArray());
        Assert.Equal(Enumerable.Range(12, 12).Select(i => i / 10f), Image(Toy, 1));
    }

    [Fact]
    public void A_batch_follows_its_indices()
    {
        var images = new float[3 * 12];
        var labels = new long[3];
        Toy.CopyBatch([2, 0, 2], images, labels);
        Assert.Equal([1, 2, 1], labels);
        Assert.Equal([.. Image(Toy, 2), .. Image(Toy, 0), .. Image(Toy, 2)], images);
    }

    [Fact]
    public void Subsets_of_subsets_keep_images_and_labels_together()
    {
        ImageDataset subset = Toy.Subset([2, 1]).Subset([1, 0, 1]).Take(2);
        Assert.Equal([0, 1], subset.Labels.ToArray());
        Assert.Equal(Image(Toy, 1), Image(subset, 0));
        Assert.Equal(Image(Toy, 2), Image(subset, 1));
        Assert.Same(subset, subset.Take(99));
    }

    [Fact]
    public void Padding_surrounds_every_channel_with_zeros()
    {
        ImageDataset padded = Toy.Pad(left: 1, top: 0, right: 0, bottom: 1);
        Assert.Equal(new ImageShape(2, 3, 4), padded.Shape);
        Assert.Equal([0, 0, .1f, .2f, 0, .3f, .4f, .5f, 0, 0, 0, 0, 0, .6f, .7f, .8f, 0, .9f, 1, 1.1f, 0, 0, 0, 0], Image(padded, 0));
    }

    [Fact]
    public void Padding_to_a_size_puts_the_image_in_the_middle()
    {
        ImageDataset gray = ImageDataset.FromFloats(Info, new ImageShape(1, 1, 2), new float[] { .25f, .5f }, [0]);
        Assert.Equal([0, 0, 0, 0, 0, 0, .25f, .5f, 0, 0, 0, 0, 0, 0, 0], Image(gray.PadTo(3, 5), 0));
        var error = Assert.Throws<ZooException>(() => gray.PadTo(3, 1));
        Assert.Contains("toy", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Resizing_works_channel_by_channel_and_caching_changes_nothing()
    {
        ImageDataset resized = Toy.Resize(5, 4);
        var expected = new float[2 * 20];
        var resizer = new Resizer(2, 3, 5, 4);
        resizer.Resize(Image(Toy, 2).AsSpan(0, 6), expected.AsSpan(0, 20));
        resizer.Resize(Image(Toy, 2).AsSpan(6, 6), expected.AsSpan(20, 20));
        Assert.Equal(expected, Image(resized, 2));
        Assert.Equal(expected, Image(resized.Cached(), 2));
        Assert.Same(Toy, Toy.Resize(2, 3));
    }

    [Fact]
    public void Gray_images_become_color_by_repetition_and_color_is_never_dropped()
    {
        ImageDataset gray = ImageDataset.FromFloats(Info, new ImageShape(1, 1, 2), new float[] { .25f, .5f }, [0]);
        Assert.Equal([.25f, .5f, .25f, .5f, .25f, .5f], Image(gray.WithChannels(3), 0));
        Assert.Throws<ZooException>(() => Toy.WithChannels(3));
        Assert.Throws<ZooException>(() => Toy.WithChannels(1));
    }

    [Fact]
    public void The_shuffled_order_depends_on_the_seed_alone()
    {
        Assert.Equal(new SeededRandom(7).Permutation(3), Toy.ShuffledOrder(7));
        Assert.Equal(Toy.ShuffledOrder(7), Toy.ShuffledOrder(7));
    }

    [Fact]
    public void Eight_threads_read_the_same_images()
    {
        ImageDataset derived = Toy.Resize(9, 9).PadTo(11, 12);
        float[][] expected = [.. Enumerable.Range(0, 3).Select(i => Image(derived, i))];
        Parallel.For(0, 400, new ParallelOptions { MaxDegreeOfParallelism = 8 }, i => Assert.Equal(expected[i % 3], Image(derived, i % 3)));
    }

    [Fact]
    public void What_does_not_fit_together_is_refused()
    {
        Assert.Throws<ArgumentException>(() => ImageDataset.FromBytes(Info, new ImageShape(1, 2, 2), new byte[7], 255, [0, 1]));
        Assert.Throws<ArgumentException>(() => ImageDataset.FromBytes(Info, new ImageShape(1, 2, 2), new byte[8], 255, [0, 3]));
        Assert.Throws<ArgumentOutOfRangeException>(() => Toy.Subset([3]));
        Assert.Throws<ArgumentOutOfRangeException>(() => Image(Toy, -1));
        Assert.Throws<ArgumentException>(() => Toy.CopyImage(0, new float[11]));
    }

    private static float[] Image(ImageDataset data, int index)
    {
        var image = new float[data.Shape.Length];
        data.CopyImage(index, image);
        return image;
    }
}
