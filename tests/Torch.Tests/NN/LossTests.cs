using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Torch.Tests.NN;

/// <summary>
/// Losses and other modules of several inputs against PyTorch. The constants: x = sin(1.7·i) in [4, 3], y = −x/2 + 0.1, p = 0.4·x + 0.5,
/// sign = ±1 as y's sign, classes 0 2 1 2, weights ½ 1 2, in double, through the same module of torch 1.13.
/// </summary>
public class LossTests
{
    private readonly Tensor x = Values.Wave(4, 3);
    private readonly Tensor y = Values.Wave(4, 3) * -0.5 + 0.1;
    private readonly Tensor p = Values.Wave(4, 3) * 0.4 + 0.5;
    private readonly Tensor weights = tensor(new[] { 0.5, 1, 2 });
    private readonly Tensor classes = tensor(new long[] { 0, 2, 1, 2 });

    private Tensor Sign => y.sign();

    private Tensor Zero1 => (y + 1) / 2;

    [Fact]
    public void Losses_over_classes_are_PyTorch_s()
    {
        Near(1.2855521335539, CrossEntropyLoss().call(x, classes));
        Near(4.34669521235943, new CrossEntropyLoss(weights, 1, Reduction.Sum, 0.1).call(x, classes));
        Near(1.13342088151433, CrossEntropyLoss().call(x, p.softmax(1)));
        Near(1.12678149247619, NLLLoss(weights).call(x.log_softmax(1), classes));
        Near(0.478862906739142, MultiMarginLoss(1, 0.5, weights).call(x, classes));
    }

    [Fact]
    public void Losses_over_two_outcomes_are_PyTorch_s()
    {
        Near(1.12193697641813, BCELoss().call(p, Zero1));
        Near(0.864667630599059, BCEWithLogitsLoss(pos_weights: weights).call(x, Zero1));
        Near(1.04672772003978, SoftMarginLoss().call(x, Sign));
        Near(1.2132595565304, MultiLabelSoftMarginLoss(weights).call(x, (Sign + 1) / 2));
        Near(-0.179160980340048, HingeEmbeddingLoss().call(x, Sign));
    }

    [Fact]
    public void Losses_over_numbers_are_PyTorch_s()
    {
        Near(1.04327657436967, MSELoss().call(x, y));
        Near(12.519318892436, MSELoss(Reduction.Sum).call(x, y));
        Near(0.910408137176738, L1Loss().call(x, y));
        Near(0.676362734714295, SmoothL1Loss(beta: 0.5).call(x, y));
        Near(0.338181367357147, HuberLoss(0.5).call(x, y));
        Near(0.151003951403264, KLDivLoss(log_target: true).call(x.log_softmax(1), y.log_softmax(1)));
        Near(1.05745882791771, PoissonNLLLoss().call(x, p));

        // A value a row: TorchSharp 0.105.1 adds a row up before it takes the mean.
        Near(1.84128488169469, GaussianNLLLoss().call(x.reshape(-1, 1), y.reshape(-1, 1), p.reshape(-1, 1)));
        Assert.Equal([4, 3], MSELoss(Reduction.None).call(x, y).shape);
    }

    [Fact]
    public void Losses_over_pairs_and_triplets_are_PyTorch_s()
    {
        Near(1.46907086254706, CosineEmbeddingLoss(0.1).call(x, y, Sign.select(1, 0)));
        Near(1.11040813717674, MarginRankingLoss(0.2).call(x, y, Sign));
        Near(1.74806205136919, TripletMarginLoss(swap: true).call(x, y, p));
        Near(2.16553695798594, TripletMarginWithDistanceLoss((a, b) => (a - b).abs().sum(1L)).call(x, y, p));
    }

    [Fact]
    public void Sequence_and_label_list_losses_are_PyTorch_s()
    {
        Tensor scores = Values.Wave(5, 2, 4).log_softmax(2), targets = tensor(new long[] { 1, 2, 3, 1 }, 2, 2);
        Near(1.8246539558776, CTCLoss().call(scores, targets, tensor(new long[] { 5, 4 }), tensor(new long[] { 2, 1 })));
        Tensor labels = tensor(new long[] { 0, 2, -1, 1, -1, -1, 2, 1, 0, 0, -1, -1 }, 4, 3);
        Near(0.49979207378932, MultiLabelMarginLoss().call(x, labels));
    }

    [Fact]
    public void Distances_are_PyTorch_s()
    {
        Values.Near([-0.941478134429831, -0.965256499050597, -0.9695488167131474, -0.9657757020721811], CosineSimilarity().call(x, y), 1e-9);
        Values.Near([1.4726643493528233, 1.9576530306106057, 1.9468760812824424, 1.6516186405085658], PairwiseDistance().call(x, y), 1e-9);
    }

    [Fact]
    public void A_bilinear_layer_is_PyTorch_s()
    {
        using Bilinear m = Bilinear(3, 3, 2, dtype: float64);
        Values.SetParameters(m);
        Values.Near([-0.4781357949471309, 0.4953396461864464, -0.4944406694570341, 0.5282021815601368], m.call(x, y), 1e-9);
    }

    [Fact]
    public void Unpooling_puts_the_largest_values_back()
    {
        using MaxPool2d pool = MaxPool2d(2);
        (Tensor values, Tensor indices) = pool.forward_with_indices(Values.Wave(1, 1, 4, 4));
        Assert.Equal([1, 2, 12, 15], Values.Doubles(indices));
        using MaxUnpool2d unpool = MaxUnpool2d(2);
        double[] expected = [0, 0.9916648104524686, -0.2555411020268312, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0.9997929001426692, 0, 0, 0.3590583540221683];
        Values.Near(expected, unpool.call(values, indices), 1e-12);
    }

    [Fact]
    public void An_embedding_with_a_largest_norm_shortens_its_rows()
    {
        using Embedding m = Embedding(4, 3, max_norm: 0.5, dtype: float64);
        Values.SetParameters(m);
        double[] expected = [0.22091801040694456, 0.2840374419517858, 0.34715687349662716, -0.2272727272727273, -0.13636363636363635, -0.04545454545454544];
        Values.Near(expected, m.call(tensor(new long[] { 3, 1 })), 1e-9);
    }

    [Fact]
    public void A_pretrained_embedding_is_a_frozen_copy()
    {
        using Tensor rows = ones(3, 2);
        using Embedding m = Embedding_from_pretrained(rows);
        Assert.False(m.weight!.requires_grad);
        Assert.False(rows.IsInvalid);
        Values.Near([1, 1], m.call(tensor(new long[] { 2 })), 0);
    }

    [Fact]
    public void A_transposed_convolution_reaches_each_output_size_of_its_stride()
    {
        using ConvTranspose2d m = ConvTranspose2d(1, 1, 3, stride: 2, padding: 1);
        using Tensor input = zeros(1, 1, 4, 4);
        Assert.Equal([1, 1, 7, 7], m.call(input).shape);
        Assert.Equal([1, 1, 8, 7], m.forward(input, [8, 7]).shape);
        Assert.ThrowsAny<Exception>(() => m.forward(input, [9, 7]));
    }

    [Fact]
    public void Losses_tell_their_settings()
    {
        Assert.Equal(Reduction.Sum, MSELoss(Reduction.Sum).reduction);
        Assert.Equal(0.1, new CrossEntropyLoss(label_smoothing: 0.1).label_smoothing);
        Assert.Equal(2, SmoothL1Loss(beta: 2).beta);
    }

    private static void Near(double expected, Tensor actual) => Values.Near(expected, actual.item<double>(), 1e-9);
}
