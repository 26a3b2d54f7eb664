using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using ModelZoo.Imaging;
using Xunit;

namespace ModelZoo.Tests.Imaging;

/// <summary>The list of steps that a checkpoint holds.</summary>
public class PreprocessingStepsTests
{
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectRequiredConstructorParameters = true,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false), new PreprocessingSteps() },
    };

    public static TheoryData<string, Preprocessing> Cases => new()
    {
        { "orient color cover crop scale normalize", Preprocessing.ImageNet() },
        { "orient color cover crop scale normalize", Preprocessing.ImageNet(24, 29, Interpolation.Bicubic) with { Height = 17 } },
        { "orient color resize scale normalize", Preprocessing.Cifar10() with { Width = 48 } },
        { "orient color resize pad scale normalize", new Preprocessing(1, 32, 40, Fit.Resize, [0.1307f], [0.3081f], Border: 3) },
        { "orient color shrink pad scale normalize", new Preprocessing(1, 32, 32, Fit.Pad, [0.1f / 1.275f], [1f / 1.275f]) },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void What_is_written_is_read_to_the_bit(string steps, Preprocessing preprocessing)
    {
        string json = JsonSerializer.Serialize(preprocessing, Options);
        Assert.Equal(steps, string.Join(' ', JsonNode.Parse(json)!.AsArray().Select(step => (string?)step!["step"])));
        Preprocessing read = JsonSerializer.Deserialize<Preprocessing>(json, Options)!;
        Assert.Equal(preprocessing with { Mean = read.Mean, Std = read.Std }, read);
        Assert.Equal(preprocessing.Mean, read.Mean);
        Assert.Equal(preprocessing.Std, read.Std);
    }

    [Fact]
    public void The_numbers_are_what_is_done()
    {
        JsonArray steps = PreprocessingSteps.Of(Preprocessing.ImageNet() with { Height = 160, ShorterSide = 183 });
        Assert.Equal("""{"step":"cover","height":183,"width":256,"interpolation":"bilinear"}""", steps[2]!.ToJsonString());
        Assert.Equal("""{"step":"crop","height":160,"width":224}""", steps[3]!.ToJsonString());
        Assert.Equal("""{"step":"normalize","mean":[0.485,0.456,0.406],"std":[0.229,0.224,0.225]}""", steps[5]!.ToJsonString());
    }

    [Fact]
    public void In_words_they_are_a_line_each()
    {
        Assert.Equal(["orient", "color channels 3", "cover 183×256, bilinear", "crop 160×224", "scale maximum 255",
            "normalize mean 0.485 0.456 0.406, std 0.229 0.224 0.225"],
            (Preprocessing.ImageNet() with { Height = 160, ShorterSide = 183 }).Describe());
        Assert.Equal(["orient", "color channels 1", "resize 26×34, bilinear", "pad 32×40", "scale maximum 255", "normalize mean 0.1307, std 0.3081"],
            new Preprocessing(1, 32, 40, Fit.Resize, [0.1307f], [0.3081f], Border: 3).Describe());
    }

    [Fact]
    public void What_earlier_checkpoints_have_is_read_as_it_was()
    {
        Preprocessing crop = JsonSerializer.Deserialize<Preprocessing>("""
            {"channels":3,"height":224,"width":224,"fit":"crop","mean":[0.485,0.456,0.406],"std":[0.229,0.224,0.225],"border":0,"shorter_side":256,
             "interpolation":"bicubic"}
            """, Options)!;
        Preprocessing expected = Preprocessing.ImageNet(interpolation: Interpolation.Bicubic);
        Assert.Equal(expected with { Mean = crop.Mean, Std = crop.Std }, crop);
        Preprocessing digits = JsonSerializer.Deserialize<Preprocessing>(
            """{"channels":1,"height":32,"width":32,"fit":"resize","mean":[0.1307],"std":[0.3081],"border":5}""", Options)!;
        Assert.Equal((Fit.Resize, 5, 32), (digits.Fit, digits.Border, digits.Width));
    }

    [Theory]
    [InlineData("""[]""", "none that this zoo knows")]
    [InlineData("""[{"step":"orient"},{"step":"posterize"}]""", "none that this zoo knows")]
    [InlineData("""[3]""", "no object")]
    [InlineData("""[{"no":"step"}]""", "without its step")]
    [InlineData("""{"channels":3}""", "missing required")]
    public void What_is_no_list_of_known_steps_is_refused(string json, string expected) =>
        Assert.Contains(expected, Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<Preprocessing>(json, Options)).Message,
            StringComparison.Ordinal);

    [Fact]
    public void A_step_that_was_changed_is_not_read_as_something_near_it()
    {
        JsonArray Changed(int step, string key, JsonNode value)
        {
            JsonArray steps = PreprocessingSteps.Of(new Preprocessing(1, 32, 40, Fit.Resize, [0.5f], [0.5f], Border: 3));
            steps[step]![key] = value;
            return steps;
        }

        foreach (JsonArray steps in new[]
        {
            Changed(2, "width", 33), Changed(2, "height", 27), Changed(3, "height", 0), Changed(2, "interpolation", "nearest"), Changed(4, "maximum", 1),
            Changed(1, "channels", 3), Changed(5, "std", new JsonArray(0f)), Changed(5, "mean", "x"), Changed(3, "fill", 1), Changed(2, "height", 1.5),
        })
        {
            Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<Preprocessing>(steps.ToJsonString(), Options));
        }
    }
}
