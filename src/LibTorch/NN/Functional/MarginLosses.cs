using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public static partial class functional
        {
            private static readonly Op HingeEmbeddingOp = new("hinge_embedding_loss");
            private static readonly Op CosineEmbeddingOp = new("cosine_embedding_loss");
            private static readonly Op MarginRankingOp = new("margin_ranking_loss");
            private static readonly Op MultiLabelMarginOp = new("multilabel_margin_loss");
            private static readonly Op MultiMarginOp = new("multi_margin_loss");
            private static readonly Op SoftMarginOp = new("soft_margin_loss");
            private static readonly Op TripletMarginOp = new("triplet_margin_loss");
            private static readonly Op CosineSimilarityOp = new("cosine_similarity");
            private static readonly Op PairwiseDistanceOp = new("pairwise_distance");
            private static readonly Op MinimumOp = new("minimum");

            public static Tensor hinge_embedding_loss(Tensor input, Tensor target, double margin = 0.0, Reduction reduction = Reduction.Mean) =>
                HingeEmbeddingOp.Call(input, target, margin, (long)reduction);

            public static Tensor cosine_embedding_loss(
                Tensor input1, Tensor input2, Tensor target, double margin = 0.0, Reduction reduction = Reduction.Mean) =>
                CosineEmbeddingOp.Call(input1, input2, target, margin, (long)reduction);

            public static Tensor margin_ranking_loss(Tensor input1, Tensor input2, Tensor target, double margin = 0.0, Reduction reduction = Reduction.Mean) =>
                MarginRankingOp.Call(input1, input2, target, margin, (long)reduction);

            public static Tensor multi_label_margin_loss(Tensor input, Tensor target, Reduction reduction = Reduction.Mean) =>
                MultiLabelMarginOp.Call(input, target, (long)reduction);

            public static Tensor multi_margin_loss(
                Tensor input, Tensor target, int p = 1, double margin = 1.0, Tensor? weight = null, Reduction reduction = Reduction.Mean) =>
                MultiMarginOp.Call(input, target, p, margin, weight, (long)reduction);

            /// <summary>Binary cross-entropy with logits, averaged over the classes (the last dimension).</summary>
            public static Tensor multilabel_soft_margin_loss(Tensor input, Tensor target, Tensor? weight = null, Reduction reduction = Reduction.Mean)
            {
                long classes = input.shape[^1];
                using Tensor losses = BceLogitsOp.Call(input, target, weight, Arg.None, (long)Reduction.None);
                using Tensor sums = SumDimOp.Call(losses, -1, false, Arg.None);
                return Reduced(MulScalarOp.Call(sums, 1.0 / classes), reduction);
            }

            public static Tensor soft_margin_loss(
                Tensor input, Tensor target, Reduction reduction = Reduction.Mean) => SoftMarginOp.Call(input, target, (long)reduction);

            /// <summary>max(‖a − p‖ − ‖a − n‖ + margin, 0).</summary>
            public static Tensor triplet_margin_loss(
                Tensor anchor, Tensor positive, Tensor negative, double margin = 1.0, long p = 2, double eps = 1e-6, bool swap = false,
                Reduction reduction = Reduction.Mean) =>
                TripletMarginOp.Call(anchor, positive, negative, margin, (double)p, eps, swap, (long)reduction);

            public static Tensor triplet_margin_with_distance_loss(
                Tensor anchor, Tensor positive, Tensor negative, Func<Tensor, Tensor, Tensor>? distance = null, double margin = 1.0,
                bool swap = false, Reduction reduction = Reduction.Mean)
            {
                distance ??= static (x, y) => pairwise_distance(x, y);
                using Tensor near = distance(anchor, positive);
                using Tensor toAnchor = distance(anchor, negative);
                using Tensor? toPositive = swap ? distance(positive, negative) : null;
                using Tensor? nearest = toPositive is null ? null : MinimumOp.Call(toAnchor, toPositive);
                using Tensor difference = SubOp.Call(near, nearest ?? toAnchor, 1);
                using Tensor shifted = AddScalarOp.Call(difference, margin, 1);
                return Reduced(ClampMinOp.Call(shifted, 0), reduction);
            }

            /// <summary>x₁·x₂ / max(‖x₁‖·‖x₂‖, eps) along a dimension.</summary>
            public static Tensor cosine_similarity(Tensor x1, Tensor x2, long dim = 1, double eps = 1e-8) => CosineSimilarityOp.Call(x1, x2, dim, eps);

            /// <summary>‖input1 − input2 + eps‖p along the last dimension.</summary>
            public static Tensor pairwise_distance(Tensor input1, Tensor input2, double p = 2.0, double eps = 1e-6, bool keepdim = false) =>
                PairwiseDistanceOp.Call(input1, input2, p, eps, keepdim);
        }
    }
}
