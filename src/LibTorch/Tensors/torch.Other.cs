using System.Collections;
using System.Runtime.InteropServices;
using TorchSharp.Interop;

namespace TorchSharp;

public static unsafe partial class torch
{
    /// <summary>libtorch's version.</summary>
    public static string __version__
    {
        get
        {
            Runtime.EnsureLoaded();
            return Marshal.PtrToStringUTF8(Native.zoo_torch_version())!;
        }
    }

    public static void _assert(bool condition, string message)
    {
        if (!condition)
        {
            throw new InvalidOperationException(message);
        }
    }

    public static void _assert(Func<bool> condition, string message) => _assert(condition(), message);

    /// <summary>Does nothing here: an error of libtorch is thrown where it happens.</summary>
    public static void CheckForErrors()
    {
    }

    public static bool cuda_is_available() => cuda.is_available();
    public static bool mps_is_available() => false;
    public static bool is_tensor(object obj) => obj is Tensor;
    public static long numel(Tensor input) => input.numel();
    public static Tensor logdet(Tensor input) => input.logdet();

    /// <summary>Evaluates an expression, disposing of everything that it makes but its value.</summary>
    public static Tensor WrappedTensorDisposeScope(Func<Tensor> expr)
    {
        using DisposeScope scope = NewDisposeScope();
        return expr().MoveToOuterDisposeScope();
    }

    private static readonly Op RandpermOut = new("randperm", "generator_out");

    public static Tensor randperm(long n, Tensor @out, Generator? generator = null) => RandpermOut.Call(n, generator, @out);

    private static readonly Op HistogramCount = new("histogram", "bin_ct"), HistogramEdges = new("histogram", "bins_tensor");

    public static (
        Tensor hist, Tensor bin_edges) histogram(Tensor input, long bins, (double min, double max)? range = null, Tensor? weight = null,
        bool density = false) =>
        HistogramCount.Call2(input, bins, range is { } r ? new[] { r.min, r.max } : null, weight, density);

    public static (Tensor hist, Tensor bin_edges) histogram(Tensor input, Tensor bins, Tensor? weight = null, bool density = false) =>
        HistogramEdges.Call2(input, bins, weight, density);

    public partial class Tensor
    {
        private static readonly Op Logdet = new("logdet"), Pinverse = new("linalg_pinv");
        public Tensor logdet() => Logdet.Call(this);
        public Tensor pinverse(double rcond = 1e-15, bool hermitian = false) => Pinverse.Call(this, rcond, hermitian);

        public static Tensor block_diag(params Tensor[] tensors) => torch.block_diag(tensors);

        public static (Tensor values, Tensor indices) kthvalue(Tensor input, long k, long? dim, bool keepdim = false) => input.kthvalue(k, dim, keepdim);

        /// <summary>A <see cref="Scalar"/>, or lists of them nested as deep as the tensor has dimensions.</summary>
        public object tolist()
        {
            if (ndim == 0)
            {
                return ToScalar();
            }

            var list = new ArrayList();
            foreach (Tensor t in unbind())
            {
                using (t)
                {
                    list.Add(t.tolist());
                }
            }

            return list;
        }
    }

    public static Tensor pinverse(Tensor input, double rcond = 1e-15, bool hermitian = false) => input.pinverse(rcond, hermitian);
}
