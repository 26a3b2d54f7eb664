using ModelZoo.Inference;
using ModelZoo.Layers;
using ModelZoo.Models;
using ModelZoo.Registry;
using ModelZoo.Tests.Training;
using ModelZoo.Weights;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;

namespace ModelZoo.Tests.Weights;

/// <summary>What may differ between a file and a model, and what is reported of it.</summary>
[Collection(TorchCollection.Name)]
public sealed class LoadTests : IDisposable
{
    private static readonly LoadOptions Loose = new() { Strict = false };
    private static readonly LoadOptions NewHead = new() { Head = HeadFit.Reinitialize };

    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_file_that_fits_is_loaded_whole()
    {
        LoadReport report = Checkpoint.Load(Samples.Fresh("lenet5"), Saved("lenet5"));
        Assert.True(report.Complete);
        Assert.Equal(10, report.Loaded.Count);
        Assert.Empty(report.Remarks);
    }

    [Fact]
    public void Loose_loading_takes_what_fits_and_reports_the_rest()
    {
        string path = Saved("lenet5", change: t => t.Name == "conv1.bias"
            ? null
            : t.Name == "fc1.bias"
            ? new("fc1.bias", DType.F32, [7], new byte[28])
            : t, more: [new("extra", DType.U8, [1], new byte[1])]);
        using ZooModel model = Samples.Fresh("lenet5");
        Dictionary<string, byte[]> before = Samples.Bytes(model);
        Assert.Throws<ZooException>(() => Checkpoint.Load(model, path));
        LoadReport report = Checkpoint.Load(model, path, Loose);
        Assert.Equal(["conv1.bias"], report.Missing);
        Assert.Equal(["extra"], report.Unexpected);
        Assert.Equal("fc1.bias is [7], not [120]", Assert.Single(report.Misshaped).ToString());
        Assert.Equal(8, report.Loaded.Count);
        Assert.False(report.Complete);
        Assert.Contains("1 tensor missing from the file, left as they were: conv1.bias", report.Remarks);
        Dictionary<string, byte[]> after = Samples.Bytes(model);
        Assert.Equal(["conv1.bias", "fc1.bias"], after.Where(e => e.Value.AsSpan().SequenceEqual(before[e.Key])).Select(e => e.Key));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_head_is_never_left_random_silently(bool strict)
    {
        string other = Saved("lenet5", classes: 4);
        string none = Saved("lenet5", change: t => t.Name.StartsWith("fc3", StringComparison.Ordinal) ? null : t);
        foreach (string path in new[] { other, none })
        {
            using ZooModel model = Samples.Fresh("lenet5");
            Dictionary<string, byte[]> before = Samples.Bytes(model);
            var error = Assert.Throws<ZooException>(() => Checkpoint.Load(model, path, new LoadOptions { Strict = strict }));
            Assert.Contains("The head (fc3) would stay random", error.Message, StringComparison.Ordinal);
            Assert.Contains("--reinit-head", error.Message, StringComparison.Ordinal);
            Assert.All(Samples.Bytes(model), e => Assert.Equal(before[e.Key], e.Value));
            LoadReport report = Checkpoint.Load(model, path, new LoadOptions { Strict = strict, Head = HeadFit.Reinitialize });
            Assert.Equal(["fc3.weight", "fc3.bias"], report.Reinitialized);
            Assert.False(report.Complete);
            Dictionary<string, Tensor> state = model.state_dict();
            Assert.NotEqual(before["fc3.weight"], Samples.Bytes(model)["fc3.weight"]);
            Assert.InRange(state["fc3.weight"].abs().max().item<float>(), 0.9 / Math.Sqrt(84), 1 / Math.Sqrt(84));
            Assert.InRange(state["fc3.bias"].abs().max().item<float>(), 0.3 / Math.Sqrt(84), 1 / Math.Sqrt(84));
            Assert.All(model.parameters(), p => Assert.True(p.requires_grad));
        }
    }

    [Fact]
    public void A_stem_for_other_channels_is_adapted_only_on_request()
    {
        string rgb = Saved("lenet5", channels: 3, name: "rgb");
        using ZooModel source = Samples.Fresh("lenet5");
        using (Tensor weight = Weight(rgb, "conv1.weight", 6, 3, 5, 5))
        {
            using ZooModel gray = Samples.Fresh("lenet5");
            Assert.Contains("--stem", Assert.Throws<ZooException>(() => Checkpoint.Load(gray, rgb)).Message, StringComparison.Ordinal);
            foreach (StemFit fit in new[] { StemFit.Sum, StemFit.Average })
            {
                LoadReport report = Checkpoint.Load(gray, rgb, new LoadOptions { Stem = fit });
                Assert.Equal("conv1.weight is [6,3,5,5], not [6,1,5,5]", Assert.Single(report.Adapted).ToString());
                Assert.True(gray.state_dict()["conv1.weight"].allclose(weight.sum([1], keepdim: true), 1e-6, 1e-7));
            }
        }

        using ZooModel five = Catalog.Models.Find("lenet5").Create(new ModelOptions(10, 5, 32, 32));
        Assert.Contains("--stem average", Assert.Throws<ZooException>(() => Checkpoint.Load(five, rgb, new LoadOptions { Stem = StemFit.Sum })).Message,
            StringComparison.Ordinal);
        Checkpoint.Load(five, rgb, new LoadOptions { Stem = StemFit.Average });
        using ZooModel three = Catalog.Models.Find("lenet5").Create(new ModelOptions(10, 3, 32, 32));
        Checkpoint.Load(three, rgb);
        using Tensor image = rand(2, 1, 32, 32);
        using Tensor a = Evaluated(three, image.expand(2, 3, 32, 32));
        using Tensor b = Evaluated(five, image.expand(2, 5, 32, 32));
        Assert.True(a.allclose(b, 1e-4, 1e-5), "the response to a gray image changes");
    }

    [Fact]
    public void Counters_of_batches_that_old_files_lack_are_set_to_zero()
    {
        using var norm = nn.BatchNorm2d(3);
        norm.forward(rand(2, 3, 4, 4)).Dispose();
        WeightsWriter.Write(folder.File("old.pth"),
            [.. norm.state_dict().Where(e => e.Key != "num_batches_tracked")
            .Select(e => new WeightsTensor(e.Key, DType.F32, e.Value.shape, e.Value.detach().bytes.ToArray()))]);
        LoadReport report = Checkpoint.Load(norm, folder.File("old.pth"));
        Assert.Equal(["num_batches_tracked"], report.Tolerated);
        Assert.True(report.Complete);
        Assert.Equal(0, norm.state_dict()["num_batches_tracked"].item<long>());
    }

    [Fact]
    public void Auxiliary_classifiers_that_the_model_was_built_without_are_left_aside()
    {
        using var with = new TwoHeads(auxiliary: true);
        using var without = new TwoHeads(auxiliary: false);
        Checkpoint.Export(folder.File("with.pth"), with);
        Checkpoint.Export(folder.File("without.pth"), without);
        LoadReport report = Checkpoint.Load(without, folder.File("with.pth"));
        Assert.Equal(["aux1.weight", "aux1.bias"], report.Dropped);
        Assert.Throws<ZooException>(() => Checkpoint.Load(with, folder.File("without.pth")));
        Assert.Contains("(fc, aux1)", Assert.Throws<ZooException>(() => Checkpoint.Load(with, folder.File("without.pth"), Loose)).Message,
            StringComparison.Ordinal);
        Assert.Equal(["aux1.weight", "aux1.bias"], Checkpoint.Load(with, folder.File("without.pth"), NewHead).Reinitialized);
    }

    [Theory]
    [InlineData("features.denseblock1.denselayer2.norm.1.running_mean", "features.denseblock1.denselayer2.norm1.running_mean")]
    [InlineData("features.denseblock4.denselayer16.conv.2.weight", "features.denseblock4.denselayer16.conv2.weight")]
    [InlineData("features.denseblock1.denselayer2.norm1.weight", "features.denseblock1.denselayer2.norm1.weight")]
    [InlineData("features.transition1.norm.weight", "features.transition1.norm.weight")]
    [InlineData("classifier.weight", "classifier.weight")]
    public void DenseNets_old_keys_are_renamed(string key, string expected) =>
        Assert.Equal(expected, Samples.Info("densenet121").KeySchemes[0].TryRename(key, out string? renamed) ? renamed : key);

    [Fact]
    public void Keys_are_renamed_on_the_way_in_and_may_not_meet()
    {
        using var layer = nn.Linear(2, 3);
        WeightsWriter.Write(folder.File("old.dat"), [new("old.weight", DType.F32, [3, 2], new byte[24]), new("old.bias", DType.F32, [3], new byte[12])]);
        Assert.True(Checkpoint.Load(layer, folder.File("old.dat"), new LoadOptions { RenameKey = key => key["old.".Length..] }).Complete);
        Assert.Equal(0, layer.weight.abs().sum().item<float>());
        Assert.Contains("both 'old.weight' and 'old.bias' are 'x'",
            Assert.Throws<ZooException>(() => Checkpoint.Load(layer, folder.File("old.dat"), new LoadOptions { RenameKey = _ => "x" })).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void The_resolver_adapts_a_foreign_file_as_asked()
    {
        string path = Saved("lenet5", classes: 4, plain: true);
        using ResolvedModel own = Resolve(path);
        Assert.Equal((4, true, false), (own.Options.NumClasses, own.Trained, own.HeadUntrained));
        using ResolvedModel seven = Resolve(path, NewHead, o => o with { NumClasses = 7 });
        Assert.Equal((7, 7, true), (seven.Options.NumClasses, seven.Labels.Count, seven.HeadUntrained));
        using ResolvedModel again = Resolve(path, NewHead, o => o with { NumClasses = 7 });
        Assert.Equal(Samples.Bytes(seven.Model)["fc3.weight"], Samples.Bytes(again.Model)["fc3.weight"]);
        using ResolvedModel rgb = Resolve(path, new LoadOptions { Stem = StemFit.Average }, o => o with { InChannels = 3 });
        Assert.Equal((3, 3, 3), (rgb.Options.InChannels, rgb.Preprocessing.Channels, rgb.Preprocessing.Mean.Length));
        Assert.Throws<ZooException>(() => Resolve(path, null, o => o with { NumClasses = 7 }));
        Assert.Throws<ZooException>(() => Resolve(path, Loose, o => o with { NumClasses = 7 }));
    }

    [Fact]
    public void Loading_takes_no_copy_of_the_weights()
    {
        const int Side = 4096; // 64 MB
        using Linear layer = nn.Linear(Side, Side, hasBias: false);
        foreach (string name in new[] { "large.safetensors", "large.pth" })
        {
            Checkpoint.Export(folder.File(name), layer);
            Checkpoint.Load(layer, folder.File(name));
            long allocated = GC.GetTotalAllocatedBytes();
            long resident = PeakAfterReset();
            Checkpoint.Load(layer, folder.File(name));
            Assert.InRange(GC.GetTotalAllocatedBytes() - allocated, 0, 2_000_000);
            Assert.InRange(Peak() - resident, -16_000_000, 16_000_000); // the system may take pages back meanwhile
        }
    }

    private static ResolvedModel Resolve(string path, LoadOptions? load = null, Func<ModelOptions, ModelOptions>? change = null) =>
        ModelResolver.Resolve(Catalog.Models, "lenet5", Catalog.ReadResource, path, load: load, change: change);

    private static Tensor Weight(string path, string key, params long[] shape)
    {
        using WeightsFile file = WeightsFile.Open(path);
        var values = new float[file[key].ByteLength / sizeof(float)];
        file.CopyTo(key, System.Runtime.InteropServices.MemoryMarshal.AsBytes(values.AsSpan()));
        return tensor(values, shape);
    }

    // The kernel's highest resident memory of this process since the last reset; where there is no such count, what is resident now.
    private static long PeakAfterReset()
    {
        if (OperatingSystem.IsLinux())
        {
            File.WriteAllText("/proc/self/clear_refs", "5");
        }

        return Peak();
    }

    private static long Peak()
    {
        if (!OperatingSystem.IsLinux())
        {
            return Environment.WorkingSet;
        }

        // "VmHWM:\t  123456 kB": of large numbers the tab alone is before them.
        string line = File.ReadLines("/proc/self/status").First(l => l.StartsWith("VmHWM", StringComparison.Ordinal));
        return 1024 * long.Parse(line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1], System.Globalization.CultureInfo.InvariantCulture);
    }

    private static Tensor Evaluated(ZooModel model, Tensor input)
    {
        model.eval();
        return model.call(input);
    }

    private string Saved(string architecture, int classes = 10, int? channels = null, bool plain = true, string name = "saved", Func<WeightsTensor,
        WeightsTensor?>? change = null, WeightsTensor[]? more = null)
    {
        ModelInfo info = Samples.Info(architecture);
        random.manual_seed(8);
        using ZooModel model = info.Create(info.Defaults with { NumClasses = classes, InChannels = channels ?? info.Input.Channels });
        WeightsTensor[] tensors = [.. Samples.Bytes(model).Select(e => new WeightsTensor(e.Key, DType.F32, model.state_dict()[e.Key].shape, e.Value))];
        string path = folder.File($"{name}-{Guid.NewGuid():N}.{(plain ? "pth" : "safetensors")}");
        WeightsWriter.Write(path, [.. tensors.Select(t => change is null ? t : change(t)).OfType<WeightsTensor>(), .. more ?? []]);
        return path;
    }

    private sealed class TwoHeads : ZooModel, IAuxiliaryHeads
    {
        private readonly Linear fc = nn.Linear(4, 3);
        private readonly Linear? aux1;

        public TwoHeads(bool auxiliary)
            : base("two_heads")
        {
            aux1 = auxiliary ? nn.Linear(4, 3) : null;
            RegisterComponents();
        }

        public override string Head => "fc";

        public override string Stem => "fc";

        public override IReadOnlyList<string> Stages => [];

        public IReadOnlyList<string> Auxiliary => aux1 is null ? [] : ["aux1"];

        public double AuxiliaryWeight => 0.3;

        public Tensor[] ForwardAll(Tensor input) => [fc.call(input)];

        public override Tensor forward(Tensor input) => fc.call(input);
    }
}
