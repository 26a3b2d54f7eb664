using ModelZoo.Loading;
using ModelZoo.Loading.Augmentation;
using ModelZoo.Tests.Training;
using ModelZoo.Training;
using Xunit;
using static TorchSharp.torch;

namespace ModelZoo.Tests.Loading.Augmentation;

[Collection(TorchCollection.Name)]
public class MixingTests
{
    [Fact]
    public void Mixup_blends_images_and_labels_in_the_same_proportion()
    {
        using Batch mixed = Mixing.Mixup(Numbers(), [1, 2, 0], 0.75, 4);
        Assert.Equal([0.25f, 1.25f, 1.5f], Enumerable.Range(0, 3).Select(i => mixed.Inputs[i, 1, 1, 1].item<float>()));
        Assert.Equal([0.75f, 0, 0.25f, 0], mixed.Targets![0].data<float>().ToArray());
        Assert.Equal([0, 0, 0.75f, 0.25f], mixed.Targets![1].data<float>().ToArray());
        Assert.Equal([0, 2, 3], mixed.Labels.data<long>().ToArray());
    }

    [Fact]
    public void Cutmix_replaces_a_rectangle_and_mixes_the_labels_by_area()
    {
        using Batch mixed = Mixing.Cutmix(Numbers(), [1, 2, 0], (1, 0, 3, 2), 4);
        float[] first = mixed.Inputs[0, 0].data<float>().ToArray();
        Assert.Equal([0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0], first);
        Assert.Equal([1 - 6f / 16, 0, 6f / 16, 0], mixed.Targets![0].data<float>().ToArray());
        using Batch same = Mixing.Cutmix(Numbers(), [1, 2, 0], (0, 0, 0, 0), 4);
        Assert.Equal(0, same.Inputs[0].sum().item<float>());
    }

    [Fact]
    public void The_rectangle_has_the_papers_sides()
    {
        var random = new SeededRandom(1);
        var boxes = Enumerable.Range(0, 2000).Select(_ => Mixing.Box(224, 112, 0.75, random)).ToList();
        Assert.Equal((112, 56), (boxes.Max(b => b.Width), boxes.Max(b => b.Height)));
        Assert.All(boxes, b => Assert.True(b.Left >= 0 && b.Top >= 0 && b.Left + b.Width <= 224 && b.Top + b.Height <= 112));
        (_, _, int whole, _) = Mixing.Box(10, 10, 1, random);
        Assert.Equal(0, whole);
    }

    [Fact]
    public void Tensors_in_memory_are_mixed_as_well_and_targets_sum_to_one()
    {
        using ImageTensors data = Samples.Tensors("lenet5", 20);
        foreach (Batch batch in data.Shuffled(new EpochSampler(new Recipe { BatchSize = 8, Mixup = 0.3, Cutmix = 1 }, 1, 1)))
        {
            using Batch read = batch;
            Assert.Equal([batch.Count, 10L], batch.Targets!.shape);
            Assert.All(batch.Targets.sum(1L).data<float>().ToArray(), sum => Assert.Equal(1, sum, 1e-5));
        }
    }

    // Three 2×4×4 images of 0, 1 and 2 with the labels 0, 2 and 3.
    private static Batch Numbers() => new(arange(3).reshape(3, 1, 1, 1).expand(3, 2, 4, 4).to(ScalarType.Float32).clone(), tensor(new long[] { 0, 2, 3 }));
}
