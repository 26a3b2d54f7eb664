using TorchSharp.Interop;
using TorchSharp.Modules;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public static partial class utils
        {
            private static readonly Op ForeachNorm = new("_foreach_norm", "Scalar");
            private static readonly Op ForeachMulInPlace = new("_foreach_mul_", "List");
            private static readonly Op VectorNorm = new("linalg_vector_norm");
            private static readonly Op Stack = new("stack");
            private static readonly Op AddScalar = new("add", "Scalar");
            private static readonly Op Reciprocal = new("reciprocal");
            private static readonly Op MulScalar = new("mul", "Scalar");
            private static readonly Op Clamp = new("clamp");
            private static readonly Op ClampInPlace = new("clamp_");
            private static readonly Op Item = new("item");

            /// <summary>Scales the gradients, all by one factor, so that the norm of all of them together is at most max_norm.</summary>
            /// <param name="norm_type">2, or another p; infinity for the largest element.</param>
            /// <returns>The norm before.</returns>
            public static double clip_grad_norm_(IEnumerable<Parameter> tensors, double max_norm, double norm_type = 2)
            {
                Tensor[] gradients = Gradients(tensors);
                if (gradients.Length == 0)
                {
                    return 0;
                }

                using IDisposable _ = no_grad();
                Tensor[] norms = Norms(gradients, norm_type);
                using Tensor all = Stack.Call(norms, 0);
                using Tensor total = VectorNorm.Call(all, norm_type, Arg.None, false, Arg.None);
                using Tensor shifted = AddScalar.Call(total, 1e-6, 1);
                using Tensor inverse = Reciprocal.Call(shifted);
                using Tensor factor = MulScalar.Call(inverse, max_norm);
                using Tensor clamped = Clamp.Call(factor, Arg.None, 1.0);
                var factors = new Tensor[gradients.Length];
                Array.Fill(factors, clamped);
                ForeachMulInPlace.Run(gradients, factors);
                double norm = Item.CallScalar(total).ToDouble();
                Foreach.Dispose(norms);
                Foreach.Dispose(gradients);
                return norm;
            }

            /// <summary>Clamps each element of the gradients to [−clip_value, clip_value].</summary>
            public static void clip_grad_value_(IEnumerable<Parameter> tensors, double clip_value)
            {
                using IDisposable _ = no_grad();
                foreach (Tensor gradient in Gradients(tensors))
                {
                    ClampInPlace.Run(gradient, -clip_value, clip_value);
                    gradient.Dispose();
                }
            }

            // _foreach_norm knows 1 and 2 only.
            private static Tensor[] Norms(Tensor[] gradients, double p) => p is 1 or 2
                ? ForeachNorm.CallList(gradients, p)
                : Array.ConvertAll(gradients, g => VectorNorm.Call(g, p, Arg.None, false, Arg.None));

            private static Tensor[] Gradients(IEnumerable<Parameter> parameters) => [.. parameters.Select(static p => p.grad).OfType<Tensor>()];
        }
    }
}
