using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        private static readonly Op Std = new("std");
        public Tensor std(bool unbiased = true) => Std.Call(this, unbiased);

        private static readonly Op Var = new("var");
        public Tensor var(bool unbiased = true) => Var.Call(this, unbiased);

        private static readonly Op StdMean = new("std_mean");
        public (Tensor std, Tensor mean) std_mean(bool unbiased = true) => StdMean.Call2(this, unbiased);

        private static readonly Op VarMean = new("var_mean");
        public (Tensor @var, Tensor mean) var_mean(bool unbiased = true) => VarMean.Call2(this, unbiased);

        private static readonly Op NormScalar = new("norm", "Scalar");
        public Tensor norm(float p = 2) => NormScalar.Call(this, p);

        private static readonly Op Dist = new("dist");
        public Tensor dist(Tensor other, float p = 2) => Dist.Call(this, other, p);

        private static readonly Op Renorm = new("renorm");
        public Tensor renorm(float p, long dim, float maxnorm) => Renorm.Call(this, p, dim, maxnorm);

        private static readonly Op Bincount = new("bincount");
        public Tensor bincount(Tensor weights, long minlength = 0) => Bincount.Call(this, weights, minlength);

        private static readonly Op Corrcoef = new("corrcoef");
        public Tensor corrcoef() => Corrcoef.Call(this);

        private static readonly Op Cov = new("cov");
        public Tensor cov(long correction = 1, Tensor? fweights = null, Tensor? aweights = null) => Cov.Call(this, correction, fweights, aweights);

        private static readonly Op StdDim = new("std", "dim"), VarDim = new("var", "dim"), StdMeanDim = new("std_mean", "dim"), VarMeanDim = new("var_mean", "dim");

        public Tensor std(long[] dimensions, bool unbiased = true, bool keepdim = false, ScalarType? type = null) =>
            Spread(StdDim, dimensions, unbiased, keepdim, type);
        public Tensor std(ReadOnlySpan<long> dimensions, bool unbiased = true, bool keepdim = false, ScalarType? type = null) =>
            Spread(StdDim, dimensions.ToArray(), unbiased, keepdim, type);
        public Tensor std(long dim, bool unbiased = true, bool keepdim = false, ScalarType? type = null) => Spread(StdDim, [dim], unbiased, keepdim, type);
        public Tensor std((long, long) dim, bool unbiased = true, bool keepdim = false, ScalarType? type = null) =>
            Spread(StdDim, [dim.Item1, dim.Item2], unbiased, keepdim, type);
        public Tensor std((long, long, long) dim, bool unbiased = true, bool keepdim = false, ScalarType? type = null) =>
            Spread(StdDim, [dim.Item1, dim.Item2, dim.Item3], unbiased, keepdim, type);

        public Tensor var(long[] dimensions, bool unbiased = true, bool keepdim = false, ScalarType? type = null) =>
            Spread(VarDim, dimensions, unbiased, keepdim, type);
        public Tensor var(ReadOnlySpan<long> dimensions, bool unbiased = true, bool keepdim = false, ScalarType? type = null) =>
            Spread(VarDim, dimensions.ToArray(), unbiased, keepdim, type);
        public Tensor var(long dim, bool unbiased = true, bool keepdim = false, ScalarType? type = null) => Spread(VarDim, [dim], unbiased, keepdim, type);
        public Tensor var((long, long) dim, bool unbiased = true, bool keepdim = false, ScalarType? type = null) =>
            Spread(VarDim, [dim.Item1, dim.Item2], unbiased, keepdim, type);
        public Tensor var((long, long, long) dim, bool unbiased = true, bool keepdim = false, ScalarType? type = null) =>
            Spread(VarDim, [dim.Item1, dim.Item2, dim.Item3], unbiased, keepdim, type);
        public Tensor var(long[] dimensions, bool keepdim = false, ScalarType? type = null) => Spread(VarDim, dimensions, true, keepdim, type);

        public (Tensor std, Tensor mean) std_mean(long[] dimensions, bool unbiased = true, bool keepdim = false, ScalarType? type = null) =>
            SpreadAndMean(StdMeanDim, dimensions, unbiased, keepdim, type);

        public (Tensor std, Tensor mean) std_mean(ReadOnlySpan<long> dimensions, bool unbiased = true, bool keepdim = false, ScalarType? type = null) =>
            SpreadAndMean(StdMeanDim, dimensions.ToArray(), unbiased, keepdim, type);

        public (Tensor std, Tensor mean) std_mean(long dim, bool unbiased = true, bool keepdim = false, ScalarType? type = null) =>
            SpreadAndMean(StdMeanDim, [dim], unbiased, keepdim, type);

        public (Tensor std, Tensor mean) std_mean((long, long) dim, bool unbiased = true, bool keepdim = false, ScalarType? type = null) =>
            SpreadAndMean(StdMeanDim, [dim.Item1, dim.Item2], unbiased, keepdim, type);

        public (Tensor std, Tensor mean) std_mean((long, long, long) dim, bool unbiased = true, bool keepdim = false, ScalarType? type = null) =>
            SpreadAndMean(StdMeanDim, [dim.Item1, dim.Item2, dim.Item3], unbiased, keepdim, type);

        public (Tensor std, Tensor mean) var_mean(long[] dimensions, bool unbiased = true, bool keepdim = false, ScalarType? type = null) =>
            SpreadAndMean(VarMeanDim, dimensions, unbiased, keepdim, type);

        public (Tensor std, Tensor mean) var_mean(ReadOnlySpan<long> dimensions, bool unbiased = true, bool keepdim = false, ScalarType? type = null) =>
            SpreadAndMean(VarMeanDim, dimensions.ToArray(), unbiased, keepdim, type);

        public (Tensor @var, Tensor mean) var_mean(long dim, bool unbiased = true, bool keepdim = false, ScalarType? type = null) =>
            SpreadAndMean(VarMeanDim, [dim], unbiased, keepdim, type);

        public (Tensor @var, Tensor mean) var_mean((long, long) dim, bool unbiased = true, bool keepdim = false, ScalarType? type = null) =>
            SpreadAndMean(VarMeanDim, [dim.Item1, dim.Item2], unbiased, keepdim, type);

        public (Tensor @var, Tensor mean) var_mean((long, long, long) dim, bool unbiased = true, bool keepdim = false, ScalarType? type = null) =>
            SpreadAndMean(VarMeanDim, [dim.Item1, dim.Item2, dim.Item3], unbiased, keepdim, type);

        private Tensor Spread(Op op, long[] dimensions, bool unbiased, bool keepdim, ScalarType? type)
        {
            if (type is not { } t)
            {
                return op.Call(this, dimensions, unbiased, keepdim);
            }

            using Tensor converted = to_type(t);
            return op.Call(converted, dimensions, unbiased, keepdim);
        }

        private (Tensor, Tensor) SpreadAndMean(Op op, long[] dimensions, bool unbiased, bool keepdim, ScalarType? type)
        {
            if (type is not { } t)
            {
                return op.Call2(this, dimensions, unbiased, keepdim);
            }

            using Tensor converted = to_type(t);
            return op.Call2(converted, dimensions, unbiased, keepdim);
        }

        private static readonly Op NormDim = new("norm", "ScalarOpt_dim"), Histc = new("histc"), CountNonzero = new("count_nonzero"),
            CountNonzeroDims = new("count_nonzero", "dim_IntList");
        public Tensor norm(int dim, bool keepdim = false, float p = 2) => NormDim.Call(this, p, dim, keepdim);
        public Tensor histc(long bins = 100, long min = 0, long max = 0) => Histc.Call(this, bins, min, max);
        public Tensor count_nonzero(long[]? dims = null) => dims is null ? CountNonzero.Call(this, Arg.None) : CountNonzeroDims.Call(this, dims);

        private static readonly Op Unique = new("_unique2"), UniqueDim = new("unique_dim"), UniqueConsecutive = new("unique_consecutive");

        /// <summary>The distinct elements (or slices along <paramref name="dim"/>); null for what was not asked for.</summary>
        public (
            Tensor output, Tensor? inverse_indices, Tensor? counts) unique(bool sorted = true, bool return_inverse = false, bool return_counts = false,
            int? dim = null) =>
            Asked(dim is { } d ? UniqueDim.Call3(this, d, sorted, return_inverse, return_counts) : Unique.Call3(this, sorted, return_inverse, return_counts), return_inverse, return_counts);

        /// <summary>Runs of equal elements, each once; null for what was not asked for.</summary>
        public (
            Tensor output, Tensor? inverse_indices, Tensor? counts) unique_consecutive(bool return_inverse = false, bool return_counts = false,
            int? dim = null) =>
            Asked(UniqueConsecutive.Call3(this, return_inverse, return_counts, (long?)dim), return_inverse, return_counts);

        private static (Tensor, Tensor?, Tensor?) Asked((Tensor, Tensor, Tensor) found, bool inverse, bool counts)
        {
            if (!inverse)
            {
                found.Item2.Dispose();
            }

            if (!counts)
            {
                found.Item3.Dispose();
            }

            return (found.Item1, inverse ? found.Item2 : null, counts ? found.Item3 : null);
        }
    }
}
