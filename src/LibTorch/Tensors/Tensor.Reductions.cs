using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        private static readonly Op Sum = new("sum"), SumDimIntList = new("sum", "dim_IntList");
        public Tensor sum(ScalarType? type = null) => Sum.Call(this, type);
        public Tensor sum(long[] dim, bool keepdim = false, ScalarType? type = null) => SumDimIntList.Call(this, dim, keepdim, type);
        public Tensor sum(ReadOnlySpan<long> dim, bool keepdim = false, ScalarType? type = null) => SumDimIntList.Call(this, dim.ToArray(), keepdim, type);

        private static readonly Op Prod = new("prod"), ProdDimInt = new("prod", "dim_int");
        public Tensor prod(ScalarType? type = null) => Prod.Call(this, type);
        public Tensor prod(long dim, bool keepdim = false, ScalarType? type = null) => ProdDimInt.Call(this, dim, keepdim, type);

        private static readonly Op Mean = new("mean"), MeanDim = new("mean", "dim");
        public Tensor mean() => Mean.Call(this, Arg.None);
        public Tensor mean(long[] dimensions, bool keepdim = false, ScalarType? type = null) => MeanDim.Call(this, dimensions, keepdim, type);

        private static readonly Op Max = new("max"), MaxOther = new("max", "other"), MaxDim = new("max", "dim");
        public Tensor max() => Max.Call(this);
        public Tensor max(Tensor other) => MaxOther.Call(this, other);
        public (Tensor values, Tensor indexes) max(long dim, bool keepdim = false) => MaxDim.Call2(this, dim, keepdim);

        private static readonly Op Min = new("min"), MinOther = new("min", "other"), MinDim = new("min", "dim");
        public Tensor min() => Min.Call(this);
        public Tensor min(Tensor other) => MinOther.Call(this, other);
        public (Tensor values, Tensor indexes) min(long dim, bool keepdim = false) => MinDim.Call2(this, dim, keepdim);

        private static readonly Op Amax = new("amax");
        public Tensor amax(params long[] dims) => Amax.Call(this, dims, false);

        private static readonly Op Amin = new("amin");
        public Tensor amin(params long[] dims) => Amin.Call(this, dims, false);

        private static readonly Op Aminmax = new("aminmax");
        public (Tensor min, Tensor max) aminmax(long? dim = null, bool keepdim = false) => Aminmax.Call2(this, dim, keepdim);

        private static readonly Op Argmax = new("argmax");
        public Tensor argmax() => Argmax.Call(this, Arg.None, false);
        public Tensor argmax(long dim, bool keepdim = false) => Argmax.Call(this, dim, keepdim);

        private static readonly Op Argmin = new("argmin");
        public Tensor argmin() => Argmin.Call(this, Arg.None, false);
        public Tensor argmin(long dim, bool keepdim = false) => Argmin.Call(this, dim, keepdim);

        private static readonly Op All = new("all"), AllDim = new("all", "dim");
        public Tensor all() => All.Call(this);
        public Tensor all(long dim, bool keepdim = false) => AllDim.Call(this, dim, keepdim);

        private static readonly Op Any = new("any"), AnyDim = new("any", "dim");
        public Tensor any() => Any.Call(this);
        public Tensor any(long dim, bool keepdim = false) => AnyDim.Call(this, dim, keepdim);

        private static readonly Op Median = new("median");
        public Tensor median() => Median.Call(this);

        private static readonly Op Nanmedian = new("nanmedian");
        public Tensor nanmedian() => Nanmedian.Call(this);

        private static readonly Op Mode = new("mode");
        public (Tensor values, Tensor indices) mode(long dim = -1, bool keepdim = false) => Mode.Call2(this, dim, keepdim);

        private static readonly Op Cumsum = new("cumsum");
        public Tensor cumsum(long dim, ScalarType? type = null) => Cumsum.Call(this, dim, type);

        private static readonly Op Cumprod = new("cumprod");
        public Tensor cumprod(long dim, ScalarType? type = null) => Cumprod.Call(this, dim, type);

        private static readonly Op Cummax = new("cummax");
        public (Tensor values, Tensor indexes) cummax(long dim) => Cummax.Call2(this, dim);

        private static readonly Op Cummin = new("cummin");
        public (Tensor values, Tensor indexes) cummin(long dim) => Cummin.Call2(this, dim);

        private static readonly Op Logcumsumexp = new("logcumsumexp");
        public Tensor logcumsumexp(long dim) => Logcumsumexp.Call(this, dim);

        public Tensor sum(long dim, bool keepdim = false, ScalarType? type = null) => SumDimIntList.Call(this, dim, keepdim, type);
        public Tensor sum(long dim0, long dim1, bool keepdim = false, ScalarType? type = null) => sum([dim0, dim1], keepdim, type);
        public Tensor sum(long dim0, long dim1, long dim2, bool keepdim = false, ScalarType? type = null) => sum([dim0, dim1, dim2], keepdim, type);

        private static readonly Op AmaxOut = new("amax", "out"), AminOut = new("amin", "out");

        public Tensor amax(long[] dims, bool keepdim = false, Tensor? @out = null) =>
            @out is null ? Amax.Call(this, dims, keepdim) : AmaxOut.Call(this, dims, keepdim, @out);

        public Tensor amin(long[] dims, bool keepdim = false, Tensor? @out = null) =>
            @out is null ? Amin.Call(this, dims, keepdim) : AminOut.Call(this, dims, keepdim, @out);

        public Tensor amax(ReadOnlySpan<long> dims, bool keepdim = false, Tensor? @out = null) => amax(dims.ToArray(), keepdim, @out);
        public Tensor amin(ReadOnlySpan<long> dims, bool keepdim = false, Tensor? @out = null) => amin(dims.ToArray(), keepdim, @out);

        private static readonly Op Logsumexp = new("logsumexp"), Nansum = new("nansum"), Nanmean = new("nanmean");
        public Tensor logsumexp(long dim, bool keepdim = false) => Logsumexp.Call(this, dim, keepdim);
        public Tensor nansum() => Nansum.Call(this, Arg.None, false, Arg.None);
        public Tensor nanmean(int? dim = null, bool keepdim = false, ScalarType? dtype = null) =>
            Nanmean.Call(this, dim is { } d ? (Arg)d : Arg.None, keepdim, dtype);
    }
}
