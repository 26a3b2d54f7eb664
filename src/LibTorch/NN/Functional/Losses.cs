using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public static partial class functional
        {
            private static readonly Op CrossEntropyOp = new("cross_entropy_loss");
            private static readonly Op NllOp = new("nll_loss_nd");
            private static readonly Op BceOp = new("binary_cross_entropy");
            private static readonly Op BceLogitsOp = new("binary_cross_entropy_with_logits");
            private static readonly Op MseOp = new("mse_loss");
            private static readonly Op L1Op = new("l1_loss");
            private static readonly Op SmoothL1Op = new("smooth_l1_loss");
            private static readonly Op HuberOp = new("huber_loss");
            private static readonly Op KlDivOp = new("kl_div");
            private static readonly Op PoissonNllOp = new("poisson_nll_loss");
            private static readonly Op CtcOp = new("ctc_loss", "Tensor");

            /// <summary>
            /// −log softmax(input)[target], input [N, C, …] and target class numbers [N, …] or probabilities [N, C, …]. Classes equal to
            /// <paramref name="ignore_index"/> do not count.
            /// </summary>
            public static Tensor cross_entropy(
                Tensor input, Tensor target, Tensor? weight = null, long ignore_index = -100, Reduction reduction = Reduction.Mean,
                double label_smoothing = 0.0) =>
                CrossEntropyOp.Call(input, target, weight, (long)reduction, ignore_index, label_smoothing);

            /// <summary>−input[target], the input being log-probabilities.</summary>
            public static Tensor nll_loss(Tensor input, Tensor target, Tensor? weight = null, Reduction reduction = Reduction.Mean) =>
                NllOp.Call(input, target, weight, (long)reduction, -100);

            public static Tensor binary_cross_entropy(Tensor input, Tensor target, Tensor? weight = null, Reduction reduction = Reduction.Mean) =>
                BceOp.Call(input, target, weight, (long)reduction);

            public static Tensor binary_cross_entropy_with_logits(
                Tensor input, Tensor target, Tensor? weight = null, Reduction reduction = Reduction.Mean, Tensor? pos_weights = null) =>
                BceLogitsOp.Call(input, target, weight, pos_weights, (long)reduction);

            public static Tensor mse_loss(Tensor input, Tensor target, Reduction reduction = Reduction.Mean) => MseOp.Call(input, target, (long)reduction);

            public static Tensor l1_loss(Tensor input, Tensor target, Reduction reduction = Reduction.Mean) => L1Op.Call(input, target, (long)reduction);

            public static Tensor smooth_l1_loss(Tensor input, Tensor target, Reduction reduction = Reduction.Mean, double beta = 1.0) =>
                SmoothL1Op.Call(input, target, (long)reduction, beta);

            public static Tensor huber_loss(Tensor input, Tensor target, double delta = 1.0, Reduction reduction = Reduction.Mean) =>
                HuberOp.Call(input, target, (long)reduction, delta);

            /// <summary>Σ q·(log q − input) with input log-probabilities. The target is log q by default, and q with log_target false.</summary>
            public static Tensor kl_div(Tensor input, Tensor target, bool log_target = true, Reduction reduction = Reduction.Mean) =>
                KlDivOp.Call(input, target, (long)reduction, log_target);

            public static Tensor poisson_nll_loss(
                Tensor input, Tensor target, bool log_input = true, bool full = false, float eps = 1e-8f, Reduction reduction = Reduction.Mean) =>
                PoissonNllOp.Call(input, target, log_input, full, eps, (long)reduction);

            public static Tensor ctc_loss(
                Tensor log_probs, Tensor targets, Tensor input_lengths, Tensor target_lengths, long blank = 0, bool zero_infinity = false,
                Reduction reduction = Reduction.Mean) =>
                CtcOp.Call(log_probs, targets, input_lengths, target_lengths, blank, (long)reduction, zero_infinity);

            /// <summary>½(log var + (input − target)²/var), plus ½ log 2π where <paramref name="full"/>.</summary>
            public static Tensor gaussian_nll_loss(
                Tensor input, Tensor target, Tensor variance, bool full = false, float eps = 1e-6f, Reduction reduction = Reduction.Mean)
            {
                using Tensor fitted = Broadcastable(variance, input);
                using Tensor var = ClampMinDetached(fitted, eps);
                using Tensor log = LogOp.Call(var);
                using Tensor difference = SubOp.Call(input, target, 1);
                using Tensor square = MulOp.Call(difference, difference);
                using Tensor ratio = DivOp.Call(square, var);
                using Tensor sum = AddOp.Call(log, ratio, 1);
                Tensor losses = MulScalarOp.Call(sum, 0.5);
                if (full)
                {
                    using Tensor partial = losses;
                    losses = AddScalarOp.Call(partial, 0.5 * Math.Log(2 * Math.PI), 1);
                }

                return Reduced(losses, reduction);
            }

            /// <summary>A variance of one dimension less than the input holds for the whole last dimension.</summary>
            private static Tensor Broadcastable(Tensor variance, Tensor input)
            {
                long[] v = variance.shape, x = input.shape;
                if (v.AsSpan().SequenceEqual(x) || (v.Length == x.Length && v[^1] == 1 && v.AsSpan(0, v.Length - 1).SequenceEqual(x.AsSpan(0, x.Length - 1))))
                {
                    return AliasOp.Call(variance);
                }

                return x.Length == v.Length + 1 && v.AsSpan().SequenceEqual(x.AsSpan(0, v.Length))
                    ? UnsqueezeOp.Call(variance, -1)
                    : throw new ArgumentException("The variance's shape fits neither the input's nor that without its last dimension.", nameof(variance));
            }

            /// <summary>max(x, floor) in value, with the gradient of x everywhere.</summary>
            private static Tensor ClampMinDetached(Tensor x, double floor)
            {
                using Tensor detached = x.detach();
                using Tensor clamped = ClampMinOp.Call(detached, floor);
                using Tensor lift = SubOp.Call(clamped, detached, 1);
                return AddOp.Call(x, lift, 1);
            }
        }
    }
}
