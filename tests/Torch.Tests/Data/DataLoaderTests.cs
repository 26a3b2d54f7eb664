using TorchSharp;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;
using static TorchSharp.torch.utils.data;

namespace Torch.Tests.Data;

public class DataLoaderTests
{
    [Fact]
    public void Batches_of_a_tensor_data_set_are_its_rows_in_order()
    {
        using Tensor x = arange(10, dtype: float32).reshape(5, 2), y = arange(5);
        using IterableDataLoader loader = DataLoader(TensorDataset(x, y), 2);
        List<float[]> xs = [];
        List<long[]> ys = [];
        foreach (IList<Tensor> batch in loader)
        {
            xs.Add(batch[0].data<float>().ToArray());
            ys.Add(batch[1].data<long>().ToArray());
        }

        Assert.Equal(3, loader.Count);
        Assert.Equal([[0f, 1f, 2f, 3f], [4f, 5f, 6f, 7f], [8f, 9f]], xs);
        Assert.Equal([[0L, 1L], [2L, 3L], [4L]], ys);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Named_samples_are_stacked_by_name(int workers)
    {
        using DataLoader loader = DataLoader(new Squares(7), 3, num_worker: workers);
        List<long> seen = [];
        foreach (Dictionary<string, Tensor> batch in loader)
        {
            Assert.Equal(["x", "square"], batch.Keys);
            Assert.True((batch["x"] * batch["x"]).equal(batch["square"]).all().item<bool>());
            seen.AddRange(batch["x"].data<long>().ToArray());
        }

        Assert.Equal([0L, 1L, 2L, 3L, 4L, 5L, 6L], seen);
    }

    [Fact]
    public void Shuffling_gives_each_sample_once_and_the_same_order_for_the_same_seed()
    {
        long[] first = Order(11), second = Order(11);
        Assert.Equal(first, second);
        Assert.NotEqual(first, first.Order());
        Assert.Equal(Enumerable.Range(0, 50).Select(i => (long)i), first.Order());

        static long[] Order(int seed)
        {
            using DataLoader loader = DataLoader(new Squares(50), 8, shuffle: true, seed: seed);
            return [.. loader.SelectMany(b => b["x"].data<long>().ToArray())];
        }
    }

    [Fact]
    public void Last_batch_is_dropped_on_request()
    {
        using DataLoader loader = DataLoader(new Squares(7), 3, drop_last: true);
        Assert.Equal(2, loader.Count);
        Assert.Equal(2, loader.Sum(_ => 1));
    }

    [Fact]
    public void Sampler_gives_the_order()
    {
        using DataLoader loader = DataLoader(new Squares(7), 2, [6L, 1L, 3L]);
        Assert.Equal([6L, 1L, 3L], loader.SelectMany(b => b["x"].data<long>().ToArray()));
    }

    [Fact]
    public void Loading_leaves_no_tensor_behind()
    {
        using DataLoader loader = DataLoader(new Squares(20), 4);
        long before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        for (int epoch = 0; epoch < 3; epoch++)
        {
            Assert.Equal(5, loader.Count(b => b.Count == 2));
        }

        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    private sealed class Squares(long count) : Dataset
    {
        public override long Count => count;

        public override Dictionary<string, Tensor> GetTensor(long index) => new() { ["x"] = tensor(index), ["square"] = tensor(index * index) };
    }
}
