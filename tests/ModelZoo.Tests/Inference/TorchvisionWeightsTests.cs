using System.Text.Json;
using ModelZoo.Downloads;
using ModelZoo.Imaging;
using ModelZoo.Models;
using ModelZoo.Registry;
using ModelZoo.Tests.Downloads;
using Xunit;

namespace ModelZoo.Tests.Inference;

/// <summary>The table of published weights against the torchvision that is installed.</summary>
public class TorchvisionWeightsTests
{
    /// <summary>The builders of the catalog's models that torchvision has.</summary>
    private static readonly string[] Names = [.. Catalog.Models.Models.Select(m => m.Torchvision).OfType<string>()];

    private const string Program = """
        import importlib, json, sys
        from torchvision.models import _api, _meta
        rows = {}
        import torchvision
        for name in NAMES:
            builder = getattr(torchvision.models, name)
            weights = _api._get_enum_from_fn(builder)
            rows[name] = {"default": weights.DEFAULT.name.lower(), "weights": []}
            for w in weights:
                if w.name not in ("IMAGENET1K_V1", "IMAGENET1K_V2"):
                    continue
                t = w.transforms()
                m = w.meta["_metrics"]["ImageNet-1K"]
                rows[name]["weights"].append({"name": w.name.lower(), "url": w.url, "top1": m["acc@1"], "top5": m["acc@5"],
                    "crop": t.crop_size, "resize": t.resize_size,
                    "interpolation": t.interpolation.value, "mean": t.mean, "std": t.std, "same_classes": w.meta["categories"] == _meta._IMAGENET_CATEGORIES})
        print(json.dumps({"models": rows, "builders": torchvision.models.list_models(module=torchvision.models), "classes": _meta._IMAGENET_CATEGORIES}))
        """;

    private static readonly Lazy<JsonElement> Torchvision = new(() =>
        JsonDocument.Parse(PythonRun.Output(Program.Replace("NAMES", JsonSerializer.Serialize(Names), StringComparison.Ordinal))).RootElement);

    public static TheoryData<string> Builders() => [.. Names];

    [Theory]
    [MemberData(nameof(Builders))]
    public void The_rows_say_what_torchvision_says_and_none_is_missing(string name)
    {
        JsonElement theirs = Torchvision.Value.GetProperty("models").GetProperty(name);
        IReadOnlyList<PublishedWeights> ours = Of(name);
        Assert.Equal(theirs.GetProperty("weights").EnumerateArray().Select(Describe), ours.Select(w => Describe(w)));
        Assert.Equal(theirs.GetProperty("default").GetString(), ours[^1].Name);
    }

    [Fact]
    public void A_model_of_torchvisions_name_says_so_and_only_such_models_list_its_weights()
    {
        string?[] builders = [.. Torchvision.Value.GetProperty("builders").EnumerateArray().Select(b => b.GetString())];
        Assert.All(Catalog.Models.Models.Where(m => builders.Contains(m.Name)),
            m => Assert.True(m.Torchvision is not null, $"{m.Name} is in torchvision too: set Torchvision, or no parity test holds it."));
        Assert.All(Catalog.Models.Models.Where(m => m.Published.Any(w => w.Package is null)), // those in packages: ResNet18PackageTests
            m => Assert.True(m.Torchvision is not null, $"{m.Name} lists weights that no test compares with their publisher's table."));
        Assert.All(Names, name => Assert.NotEmpty(Of(name)));
        Assert.Empty(Of("resnet51"));
    }

    [Fact]
    public void A_wrong_digit_is_caught()
    {
        PublishedWeights good = Of("resnet50")[0];
        string[] wrong =
        [
            Describe(good with { Top1 = 76.131 }), Describe(good with { Url = good.Url.Replace("0676", "0767", StringComparison.Ordinal) }),
            Describe(good with { Preprocessing = good.Preprocessing with { ShorterSide = 232 } }),
                Describe(good with { Preprocessing = good.Preprocessing with { Interpolation = Interpolation.Bicubic } }),
        ];
        string theirs = Describe(Torchvision.Value.GetProperty("models").GetProperty("resnet50").GetProperty("weights")[0]);
        Assert.Equal(theirs, Describe(good));
        Assert.DoesNotContain(theirs, wrong);
    }

    [Fact]
    public void The_class_names_are_torchvisions()
    {
        string[] theirs = [.. Torchvision.Value.GetProperty("classes").EnumerateArray().Select(c => c.GetString()!)];
        IReadOnlyList<string> ours = Catalog.LabelsOf(Of("vgg16")[0]);
        Assert.Equal(1000, ours.Count);
        Assert.Equal(theirs, ours);
    }

    [Fact]
    public void Every_name_carries_its_hash() =>
        Assert.All(Names.SelectMany(Of), w => Assert.Equal(8, ExpectedHash.OfName(w.File)?.Digits.Length));

    internal static IReadOnlyList<PublishedWeights> Of(string builder) =>
        Catalog.Models.Models.FirstOrDefault(m => m.Torchvision == builder)?.Published ?? [];

    private static string Describe(PublishedWeights w) => JsonSerializer.Serialize(new
    {
        w.Name,
        w.Url,
        w.Top1,
        w.Top5,
        crop = new[] { w.Preprocessing.Height, w.Preprocessing.Width },
        resize = w.Preprocessing.ShorterSide,
        interpolation = w.Preprocessing is { Fit: Fit.Crop, Interpolation: Interpolation.Bicubic } ? "bicubic" : "bilinear",
        w.Preprocessing.Mean,
        w.Preprocessing.Std,
        classes = w.Labels == PublishedWeights.ImageNet,
    });

    private static string Describe(JsonElement w) => JsonSerializer.Serialize(new
    {
        Name = w.GetProperty("name").GetString(),
        Url = w.GetProperty("url").GetString(),
        Top1 = w.GetProperty("top1").GetDouble(),
        Top5 = w.GetProperty("top5").GetDouble(),
        crop = new[] { w.GetProperty("crop")[0].GetInt32(), w.GetProperty("crop")[0].GetInt32() },
        resize = w.GetProperty("resize")[0].GetInt32(),
        interpolation = w.GetProperty("interpolation").GetString(),
        Mean = w.GetProperty("mean").EnumerateArray().Select(v => v.GetSingle()),
        Std = w.GetProperty("std").EnumerateArray().Select(v => v.GetSingle()),
        classes = w.GetProperty("same_classes").GetBoolean(),
    });
}
