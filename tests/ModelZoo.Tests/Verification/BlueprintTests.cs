using System.Text;
using ModelZoo.Models;
using ModelZoo.Registry;
using ModelZoo.Tests.Oracle;
using ModelZoo.Tests.Training;
using ModelZoo.Verification;
using ModelZoo.Verification.Blueprints;
using Xunit;
using static TorchSharp.torch;

namespace ModelZoo.Tests.Verification;

/// <summary>What a blueprint says, and what holds it.</summary>
[Collection(TorchCollection.Name)]
public class BlueprintTests
{
    public static TheoryData<string> All() => [.. Catalog.Models.Models.Select(m => m.Name)];

    [Theory]
    [MemberData(nameof(All))]
    public void The_blueprint_is_the_network_that_is_built(string name)
    {
        ModelInfo info = Catalog.Models.Find(name);
        string text = Encoding.UTF8.GetString(Catalog.ReadResource(Catalog.BlueprintNameOf(info)));
        Assert.Equal(text, BlueprintText.Write(BlueprintText.Parse(text, name)));
        Assert.Equal(text, BlueprintText.Write(Blueprint.Of(info)));
    }

    public static TheoryData<string> OfTorchvision() => [.. Catalog.Models.Models.Where(m => m.Torchvision is not null).Select(m => m.Name)];

    /// <summary>Layers, hyper-parameters, edges, shapes and keys, from torchvision's own code.</summary>
    [Theory]
    [MemberData(nameof(OfTorchvision))]
    public void A_network_of_torchvision_is_the_same_graph(string name) => Assert.StartsWith($"{name} ok ", Graphs.Value[name], StringComparison.Ordinal);

    // One start of Python for all of them.
    private static readonly Lazy<Dictionary<string, string>> Graphs = new(() =>
    {
        using var folder = new TempFolder();
        ModelInfo[] models = [.. Catalog.Models.Models.Where(m => m.Torchvision is not null)];
        Write(folder, models);
        string[] lines = Python.Run(folder.Path, Script, [folder.Path, .. models.Select(m => m.Name)]).Trim().Split('\n');
        return models.Zip(lines).ToDictionary(pair => pair.First.Name, pair => pair.Second);
    });

    [Theory]
    [InlineData("resnet50", "layer2.0.conv2 Conv2d in=128 out=128 kernel=3 stride=2", "layer2.0.conv2 Conv2d in=128 out=128 kernel=3 stride=1",
        "layer2.0.conv2")]
    [InlineData("googlenet", "inception3a.branch1.bn BatchNorm2d features=64 eps=0.001", "inception3a.branch1.bn BatchNorm2d features=64 eps=1e-05",
        "inception3a.branch1.bn")]
    [InlineData("resnet18", "(layer1.0.bn2 maxpool)", "(layer1.0.bn2 layer1.0.relu1)", "layer1.0.add")]
    [InlineData("googlenet", "(inception3a.branch1.relu inception3a.branch2.1.relu ", "(inception3a.branch2.1.relu inception3a.branch1.relu ",
        "inception3a.concat")]
    [InlineData("resnet18", "bn1 weight=64 bias=64", "bn1 bias=64 weight=64", "key ('bn1.bias', '64')")]
    public void The_comparison_with_torchvision_sees_a_mistake(string name, string right, string wrong, string said)
    {
        using var folder = new TempFolder();
        ModelInfo info = Catalog.Models.Find(name);
        string text = Encoding.UTF8.GetString(Catalog.ReadResource(Catalog.BlueprintNameOf(info)));
        Assert.Contains(right, text, StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(folder.Path, $"{name}.blueprint.txt"), text.Replace(right, wrong, StringComparison.Ordinal));
        Assert.Contains(said, Python.Run(folder.Path, Script, folder.Path, name), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("resnet18", 7, 1, 40)]
    [InlineData("lenet5", 3, 2, 24)]
    [InlineData("encdec_unpool", 3, 2, 16)]
    [InlineData("vgg11_bn", 5, 4, 32)]
    [InlineData("googlenet_paper", 5, 3, 96)]
    [InlineData("densenet121", 5, 1, 64)]
    [InlineData("efficientnet_b0", 5, 2, 64)]
    public void Other_classes_channels_and_sizes_are_carried_over(string name, int classes, int channels, int size)
    {
        ModelInfo info = Catalog.Models.Find(name);
        var options = new ModelOptions(classes, channels, size, size);
        using ZooModel model = info.Create(options);
        LayerCheck[] structure = Structure(model, options, Catalog.BlueprintOf(info).For(options));
        Assert.Equal([Verdict.Passed], structure.Select(check => check.Verdict));

        // It is not that nothing is compared.
        LayerCheck[] other = Structure(model, options, Catalog.BlueprintOf(info).For(options with { NumClasses = classes + 1 }));
        Assert.Contains(other, check => check.LikelyCause?.Contains($"out {classes} instead of {classes + 1}", StringComparison.Ordinal) == true);
    }

    [Theory]
    [InlineData("googlenet", true)]
    [InlineData("googlenet_bn", false)]
    public void Auxiliary_heads_left_out_and_an_input_transform_are_carried_over(string name, bool transform)
    {
        ModelInfo info = Catalog.Models.Find(name);
        ModelOptions options = info.Defaults with { OmitAuxiliary = !transform, TransformInput = transform, InputHeight = 64, InputWidth = 64 };
        using ZooModel model = info.Create(options);
        Assert.Equal([Verdict.Passed], Structure(model, options, Catalog.BlueprintOf(info).For(options)).Select(check => check.Verdict));
    }

    [Theory]
    [InlineData("resnet18", "group:32", 224, "group:32 normalization")]
    [InlineData("nasnet_mobile", null, 197, "its layers depend on the input's size")]
    public void What_can_not_be_compared_is_said_and_does_not_fail(string name, string? norm, int size, string reason)
    {
        ModelInfo info = Catalog.Models.Find(name);
        ModelOptions options = info.Defaults with { Norm = norm, InputHeight = size, InputWidth = size };
        using ZooModel model = info.Create(options);
        using Tensor input = randn(1, 3, 32, 32);
        VerificationReport report = Verifier.Verify(model, input, Quick, blueprint: Catalog.BlueprintOf(info).For(options));
        LayerCheck check = report.Checks.Single(c => c.Quantity == "structure");
        Assert.Equal(Verdict.Unverified, check.Verdict);
        Assert.Contains(reason, check.Note, StringComparison.Ordinal);
        Assert.DoesNotContain(check, report.Failures);
    }

    [Fact]
    public void A_file_that_is_no_blueprint_is_refused()
    {
        string text = BlueprintText.Write(Catalog.BlueprintOf(Catalog.Models.Find("lenet5")));
        foreach (string wrong in (string[])["", "blueprint 2\n", text[..200], text.Replace("keys 10", "keys 11", StringComparison.Ordinal)])
        {
            Assert.Contains("x is not a blueprint", Assert.Throws<ZooException>(() => BlueprintText.Parse(wrong, "x")).Message, StringComparison.Ordinal);
        }
    }

    private static readonly VerifyOptions Quick = new() { Backward = false, Loss = false, MaxTerms = 10_000 };

    private static string Script => Path.Combine(Path.GetDirectoryName(Here())!, "..", "Oracle", "structure.py");

    private static string Here([System.Runtime.CompilerServices.CallerFilePath] string here = "") => here;

    private static LayerCheck[] Structure(ZooModel model, ModelOptions options, Blueprint blueprint)
    {
        using Tensor input = randn(2, options.InChannels, options.InputHeight, options.InputWidth);
        return [.. Verifier.Verify(model, input, Quick, blueprint: blueprint).Checks.Where(check => check.Quantity == "structure")];
    }

    private static void Write(TempFolder folder, IEnumerable<ModelInfo> models)
    {
        foreach (ModelInfo info in models)
        {
            File.WriteAllBytes(Path.Combine(folder.Path, $"{info.Name}.blueprint.txt"), Catalog.ReadResource(Catalog.BlueprintNameOf(info)));
        }
    }
}
