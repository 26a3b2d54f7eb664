using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ModelZoo.Distributed;

/// <summary>
/// Batch normalization over the examples of all ranks: mean and variance are those of the whole batch, forward and backward, as one process would compute them.
/// Attached to the batch normalizations of a model that are in train mode, whose weights and running statistics stay where they are.
/// </summary>
internal sealed class SyncBatchNorm : IDisposable
{
    private readonly RankGroup group;
    private readonly List<Action> removals = [];
    private readonly List<nn.Module> layers = [];

    private SyncBatchNorm(RankGroup group) => this.group = group;

    /// <summary>Whether this rank has no example of its own in the batch: it takes part, and what it computes counts nothing.</summary>
    public bool IsIdle { get; set; }

    /// <summary>From now on the model's batch normalizations in train mode are computed over all ranks, until the result is disposed.</summary>
    public static SyncBatchNorm Attach(nn.Module model, RankGroup group)
    {
        var sync = new SyncBatchNorm(group);
        foreach (BatchNorm layer in model.named_modules().Select(m => m.module).Append(model).Distinct().OfType<BatchNorm>().Where(l => l.training))
        {
            layer.eval(); // its own output, which is replaced, then changes no statistics
            sync.layers.Add(layer);
            sync.removals.Add(((nn.Module<Tensor, Tensor>)layer).register_forward_hook((_, x, y) =>
                is_grad_enabled() ? sync.Normalize(layer, x) : y).remove);
        }

        return sync;
    }

    public void Dispose()
    {
        removals.ForEach(static remove => remove());
        layers.ForEach(static layer => layer.train());
    }

    // y = x·scale + shift per channel, where scale and shift come from the sums over all ranks. Mean and squares are taken to double: what is subtracted there
    // are few numbers, whose digits are needed.
    private Tensor Normalize(BatchNorm layer, Tensor x)
    {
        using DisposeScope scope = NewDisposeScope();
        long[] all = [.. Enumerable.Range(0, (int)x.dim()).Where(d => d != 1).Select(d => (long)d)];
        long channels = x.shape[1];
        double count = IsIdle ? 0 : (double)x.numel() / channels;
        double total = group.Sum(count);
        if (total < 2)
        {
            throw new ZooException($"{layer.GetName()} is given one value per channel, which has no variance: batch normalization learns from two or more.");
        }

        Tensor mean = x.mean(all, keepdim: true); // [1,C,1,1]
        Tensor spread = x.sub(mean).square().sum(all).to(ScalarType.Float64); // [C]
        Tensor own = mean.view(channels).to(ScalarType.Float64);
        Tensor sums = cat(new List<Tensor> { own.mul(count), spread.mul(IsIdle ? 0 : 1).add(own.square().mul(count)) }, 0); // [2C]
        Tensor whole = SummedOverRanks.Of(sums, group);
        Tensor center = whole.narrow(0, 0, channels).div(total);
        Tensor variance = whole.narrow(0, channels, channels).div(total).sub(center.square()).clamp_min(0);
        Follow(layer, center, variance, total);
        Tensor scale = variance.add(layer.eps).rsqrt();
        scale = layer.weight is { } weight ? scale.mul(weight) : scale;
        Tensor shift = center.mul(scale).neg();
        shift = layer.bias is { } bias ? shift.add(bias) : shift;
        long[] shape = [1, channels, .. Enumerable.Repeat(1L, (int)x.dim() - 2)];
        return x.mul(scale.to(x.dtype).view(shape)).add(shift.to(x.dtype).view(shape)).MoveToOuterDisposeScope();
    }

    // As torch.nn.BatchNorm2d does: the variance with n − 1.
    private static void Follow(BatchNorm layer, Tensor mean, Tensor variance, double total)
    {
        if (layer.running_mean is not { } means || layer.running_var is not { } variances)
        {
            return;
        }

        using IDisposable off = no_grad();
        layer.num_batches_tracked?.add_(1);
        double share = layer.momentum ?? 1.0 / layer.num_batches_tracked!.item<long>();
        means.mul_(1 - share).add_(mean.detach().to(means.dtype).mul(share));
        variances.mul_(1 - share).add_(variance.detach().mul(total / (total - 1)).to(variances.dtype).mul(share));
    }
}

/// <summary>The sum of a tensor over all ranks, whose gradient is the sum of all ranks' gradients.</summary>
internal sealed class SummedOverRanks : autograd.SingleTensorFunction<SummedOverRanks>
{
    private const string Key = "group";

    /// <inheritdoc/>
    public override string Name => nameof(SummedOverRanks);

    /// <param name="values">float64, the same shape everywhere.</param>
    /// <param name="group">The ranks.</param>
    public static Tensor Of(Tensor values, RankGroup group) => apply(values, group);

    /// <inheritdoc/>
    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var group = (RankGroup)vars[1];
        ctx.save_data(Key, group);
        return Sum((Tensor)vars[0], group);
    }

    /// <inheritdoc/>
    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output) => [Sum(grad_output, (RankGroup)ctx.get_data(Key)), null!];

    private static Tensor Sum(Tensor values, RankGroup group)
    {
        double[] all = values.detach().cpu().contiguous().data<double>().ToArray();
        group.Sum(all);
        return tensor(all, values.shape, device: values.device);
    }
}
