using ModelZoo.Loading;
using ModelZoo.Training;
using TorchSharp;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;

namespace ModelZoo.Tests.Training;

/// <summary>A batch of one image and batch normalization: what is joined, what is refused, what is left alone.</summary>
[Collection(TorchCollection.Name)]
public class LoneValueTests
{
    private static readonly Recipe Eights = new() { Epochs = 1, BatchSize = 8, LearningRate = 0.01 };

    [Fact]
    public void A_last_batch_of_one_is_joined_to_the_one_before()
    {
        using var model = new Normalized();
        using ImageTensors data = Vectors(9);
        using Tensor seen = model.First.call(data.Inputs); // [9,8]
        using Tensor variance = seen.var(0, unbiased: true) * 0.1 + 0.9;
        TrainingResult result = new Trainer(model, Eights).Fit(data, null);
        Assert.Equal((1, 9), (result.Steps, result.Epochs[0].Images));
        Assert.True(allclose(model.Statistics.running_var!, variance, rtol: 1e-5, atol: 1e-6));
    }

    [Theory]
    [InlineData(17, 2)] // 8 + 9
    [InlineData(18, 3)] // 8 + 8 + 2
    [InlineData(16, 2)]
    [InlineData(8, 1)]
    [InlineData(2, 1)]
    public void Every_example_is_learned_once(int count, int steps)
    {
        using var model = new Normalized();
        using ImageTensors data = Vectors(count);
        TrainingResult result = new Trainer(model, Eights with { Epochs = 2 }).Fit(data, null);
        Assert.Equal((2 * steps, count, count), (result.Steps, result.Epochs[0].Images, result.Epochs[1].Images));
        Assert.True(model.Statistics.running_var!.isfinite().all().item<bool>());
    }

    [Theory]
    [InlineData(9, 1, "Batch 1 of epoch 1 has one image and leaves bn ([1,8]) one value per channel")]
    [InlineData(1, 8, "Use another batch_size than 8 for 1 images (--batch-size), or larger pictures (--size).")]
    public void Where_there_is_nothing_to_join_it_is_refused_before_the_step(int count, int batchSize, string expected)
    {
        using var model = new Normalized();
        using ImageTensors data = Vectors(count);
        Dictionary<string, byte[]> before = Samples.Bytes(model);
        string message = Assert.Throws<ZooException>(() => new Trainer(model, Eights with { BatchSize = batchSize }).Fit(data, null)).Message;
        Assert.Contains(expected, message, StringComparison.Ordinal);
        Assert.All(Samples.Bytes(model), entry => Assert.Equal(before[entry.Key], entry.Value));
    }

    [Fact]
    public void A_batch_that_has_one_image_because_others_are_unreadable_is_refused_before_the_step()
    {
        using var model = new Normalized();
        using ImageTensors data = Vectors(16);
        Assert.Contains("Batch 2 of epoch 1 has one image", Assert.Throws<ZooException>(() =>
            new Trainer(model, Eights).Fit(new Thinned(data), null)).Message, StringComparison.Ordinal);
        Assert.True(model.Statistics.running_var!.isfinite().all().item<bool>());
    }

    [Fact]
    public void Frozen_statistics_and_larger_maps_need_no_second_image()
    {
        using var frozen = new Normalized();
        foreach (var (name, parameter) in frozen.named_parameters())
        {
            parameter.requires_grad = name.StartsWith("last", StringComparison.Ordinal);
        }

        using ImageTensors vectors = Vectors(3);
        Assert.Equal(3, new Trainer(frozen, Eights with { BatchSize = 1 }).Fit(vectors, null).Steps);
        using var maps = new Maps();
        using ImageTensors images = ImageTensors.FromTensors(randn(9, 1, 4, 4), arange(9).remainder(3).to(ScalarType.Int64), ["a", "b", "c"]);
        Assert.Equal(2, new Trainer(maps, Eights).Fit(images, null).Steps);
        Assert.Equal(9, new Trainer(maps, Eights with { BatchSize = 1 }).Fit(images, null).Steps);
    }

    [Theory]
    [InlineData(1, 4)]
    [InlineData(2, 2)]
    [InlineData(3, 2)]
    public void A_joined_batch_has_its_share_of_its_step(int perStep, int steps)
    {
        var plan = new EpochSampler(Eights, 0, 1) { JoinsLast = true };
        var split = new StepSplit(plan, 33, perStep);
        int[] sizes = [.. Enumerable.Range(0, plan.Steps(33)).Select(step => plan.IndicesOf(step, plan.Order(33)).Length)];
        Assert.Equal([8, 8, 8, 9], sizes);
        Assert.Equal(steps, sizes.Where((_, batch) => split.EndsStep(batch)).Count());
        Assert.Equal(steps, sizes.Select((n, batch) => split.ShareOf(batch, n)).Sum(), 1e-12);
    }

    [Fact]
    public void A_run_with_joined_batches_goes_on_after_a_stop_with_the_same_bits()
    {
        using TempFolder straight = new(), stopped = new();
        Recipe recipe = Eights with { Epochs = 3 };
        Assert.False(Fit(straight, recipe, new CancellationTokenSource(), stopAfter: 0).Canceled);
        int stops = 0;
        for (; Fit(stopped, recipe, new CancellationTokenSource(), stopAfter: 1).Canceled; stops++)
        {
        }

        Assert.InRange(stops, 2, 6);
        Assert.Equal(File.ReadAllBytes(straight.File("last.safetensors")), File.ReadAllBytes(stopped.File("last.safetensors")));

        static TrainingResult Fit(TempFolder folder, Recipe recipe, CancellationTokenSource cancel, int stopAfter)
        {
            random.manual_seed(2);
            using var model = new Normalized();
            using ImageTensors data = Vectors(17);
            var options = new TrainerOptions { RunFolder = folder.Path, Resume = true, Describe = _ => Samples.Description("lenet5") };
            return new Trainer(model, recipe, options).Fit(new Counted(data, stopAfter, cancel), null, null, cancel.Token);
        }
    }

    private static ImageTensors Vectors(int count)
    {
        random.manual_seed(3);
        return ImageTensors.FromTensors(randn(count, 4), arange(count).remainder(3).to(ScalarType.Int64), ["a", "b", "c"]);
    }

    /// <summary>Maps of 2×2 values.</summary>
    private sealed class Maps : nn.Module<Tensor, Tensor>
    {
#pragma warning disable IDE1006
        private readonly Conv2d conv = nn.Conv2d(1, 4, 3);
        private readonly BatchNorm2d bn = nn.BatchNorm2d(4);
        private readonly Linear fc = nn.Linear(16, 3);
#pragma warning restore IDE1006

        public Maps() : base(nameof(Maps)) => RegisterComponents();

        public override Tensor forward(Tensor input)
        {
            using DisposeScope scope = NewDisposeScope();
            return fc.call(bn.call(conv.call(input)).flatten(1)).MoveToOuterDisposeScope();
        }
    }

    /// <summary>All but one image of the second batch cannot be read.</summary>
    private sealed class Thinned(ImageTensors data) : IBatchSource
    {
        public int Count => data.Count;

        public long[] Shape => data.Shape;

        public IReadOnlyList<string> ClassNames => data.ClassNames;

        public IEnumerable<Batch> Shuffled(EpochSampler plan)
        {
            int batch = 0;
            foreach (Batch read in data.Shuffled(plan))
            {
                yield return ++batch == 1 ? read : new Batch(read.Inputs.narrow(0, 0, 1).clone(), read.Labels.narrow(0, 0, 1).clone());
            }
        }

        public IEnumerable<Batch> InOrder(int batchSize) => data.InOrder(batchSize);
    }

    /// <summary>Asks for a stop when so many batches were handed out.</summary>
    private sealed class Counted(ImageTensors data, int stopAfter, CancellationTokenSource cancel) : IBatchSource
    {
        public int Count => data.Count;

        public long[] Shape => data.Shape;

        public IReadOnlyList<string> ClassNames => data.ClassNames;

        public IEnumerable<Batch> Shuffled(EpochSampler plan)
        {
            int left = stopAfter;
            foreach (Batch read in data.Shuffled(plan))
            {
                yield return read;
                if (--left == 0)
                {
                    cancel.Cancel();
                }
            }
        }

        public IEnumerable<Batch> InOrder(int batchSize) => data.InOrder(batchSize);
    }
}
