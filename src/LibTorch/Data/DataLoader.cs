using System.Collections;
using static TorchSharp.torch;
using static TorchSharp.torch.utils.data;

namespace TorchSharp.Modules;

/// <summary>Batches of a data set: the samples in order, shuffled anew for each pass, or in the order of a sampler.</summary>
/// <remarks>A batch is disposed when the next one is made, unless told otherwise.</remarks>
public class DataLoader<T, S> : IEnumerable<S>, IDisposable
{
    public DataLoader(Dataset<T> dataset, int batchSize, Func<IEnumerable<T>, Device, S> collate_fn, IEnumerable<long> shuffler, Device? device = null, int num_worker = 1, bool drop_last = false, bool disposeBatch = true, bool disposeDataset = true)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(batchSize, 1);
        this.dataset = dataset;
        batch_size = batchSize;
        this.collate_fn = collate_fn;
        sampler = shuffler;
        Device = device ?? CPU;
        num_workers = Math.Max(num_worker, 1);
        this.drop_last = drop_last;
        DisposeBatch = disposeBatch;
        DisposeDataset = disposeDataset;
    }

    public DataLoader(Dataset<T> dataset, int batchSize, Func<IEnumerable<T>, Device, S> collate_fn, bool shuffle = false, Device? device = null, int? seed = null, int num_worker = 1, bool drop_last = false, bool disposeBatch = true, bool disposeDataset = true)
        : this(dataset, batchSize, collate_fn, new Order(dataset, shuffle, seed), device, num_worker, drop_last, disposeBatch, disposeDataset)
    {
    }

    public Dataset<T> dataset { get; }

    public int batch_size { get; }

    public bool drop_last { get; }

    public IEnumerable<long> sampler { get; }

    public int num_workers { get; }

    public Device Device { get; }

    public bool DisposeBatch { get; }

    public bool DisposeDataset { get; }

    public Func<IEnumerable<T>, Device, S> collate_fn { get; }

    /// <summary>The number of batches.</summary>
    public long Count => drop_last ? dataset.Count / batch_size : (dataset.Count + batch_size - 1) / batch_size;

    public IEnumerator<S> GetEnumerator()
    {
        IReadOnlyList<IDisposable> previous = [];
        try
        {
            foreach (long[] indices in sampler.Chunk(batch_size))
            {
                if (drop_last && indices.Length < batch_size)
                {
                    yield break;
                }

                Release(previous);
                (S batch, previous) = Load(indices);
                yield return batch;
            }
        }
        finally
        {
            Release(previous);
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing)
    {
        if (disposing && DisposeDataset)
        {
            dataset.Dispose();
        }
    }

    /// <summary>A batch, and the tensors that collating made; those that loading the samples made are gone by then.</summary>
    private (S Batch, IReadOnlyList<IDisposable> Owned) Load(long[] indices)
    {
        using DisposeScope loading = NewDisposeScope();
        T[] samples = num_workers == 1 ? Array.ConvertAll(indices, dataset.GetTensor) : LoadOnWorkers(indices, loading);
        using DisposeScope collating = NewDisposeScope();
        S batch = collate_fn(samples, Device);
        IReadOnlyList<IDisposable> owned = collating.DisposablesView;
        collating.Detach(owned);
        return (batch, owned);
    }

    // A tensor belongs to the scope of the thread that made it: each worker has one, and its tensors move to ours.
    private T[] LoadOnWorkers(long[] indices, DisposeScope target)
    {
        var samples = new T[indices.Length];
        var made = new IReadOnlyList<IDisposable>[indices.Length];
        Parallel.For(0, indices.Length, new ParallelOptions { MaxDegreeOfParallelism = num_workers }, i =>
        {
            using DisposeScope scope = NewDisposeScope();
            samples[i] = dataset.GetTensor(indices[i]);
            made[i] = scope.DisposablesView;
            scope.Detach(made[i]);
        });
        foreach (IReadOnlyList<IDisposable> m in made)
        {
            target.Attach(m);
        }

        return samples;
    }

    private void Release(IReadOnlyList<IDisposable> batch)
    {
        if (DisposeBatch)
        {
            foreach (IDisposable d in batch)
            {
                d.Dispose();
            }
        }
    }

    private sealed class Order(Dataset<T> dataset, bool shuffle, int? seed) : IEnumerable<long>
    {
        private readonly Random random = seed is { } s ? new Random(s) : new Random();

        public IEnumerator<long> GetEnumerator()
        {
            long[] order = new long[dataset.Count];
            for (int i = 0; i < order.Length; i++)
            {
                order[i] = i;
            }

            if (shuffle)
            {
                random.Shuffle(order);
            }

            return ((IEnumerable<long>)order).GetEnumerator();
        }

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }
}

/// <summary>Batches of named tensors: each is a stack of the samples' tensors of that name.</summary>
public class DataLoader : DataLoader<Dictionary<string, Tensor>, Dictionary<string, Tensor>>
{
    public DataLoader(Dataset dataset, int batchSize, IEnumerable<long> shuffler, Device? device = null, int num_worker = 1, bool drop_last = false, bool disposeBatch = true, bool disposeDataset = true)
        : base(dataset, batchSize, Collate, shuffler, device, num_worker, drop_last, disposeBatch, disposeDataset)
    {
    }

    public DataLoader(Dataset dataset, int batchSize, bool shuffle = false, Device? device = null, int? seed = null, int num_worker = 1, bool drop_last = false, bool disposeBatch = true, bool disposeDataset = true)
        : base(dataset, batchSize, Collate, shuffle, device, seed, num_worker, drop_last, disposeBatch, disposeDataset)
    {
    }

    private static Dictionary<string, Tensor> Collate(IEnumerable<Dictionary<string, Tensor>> samples, Device device)
    {
        List<Dictionary<string, Tensor>> all = [.. samples];
        return all[0].Keys.ToDictionary(static key => key, key => Batches.Stack(all.ConvertAll(s => s[key]), device));
    }
}

/// <summary>Batches of several tensors: tensor k is a stack of the samples' tensors k.</summary>
public class IterableDataLoader : DataLoader<IList<Tensor>, IList<Tensor>>
{
    public IterableDataLoader(IterableDataset dataset, int batchSize, IEnumerable<long> shuffler, Device? device = null, int num_worker = 1, bool drop_last = false, bool disposeBatch = true, bool disposeDataset = true)
        : base(dataset, batchSize, Collate, shuffler, device, num_worker, drop_last, disposeBatch, disposeDataset)
    {
    }

    public IterableDataLoader(IterableDataset dataset, int batchSize, bool shuffle = false, Device? device = null, int? seed = null, int num_worker = 1, bool drop_last = false, bool disposeBatch = true, bool disposeDataset = true)
        : base(dataset, batchSize, Collate, shuffle, device, seed, num_worker, drop_last, disposeBatch, disposeDataset)
    {
    }

    private static IList<Tensor> Collate(IEnumerable<IList<Tensor>> samples, Device device)
    {
        List<IList<Tensor>> all = [.. samples];
        return [.. Enumerable.Range(0, all[0].Count).Select(k => Batches.Stack(all.ConvertAll(s => s[k]), device))];
    }
}

internal static class Batches
{
    internal static Tensor Stack(List<Tensor> tensors, Device device)
    {
        using Tensor stacked = stack(tensors);
        return stacked.to(device);
    }
}
