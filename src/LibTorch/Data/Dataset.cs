using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TorchSharp
{
    public static partial class torch
    {
        public static partial class utils
        {
            /// <summary>Data sets and their batches.</summary>
            public static partial class data
            {
                /// <summary>Numbered samples.</summary>
                public abstract class Dataset<T> : IDisposable
                {
                    protected Dataset()
                    {
                    }

                    public abstract long Count { get; }

                    public abstract T GetTensor(long index);

                    public void Dispose()
                    {
                        Dispose(true);
                        GC.SuppressFinalize(this);
                    }

                    protected virtual void Dispose(bool disposing)
                    {
                    }
                }

                /// <summary>Samples of named tensors.</summary>
                public abstract class Dataset : Dataset<Dictionary<string, Tensor>>
                {
                }

                /// <summary>Samples of several tensors.</summary>
                public abstract class IterableDataset : Dataset<IList<Tensor>>
                {
                }

                /// <summary>Sample i is row i of each tensor.</summary>
                public static TensorDataset TensorDataset(params Tensor[] tensors) => new(tensors);

                public static DataLoader DataLoader(Dataset dataset, int batchSize, IEnumerable<long> shuffler, Device? device = null, int num_worker = 1, bool drop_last = false, bool disposeBatch = true, bool disposeDataset = true) =>
                    new(dataset, batchSize, shuffler, device, num_worker, drop_last, disposeBatch, disposeDataset);

                public static DataLoader DataLoader(Dataset dataset, int batchSize, bool shuffle = false, Device? device = null, int? seed = null, int num_worker = 1, bool drop_last = false, bool disposeBatch = true, bool disposeDataset = true) =>
                    new(dataset, batchSize, shuffle, device, seed, num_worker, drop_last, disposeBatch, disposeDataset);

                public static IterableDataLoader DataLoader(IterableDataset dataset, int batchSize, IEnumerable<long> shuffler, Device? device = null, int num_worker = 1, bool drop_last = false, bool disposeBatch = true, bool disposeDataset = true) =>
                    new(dataset, batchSize, shuffler, device, num_worker, drop_last, disposeBatch, disposeDataset);

                public static IterableDataLoader DataLoader(IterableDataset dataset, int batchSize, bool shuffle = false, Device? device = null, int? seed = null, int num_worker = 1, bool drop_last = false, bool disposeBatch = true, bool disposeDataset = true) =>
                    new(dataset, batchSize, shuffle, device, seed, num_worker, drop_last, disposeBatch, disposeDataset);
            }
        }
    }
}

namespace TorchSharp.Modules
{
    /// <summary>Sample i is row i of each tensor.</summary>
    public sealed class TensorDataset : utils.data.IterableDataset
    {
        private readonly Tensor[] tensors;

        internal TensorDataset(Tensor[] tensors)
        {
            if (tensors.Length == 0 || Array.Exists(tensors, t => t.Dimensions == 0 || t.size(0) != tensors[0].size(0)))
            {
                throw new ArgumentException("A data set needs tensors of equal first dimension.", nameof(tensors));
            }

            // Aliases of its own: the data set outlives the caller's scopes and handles.
            this.tensors = Array.ConvertAll(tensors, static t => t.alias().DetachFromDisposeScope());
        }

        public override long Count => tensors[0].size(0);

        public IList<Tensor> this[long index] => GetTensor(index);

        public override IList<Tensor> GetTensor(long index) =>
            index >= 0 && index < Count ? Array.ConvertAll(tensors, t => t.select(0, index)) : throw new ArgumentOutOfRangeException(nameof(index), index, $"There are {Count} samples.");

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                Array.ForEach(tensors, static t => t.Dispose());
            }

            base.Dispose(disposing);
        }
    }
}
