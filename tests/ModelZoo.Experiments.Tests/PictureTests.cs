using ModelZoo.Experiments.Pictures;
using ModelZoo.Plots;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace ModelZoo.Experiments.Tests;

/// <summary>The pictures' numbers, and faults that they must show.</summary>
[Collection(TorchCollection.Name)]
public class PictureTests
{
    [Fact]
    public void Every_stage_of_LeNet_has_its_shape_and_most_digits_are_named_right()
    {
        ExperimentResult result = Try(new LeNetStages());
        Assert.Equal(Verdict.Reproduced, result.Verdict);
        Assert.Equal([1, 6, 6, 16, 16], result.Figures.OfType<ImageGrid>().Select(g => g.Images.Count));
        Assert.Equal([32, 28, 14, 10, 5], result.Figures.OfType<ImageGrid>().Select(g => g.Images[0].Width));
        Assert.Equal(Verdict.NotReproduced, Try(new LeNetStages([("conv1", "6×32×32")])).Verdict);
    }

    [Fact]
    public void Features_in_the_wrong_order_do_not_get_better()
    {
        Assert.Equal(Verdict.Reproduced, Try(new FeaturesByDepth()).Verdict);
        Assert.Equal(Verdict.NotReproduced, Try(new FeaturesByDepth(["relu4", "pool1", null])).Verdict);
    }

    [Fact]
    public void A_map_turned_inside_out_marks_what_does_not_matter()
    {
        (ExperimentResult map, ExperimentResult inverse) = (Try(new GradCam()), Try(new GradCam(m => [.. m.Select(v => -v)])));
        Assert.Equal(Verdict.Reproduced, map.Verdict);
        Assert.NotEqual(Verdict.Reproduced, inverse.Verdict);
        Assert.True(map.Effect.Value > inverse.Effect.Value);
    }

    [Fact]
    public void Learned_filters_are_held_against_random_ones()
    {
        ExperimentResult result = Try(new FirstLayerFilters());
        BarChart bars = Assert.Single(result.Figures.OfType<BarChart>());
        Assert.InRange(bars.Series[0].Values[^1], 12, 20); // four of twenty-five dimensions
        Assert.Equal(7, bars.Series[0].Values.Count);
    }

    [Fact]
    public void The_worst_decoder_is_not_found_to_be_the_best()
    {
        ExperimentResult result = Try(new DecoderUpsampling("encdec_nails"), 0, 1);
        Assert.Equal(Verdict.NotReproduced, result.Verdict);
        Assert.True(result.Effect.Value < 1, result.Effect.Sentence);
        LinePlot errors = Assert.Single(result.Figures.OfType<LinePlot>());
        Assert.Equal(4, errors.Series.Count);
        Assert.All(errors.Series, line => Assert.True(line.Y[^1] < line.Y[0] / 4, $"{line.Name}: {line.Y[0]} → {line.Y[^1]}"));
    }

    private static ExperimentResult Try(Experiment experiment, params long[] seeds)
    {
        using DisposeScope scope = NewDisposeScope();
        manual_seed(0);
        return experiment.Run(seeds.Length == 0 ? new ExperimentContext() : new ExperimentContext { Seeds = seeds });
    }
}
