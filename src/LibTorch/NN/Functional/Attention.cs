using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public static partial class functional
        {
            private static readonly Op TransposeOp = new("transpose", "int");
            private static readonly Op MaskedFillOp = new("masked_fill", "Scalar");
            private static readonly Op LogicalNotOp = new("logical_not");
            private static readonly Op OnesOp = new("ones");
            private static readonly Op TrilOp = new("tril");

            /// <summary>softmax(Q·Kᵀ/√d + mask)·V. A truth-value mask keeps what is true; causal: row i sees columns 0…i.</summary>
            public static Tensor scaled_dot_product_attention(
                Tensor query, Tensor key, Tensor value, Tensor? attn_mask = null, double p = 0.0, bool is_casual = false)
            {
                if (is_casual && attn_mask is not null)
                {
                    throw new ArgumentException("Give either a mask or is_casual.", nameof(attn_mask));
                }

                using Tensor keys = TransposeOp.Call(key, -2, -1);
                using Tensor scaled = MulScalarOp.Call(query, 1 / Math.Sqrt(query.shape[^1]));
                using Tensor scores = MatmulOp.Call(scaled, keys); // [..., L, S]
                using Tensor? triangle = is_casual ? Triangle(scores) : null;
                using Tensor? masked = attn_mask is null && triangle is null ? null : Masked(scores, triangle ?? attn_mask!);
                using Tensor weights = SoftmaxOp.Call(masked ?? scores, -1, Arg.None);
                using Tensor? kept = p > 0 ? DropoutOp.Call(weights, p, true) : null;
                return MatmulOp.Call(kept ?? weights, value);
            }

            private static Tensor Triangle(Tensor scores)
            {
                using Tensor ones = OnesOp.Call(scores.shape[^2..], ScalarType.Bool, Arg.None, scores.device, Arg.None);
                return TrilOp.Call(ones, 0);
            }

            private static Tensor Masked(Tensor scores, Tensor mask)
            {
                if (mask.dtype != ScalarType.Bool)
                {
                    return AddOp.Call(scores, mask, 1);
                }

                using Tensor hidden = LogicalNotOp.Call(mask);
                return MaskedFillOp.Call(scores, hidden, double.NegativeInfinity);
            }
        }
    }
}
