using ModelZoo.Data;
using ModelZoo.Inference;
using ModelZoo.Loading;
using ModelZoo.Models;
using ModelZoo.Registry;
using ModelZoo.Tests.Training;
using ModelZoo.Training;
using ModelZoo.Training.Precision;
using ModelZoo.Transfer;
using ModelZoo.Verification;
using ModelZoo.Weights;
using TorchSharp;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;
using Trace = ModelZoo.Tracing.Trace;

namespace ModelZoo.Tests.Runtime;

/// <summary>
/// Whatever the zoo does, it leaves no tensor behind: memory of a native library, which the garbage collector knows nothing of and does not hurry to free.
/// </summary>
[Collection(TorchCollection.Name)]
public class LeakTests
{
    /// <summary>One model of each family of the catalog.</summary>
    public static TheoryData<string> Families => [.. Catalog.Models.Models.GroupBy(m => m.Family).Select(f => f.First().Name)];

    public static TheoryData<string> Recipes => [.. TrainedWith.Keys];

    private static Dictionary<string, Recipe> TrainedWith { get; } = new()
    {
        ["sgd"] = Samples.Quick,
        ["adam"] = Samples.Quick with { Optimizer = "adam" },
        ["adamw, clipped, averaged"] = Samples.Quick with { Optimizer = "adamw", WeightDecay = 0.01, ClipNorm = 1, EmaDecay = 0.9 },
        ["rmsprop, accumulated, clipped"] = Samples.Quick with { Optimizer = "rmsprop", AccumulationSteps = 2, ClipValue = 0.1 },
        ["mixed, smoothed"] = Samples.Quick with { Mixup = 0.5, Cutmix = 0.5, LabelSmoothing = 0.1 },
        ["half precision where there is any, channels last"] = Samples.Quick with { Precision = "auto", ChannelsLast = true },
    };

    [Theory]
    [MemberData(nameof(Families))]
    public void A_model_that_is_made_and_disposed(string name) => NothingStays(() => Catalog.Models.Find(name).Create().Dispose());

    [Theory]
    [MemberData(nameof(Families))]
    public void A_model_that_is_traced(string name)
    {
        ModelInfo info = Catalog.Models.Find(name);
        using ZooModel model = info.Create();
        using Tensor input = rand(2, info.Input.Channels, info.Input.Height, info.Input.Width); // [N,C,H,W]
        NothingStays(() => Trace.RunAll(model, input, keepValues: true).Dispose());
        NothingStays(() => FeatureExtractor.Describe(model, info.Defaults));
        NothingStays(() => FeatureExtractor.Run(model, input).Values.ToList().ForEach(t => t.Dispose()));
    }

    [Theory]
    [InlineData("resnet18")]
    [InlineData("lenet5_classic")]
    [InlineData("googlenet")]
    public void Weights_that_are_written_and_loaded(string name)
    {
        using var folder = new TempFolder();
        string checkpoint = folder.File("w.safetensors"), pth = folder.File("w.pth"), dat = folder.File("w.dat");
        using (ZooModel model = Samples.Fresh(name))
        {
            NothingStays(() => Checkpoint.Save(checkpoint, model, Samples.Description(name)));
            NothingStays(() => Checkpoint.Export(pth, model));
            NothingStays(() => Checkpoint.Export(dat, model));
            NothingStays(() => Checkpoint.Load(model, pth));
            NothingStays(() => Checkpoint.Load(model, dat));
            model.to(ScalarType.Float64);
            NothingStays(() => Checkpoint.Load(model, checkpoint));
        }

        NothingStays(() => ModelResolver.Resolve(Catalog.Models, checkpoint, Catalog.ReadResource).Dispose());
        var adapted = new LoadOptions { Head = HeadFit.Reinitialize, Stem = StemFit.Average, Strict = false };
        NothingStays(() => ModelResolver.Resolve(
            Catalog.Models, name, Catalog.ReadResource, pth, load: adapted, change: o => o with { NumClasses = 3, InChannels = 2 }).Dispose());
        NothingStays(() => Assert.Throws<ZooException>(() => ModelResolver.Resolve(Catalog.Models, "resnet34", Catalog.ReadResource, pth)));
    }

    [Fact]
    public void A_hundred_classifiers()
    {
        ImageDataset digits = Samples.Digits(3);
        NothingStays(() =>
        {
            for (int i = 0; i < 100; i++)
            {
                using ImageClassifier classifier = ImageClassifier.Load(Catalog.Models, "lenet5:mnist", Catalog.ReadResource);
                classifier.Predict(digits);
            }
        });
    }

    [Fact]
    public void A_hundred_loads_of_a_large_model_leave_memory_as_it_is()
    {
        using var folder = new TempFolder();
        string path = folder.File("w.safetensors"); // 47 MB
        using (ZooModel model = Samples.Fresh("resnet18"))
        {
            Checkpoint.Save(path, model, Samples.Description("resnet18"));
        }

        Load(10);
        long before = Resident();
        Load(100);
        Assert.InRange((Resident() - before) / 1e6, -1000, 100); // MB: two loads that stayed would be seen

        void Load(int times)
        {
            for (int i = 0; i < times; i++)
            {
                ModelResolver.Resolve(Catalog.Models, path, Catalog.ReadResource).Dispose();
            }
        }
    }

    [Theory]
    [InlineData("small_cnn")]
    [InlineData("resnet20")]
    [InlineData("lenet5_classic")]
    [InlineData("encdec_unpool")]
    public void A_verification(string name)
    {
        ModelInfo info = Catalog.Models.Find(name);
        using ZooModel model = info.Create();
        using Tensor input = rand(2, info.Input.Channels, info.Input.Height, info.Input.Width); // [N,C,H,W]
        NothingStays(() => Verifier.Verify(model, input, new VerifyOptions { MaxElements = 20 }));
    }

    [Theory]
    [InlineData("lenet5", true)]
    [InlineData("lenet5", false)]
    [InlineData("lenet5_classic", true)]
    [InlineData("resnet20", true)]
    [InlineData("resnet20", false)]
    public void Fine_tuning(string name, bool backboneFrozen)
    {
        using ResolvedModel pretrained = ModelResolver.Resolve(Catalog.Models, name, Catalog.ReadResource);
        ImageDataset train = Samples.Digits(32), test = Samples.Digits(16);
        var options = new FineTuneOptions { Recipe = Samples.Quick with { Epochs = 1 }, BackboneFrozen = backboneFrozen };
        NothingStays(() => FineTuner.Run(pretrained, train, test, options).Dispose());
        NothingStays(() => FineTuner.Run(pretrained, train, test, options with { CacheFeatures = false }).Dispose());
    }

    [Theory]
    [MemberData(nameof(Recipes))]
    public void Training(string recipe)
    {
        using ImageTensors images = Samples.Tensors("small_cnn", 48);
        NothingStays(() =>
        {
            using ZooModel model = Samples.Fresh("small_cnn");
            new Trainer(model, TrainedWith[recipe]).Fit(images, images);
        });
    }

    // As a step does it, whether the processor computes in bfloat16 or emulates it.
    [Fact]
    public void Training_in_bfloat16()
    {
        using ZooModel model = Samples.Fresh("small_cnn");
        using Tensor input = rand(2, 1, 28, 28); // [N,C,H,W]
        NothingStays(() =>
        {
            using var mixed = new MixedPrecision(model);
            using IDisposable entered = mixed.Enter();
            for (int step = 0; step < 2; step++)
            {
                using DisposeScope scope = NewDisposeScope();
                model.call(input).sum().backward();
                mixed.GatherGradients();
                mixed.Publish();
            }
        });
    }

    // What TorchSharp 0.107.0 leaves behind itself, each with what the zoo does about it. Should one of these fail because TorchSharp got better, that can go.

    // init.CalculateFanInAndFanOut does not dispose weight[0, 0], a view, which holds the whole weight. ModelInfo.Create builds in a dispose scope.
    [Fact]
    public void A_new_convolution_with_a_bias_leaves_one_view_of_its_weight()
    {
        Assert.Equal(1, LiveTensors.Left(() => nn.Conv2d(1, 1, 1).Dispose()));
        Assert.Equal(0, LiveTensors.Left(() => nn.Conv2d(1, 1, 1, bias: false).Dispose()));
        Assert.Equal(0, LiveTensors.Left(() =>
        {
            using DisposeScope scope = NewDisposeScope();
            nn.Conv2d(1, 1, 1).Dispose();
        }));
    }

    // Parameter(tensor) takes the handle away from the tensor that it is made of without counting that down. LiveTensors counts otherwise.
    [Fact]
    public void A_parameter_that_is_made_and_disposed_moves_the_total()
    {
        long before = LiveTensors.Total();
        Assert.Equal(0, LiveTensors.Abandoned(() => new Parameter(zeros(1)).Dispose()));
        Assert.Equal(1, Tensor.TotalCount - before);
    }

    // The first run makes what is made once and kept.
    private static void NothingStays(Action action)
    {
        action();
        long left = 0, abandoned = LiveTensors.Abandoned(() => left = LiveTensors.Left(action));
        Assert.True(left == 0 && abandoned == 0, $"{left} tensors of this thread stay, {abandoned} are left to the garbage collector");
    }

    private static long Resident()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return ResidentMemory.Allocated();
    }
}
