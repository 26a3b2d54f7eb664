using TorchSharp.Interop;
using TorchSharp.Modules;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        /// <summary>Work on parameters and gradients.</summary>
        public static partial class utils
        {
            private static readonly Op ZerosLike = new("zeros_like");
            private static readonly Op OnesLike = new("ones_like");
            private static readonly Op Rsqrt = new("rsqrt");
            private static readonly Op Mul = new("mul", "Tensor");
            private static readonly Op Add = new("add", "Tensor");
            private static readonly Op Sub = new("sub", "Tensor");

            /// <summary>The weight and bias of a convolution that does what this one followed by that batch normalisation does in evaluation.</summary>
            public static (Parameter weight, Parameter bias) fuse_conv_bn_weights(
                Tensor conv_w, Tensor? conv_b, Tensor bn_rm, Tensor bn_rv, double bn_eps, Tensor? bn_w, Tensor? bn_b, bool transpose = false)
            {
                var shape = new long[conv_w.Dimensions];
                Array.Fill(shape, 1);
                shape[transpose ? 1 : 0] = -1;
                return Fuse(conv_w, conv_b, bn_rm, bn_rv, bn_eps, bn_w, bn_b, shape);
            }

            /// <summary>The same for a fully connected layer.</summary>
            public static (Parameter weight, Parameter bias) fuse_linear_bn_weights(
                Tensor linear_w, Tensor? linear_b, Tensor bn_rm, Tensor bn_rv, double bn_eps, Tensor? bn_w, Tensor? bn_b) =>
                Fuse(linear_w, linear_b, bn_rm, bn_rv, bn_eps, bn_w, bn_b, [-1, 1]);

            private static (Parameter, Parameter) Fuse(
                Tensor weight, Tensor? bias, Tensor mean, Tensor variance, double eps, Tensor? gamma, Tensor? beta, long[] shape)
            {
                using IDisposable _ = no_grad();
                using Tensor shifted = AddScalar.Call(variance, eps, 1);
                using Tensor inverse = Rsqrt.Call(shifted);
                using Tensor? ones = gamma is null ? Like(OnesLike, mean) : null;
                using Tensor scale = Mul.Call(gamma ?? ones!, inverse);
                using Tensor column = Reshape.Call(scale, shape);
                Tensor fusedWeight = Mul.Call(weight, column);

                using Tensor? noBias = bias is null ? Like(ZerosLike, mean) : null;
                using Tensor centred = Sub.Call(bias ?? noBias!, mean, 1);
                using Tensor scaled = Mul.Call(centred, scale);
                using Tensor? noBeta = beta is null ? Like(ZerosLike, mean) : null;
                Tensor fusedBias = Add.Call(scaled, beta ?? noBeta!, 1);
                return (new Parameter(fusedWeight, weight.requires_grad), new Parameter(fusedBias, bias?.requires_grad ?? weight.requires_grad));
            }

            private static Tensor Like(Op op, Tensor t) => op.Call(t, Arg.None, Arg.None, Arg.None, Arg.None, Arg.None);
        }
    }
}
