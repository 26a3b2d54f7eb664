using ModelZoo.Data;
using ModelZoo.Imaging;
using ModelZoo.Loading;
using ModelZoo.Loading.Augmentation;
using ModelZoo.Tests.Data;
using ModelZoo.Tests.Runtime;
using ModelZoo.Tests.Training;
using ModelZoo.Training;
using TorchSharp;
using Xunit;
using Inputs = ModelZoo.Tests.Imaging.Inputs;

namespace ModelZoo.Tests.Loading;

[Collection(TorchCollection.Name)]
public sealed class ImageLoaderTests : IDisposable
{
    private static readonly Preprocessing Input = Preprocessing.ImageNet(crop: 12, shorterSide: 14);

    private static readonly Recipe Everything = new()
    {
        BatchSize = 4,
        RandomResizedCrop = 0.2,
        RandomCropPadding = 2,
        RandomShift = 1,
        RandomRotation = 10,
        HorizontalFlip = 0.5,
        VerticalFlip = 0.5,
        Brightness = 0.4,
        Contrast = 0.4,
        Saturation = 0.4,
        Hue = 0.1,
        PcaLighting = 0.1,
        Cutout = 4,
        RandomErasing = 0.5,
        Mixup = 0.2,
        Cutmix = 1,
    };

    private readonly TempFolder folder = new();

    public ImageLoaderTests() => Pictures.WriteClasses(folder.Path, ["ants", "bees", "cats"], each: 6);

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Any_number_of_workers_gives_the_same_bytes_and_seeds_and_epochs_give_others()
    {
        byte[][] one = Read(Loader(1), Everything);
        Assert.Equal(5, one.Length);
        Assert.All(new[] { 2, 5 }, workers => Assert.Equal(one, Read(Loader(workers), Everything)));
        Assert.Equal(one, Read(Loader(3, cache: 0), Everything));
        Assert.NotEqual(one, Read(Loader(2), Everything, seed: 6));
        Assert.NotEqual(one, Read(Loader(2), Everything, epoch: 2));
    }

    [Fact]
    public void A_pass_can_begin_at_any_step()
    {
        byte[][] all = Read(Loader(2), Everything);
        Assert.All(Enumerable.Range(0, 6), first => Assert.Equal(all[first..], Read(Loader(2), Everything, firstStep: first)));
    }

    [Theory]
    [InlineData(17, new[] { 18 })] // 17 + 1
    [InlineData(4, new[] { 4, 4, 4, 4, 2 })]
    public void A_last_batch_of_one_can_be_joined_to_the_one_before(int batchSize, int[] expected)
    {
        Recipe recipe = Everything with { BatchSize = batchSize, Mixup = 0, Cutmix = 0, RandomShift = 0, RandomRotation = 0 };
        using ImageLoader loader = Loader(3);
        List<int> sizes = [];
        byte[] joined = Rows(loader.Shuffled(new EpochSampler(recipe, 5, 1) { JoinsLast = true }).Select(Sized));
        Assert.Equal(expected, sizes);
        Assert.Equal(Rows(loader.Shuffled(new EpochSampler(recipe, 5, 1))), joined);
        Assert.Empty(loader.Shuffled(new EpochSampler(recipe, 5, 1, expected.Length) { JoinsLast = true }));

        Batch Sized(Batch batch)
        {
            sizes.Add(batch.Count);
            return batch;
        }
    }

    [Fact]
    public void Measuring_sees_every_image_once_in_order_as_the_preprocessing_alone_makes_it()
    {
        using ImageLoader loader = Loader(2);
        var expected = new float[3 * 12 * 12];
        int index = 0;
        foreach (Batch batch in loader.InOrder(5))
        {
            using Batch read = batch;
            float[] values = batch.Inputs.data<float>().ToArray();
            for (int i = 0; i < batch.Count; i++, index++)
            {
                Assert.Equal(index / 6, batch.Labels[i].item<long>());
                Inputs.Fractions(ImageDecoder.Decode(folder.File($"{loader.ClassNames[index / 6]}/{index % 6:00}.png")), Input, expected);
                for (int k = 0; k < expected.Length; k++)
                {
                    Assert.Equal((expected[k] - Input.Mean[k / 144]) / Input.Std[k / 144], values[i * 432 + k]);
                }
            }
        }

        Assert.Equal(18, index);
    }

    [Fact]
    public void A_random_crop_is_some_part_of_the_resized_picture_and_every_part_comes()
    {
        var recipe = new Recipe { BatchSize = 1, RandomCrop = true };
        var input = Preprocessing.ImageNet(crop: 12, shorterSide: 14) with { Mean = [0, 0, 0], Std = [1, 1, 1] };
        using var loader = new ImageLoader(Images(), input, new LoaderOptions { Workers = 2 });
        PixelImage[] resized = [.. Enumerable.Range(0, loader.Count)
            .Select(i => new ImagePipeline(input).Uncropped(ImageDecoder.Decode(folder.File($"{loader.ClassNames[i / 6]}/{i % 6:00}.png"))))];
        var places = new HashSet<(int Index, int Left, int Top)>();
        for (int epoch = 1; epoch <= 60; epoch++)
        {
            var plan = new EpochSampler(recipe, 1, epoch);
            foreach ((int index, Batch batch) in plan.Order(loader.Count).Zip(loader.Shuffled(plan)))
            {
                using Batch read = batch;
                byte[] seen = [.. batch.Inputs[0].permute(1, 2, 0).contiguous().data<float>().ToArray().Select(v => (byte)Math.Round(255 * v))];
                PixelImage whole = resized[index];
                places.Add((from left in Enumerable.Range(0, whole.Width - 11)
                            from top in Enumerable.Range(0, whole.Height - 11)
                            where whole.Crop(left, top, 12, 12).Rgb.AsSpan().SequenceEqual(seen)
                            select (index, left, top)).Single());
            }
        }

        int possible = resized.Sum(r => (r.Width - 11) * (r.Height - 11));
        Assert.InRange(places.Count, possible * 95 / 100, possible);
        Assert.Contains("random_crop", Assert.Throws<ZooException>(() => (recipe with { RandomResizedCrop = 0.5 }).Validate()).Message,
            StringComparison.Ordinal);
        var fitted = new ExampleMaker(Images(), new ImagePipeline(input with { Fit = Fit.Resize }), 0);
        (float[] plain, float[] random) = (new float[432], new float[432]);
        fitted.Make(0, plain, channelsLast: false);
        fitted.Make(0, new Augmenter(recipe, input with { Fit = Fit.Resize }), new SeededRandom(1), random, channelsLast: false);
        Assert.Equal(plain, random); // nothing to cut where the whole picture is fitted
    }

    [Fact]
    public void Channels_last_has_the_same_values_in_another_memory_order()
    {
        using var lastLoader = new ImageLoader(Images(), Input, new LoaderOptions { ChannelsLast = true, Workers = 2 });
        using ImageLoader loader = Loader(2);
        foreach ((Batch plain, Batch last) in loader.Shuffled(new EpochSampler(Everything with { Mixup = 0, Cutmix = 0 }, 1, 1))
            .Zip(lastLoader.Shuffled(new EpochSampler(Everything with { Mixup = 0, Cutmix = 0 }, 1, 1))))
        {
            using (plain)
            using (last)
            {
                Assert.Equal([3L * 144, 1, 36, 3], last.Inputs.stride());
                Assert.True(plain.Inputs.eq(last.Inputs).all().item<bool>());
            }
        }
    }

    [Fact]
    public void A_bad_image_is_an_error_that_names_it_and_counts_the_others()
    {
        folder.Write("bees/02.png", [1, 2, 3]);
        folder.Write("cats/05.png", []);
        string message = Assert.Throws<ZooException>(() => Read(Loader(2), Everything)).Message;
        Assert.Contains("bees/02.png", Assert.Throws<ZooException>(() => Drain(Loader(2).InOrder(4))).Message.Replace('\\', '/'), StringComparison.Ordinal);
        Assert.Contains("Of 17 other images 1 has no readable header either. --on-bad-image skip", message, StringComparison.Ordinal);
        Assert.Equal(message, Assert.Throws<ZooException>(() => Read(Loader(5), Everything)).Message);
    }

    [Fact]
    public void Skipped_images_are_reported_and_change_nothing_for_the_others()
    {
        byte[] whole = Rows(Loader(2).InOrder(6));
        folder.Write("bees/02.png", [1, 2, 3]);
        using ImageLoader loader = Loader(3, OnBadImage.Skip);
        byte[] without = Rows(loader.InOrder(6));
        const int Image = 3 * 12 * 12 * sizeof(float);
        Assert.Equal([.. whole[..(8 * Image)], .. whole[(9 * Image)..]], without);
        BadImage bad = Assert.Single(loader.Skipped);
        Assert.Equal((8, folder.File("bees/02.png")), (bad.Index, bad.Name));
        Assert.Contains("02.png", bad.Problem, StringComparison.Ordinal);
        Assert.Equal(Read(Loader(1, OnBadImage.Skip), Everything), Read(loader, Everything));
        Assert.Equal(17, loader.Shuffled(new EpochSampler(Everything with { BatchSize = 1, Mixup = 0, Cutmix = 0 }, 5, 1)).Count());
    }

    [Fact]
    public void Breaking_off_ends_the_threads_and_frees_the_tensors()
    {
        Drain(Loader(2).Shuffled(new EpochSampler(Everything, 1, 1)));
        long tensors = LiveTensors.Total();
        var counted = new Counting(60);
        using var loader = new ImageLoader(counted, Input, new LoaderOptions { Workers = 3, Prefetch = 2, CacheBytes = 0 });
        foreach (Batch batch in loader.Shuffled(new EpochSampler(Everything with { BatchSize = 4 }, 1, 1)).Take(2))
        {
            batch.Dispose();
        }

        Assert.Equal(0, counted.Reading);
        int read = counted.Reads;
        Thread.Sleep(50);
        Assert.Equal(read, counted.Reads);
        Assert.InRange(torch.Tensor.TotalCount, 0, tensors);
    }

    [Fact]
    public void No_more_is_read_ahead_than_the_prefetch_says()
    {
        var counted = new Counting(100);
        using var loader = new ImageLoader(counted, Input, new LoaderOptions { Workers = 4, Prefetch = 2, CacheBytes = 0 });
        int handedOut = 0;
        foreach (Batch batch in loader.Shuffled(new EpochSampler(new Recipe { BatchSize = 5 }, 1, 1)))
        {
            handedOut++;
            Thread.Sleep(5);
            Assert.InRange(counted.Reads, 0, (handedOut + 3) * 5);
            batch.Dispose();
        }

        Assert.Equal(100, counted.Reads);
    }

    [Fact]
    public void What_fits_into_the_cache_is_read_once()
    {
        var counted = new Counting(20);
        using var loader = new ImageLoader(counted, Input, new LoaderOptions { Workers = 2 });
        for (int epoch = 1; epoch <= 3; epoch++)
        {
            Drain(loader.Shuffled(new EpochSampler(new Recipe { BatchSize = 5, HorizontalFlip = 0.5 }, 1, epoch)));
        }

        Assert.Equal(20, counted.Reads);
        using var small = new ImageLoader(counted, Input, new LoaderOptions { Workers = 1, CacheBytes = 12 * 12 * 3 * 5 });
        Drain(small.InOrder(20));
        Drain(small.InOrder(20));
        Assert.Equal(20 + 20 + 15, counted.Reads);
    }

    [Fact]
    public void A_mistake_that_is_no_bad_image_is_not_skipped()
    {
        using var loader = new ImageLoader(new Counting(10) { Fault = new InvalidOperationException("a mistake") }, Input,
            new LoaderOptions { OnBadImage = OnBadImage.Skip });
        Assert.Contains("a mistake", Assert.Throws<InvalidOperationException>(() => Drain(loader.InOrder(2))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_digits_can_be_read_as_pictures_too()
    {
        ImageDataset digits = Samples.Digits(6);
        var input = new Preprocessing(1, 8, 8, Fit.Pad, [0], [1]);
        using IImageBatches tensors = ImageBatches.Open(digits, input), pictures = ImageBatches.Open(digits, input, new Recipe { HorizontalFlip = 1 });
        Assert.IsType<ImageTensors>(tensors);
        using Batch a = tensors.InOrder(6).Single(), b = pictures.InOrder(6).Single();
        Assert.True(torch.allclose(a.Inputs, b.Inputs, rtol: 0, atol: 0.5 / 255 + 1e-6));
        Batch flipped = Assert.Single(pictures.Shuffled(new EpochSampler(new Recipe { BatchSize = 6, HorizontalFlip = 1 }, 1, 1)));
        using Batch read = flipped;
        using torch.Tensor order = torch.tensor([.. new EpochSampler(new Recipe(), 1, 1).Order(6).Select(i => (long)i)]);
        Assert.True(b.Inputs.index_select(0, order).flip(3).eq(flipped.Inputs).all().item<bool>());
        Assert.Contains("ImageBatches.Open", Assert.Throws<ZooException>(() =>
            tensors.Shuffled(new EpochSampler(new Recipe { HorizontalFlip = 1 }, 1, 1))).Message, StringComparison.Ordinal);
    }

    private static byte[][] Read(ImageLoader loader, Recipe recipe, ulong seed = 5, int epoch = 1, int firstStep = 0) =>
        [.. loader.Shuffled(new EpochSampler(recipe, seed, epoch, firstStep)).Select(batch =>
        {
            using Batch read = batch;
            using torch.Tensor targets = batch.Targets?.clone() ?? torch.zeros(1);
            return (byte[])[.. batch.Inputs.bytes, .. batch.Labels.bytes, .. targets.bytes];
        })];

    private static byte[] Rows(IEnumerable<Batch> batches) => [.. batches.SelectMany(batch =>
    {
        using Batch read = batch;
        return batch.Inputs.bytes.ToArray();
    })];

    private static void Drain(IEnumerable<Batch> batches)
    {
        foreach (Batch batch in batches)
        {
            batch.Dispose();
        }
    }

    private ImageFolder Images() => ImageFolder.Open(folder.Path, DataSplit.Train, new SplitOptions { ValShare = 0 });

    private ImageLoader Loader(int workers, OnBadImage onBadImage = OnBadImage.Fail, long? cache = null) =>
        new(Images(), Input, new LoaderOptions { Workers = workers, OnBadImage = onBadImage, CacheBytes = cache });

    /// <summary>Counts what is read.</summary>
    private sealed class Counting(int count) : LabeledImages
    {
        private readonly int[] labels = new int[count];
        private int reads;
        private int reading;

        public int Reads => Volatile.Read(ref reads);

        public int Reading => Volatile.Read(ref reading);

        public Exception? Fault { get; init; }

        public override DatasetInfo Info { get; } = new("counting", "", "", ["a", "b"]);

        public override int Count => count;

        public override ReadOnlySpan<int> Labels => labels;

        public override ImageShape TypicalShape => new(3, 20, 20);

        public override PixelImage Picture(int index)
        {
            Interlocked.Increment(ref reads);
            Interlocked.Increment(ref reading);
            PixelImage image = Pictures.Noise(20, 20, (ulong)index);
            Interlocked.Decrement(ref reading);
            return Fault is null ? image : throw Fault;
        }

        public override string NameOf(int index) => $"counting[{index}]";

        public override LabeledImages Take(int count) => throw new NotSupportedException();
    }
}
