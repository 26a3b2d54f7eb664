using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public static partial class functional
        {
            private static readonly Op DropoutOp = new("dropout");
            private static readonly Op DropoutInPlaceOp = new("dropout_");
            private static readonly Op FeatureDropoutOp = new("feature_dropout");
            private static readonly Op FeatureDropoutInPlaceOp = new("feature_dropout_");
            private static readonly Op AlphaDropoutOp = new("alpha_dropout");
            private static readonly Op AlphaDropoutInPlaceOp = new("alpha_dropout_");
            private static readonly Op FeatureAlphaDropoutOp = new("feature_alpha_dropout");
            private static readonly Op FeatureAlphaDropoutInPlaceOp = new("feature_alpha_dropout_");

            /// <summary>Zeros each element with probability p and divides the others by 1 − p; the identity outside of training.</summary>
            public static Tensor dropout(Tensor input, double p = 0.5, bool training = true, bool inplace = false) =>
                Drop(DropoutOp, DropoutInPlaceOp, input, p, training, inplace);

            /// <summary>Zeros whole channels of [N, C, L] or [C, L].</summary>
            public static Tensor dropout1d(Tensor input, double p = 0.5, bool training = true, bool inplace = false) =>
                DropChannels(input, 2, p, training, inplace);

            /// <summary>Zeros whole channels of [N, C, H, W].</summary>
            public static Tensor dropout2d(Tensor input, double p = 0.5, bool training = true, bool inplace = false) =>
                Drop(FeatureDropoutOp, FeatureDropoutInPlaceOp, input, p, training, inplace);

            /// <summary>Zeros whole channels of [N, C, D, H, W] or [C, D, H, W].</summary>
            public static Tensor dropout3d(Tensor input, double p = 0.5, bool training = true, bool inplace = false) =>
                DropChannels(input, 4, p, training, inplace);

            /// <summary>Dropout that keeps the mean and variance of SELU's outputs (arXiv:1706.02515).</summary>
            public static Tensor alpha_dropout(Tensor input, double p = 0.5, bool training = false, bool inplace = false) =>
                Drop(AlphaDropoutOp, AlphaDropoutInPlaceOp, input, p, training, inplace);

            public static Tensor feature_alpha_dropout(Tensor input, double p = 0.5, bool training = false, bool inplace = false) =>
                Drop(FeatureAlphaDropoutOp, FeatureAlphaDropoutInPlaceOp, input, p, training, inplace);

            private static Tensor DropChannels(Tensor input, int unbatched, double p, bool training, bool inplace)
            {
                if (input.Dimensions != unbatched)
                {
                    return Drop(FeatureDropoutOp, FeatureDropoutInPlaceOp, input, p, training, inplace);
                }

                using Tensor batch = UnsqueezeOp.Call(input, 0);
                using Tensor dropped = Drop(FeatureDropoutOp, FeatureDropoutInPlaceOp, batch, p, training, inplace);
                return SqueezeDimOp.Call(dropped, 0);
            }

            private static Tensor Drop(Op op, Op inPlaceOp, Tensor input, double p, bool training, bool inplace)
            {
                if (!(p >= 0 && p <= 1))
                {
                    throw new ArgumentOutOfRangeException(nameof(p), p, "A dropout probability lies between 0 and 1.");
                }

                if (!inplace)
                {
                    return training ? op.Call(input, p, true) : AliasOp.Call(input);
                }

                inPlaceOp.Run(input, p, training);
                return AliasOp.Call(input);
            }
        }
    }
}
