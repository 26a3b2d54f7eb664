using System.IO.Compression;
using System.Text.Json;
using ModelZoo.Data;
using ModelZoo.Imaging;
using ModelZoo.Loading;
using ModelZoo.Loading.Augmentation;
using ModelZoo.Training;
using Xunit;

namespace ModelZoo.Tests.Loading.Augmentation;

/// <summary>Random operations, held against what torchvision 0.14.1 made of the same pictures (Golden/auto_augment.py).</summary>
public class AutoAugmentTests
{
    private static readonly Lazy<JsonElement> Golden = new(() =>
    {
        using Stream stream = typeof(AutoAugmentTests).Assembly.GetManifestResourceStream("augmentation/auto_augment.json.gz")!;
        using var text = new GZipStream(stream, CompressionMode.Decompress);
        return JsonDocument.Parse(text).RootElement;
    });

    private static readonly (PixelImage Picture, string? Operation, double Magnitude, bool Bilinear, byte[] Bytes)[] Cases = Read();

    public static TheoryData<string> Operations => [.. PixelOperations.Names];

    [Theory]
    [MemberData(nameof(Operations))]
    public void Every_operation_is_torchvisions_to_the_bit(string operation)
    {
        var cases = Cases.Where(c => c.Operation == operation).ToArray();
        Assert.True(cases.Length >= 2);
        Assert.All(cases, c => Assert.Equal(c.Bytes, PixelOperations.Apply(c.Picture, operation, c.Magnitude, c.Bilinear).Rgb));
    }

    [Theory]
    [InlineData("ShearX", "ShearY", 0.09)]
    [InlineData("Rotate", "TranslateX", 9)]
    [InlineData("Brightness", "Contrast", 0.27)]
    [InlineData("Color", "Sharpness", 0.27)]
    [InlineData("AutoContrast", "Equalize", 0)]
    public void An_operation_taken_for_another_is_found(string operation, string other, double magnitude)
    {
        var found = Cases.First(c => c.Operation == operation && c.Magnitude == magnitude);
        Assert.NotEqual(found.Bytes, PixelOperations.Apply(found.Picture, other, magnitude, found.Bilinear).Rgb);
    }

    [Theory]
    [InlineData("rand_augment")]
    [InlineData("trivial_augment")]
    [InlineData("augmix")]
    public void Operations_and_magnitudes_are_torchvisions(string policy)
    {
        IReadOnlyList<AugmentationRange> space = policy switch
        {
            "rand_augment" => AutoAugment.RandAugmentSpace(37, 24),
            "trivial_augment" => AutoAugment.TrivialAugmentSpace,
            _ => AutoAugment.AugMixSpace(37, 24),
        };
        JsonElement[] expected = [.. Golden.Value.GetProperty("ranges").GetProperty(policy).EnumerateArray()];
        Assert.Equal(expected.Select(e => e[0].GetString()), space.Select(s => s.Operation));
        foreach ((JsonElement e, AugmentationRange s) in expected.Zip(space))
        {
            Assert.Equal(e[2].GetBoolean(), s.EitherWay);
            double[] magnitudes = [.. e[1].EnumerateArray().Select(m => m.GetDouble())];
            Assert.Equal(magnitudes.Length, s.Magnitudes.Count);
            // How torch.linspace rounds depends on the machine.
            Assert.All(magnitudes.Zip(s.Magnitudes), m => Assert.Equal(m.First, m.Second, 1e-6 * Math.Max(1, Math.Abs(m.First))));
        }
    }

    [Fact]
    public void A_mixture_is_torchvisions_sum()
    {
        JsonElement mixed = Golden.Value.GetProperty("mixed");
        PixelImage picture = Cases.First(c => c.Picture.Width == 24).Picture;
        PixelImage[] chains = [.. mixed.GetProperty("chains").EnumerateArray().Select(c =>
            PixelOperations.Apply(picture, c[0].GetString()!, c[1].GetDouble(), bilinear: true))];
        float[] weights = [.. mixed.GetProperty("weights").EnumerateArray().Select(w => w.GetSingle())];
        Assert.Equal(mixed.GetProperty("bytes").GetBytesFromBase64(), AutoAugment.Mix(picture, mixed.GetProperty("kept").GetSingle(), chains, weights).Rgb);
        Assert.NotEqual(mixed.GetProperty("bytes").GetBytesFromBase64(), AutoAugment.Mix(picture, 0.36f, chains, weights).Rgb);
    }

    [Theory]
    [InlineData("rand_augment")]
    [InlineData("trivial_augment")]
    [InlineData("augmix")]
    public void Seeds_decide_and_all_operations_are_drawn(string policy)
    {
        PixelImage picture = Cases[0].Picture;
        var recipe = new Recipe { AutoAugment = policy };
        byte[][] made = [.. Enumerable.Range(0, 300).Select(seed => Change((ulong)seed))];
        Assert.Equal(made[7], Change(7));
        Assert.InRange(made.Select(Convert.ToHexString).Distinct().Count(), 150, 300); // few repeat: some leave a picture as it is
        HashSet<string> alone = [.. Cases.Where(c => c.Picture == picture && c.Operation == "Equalize").Select(c => Convert.ToHexString(c.Bytes))];
        Assert.True(policy != "trivial_augment" || made.Any(m => alone.Contains(Convert.ToHexString(m))));

        byte[] Change(ulong seed) => new Augmenter(recipe, new(3, picture.Height, picture.Width, Fit.Resize, [0, 0, 0], [1, 1, 1]))
            .Change(picture, new SeededRandom(seed)).Rgb;
    }

    [Theory]
    [InlineData("rand_augment", 0, 1)]
    [InlineData("trivial_augment", 1, 4)]
    [InlineData("augmix", 2, 3)]
    public void Workers_and_where_a_pass_begins_change_nothing(string policy, int firstStep, int workers)
    {
        ImageDataset digits = ModelZoo.Tests.Training.Samples.Digits(24);
        var preprocessing = new Preprocessing(1, 16, 16, Fit.Resize, [0.5f], [0.5f]);
        var plan = new EpochSampler(new Recipe { BatchSize = 8, AutoAugment = policy }, 3, 2);
        using var one = new ImageLoader(digits, preprocessing, new LoaderOptions { Workers = 1 });
        using var many = new ImageLoader(digits, preprocessing, new LoaderOptions { Workers = workers });
        float[][] all = [.. one.Shuffled(plan).Select(Values)], rest = [.. many.Shuffled(plan with { FirstStep = firstStep }).Select(Values)];
        Assert.Equal(all.Skip(firstStep), rest);
        Assert.NotEqual(all, one.Shuffled(plan with { Epoch = 3 }).Select(Values));

        static float[] Values(Batch batch)
        {
            using Batch read = batch;
            return read.Inputs.contiguous().data<float>().ToArray();
        }
    }

    [Theory]
    [InlineData("{\"auto_augment\": \"randaugment\"}", "Did you mean 'rand_augment'")]
    [InlineData("{\"auto_augment\": \"rand_augment\", \"rand_augment_magnitude\": 31}", "0 … 30")]
    [InlineData("{\"augmix_severity\": 3}", "left out unless auto_augment is augmix")]
    [InlineData("{\"progressive_sizes\": [64]}", "two sides or more")]
    [InlineData("{\"progressive_sizes\": [16, 32, 64], \"epochs\": 2}", "no more sides than epochs (2)")]
    public void Wrong_values_are_named(string json, string expected) =>
        Assert.Contains(expected, Assert.Throws<ZooException>(() => Recipe.Parse(json, "recipe.json")).Message, StringComparison.Ordinal);

    private static (PixelImage, string?, double, bool, byte[])[] Read()
    {
        var cases = new List<(PixelImage, string?, double, bool, byte[])>();
        PixelImage? picture = null;
        foreach (JsonElement c in Golden.Value.GetProperty("cases").EnumerateArray())
        {
            byte[] bytes = c.GetProperty("bytes").GetBytesFromBase64();
            if (c.GetProperty("operation").GetString() is not { } operation)
            {
                picture = new PixelImage(c.GetProperty("size")[0].GetInt32(), c.GetProperty("size")[1].GetInt32(), bytes);
                continue;
            }

            cases.Add((picture!, operation, c.GetProperty("magnitude").GetDouble(), c.GetProperty("bilinear").GetBoolean(), bytes));
        }

        return [.. cases];
    }
}
