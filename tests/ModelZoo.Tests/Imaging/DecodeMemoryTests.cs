using ModelZoo.Imaging;
using Xunit;

namespace ModelZoo.Tests.Imaging;

public class DecodeMemoryTests
{
    [Fact]
    public void Pictures_wait_for_room_and_one_that_is_larger_than_all_of_it_goes_alone()
    {
        var memory = new DecodeMemory(100);
        long inUse = 0, most = 0;
        int alone = 0;
        Parallel.For(0, 200, new ParallelOptions { MaxDegreeOfParallelism = 8 }, i =>
        {
            long bytes = i % 20 == 7 ? 500 : 30;
            using DecodeMemory.Lease lease = memory.Take(bytes);
            long now = Interlocked.Add(ref inUse, bytes);
            InterlockedMax(ref most, now);
            alone += bytes == 500 && now == 500 ? 1 : 0; // only one is here then
            Thread.Sleep(1);
            Interlocked.Add(ref inUse, -bytes);
        });
        Assert.Equal(10, alone);
        Assert.Equal(500, most);
        Assert.Equal(500, memory.Peak);
        var small = new DecodeMemory(100);
        Parallel.For(0, 50, new ParallelOptions { MaxDegreeOfParallelism = 8 }, _ =>
        {
            using DecodeMemory.Lease lease = small.Take(40);
            Thread.Sleep(1);
        });
        Assert.InRange(small.Peak, 40, 80);
    }

    [Fact]
    public void A_picture_is_counted_until_it_is_fitted_and_given_back_after_an_error()
    {
        string file = Path.Combine(GoldenPictureTests.Folder, "q75-420.jpg");
        long before = DecodeMemory.Shared.Peak;
        PixelImage kept = ImageDecoder.Decode(file, new DecodeOptions(), picture => new ImagePipeline(Preprocessing.Cifar10()).Fit(picture));
        Assert.Equal(32, kept.Width);
        Assert.True(DecodeMemory.Shared.Peak >= Math.Max(before, 3 * 45 * 37));
        for (int i = 0; i < 100; i++)
        {
            Assert.Throws<InvalidOperationException>(() => ImageDecoder.Decode<int>(file, new DecodeOptions(), _ => throw new InvalidOperationException()));
        }

        using DecodeMemory.Lease all = DecodeMemory.Shared.Take(DecodeMemory.Shared.Peak); // would wait for ever if something were left
    }

    private static void InterlockedMax(ref long target, long value)
    {
        long seen = Volatile.Read(ref target);
        while (value > seen && Interlocked.CompareExchange(ref target, value, seen) is long other && other != seen)
        {
            seen = other;
        }
    }
}
