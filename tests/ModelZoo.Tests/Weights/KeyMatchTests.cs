using ModelZoo.Inference;
using ModelZoo.Models;
using ModelZoo.Registry;
using ModelZoo.Tests.Training;
using ModelZoo.Weights;
using Xunit;

namespace ModelZoo.Tests.Weights;

/// <summary>Keys as wrappers, larger modules, profilers and replaced heads leave them: loaded and said, or refused with the reason.</summary>
[Collection(TorchCollection.Name)]
public sealed class KeyMatchTests : IDisposable
{
    private readonly TempFolder folder = new();
    private readonly ZooModel source = Samples.Fresh("lenet5", seed: 3);

    public void Dispose()
    {
        source.Dispose();
        folder.Dispose();
    }

    [Theory]
    [InlineData("model.", "the prefix 'model.' is taken off the keys")]
    [InlineData("net.", "the prefix 'net.' is taken off the keys")]
    [InlineData("backbone.", "the prefix 'backbone.' is taken off the keys")]
    [InlineData("module.", "'module.' of a wrapper is taken out of the keys")]
    [InlineData("_orig_mod.", "'_orig_mod.' of a wrapper is taken out of the keys")]
    [InlineData("classifier_net.encoder.", "the prefix 'classifier_net.encoder.' is taken off the keys")]
    [InlineData("model._orig_mod.", "the prefix 'model.' is taken off the keys")]
    [InlineData("module.model.net.", "the prefix 'model.net.' is taken off the keys")]
    public void A_prefix_that_alone_makes_the_keys_fit_is_taken_off_and_said(string prefix, string said)
    {
        foreach (string ending in new[] { "pth", "safetensors", "dat" })
        {
            LoadReport report = Loaded(Written(ending, key => prefix + key));
            Assert.True(report.Complete);
            Assert.Contains(said, report.Remarks);
        }
    }

    [Fact]
    public void A_wrapper_within_the_model_is_taken_out()
    {
        LoadReport report = Loaded(Written("pth", key => key.Replace("conv2.", "conv2._orig_mod.", StringComparison.Ordinal)
            .Replace("fc1.", "fc1._fsdp_wrapped_module._checkpoint_wrapped_module.", StringComparison.Ordinal)));
        Assert.Equal(["'_checkpoint_wrapped_module.' and '_fsdp_wrapped_module.' and '_orig_mod.' of a wrapper are taken out of the keys"], report.Remarks);
    }

    [Fact]
    public void Keys_that_fit_are_left_alone()
    {
        Assert.Empty(Loaded(Written("pth", key => key)).Remarks);
    }

    [Fact]
    public void Two_models_in_one_file_have_to_be_told_apart()
    {
        string path = Written("pth", key => $"student.{key}", key => $"teacher.net.{key}");
        string message = Refused(path);
        Assert.Contains("holds weights of lenet5 more than once, under 'student.' and 'teacher.net.'", message, StringComparison.Ordinal);
        Assert.Contains("--prefix student.", message, StringComparison.Ordinal);
        LoadReport report = Loaded(path, new LoadOptions { Prefix = "teacher.net" });
        Assert.Contains("10 tensors outside the prefix 'teacher.net.', left aside: student.conv1.weight, student.conv1.bias, student.conv2.weight, "
            + "student.conv2.bias, …", report.Remarks);
        Assert.Equal(10, report.Aside.Count);
    }

    [Fact]
    public void What_is_beside_the_prefix_is_refused_until_the_prefix_is_given()
    {
        string path = Written("pth", key => $"backbone.{key}", more: [new("loss.center", DType.F32, [4, 2], new byte[32])]);
        string message = Refused(path);
        Assert.Contains("1 tensor unexpected ('loss.center')", message, StringComparison.Ordinal);
        Assert.Contains("With --prefix backbone. what is outside it is left aside.", message, StringComparison.Ordinal);
        Assert.True(Loaded(path, new LoadOptions { Prefix = "backbone." }).Complete);
    }

    [Theory]
    [InlineData("bakcbone.", "Did you mean 'backbone.'?")]
    [InlineData("x", "They begin with backbone.")]
    public void A_prefix_that_no_key_has_is_a_mistake_of_the_command_line(string prefix, string said)
    {
        string path = Written("pth", key => $"backbone.{key}");
        using ZooModel model = Samples.Fresh("lenet5");
        Assert.Contains(said, Assert.Throws<UsageException>(() => Checkpoint.Load(model, path, new LoadOptions { Prefix = prefix })).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("total_ops")]
    [InlineData("conv1.total_ops")]
    [InlineData("conv1.total_params")]
    [InlineData("n_averaged")]
    [InlineData("module.fc1.total_params")]
    public void Counters_are_no_weights(string counter)
    {
        LoadReport report = Loaded(Written("pth", key => key, more: [new(counter, DType.F64, [1], new byte[8])]));
        Assert.Equal([counter], report.Aside);
        Assert.Contains($"1 counter of a profiler or of averaging, no weights, left aside: {counter}", report.Remarks);
    }

    [Theory]
    [InlineData("fc3.1")]
    [InlineData("fc3.0")]
    [InlineData("classifier")]
    [InlineData("last_linear")]
    [InlineData("head.fc")]
    public void A_head_of_one_linear_layer_is_taken_whatever_it_is_called(string name)
    {
        LoadReport report = Loaded(Written("pth", key => key.Replace("fc3.", name + ".", StringComparison.Ordinal)));
        Assert.True(report.Complete);
        Assert.StartsWith($"the head is called '{name}' in the file and is taken for fc3", Assert.Single(report.Remarks), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("fc3.0", "fc3.3")]
    [InlineData("classifier.1", "classifier.4")]
    [InlineData("fc3.norm", "fc3.linear")]
    [InlineData("head.mlp.fc1", "head.mlp.fc2")]
    [InlineData("fc3.net.0", "fc3.net.2")]
    public void A_head_of_several_layers_is_told_and_can_be_drawn_anew(string first, string second)
    {
        string path = Written("pth", key => key.StartsWith("fc3.", StringComparison.Ordinal) ? null : key, more:
        [
            new($"{first}.weight", DType.F32, [4, 84], new byte[4 * 84 * 4]), new($"{first}.bias", DType.F32, [4], new byte[16]),
            new($"{second}.weight", DType.F32, [2, 4], new byte[32]), new($"{second}.bias", DType.F32, [2], new byte[8]),
        ]);
        string message = Refused(path);
        Assert.Contains($"Its head has 2 layers ({first}, {second}), where the model has one linear layer, fc3, of 84 inputs", message,
            StringComparison.Ordinal);
        Assert.Contains("--reinit-head", message, StringComparison.Ordinal);
        using ZooModel model = Samples.Fresh("lenet5");
        LoadReport report = Checkpoint.Load(model, path, new LoadOptions { Head = HeadFit.Reinitialize });
        Assert.Equal(["fc3.weight", "fc3.bias"], report.Reinitialized);
        Assert.Equal(4, report.Aside.Count);
        Assert.Equal(8, report.Loaded.Count);
    }

    [Fact]
    public void A_head_for_other_inputs_is_no_head()
    {
        string path = Written("pth", key => key.StartsWith("fc3.", StringComparison.Ordinal) ? null : key,
            more: [new("fc.weight", DType.F32, [10, 100], new byte[4000]), new("fc.bias", DType.F32, [10], new byte[40])]);
        Assert.Contains("Its head has 1 layer (fc)", Refused(path), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("model.", "fc3.1")]
    [InlineData("", "last_linear")]
    [InlineData("net.", "fc3")]
    public void The_resolver_builds_as_many_classes_as_the_head_has(string prefix, string head)
    {
        using ZooModel three = Samples.Fresh("lenet5", classes: 3);
        string path = folder.File("three.pth");
        WeightsWriter.Write(path, Tensors(three, key => prefix + key.Replace("fc3.", head + ".", StringComparison.Ordinal)));
        using ResolvedModel model = ModelResolver.Resolve(Catalog.Models, "lenet5", Catalog.ReadResource, path);
        Assert.Equal(3, model.Options.NumClasses);
        Assert.True(model.Loading!.Complete);
        AssertSame(three, model.Model);
    }

    [Fact]
    public void Names_of_others_are_translated_to_the_bit()
    {
        using ZooModel own = Samples.Fresh("resnet20_b");
        string path = folder.File("cifar.pth");
        WeightsWriter.Write(path, Tensors(own, key => "module." + key.Replace("downsample", "shortcut", StringComparison.Ordinal)
            .Replace("fc.", "linear.", StringComparison.Ordinal)));
        using ZooModel model = Samples.Fresh("resnet20_b", seed: 9);
        LoadReport report = Checkpoint.Load(model, path);
        Assert.Contains("the keys are pytorch-cifar's names and are translated", report.Remarks);
        AssertSame(own, model);
    }

    private LoadReport Loaded(string path, LoadOptions? options = null)
    {
        using ZooModel model = Samples.Fresh("lenet5", seed: 4);
        LoadReport report = Checkpoint.Load(model, path, options);
        AssertSame(source, model);
        return report;
    }

    private static void AssertSame(ZooModel expected, ZooModel actual)
    {
        Dictionary<string, byte[]> want = Samples.Bytes(expected);
        Assert.All(Samples.Bytes(actual), e => Assert.Equal(want[e.Key], e.Value));
    }

    // The model stays as it was.
    private static string Refused(string path)
    {
        using ZooModel model = Samples.Fresh("lenet5");
        Dictionary<string, byte[]> before = Samples.Bytes(model);
        string message = Assert.ThrowsAny<ZooException>(() => Checkpoint.Load(model, path)).Message;
        Assert.All(Samples.Bytes(model), e => Assert.Equal(before[e.Key], e.Value));
        Assert.DoesNotContain("damaged", message, StringComparison.Ordinal);
        return message;
    }

    private string Written(string ending, Func<string, string?> key, Func<string, string?>? again = null, WeightsTensor[]? more = null)
    {
        string path = folder.File($"{Guid.NewGuid():N}.{ending}");
        WeightsWriter.Write(path, [.. Tensors(source, key), .. again is null ? [] : Tensors(source, again), .. more ?? []]);
        return path;
    }

    private static IEnumerable<WeightsTensor> Tensors(ZooModel model, Func<string, string?> key)
    {
        var state = model.state_dict();
        return Samples.Bytes(model).Where(e => key(e.Key) is not null)
            .Select(e => new WeightsTensor(key(e.Key)!, state[e.Key].dtype.ToFile(), state[e.Key].shape, e.Value));
    }
}
