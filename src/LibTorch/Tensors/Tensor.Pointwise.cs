using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        private static readonly Op Exp = new("exp"), ExpInPlace = new("exp_");
        public Tensor exp() => Exp.Call(this);
        public Tensor exp_() => ExpInPlace.Apply(this);

        private static readonly Op Exp2 = new("exp2");
        public Tensor exp2() => Exp2.Call(this);

        private static readonly Op Expm1 = new("expm1"), Expm1InPlace = new("expm1_");
        public Tensor expm1() => Expm1.Call(this);
        public Tensor expm1_() => Expm1InPlace.Apply(this);

        private static readonly Op Log = new("log"), LogInPlace = new("log_");
        public Tensor log() => Log.Call(this);
        public Tensor log_() => LogInPlace.Apply(this);

        private static readonly Op Log10 = new("log10"), Log10InPlace = new("log10_");
        public Tensor log10() => Log10.Call(this);
        public Tensor log10_() => Log10InPlace.Apply(this);

        private static readonly Op Log1p = new("log1p"), Log1pInPlace = new("log1p_");
        public Tensor log1p() => Log1p.Call(this);
        public Tensor log1p_() => Log1pInPlace.Apply(this);

        private static readonly Op Log2 = new("log2"), Log2InPlace = new("log2_");
        public Tensor log2() => Log2.Call(this);
        public Tensor log2_() => Log2InPlace.Apply(this);

        private static readonly Op Logaddexp = new("logaddexp");
        public Tensor logaddexp(Tensor other) => Logaddexp.Call(this, other);

        private static readonly Op Logaddexp2 = new("logaddexp2");
        public Tensor logaddexp2(Tensor other) => Logaddexp2.Call(this, other);

        private static readonly Op Logit = new("logit");
        public Tensor logit(double? eps = null) => Logit.Call(this, eps);

        private static readonly Op Ceil = new("ceil"), CeilInPlace = new("ceil_");
        public Tensor ceil() => Ceil.Call(this);
        public Tensor ceil_() => CeilInPlace.Apply(this);

        private static readonly Op Floor = new("floor"), FloorInPlace = new("floor_");
        public Tensor floor() => Floor.Call(this);
        public Tensor floor_() => FloorInPlace.Apply(this);

        private static readonly Op Frac = new("frac"), FracInPlace = new("frac_");
        public Tensor frac() => Frac.Call(this);
        public Tensor frac_() => FracInPlace.Apply(this);

        private static readonly Op Fix = new("fix"), FixInPlace = new("fix_");
        public Tensor fix() => Fix.Call(this);
        public Tensor fix_() => FixInPlace.Apply(this);

        private static readonly Op Trunc = new("trunc"), TruncInPlace = new("trunc_");
        public Tensor trunc() => Trunc.Call(this);
        public Tensor trunc_() => TruncInPlace.Apply(this);

        private static readonly Op Erf = new("erf"), ErfInPlace = new("erf_");
        public Tensor erf() => Erf.Call(this);
        public Tensor erf_() => ErfInPlace.Apply(this);

        private static readonly Op Erfc = new("erfc"), ErfcInPlace = new("erfc_");
        public Tensor erfc() => Erfc.Call(this);
        public Tensor erfc_() => ErfcInPlace.Apply(this);

        private static readonly Op Erfinv = new("erfinv"), ErfinvInPlace = new("erfinv_");
        public Tensor erfinv() => Erfinv.Call(this);
        public Tensor erfinv_() => ErfinvInPlace.Apply(this);

        private static readonly Op Lgamma = new("lgamma"), LgammaInPlace = new("lgamma_");
        public Tensor lgamma() => Lgamma.Call(this);
        public Tensor lgamma_() => LgammaInPlace.Apply(this);

        private static readonly Op Digamma = new("digamma"), DigammaInPlace = new("digamma_");
        public Tensor digamma() => Digamma.Call(this);
        public Tensor digamma_() => DigammaInPlace.Apply(this);

        private static readonly Op PolygammaInPlace = new("polygamma_");
        public Tensor polygamma_(long p) => PolygammaInPlace.Apply(this, p);

        private static readonly Op Mvlgamma = new("mvlgamma"), MvlgammaInPlace = new("mvlgamma_");
        public Tensor mvlgamma(long p) => Mvlgamma.Call(this, p);
        public Tensor mvlgamma_(long p) => MvlgammaInPlace.Apply(this, p);

        private static readonly Op I0 = new("i0");
        public Tensor i0() => I0.Call(this);

        private static readonly Op Igamma = new("igamma");
        public Tensor igamma(Tensor other) => Igamma.Call(this, other);

        private static readonly Op Igammac = new("igammac");
        public Tensor igammac(Tensor other) => Igammac.Call(this, other);

        private static readonly Op NanToNum = new("nan_to_num");
        public Tensor nan_to_num(double nan = 0, double? posinf = null, double? neginf = null) => NanToNum.Call(this, nan, posinf, neginf);

        private static readonly Op Sin = new("sin"), SinInPlace = new("sin_");
        public Tensor sin() => Sin.Call(this);
        public Tensor sin_() => SinInPlace.Apply(this);

        private static readonly Op Cos = new("cos"), CosInPlace = new("cos_");
        public Tensor cos() => Cos.Call(this);
        public Tensor cos_() => CosInPlace.Apply(this);

        private static readonly Op Tan = new("tan"), TanInPlace = new("tan_");
        public Tensor tan() => Tan.Call(this);
        public Tensor tan_() => TanInPlace.Apply(this);

        private static readonly Op Asin = new("asin"), AsinInPlace = new("asin_");
        public Tensor asin() => Asin.Call(this);
        public Tensor asin_() => AsinInPlace.Apply(this);

        private static readonly Op Acos = new("acos"), AcosInPlace = new("acos_");
        public Tensor acos() => Acos.Call(this);
        public Tensor acos_() => AcosInPlace.Apply(this);

        private static readonly Op Atan = new("atan"), AtanInPlace = new("atan_");
        public Tensor atan() => Atan.Call(this);
        public Tensor atan_() => AtanInPlace.Apply(this);

        private static readonly Op Sinh = new("sinh"), SinhInPlace = new("sinh_");
        public Tensor sinh() => Sinh.Call(this);
        public Tensor sinh_() => SinhInPlace.Apply(this);

        private static readonly Op Cosh = new("cosh"), CoshInPlace = new("cosh_");
        public Tensor cosh() => Cosh.Call(this);
        public Tensor cosh_() => CoshInPlace.Apply(this);

        private static readonly Op Tanh = new("tanh"), TanhInPlace = new("tanh_");
        public Tensor tanh() => Tanh.Call(this);
        public Tensor tanh_() => TanhInPlace.Apply(this);

        private static readonly Op Asinh = new("asinh"), AsinhInPlace = new("asinh_");
        public Tensor asinh() => Asinh.Call(this);
        public Tensor asinh_() => AsinhInPlace.Apply(this);

        private static readonly Op Acosh = new("acosh"), AcoshInPlace = new("acosh_");
        public Tensor acosh() => Acosh.Call(this);
        public Tensor acosh_() => AcoshInPlace.Apply(this);

        private static readonly Op Atanh = new("atanh"), AtanhInPlace = new("atanh_");
        public Tensor atanh() => Atanh.Call(this);
        public Tensor atanh_() => AtanhInPlace.Apply(this);

        private static readonly Op Arcsin = new("arcsin"), ArcsinInPlace = new("arcsin_");
        public Tensor arcsin() => Arcsin.Call(this);
        public Tensor arcsin_() => ArcsinInPlace.Apply(this);

        private static readonly Op Arccos = new("arccos"), ArccosInPlace = new("arccos_");
        public Tensor arccos() => Arccos.Call(this);
        public Tensor arccos_() => ArccosInPlace.Apply(this);

        private static readonly Op Arctan = new("arctan"), ArctanInPlace = new("arctan_");
        public Tensor arctan() => Arctan.Call(this);
        public Tensor arctan_() => ArctanInPlace.Apply(this);

        private static readonly Op Arcsinh = new("arcsinh"), ArcsinhInPlace = new("arcsinh_");
        public Tensor arcsinh() => Arcsinh.Call(this);
        public Tensor arcsinh_() => ArcsinhInPlace.Apply(this);

        private static readonly Op Arccosh = new("arccosh"), ArccoshInPlace = new("arccosh_");
        public Tensor arccosh() => Arccosh.Call(this);
        public Tensor arccosh_() => ArccoshInPlace.Apply(this);

        private static readonly Op Arctanh = new("arctanh"), ArctanhInPlace = new("arctanh_");
        public Tensor arctanh() => Arctanh.Call(this);
        public Tensor arctanh_() => ArctanhInPlace.Apply(this);

        private static readonly Op Atan2 = new("atan2"), Atan2InPlace = new("atan2_");
        public Tensor atan2(Tensor other) => Atan2.Call(this, other);
        public Tensor atan2_(Tensor other) => Atan2InPlace.Apply(this, other);

        private static readonly Op Arctan2 = new("arctan2"), Arctan2InPlace = new("arctan2_");
        public Tensor arctan2(Tensor other) => Arctan2.Call(this, other);
        public Tensor arctan2_(Tensor other) => Arctan2InPlace.Apply(this, other);

        private static readonly Op Sinc = new("sinc"), SincInPlace = new("sinc_");
        public Tensor sinc() => Sinc.Call(this);
        public Tensor sinc_() => SincInPlace.Apply(this);

        private static readonly Op Deg2rad = new("deg2rad");
        public Tensor deg2rad() => Deg2rad.Call(this);

        private static readonly Op Rad2deg = new("rad2deg");
        public Tensor rad2deg() => Rad2deg.Call(this);

        private static readonly Op FrexpTensor = new("frexp", "Tensor");
        public (Tensor Mantissa, Tensor Exponent) frexp() => FrexpTensor.Call2(this);

        private static readonly Op Polygamma = new("polygamma"), Round = new("round"), RoundInPlace = new("round_"), RoundDecimals = new("round", "decimals"),
            RoundDecimalsInPlace = new("round_", "decimals");
        public Tensor polygamma(long p) => Polygamma.Call(p, this);
        public Tensor round(long decimals = 0) => decimals == 0 ? Round.Call(this) : RoundDecimals.Call(this, decimals);
        public Tensor round_(long decimals = 0) => decimals == 0 ? RoundInPlace.Apply(this) : RoundDecimalsInPlace.Apply(this, decimals);
        public Tensor arctan(Tensor other) => atan2(other);
        public Tensor arctan_(Tensor other) => atan2_(other);
    }
}
