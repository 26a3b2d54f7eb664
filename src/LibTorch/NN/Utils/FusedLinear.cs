using TorchSharp.Modules;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public static partial class utils
        {
            /// <summary>A new layer that does what this one followed by that batch normalisation does in evaluation.</summary>
            /// <exception cref="ArgumentException">One of the two is in training.</exception>
            public static Linear fuse_linear_bn_eval(Linear linear, BatchNorm bn)
            {
                if (linear.training || bn.training)
                {
                    throw new ArgumentException("Only layers in evaluation can be fused: call eval() first.", nameof(bn));
                }

                Tensor mean = bn.running_mean ?? throw new ArgumentException("The batch normalisation keeps no running statistics.", nameof(bn));
                (Parameter weight, Parameter bias) = fuse_linear_bn_weights(linear.weight!, linear.bias, mean, bn.running_var!, bn.eps, bn.weight, bn.bias);
                Linear fused = Linear(weight, bias);
                fused.eval();
                return fused;
            }
        }
    }
}
