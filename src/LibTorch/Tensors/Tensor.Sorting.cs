using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        private static readonly Op Argsort = new("argsort");
        public Tensor argsort(long dim = -1, bool descending = false) => Argsort.Call(this, dim, descending);

        private static readonly Op Msort = new("msort");
        public Tensor msort() => Msort.Call(this);

        private static readonly Op Topk = new("topk");
        public (Tensor values, Tensor indexes) topk(int k, int dim = -1, bool largest = true, bool sorted = true) => Topk.Call2(this, k, dim, largest, sorted);

        private static readonly Op Kthvalue = new("kthvalue");
        public (Tensor values, Tensor indices) kthvalue(long k, long? dim, bool keepdim = false) => Kthvalue.Call2(this, k, dim ?? -1, keepdim);

        private static readonly Op BucketizeTensor = new("bucketize", "Tensor");
        public Tensor bucketize(Tensor boundaries, bool outInt32 = false, bool right = false) => BucketizeTensor.Call(this, boundaries, outInt32, right);

        private static readonly Op SortStable = new("sort", "stable");
        public (Tensor Values, Tensor Indices) sort(long dim = -1, bool descending = false, bool stable = false) =>
            SortStable.Call2(this, stable, dim, descending);
    }
}
