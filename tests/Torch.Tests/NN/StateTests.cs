using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Torch.Tests.NN;

public class StateTests
{
    [Fact]
    public void Loading_copies_values_into_the_same_parameters()
    {
        using Linear a = Linear(3, 2), b = Linear(3, 2);
        Parameter weight = b.weight;
        (IList<string> missing, IList<string> unexpected) = b.load_state_dict(a.state_dict());
        Assert.Empty(missing);
        Assert.Empty(unexpected);
        Assert.Same(weight, b.weight);
        Assert.True(b.weight.requires_grad);
        Assert.Equal(Values.Doubles(a.weight), Values.Doubles(b.weight));
        Assert.NotSame(a.weight, b.weight);
    }

    [Fact]
    public void A_missing_or_unexpected_key_is_an_error_and_loads_nothing()
    {
        using Linear m = Linear(3, 2);
        double[] before = Values.Doubles(m.weight);
        Dictionary<string, Tensor> missing = new() { ["weight"] = zeros(2, 3) };
        Assert.Throws<InvalidOperationException>(() => m.load_state_dict(missing));
        Dictionary<string, Tensor> unexpected = new() { ["weight"] = zeros(2, 3), ["bias"] = zeros(2), ["other"] = zeros(2) };
        Assert.Throws<InvalidOperationException>(() => m.load_state_dict(unexpected));
        Assert.Equal(before, Values.Doubles(m.weight));
    }

    [Fact]
    public void Loading_without_strictness_reports_what_did_not_fit()
    {
        using Linear m = Linear(3, 2);
        Dictionary<string, Tensor> state = new() { ["weight"] = ones(2, 3), ["other"] = zeros(2) };
        (IList<string> missing, IList<string> unexpected) = m.load_state_dict(state, strict: false);
        Assert.Equal(["bias"], missing);
        Assert.Equal(["other"], unexpected);
        Values.Near([1, 1, 1, 1, 1, 1], m.weight, 0);
    }

    [Fact]
    public void Skipped_keys_are_neither_missing_nor_loaded()
    {
        using Linear m = Linear(3, 2);
        double[] before = Values.Doubles(m.bias!);
        m.load_state_dict(new() { ["weight"] = ones(2, 3), ["bias"] = ones(2) }, skip: ["bias"]);
        Assert.Equal(before, Values.Doubles(m.bias!));
        Values.Near([1], m.weight, 0);
    }

    [Fact]
    public void A_wrong_shape_is_an_error()
    {
        using Linear m = Linear(3, 2);
        Assert.ThrowsAny<Exception>(() => m.load_state_dict(new() { ["weight"] = ones(4, 3), ["bias"] = zeros(2) }));
    }

    [Fact]
    public void Saving_and_loading_gives_the_same_state()
    {
        using var from = new Block();
        using var to = new Block();
        from.train();
        using Tensor x = Values.Wave(2, 3, 4, 4).to(float32);
        from.call(x).Dispose();
        string path = Path.GetTempFileName();
        try
        {
            from.save(path);
            Dictionary<string, bool> loaded = [];
            to.load(path, loadedParameters: loaded);
            Assert.All(loaded.Values, Assert.True);
            Assert.Equal(from.state_dict().Count, loaded.Count);
        }
        finally
        {
            File.Delete(path);
        }

        Dictionary<string, Tensor> expected = from.state_dict(), actual = to.state_dict();
        Assert.All(expected.Keys, key => Assert.Equal(Values.Doubles(expected[key]), Values.Doubles(actual[key])));
        Values.Near([1], to.Norm.num_batches_tracked!, 0);
    }

    [Fact]
    public void Loading_the_file_of_another_network_is_an_error()
    {
        using var stream = new MemoryStream();
        using Linear a = Linear(3, 2), b = Linear(4, 2), c = Linear(3, 2, hasBias: false);
        using (var writer = new BinaryWriter(stream, System.Text.Encoding.UTF8, leaveOpen: true))
        {
            a.save(writer);
        }

        double[] before = Values.Doubles(c.weight);
        foreach (Linear other in new[] { b, c })
        {
            stream.Position = 0;
            using var reader = new BinaryReader(stream, System.Text.Encoding.UTF8, leaveOpen: true);
            Assert.Throws<ArgumentException>(() => other.load(reader));
        }

        Assert.Equal(before, Values.Doubles(c.weight));
    }

    [Fact]
    public void Loading_what_is_no_state_is_an_error()
    {
        using Linear m = Linear(3, 2);
        double[] before = Values.Doubles(m.weight);
        byte[] damaged = [2, 6, .. "weight"u8, 120, 2, 2, 3, 0, 0, 0, 0], cut = [2, 6, .. "weight"u8, 6, 2, 2, 3, 0, 0], other = [0x89, .. "PNG"u8];
        Assert.Throws<ArgumentException>(() => m.load(new MemoryStream(damaged)));
        Assert.Throws<ArgumentException>(() => m.load(new MemoryStream(other)));
        Assert.Throws<EndOfStreamException>(() => m.load(new MemoryStream(cut)));
        Assert.Equal(before.Length, Values.Doubles(m.weight).Length);
    }

    [Fact]
    public void The_file_format_is_TorchSharp_s()
    {
        // docfx/articles/saveload.md and exportsd.py: LEB128 count, then key (length, UTF-8), type, dimensions, sizes, raw elements.
        using Linear m = Linear(2, 1);
        init.ones_(m.weight);
        init.zeros_(m.bias!);
        using var stream = new MemoryStream();
        m.save(stream);
        byte[] expected = [2, 6, .. "weight"u8, 6, 2, 1, 2, 0, 0, 0x80, 0x3f, 0, 0, 0x80, 0x3f, 4, .. "bias"u8, 6, 1, 1, 0, 0, 0, 0];
        Assert.Equal(expected, stream.ToArray());
    }

    [Fact]
    public void Train_and_eval_reach_the_submodules()
    {
        using var block = new Block();
        Assert.True(block.training);
        block.eval();
        Assert.False(block.training);
        Assert.All(block.modules(), m => Assert.False(m.training));
        block.train();
        Assert.All(block.modules(), m => Assert.True(m.training));
    }

    [Fact]
    public void Batch_statistics_are_tracked_in_training_only()
    {
        using BatchNorm1d m = BatchNorm1d(2);
        using Tensor x = tensor(new float[] { 1, 10, 3, 30 }, 2, 2);
        Values.Near([-1, -1, 1, 1], m.call(x), 1e-4);
        Values.Near([0.2, 2], m.running_mean!);
        Values.Near([1.1, 20.9], m.running_var!);
        m.eval();
        m.call(x).Dispose();
        Values.Near([0.2, 2], m.running_mean!);
        Values.Near([1], m.num_batches_tracked!, 0);
    }

    [Fact]
    public void Momentum_can_be_changed_and_null_means_the_average_of_all_batches()
    {
        using BatchNorm1d m = BatchNorm1d(1);
        m.momentum = null;
        m.call(tensor(new float[] { 1, 3 }, 2, 1)).Dispose();
        Values.Near([2], m.running_mean!);
        m.call(tensor(new float[] { 5, 7 }, 2, 1)).Dispose();
        Values.Near([4], m.running_mean!);
        m.momentum = 0.5;
        m.call(tensor(new float[] { 9, 11 }, 2, 1)).Dispose();
        Values.Near([7], m.running_mean!);
        m.reset_running_stats();
        Values.Near([0], m.num_batches_tracked!, 0);
    }

    [Fact]
    public void Dropout_drops_in_training_and_not_in_evaluation()
    {
        using Dropout m = Dropout(0.5);
        using Tensor x = ones(1000);
        double[] y = Values.Doubles(m.call(x));
        Assert.All(y, v => Assert.True(v is 0 or 2));
        Assert.InRange(y.Count(v => v == 0), 300, 700);
        m.eval();
        Assert.All(Values.Doubles(m.call(x)), v => Assert.Equal(1, v));
    }
}
