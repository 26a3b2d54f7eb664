using ModelZoo.Data;
using ModelZoo.Experiments.Comparing;
using ModelZoo.Experiments.Selecting;
using ModelZoo.Inference;
using ModelZoo.Models;
using ModelZoo.Transfer;
using ModelZoo.Weights;
using Xunit;
using Xunit.Abstractions;

namespace ModelZoo.Experiments.Tests.Selecting;

[Collection(TorchCollection.Name)]
public class NetworkSelectorTests(ITestOutputHelper log)
{
    private static readonly ImageDataset Pictures = Digits.Load(DataSplit.Train).Take(200);

    [Fact]
    public void What_is_finished_is_kept_and_what_is_kept_is_what_cross_validation_finds()
    {
        using var folder = new TemporaryFolder();
        var said = new List<string>();
        var meter = new FakeNetworkMeter();
        SelectionRequest request = Request(folder, said, "resnet20:cifar10", "lenet5:mnist") with { Meter = meter, Rounds = 2 };
        NetworkSelection first = NetworkSelector.Run(request);
        log.WriteLine(first.Recommendation.Sentence);
        Assert.Equal("lenet5:mnist", first.Recommendation.Name); // it knows digits
        Assert.Equal(2 * 3, meter.Turns);
        Assert.Equal((24, 12), (first.Networks[0].Speed!.Eager.Median, first.Networks[0].Speed!.Milliseconds)); // twelve letters
        Assert.InRange(first.Networks[0].DiskBytes, 4 * first.Networks[0].Parameters, 4 * first.Networks[0].Parameters + 10_000);

        using ResolvedModel lenet = ModelResolver.Resolve(Catalog.Models, "lenet5:mnist", Catalog.ReadResource);
        CrossValidationResult folds = CrossValidation.FineTune(lenet, Pictures, 3,
            new FineTuneOptions { NewHead = true, Precision = FeaturePrecision.Full, Recipe = FineTuneOptions.HeadRecipe });
        Assert.Equal(folds.Predictions.Select(p => p.IsRight), first.Networks[0].Hits);

        said.Clear();
        NetworkSelection second = NetworkSelector.Run(request with { Limits = new(MaxMegabytes: 0.5) });
        Assert.Equal(2, said.Count(s => s.Contains("was tried before", StringComparison.Ordinal)));
        Assert.DoesNotContain(said, s => s.Contains("features of", StringComparison.Ordinal));
        Assert.Equal(first.Networks.Select(n => (n.Name, n.Accuracy, n.Loss)), second.Networks.Select(n => (n.Name, n.Accuracy, n.Loss)));

        // Another seed makes other folds, of the features that are there.
        said.Clear();
        NetworkSelection other = NetworkSelector.Run(request with { Seed = 1 });
        Assert.Equal(2, said.Count(s => s.Contains("read from", StringComparison.Ordinal)));
        Assert.NotEqual(first.Networks.Select(n => n.Loss), other.Networks.Select(n => n.Loss));
    }

    [Fact]
    public void A_network_is_trained_anew_on_the_same_folds_and_a_curve_is_drawn()
    {
        using var folder = new TemporaryFolder();
        SelectionRequest request = Request(folder, [], "lenet5:mnist") with
        {
            Rounds = 0,
            FromScratch = true,
            LearningCurves = true,
            Budget = Budget.Parse("2e"),
        };
        var units = new List<(int Done, int Of)>();
        NetworkSelection selection = NetworkSelector.Run(request with { Progress = (_, done, of) => units.Add((done, of)) });
        Assert.Equal(["lenet5:mnist", "lenet5 from scratch"], selection.Networks.Select(n => n.Name));
        Assert.Equal(NetworkOrigin.Scratch, selection.Networks[1].Origin);
        Assert.True(selection.Pairs[0].Decided, $"{selection.Pairs[0].P}");
        Assert.Equal(133, selection.Networks[0].Curve!.Pictures[^1]); // of 200 pictures two of three folds
        Assert.Equal(200, selection.Networks[0].Curve!.Tested);
        Assert.True(selection.Networks[0].Curve!.Errors[0] > selection.Networks[0].Curve!.Errors[^1]);
        Assert.Equal((units[0].Of, units[0].Of), units[^1]);
        Assert.Equal(units.Select(u => u.Done), Enumerable.Range(1, units.Count));
    }

    [Fact]
    public void A_checkpoint_that_was_trained_on_the_pictures_is_told_and_one_with_a_frozen_backbone_is_not()
    {
        using var folder = new TemporaryFolder();
        var said = new List<string>();
        Save("whole", "trained");
        Save("head", "frozen");
        NetworkSelection selection = NetworkSelector.Run(Request(folder, said, folder.File("whole.safetensors"), folder.File("head.safetensors")) with
        {
            Rounds = 0,
        });
        Assert.Contains("whole was trained on digits/train", selection.Networks.Single(n => n.Seen is not null).Seen, StringComparison.Ordinal);
        Assert.Contains(said, s => s.StartsWith("warning: whole was trained on digits/train", StringComparison.Ordinal));
        Assert.Equal("head", selection.Recommendation.Name);

        void Save(string name, string backbone)
        {
            using ResolvedModel model = ModelResolver.Resolve(Catalog.Models, "lenet5", Catalog.ReadResource, seed: (ulong)name.Length);
            Checkpoint.Save(folder.File($"{name}.safetensors"), model.Model, model.Describe(new Dictionary<string, string>
            {
                ["data"] = Pictures.Name,
                ["backbone"] = backbone,
            }));
        }
    }

    [Fact]
    public void The_same_backbone_counts_once_and_what_does_not_serve_is_left_out_where_nobody_named_it()
    {
        using var folder = new TemporaryFolder();
        var said = new List<string>();
        Directory.CreateDirectory(folder.File("mine"));
        using (ResolvedModel model = ModelResolver.Resolve(Catalog.Models, "lenet5:mnist", Catalog.ReadResource))
        {
            Checkpoint.Save(folder.File("mine/copy.safetensors"), model.Model, model.Describe());
            Checkpoint.Save(folder.File("mine/copy.last.safetensors"), model.Model, model.Describe());
        }

        using (ResolvedModel image = ModelResolver.Resolve(Catalog.Models, "encdec_nearest", Catalog.ReadResource))
        {
            Checkpoint.Save(folder.File("mine/image.safetensors"), image.Model, image.Describe());
        }

        File.WriteAllText(folder.File("mine/broken.onnx"), "nothing");
        File.WriteAllText(folder.File("mine/features.safetensors"), "nothing");
        IReadOnlyList<NetworkAtHand> found = NetworkAtHand.Read(["lenet5:mnist", folder.File("mine")]);
        Assert.Equal(["lenet5:mnist", "broken", "copy", "image"], found.Select(n => n.Name));
        NetworkSelection selection = NetworkSelector.Run(Request(folder, said, []) with { Networks = found, Rounds = 0 });
        Assert.Equal(["lenet5:mnist"], selection.Networks.Select(n => n.Name));
        Assert.Contains("copy is left out: but for the head it is lenet5:mnist", said);
        Assert.Contains(said, s => s.StartsWith("broken is left out: ", StringComparison.Ordinal));
        Assert.Contains(said, s => s.StartsWith("image is left out: encdec_nearest makes an image", StringComparison.Ordinal));
        Assert.Throws<UsageException>(() => NetworkSelector.Run(Request(folder, said, folder.File("mine/image.safetensors"))));
        Assert.Contains("'resnet20' alone has fresh weights", Assert.Throws<UsageException>(() => NetworkAtHand.Read(["resnet20"])).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void An_interruption_keeps_what_is_done()
    {
        using var folder = new TemporaryFolder();
        var said = new List<string>();
        using var cancel = new CancellationTokenSource();
        SelectionRequest request = Request(folder, said, "lenet5:mnist", "resnet20:cifar10") with { Rounds = 0 };
        Assert.ThrowsAny<OperationCanceledException>(() => NetworkSelector.Run(request with
        {
            Cancel = cancel.Token,
            Progress = (what, done, _) =>
            {
                if (done == 4)
                {
                    cancel.Cancel(); // a fold of the second network is done
                }
            },
        }));
        said.Clear();
        NetworkSelection selection = NetworkSelector.Run(request);
        Assert.Single(said, s => s.StartsWith("lenet5:mnist: was tried before", StringComparison.Ordinal));
        Assert.Single(said, s => s.StartsWith("resnet20:cifar10: features of 200 images: read from", StringComparison.Ordinal));
        Assert.Equal(2, selection.Networks.Count);
    }

    private static SelectionRequest Request(TemporaryFolder folder, List<string> said, params string[] specs) => new()
    {
        Networks = specs.Length == 0 ? [] : NetworkAtHand.Read(specs),
        Data = Pictures,
        Source = "digits",
        Folder = folder.File("kept"),
        Folds = 3,
        Say = said.Add,
    };
}
