using ModelZoo.Data;
using ModelZoo.Imaging;
using ModelZoo.Loading;
using ModelZoo.Loading.Augmentation;
using ModelZoo.Tests.Runtime;
using ModelZoo.Tests.Training;
using ModelZoo.Training;
using Xunit;
using static TorchSharp.torch;

namespace ModelZoo.Tests.Loading.Augmentation;

/// <summary>Batches that tensor operations make of bytes in memory, against those that are made picture by picture.</summary>
[Collection(TorchCollection.Name)]
public class BatchAugmenterTests
{
    private const int Count = 23;

    private static readonly Preprocessing AsItIs = new(3, 14, 18, Fit.Pad, [0.49f, 0.48f, 0.45f], [0.25f, 0.24f, 0.26f]);

    /// <summary>Every change alone, and several together in ways that meet each other.</summary>
    private static readonly Dictionary<string, Recipe> Recipes = new()
    {
        ["padded crop"] = new() { RandomCropPadding = 4 },
        ["padded crop, mirrored"] = new() { RandomCropPadding = 4, RandomCropMode = "reflect" },
        ["padding as large as the image"] = new() { RandomCropPadding = 20 },
        ["random crop"] = new() { RandomCrop = true },
        ["flip"] = new() { HorizontalFlip = 0.5 },
        ["always flipped"] = new() { HorizontalFlip = 1, VerticalFlip = 1 },
        ["vertical flip"] = new() { VerticalFlip = 0.5 },
        ["cutout"] = new() { Cutout = 6 },
        ["erasing"] = new() { RandomErasing = 0.6 },
        ["lighting"] = new() { PcaLighting = 0.3 },
        ["affine and flips"] = new() { RandomRotation = 20, RandomScale = 0.2f, RandomShift = 3, HorizontalFlip = 0.5, VerticalFlip = 0.5 },
        ["shift alone and cutout"] = new() { RandomShift = 2.5f, Cutout = 5 },
        ["CIFAR's"] = new() { RandomCropPadding = 4, HorizontalFlip = 0.5 },
        ["VGG's"] = new() { RandomCrop = true, HorizontalFlip = 0.5, PcaLighting = 0.1 },
        ["mixup"] = new() { RandomCropPadding = 2, Mixup = 0.4 },
        ["both mixings"] = new() { HorizontalFlip = 0.5, Mixup = 0.2, Cutmix = 1 },
        ["everything"] = new()
        {
            RandomCrop = true,
            RandomCropPadding = 3,
            RandomRotation = 15,
            RandomScale = 0.1f,
            RandomShift = 1,
            HorizontalFlip = 0.5,
            VerticalFlip = 0.5,
            PcaLighting = 0.2,
            Cutout = 5,
            RandomErasing = 0.5,
            Cutmix = 1,
        },
        ["everything but the affine move"] = new()
        {
            RandomCrop = true,
            RandomCropPadding = 3,
            RandomCropMode = "reflect",
            HorizontalFlip = 0.5,
            VerticalFlip = 0.5,
            PcaLighting = 0.2,
            Cutout = 5,
            RandomErasing = 0.5,
            Mixup = 0.3,
        },
    };

    /// <summary>Images and inputs: unchanged, padded, resized, cut out of a resized picture, one channel, three of one, sixteenths.</summary>
    private static readonly Dictionary<string, (ImageDataset Data, Preprocessing Input)> Inputs = new()
    {
        ["color"] = (Noise(3, 14, 18), AsItIs),
        ["padded"] = (Noise(3, 14, 18), AsItIs with { Height = 19, Width = 21 }),
        ["resized"] = (Noise(3, 14, 18), AsItIs with { Fit = Fit.Resize, Height = 22, Width = 16, Border = 1 }),
        ["cut"] = (Noise(3, 14, 18), AsItIs with { Fit = Fit.Crop, ShorterSide = 17, Height = 14, Width = 15 }),
        ["cut unresized"] = (Noise(3, 14, 18), AsItIs with { Fit = Fit.Crop, ShorterSide = 14, Height = 9, Width = 14 }),
        ["gray"] = (Noise(1, 14, 18), Gray(14, 18)),
        ["gray of color"] = (Noise(3, 14, 18), Gray(14, 18)),
        ["color of gray"] = (Noise(1, 14, 18), AsItIs),
        ["sixteenths"] = (Samples.Digits(Count), Gray(9, 10)),
    };

    public static TheoryData<string, string> Cases()
    {
        var cases = new TheoryData<string, string>();
        foreach (string recipe in Recipes.Keys)
        {
            foreach (string input in Inputs.Keys)
            {
                cases.Add(recipe, input);
            }
        }

        return cases;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Batches_have_the_bits_of_those_made_picture_by_picture(string recipeName, string inputName)
    {
        (ImageDataset data, Preprocessing input) = Inputs[inputName];
        foreach (bool channelsLast in (bool[])[false, true])
        {
            Recipe recipe = Recipes[recipeName] with { BatchSize = 5, ChannelsLast = channelsLast };
            if (recipe.RandomCropMode == "reflect" && recipe.RandomCropPadding >= Math.Min(input.Height, input.Width))
            {
                continue;
            }

            var options = new LoaderOptions { Workers = 2, ChannelsLast = channelsLast };
            using IImageBatches tensors = ImageBatches.Open(data, input, recipe, options);
            using var pictures = new ImageLoader(data, input, options);
            Assert.IsType<ImageTensors>(tensors);
            Assert.Equal(pictures.Shape, tensors.Shape);
            foreach (int epoch in (int[])[1, 2])
            {
                var plan = new EpochSampler(recipe, 7, epoch);
                Batch[] expected = [.. pictures.Shuffled(plan)], actual = [.. tensors.Shuffled(plan)];
                Assert.Equal(expected.Length, actual.Length);
                Assert.All(expected.Zip(actual), pair => MustBeEqual(pair.First, pair.Second));
                using Batch third = tensors.Shuffled(plan with { FirstStep = 2 }).First();
                MustBeEqual(expected[2], third);
                Array.ForEach([.. expected, .. actual], batch => batch.Dispose());
            }

            Assert.All(pictures.InOrder(6).Zip(tensors.InOrder(6)), pair => MustBeEqual(pair.First, pair.Second, inputName == "sixteenths"));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Pixels_come_from_the_same_places_by_a_loop_and_by_tensor_operations(int channels)
    {
        var random = new SeededRandom(4);
        byte[] bytes = [.. Enumerable.Range(0, 5 * 6 * 7 * channels).Select(_ => (byte)random.Next(256))];
        using Tensor pixels = tensor(bytes, [5, 6, 7, channels]);
        var map = new PixelMap(
            [.. Enumerable.Range(0, 3 * 4).Select(i => i == 5 ? -1L : 7 * random.Next(30))],
            [.. Enumerable.Range(0, 3 * 8).Select(_ => random.Next(8) - 1)]);
        using Tensor copied = map.CopyFrom(pixels, 3, new ImageShape(channels, 4, 8)), indexed = map.IndexFrom(pixels, 3, new ImageShape(channels, 4, 8));
        Assert.Equal([3L, 4, 8, channels], copied.shape);
        byte[] expected = [.. from b in Enumerable.Range(0, 3) from y in Enumerable.Range(0, 4)
                              from x in Enumerable.Range(0, 8) from c in Enumerable.Range(0, channels)
                              let row = map.Rows[b * 4 + y] let column = map.Columns[b * 8 + x]
                              select row < 0 || column < 0 ? (byte)0 : bytes[(row + column) * channels + c]];
        Assert.Equal(expected, copied.bytes.ToArray());
        Assert.Equal(expected, indexed.bytes.ToArray());
    }

    [Fact]
    public void Another_seed_epoch_or_recipe_gives_other_pixels()
    {
        (ImageDataset data, Preprocessing input) = Inputs["color"];
        Recipe recipe = Recipes["CIFAR's"] with { BatchSize = Count, ChannelsLast = false };
        using IImageBatches tensors = ImageBatches.Open(data, input, recipe);
        EpochSampler[] plans = [new(recipe, 1, 1), new(recipe, 2, 1), new(recipe, 1, 2), new(recipe with { HorizontalFlip = 0 }, 1, 1), new(recipe, 1, 1)];
        string[] seen = [.. plans.Select(plan =>
        {
            using Batch batch = tensors.Shuffled(plan).Single();
            return Convert.ToHexString(batch.Inputs.bytes);
        })];
        Assert.Equal(4, seen.Distinct().Count());
        Assert.Equal(seen[0], seen[4]);
    }

    [Fact]
    public void What_needs_pictures_or_does_not_fit_the_budget_is_read_picture_by_picture()
    {
        (ImageDataset data, Preprocessing input) = Inputs["resized"];
        Recipe[] byPicture = [new() { RandomResizedCrop = 0.5 }, new() { Hue = 0.1, HorizontalFlip = 0.5 }];
        Assert.All(byPicture, recipe => Assert.IsType<ImageLoader>(ImageBatches.Open(data, input, recipe)));
        var flip = new Recipe { HorizontalFlip = 0.5 };
        Assert.IsType<ImageLoader>(ImageBatches.Open(data, input, flip, new LoaderOptions { CacheBytes = Count * 3 * 22 * 16 - 1 }));
        Assert.IsType<ImageTensors>(ImageBatches.Open(data, input, flip, new LoaderOptions { CacheBytes = Count * 3 * 22 * 16 }));
    }

    [Fact]
    public void An_image_that_is_too_small_to_be_mirrored_so_far_is_an_error_that_says_so()
    {
        (ImageDataset data, Preprocessing input) = Inputs["color"];
        var recipe = new Recipe { RandomCropPadding = 14, RandomCropMode = "reflect" };
        string message = Assert.Throws<ZooException>(() => ImageBatches.Open(data, input, recipe)).Message;
        Assert.Contains("random_crop_padding is 14; an input of 14×18", message, StringComparison.Ordinal);
    }

    [Fact]
    public void No_tensor_stays_behind()
    {
        (ImageDataset data, Preprocessing input) = Inputs["color"];
        Recipe recipe = Recipes["everything"] with { BatchSize = 5, RandomCrop = false };
        Pass();
        Assert.InRange(LiveTensors.Added(Pass), long.MinValue, 0);

        void Pass()
        {
            using IImageBatches tensors = ImageBatches.Open(data, input, recipe);
            foreach (Batch batch in tensors.Shuffled(new EpochSampler(recipe, 1, 1)).Concat(tensors.InOrder(5)))
            {
                batch.Dispose();
            }
        }
    }

    // The loader rounds sixteenths to 255ths in measuring too; in memory they stay what they are.
    private static void MustBeEqual(Batch expected, Batch actual, bool rounded = false)
    {
        Assert.Equal(expected.Labels.data<long>().ToArray(), actual.Labels.data<long>().ToArray());
        Assert.Equal(expected.Inputs.shape, actual.Inputs.shape);
        Assert.Equal(expected.Inputs.stride(), actual.Inputs.stride());
        Assert.Equal(expected.Targets?.data<float>().ToArray(), actual.Targets?.data<float>().ToArray());
        float difference = (expected.Inputs - actual.Inputs).abs().max().item<float>();
        Assert.True(rounded ? difference < 0.5 / 255 / 0.3 : difference == 0, $"{difference}");
    }

    private static Preprocessing Gray(int height, int width) => new(1, height, width, Fit.Pad, [0.13f], [0.3f]);

    private static ImageDataset Noise(int channels, int height, int width)
    {
        var random = new SeededRandom(3);
        byte[] pixels = [.. Enumerable.Range(0, Count * channels * height * width).Select(_ => (byte)random.Next(256))];
        var info = new DatasetInfo("noise", "", "", ["a", "b", "c"]);
        return ImageDataset.FromBytes(info, new ImageShape(channels, height, width), pixels, 255, [.. Enumerable.Range(0, Count).Select(i => i % 3)]);
    }
}
