using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public static partial class init
        {
            private static readonly Op NewEmpty = new("new_empty");
            private static readonly Op Transpose = new("t");
            private static readonly Op QR = new("linalg_qr");
            private static readonly Op Diagonal = new("diagonal");
            private static readonly Op Sign = new("sign");
            private static readonly Op MulInPlace = new("mul_", "Tensor");
            private static readonly Op ScaleInPlace = new("mul_", "Scalar");
            private static readonly Op ShiftInPlace = new("add_", "Scalar");
            private static readonly Op ErfinvInPlace = new("erfinv_");
            private static readonly Op ClampInPlace = new("clamp_");
            private static readonly Op CopyInPlace = new("copy_");
            private static readonly Op ViewAs = new("view_as");
            private static readonly Op Select = new("select", "int");
            private static readonly Op Narrow = new("narrow");
            private static readonly Op RandPerm = new("randperm");
            private static readonly Op IndexFillInPlace = new("index_fill_", "int_Scalar");
            private static readonly Op FromScalar = new("scalar_tensor");
            private static readonly Op Ndtr = new("special_ndtr");
            private static readonly Op Item = new("_local_scalar_dense");

            /// <summary>The identity matrix.</summary>
            public static Tensor eye_(Tensor tensor)
            {
                if (tensor.dim() != 2)
                {
                    throw new ArgumentException($"The identity has two dimensions, not {tensor.dim()}.", nameof(tensor));
                }

                return InPlace(tensor, static t =>
                {
                    Zero.Run(t);
                    using Tensor diagonal = Diagonal.Call(t, 0, 0, 1);
                    Fill.Run(diagonal, 1);
                });
            }

            /// <summary>Convolution weights that hand each channel through: a 1 in the middle of filter i's channel i.</summary>
            public static Tensor dirac_(Tensor tensor)
            {
                long[] shape = tensor.shape;
                if (shape.Length is < 3 or > 5)
                {
                    throw new ArgumentException($"Convolution weights have three to five dimensions, not {shape.Length}.", nameof(tensor));
                }

                return InPlace(tensor, t =>
                {
                    Zero.Run(t);
                    using DisposeScope _ = NewDisposeScope();
                    Tensor channels = Diagonal.Call(t, 0, 0, 1);
                    for (int d = 2; d < shape.Length; d++)
                    {
                        channels = Select.Call(channels, 0, shape[d] / 2);
                    }

                    Fill.Run(channels, 1);
                });
            }

            /// <summary>Rows, or columns where they are fewer, that are orthogonal (Saxe et al., arXiv:1312.6120).</summary>
            public static Tensor orthogonal_(Tensor tensor, double gain = 1)
            {
                long[] shape = tensor.shape;
                if (shape.Length < 2)
                {
                    throw new ArgumentException($"Orthogonality needs two dimensions or more, not {shape.Length}.", nameof(tensor));
                }

                return InPlace(tensor, t =>
                {
                    using DisposeScope _ = NewDisposeScope();
                    long rows = shape[0], columns = t.numel() / rows;
                    Tensor flat = NewEmpty.Call(t, new[] { rows, columns }, Arg.None, Arg.None, Arg.None, Arg.None);
                    Normal.Run(flat, 0.0, 1.0, Arg.None);
                    (Tensor q, Tensor r) = QR.Call2(rows < columns ? Transpose.Call(flat) : flat, "reduced");
                    MulInPlace.Run(q, Sign.Call(Diagonal.Call(r, 0, 0, 1)));
                    CopyInPlace.Run(ViewAs.Call(t, flat), rows < columns ? Transpose.Call(q) : q, false);
                    ScaleInPlace.Run(t, gain);
                });
            }

            /// <summary>Normal values, with the given part of each column set to zero.</summary>
            public static Tensor sparse_(Tensor tensor, double sparsity, double std = 0.01)
            {
                long[] shape = tensor.shape;
                if (shape.Length != 2)
                {
                    throw new ArgumentException($"A sparse weight has two dimensions, not {shape.Length}.", nameof(tensor));
                }

                return InPlace(tensor, t =>
                {
                    long zeros = (long)Math.Ceiling(sparsity * shape[0]);
                    Normal.Run(t, 0.0, std, Arg.None);
                    for (long c = 0; c < shape[1]; c++)
                    {
                        using DisposeScope _ = NewDisposeScope();
                        Tensor order = RandPerm.Call(shape[0], ScalarType.Int64, Arg.None, t.device, Arg.None);
                        IndexFillInPlace.Run(Select.Call(t, 1, c), 0, Narrow.Call(order, 0, 0, zeros), 0);
                    }
                });
            }

            /// <summary>Normal values, those outside [a, b] drawn anew (by the inverse of the distribution function).</summary>
            public static Tensor trunc_normal_(Tensor tensor, double mean = 0, double std = 1, double a = -2, double b = 2, Generator? generator = null) =>
                InPlace(tensor, t =>
                {
                    double low = NormalDistribution((a - mean) / std), high = NormalDistribution((b - mean) / std);
                    Uniform.Run(t, 2 * low - 1, 2 * high - 1, generator);
                    ErfinvInPlace.Run(t);
                    ScaleInPlace.Run(t, std * Math.Sqrt(2.0));
                    ShiftInPlace.Run(t, mean, 1);
                    ClampInPlace.Run(t, a, b);
                });

            private static double NormalDistribution(double x)
            {
                using Tensor t = FromScalar.Call(x, ScalarType.Float64, Arg.None, CPU, Arg.None);
                using Tensor cdf = Ndtr.Call(t);
                return Item.CallScalar(cdf).AsDouble;
            }
        }
    }
}
