using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        private static readonly Op AddTensor = new("add", "Tensor"), AddScalar = new("add", "Scalar"), AddTensorInPlace = new("add_", "Tensor"),
            AddScalarInPlace = new("add_", "Scalar");
        public Tensor add(Tensor target) => AddTensor.Call(this, target, 1);
        public Tensor add(Tensor target, Scalar alpha) => AddTensor.Call(this, target, alpha);
        public Tensor add(Scalar scalar) => AddScalar.Call(this, scalar, 1);
        public Tensor add(Scalar scalar, Scalar alpha) => AddScalar.Call(this, scalar, alpha);
        public Tensor add_(Tensor target) => AddTensorInPlace.Apply(this, target, 1);
        public Tensor add_(Tensor target, Scalar alpha) => AddTensorInPlace.Apply(this, target, alpha);
        public Tensor add_(Scalar scalar) => AddScalarInPlace.Apply(this, scalar, 1);
        public Tensor add_(Scalar scalar, Scalar alpha) => AddScalarInPlace.Apply(this, scalar, alpha);

        private static readonly Op SubTensor = new("sub", "Tensor"), SubScalar = new("sub", "Scalar"), SubTensorInPlace = new("sub_", "Tensor"),
            SubScalarInPlace = new("sub_", "Scalar");
        public Tensor sub(Tensor target) => SubTensor.Call(this, target, 1);
        public Tensor sub(Scalar target) => SubScalar.Call(this, target, 1);
        public Tensor sub_(Tensor target) => SubTensorInPlace.Apply(this, target, 1);
        public Tensor sub_(Scalar target) => SubScalarInPlace.Apply(this, target, 1);

        private static readonly Op SubtractScalar = new("subtract", "Scalar"), SubtractTensor = new("subtract", "Tensor"),
            SubtractScalarInPlace = new("subtract_", "Scalar"), SubtractTensorInPlace = new("subtract_", "Tensor");
        public Tensor subtract(Scalar target) => SubtractScalar.Call(this, target, 1);
        public Tensor subtract(Tensor target) => SubtractTensor.Call(this, target, 1);
        public Tensor subtract_(Scalar target) => SubtractScalarInPlace.Apply(this, target, 1);
        public Tensor subtract_(Tensor target) => SubtractTensorInPlace.Apply(this, target, 1);

        private static readonly Op MulTensor = new("mul", "Tensor"), MulScalar = new("mul", "Scalar"), MulTensorInPlace = new("mul_", "Tensor"),
            MulScalarInPlace = new("mul_", "Scalar");
        public Tensor mul(Tensor target) => MulTensor.Call(this, target);
        public Tensor mul(Scalar target) => MulScalar.Call(this, target);
        public Tensor mul_(Tensor target) => MulTensorInPlace.Apply(this, target);
        public Tensor mul_(Scalar target) => MulScalarInPlace.Apply(this, target);

        private static readonly Op MultiplyTensor = new("multiply", "Tensor"), MultiplyScalar = new("multiply", "Scalar");
        public Tensor multiply(Tensor target) => MultiplyTensor.Call(this, target);
        public Tensor multiply(Scalar target) => MultiplyScalar.Call(this, target);

        private static readonly Op TrueDivideTensor = new("true_divide", "Tensor"), TrueDivideScalar = new("true_divide", "Scalar"),
            TrueDivideTensorInPlace = new("true_divide_", "Tensor"), TrueDivideScalarInPlace = new("true_divide_", "Scalar");
        public Tensor true_divide(Tensor other) => TrueDivideTensor.Call(this, other);
        public Tensor true_divide(Scalar other) => TrueDivideScalar.Call(this, other);
        public Tensor true_divide_(Tensor other) => TrueDivideTensorInPlace.Apply(this, other);
        public Tensor true_divide_(Scalar other) => TrueDivideScalarInPlace.Apply(this, other);

        private static readonly Op FloorDivide = new("floor_divide"), FloorDivideScalar = new("floor_divide", "Scalar"),
            FloorDivideTensorInPlace = new("floor_divide_", "Tensor"), FloorDivideScalarInPlace = new("floor_divide_", "Scalar");
        public Tensor floor_divide(Tensor other) => FloorDivide.Call(this, other);
        public Tensor floor_divide(Scalar other) => FloorDivideScalar.Call(this, other);
        public Tensor floor_divide_(Tensor other) => FloorDivideTensorInPlace.Apply(this, other);
        public Tensor floor_divide_(Scalar other) => FloorDivideScalarInPlace.Apply(this, other);

        private static readonly Op FmodTensor = new("fmod", "Tensor"), FmodScalar = new("fmod", "Scalar"), FmodTensorInPlace = new("fmod_", "Tensor"),
            FmodScalarInPlace = new("fmod_", "Scalar");
        public Tensor fmod(Tensor target) => FmodTensor.Call(this, target);
        public Tensor fmod(Scalar scalar) => FmodScalar.Call(this, scalar);
        public Tensor fmod_(Tensor target) => FmodTensorInPlace.Apply(this, target);
        public Tensor fmod_(Scalar scalar) => FmodScalarInPlace.Apply(this, scalar);

        private static readonly Op RemainderTensor = new("remainder", "Tensor"), RemainderScalar = new("remainder", "Scalar"),
            RemainderTensorInPlace = new("remainder_", "Tensor"), RemainderScalarInPlace = new("remainder_", "Scalar");
        public Tensor remainder(Tensor target) => RemainderTensor.Call(this, target);
        public Tensor remainder(Scalar scalar) => RemainderScalar.Call(this, scalar);
        public Tensor remainder_(Tensor target) => RemainderTensorInPlace.Apply(this, target);
        public Tensor remainder_(Scalar scalar) => RemainderScalarInPlace.Apply(this, scalar);

        private static readonly Op PowTensorTensor = new("pow", "Tensor_Tensor"), PowTensorScalar = new("pow", "Tensor_Scalar"),
            PowTensorInPlace = new("pow_", "Tensor"), PowScalarInPlace = new("pow_", "Scalar");
        public Tensor pow(Tensor exponent) => PowTensorTensor.Call(this, exponent);
        public Tensor pow(Scalar exponent) => PowTensorScalar.Call(this, exponent);
        public Tensor pow_(Tensor exponent) => PowTensorInPlace.Apply(this, exponent);
        public Tensor pow_(Scalar exponent) => PowScalarInPlace.Apply(this, exponent);

        private static readonly Op FloatPowerTensorTensor = new("float_power", "Tensor_Tensor");
        public Tensor float_power(Tensor target) => FloatPowerTensorTensor.Call(this, target);

        private static readonly Op Addcmul = new("addcmul"), AddcmulInPlace = new("addcmul_");
        public Tensor addcmul(Tensor tensor1, Tensor tensor2, Scalar value) => Addcmul.Call(this, tensor1, tensor2, value);
        public Tensor addcmul_(Tensor tensor1, Tensor tensor2, Scalar value) => AddcmulInPlace.Apply(this, tensor1, tensor2, value);

        private static readonly Op Addcdiv = new("addcdiv"), AddcdivInPlace = new("addcdiv_");
        public Tensor addcdiv(Tensor tensor1, Tensor tensor2, Scalar value) => Addcdiv.Call(this, tensor1, tensor2, value);
        public Tensor addcdiv(Tensor tensor1, Tensor tensor2) => Addcdiv.Call(this, tensor1, tensor2, 1);
        public Tensor addcdiv_(Tensor tensor1, Tensor tensor2, Scalar value) => AddcdivInPlace.Apply(this, tensor1, tensor2, value);
        public Tensor addcdiv_(Tensor tensor1, Tensor tensor2) => AddcdivInPlace.Apply(this, tensor1, tensor2, 1);

        private static readonly Op LerpTensor = new("lerp", "Tensor"), LerpTensorInPlace = new("lerp_", "Tensor");
        public Tensor lerp(Tensor end, Tensor weight) => LerpTensor.Call(this, end, weight);
        public Tensor lerp_(Tensor end, Tensor weight) => LerpTensorInPlace.Apply(this, end, weight);

        private static readonly Op Neg = new("neg"), NegInPlace = new("neg_");
        public Tensor neg() => Neg.Call(this);
        public Tensor neg_() => NegInPlace.Apply(this);

        private static readonly Op Negative = new("negative");
        public Tensor negative() => Negative.Call(this);

        private static readonly Op Positive = new("positive");
        public Tensor positive() => Positive.Call(this);

        private static readonly Op Abs = new("abs"), AbsInPlace = new("abs_");
        public Tensor abs() => Abs.Call(this);
        public Tensor abs_() => AbsInPlace.Apply(this);

        private static readonly Op Absolute = new("absolute"), AbsoluteInPlace = new("absolute_");
        public Tensor absolute() => Absolute.Call(this);
        public Tensor absolute_() => AbsoluteInPlace.Apply(this);

        private static readonly Op Reciprocal = new("reciprocal"), ReciprocalInPlace = new("reciprocal_");
        public Tensor reciprocal() => Reciprocal.Call(this);
        public Tensor reciprocal_() => ReciprocalInPlace.Apply(this);

        private static readonly Op Square = new("square");
        public Tensor square() => Square.Call(this);

        private static readonly Op Sqrt = new("sqrt"), SqrtInPlace = new("sqrt_");
        public Tensor sqrt() => Sqrt.Call(this);
        public Tensor sqrt_() => SqrtInPlace.Apply(this);

        private static readonly Op Rsqrt = new("rsqrt"), RsqrtInPlace = new("rsqrt_");
        public Tensor rsqrt() => Rsqrt.Call(this);
        public Tensor rsqrt_() => RsqrtInPlace.Apply(this);

        private static readonly Op Sign = new("sign"), SignInPlace = new("sign_");
        public Tensor sign() => Sign.Call(this);
        public Tensor sign_() => SignInPlace.Apply(this);

        private static readonly Op Sgn = new("sgn"), SgnInPlace = new("sgn_");
        public Tensor sgn() => Sgn.Call(this);
        public Tensor sgn_() => SgnInPlace.Apply(this);

        private static readonly Op Signbit = new("signbit");
        public Tensor signbit() => Signbit.Call(this);

        private static readonly Op XlogyTensor = new("xlogy", "Tensor"), XlogyScalarOther = new("xlogy", "Scalar_Other"),
            XlogyTensorInPlace = new("xlogy_", "Tensor"), XlogyScalarOtherInPlace = new("xlogy_", "Scalar_Other");
        public Tensor xlogy(Tensor y) => XlogyTensor.Call(this, y);
        public Tensor xlogy(Scalar y) => XlogyScalarOther.Call(this, y);
        public Tensor xlogy_(Tensor y) => XlogyTensorInPlace.Apply(this, y);
        public Tensor xlogy_(Scalar y) => XlogyScalarOtherInPlace.Apply(this, y);

        private static readonly Op Hypot = new("hypot");
        public Tensor hypot(Tensor other) => Hypot.Call(this, other);

        private static readonly Op CopysignTensor = new("copysign", "Tensor");
        public Tensor copysign(Tensor other) => CopysignTensor.Call(this, other);

        private static readonly Op Nextafter = new("nextafter");
        public Tensor nextafter(Tensor other) => Nextafter.Call(this, other);

        private static readonly Op Gcd = new("gcd"), GcdInPlace = new("gcd_");
        public Tensor gcd(Tensor other) => Gcd.Call(this, other);
        public Tensor gcd_(Tensor other) => GcdInPlace.Apply(this, other);

        private static readonly Op Lcm = new("lcm"), LcmInPlace = new("lcm_");
        public Tensor lcm(Tensor other) => Lcm.Call(this, other);
        public Tensor lcm_(Tensor other) => LcmInPlace.Apply(this, other);

        private static readonly Op LdexpTensor = new("ldexp", "Tensor"), LdexpInPlace = new("ldexp_");
        public Tensor ldexp(Tensor other) => LdexpTensor.Call(this, other);
        public Tensor ldexp_(Tensor other) => LdexpInPlace.Apply(this, other);

        private static readonly Op Fmax = new("fmax");
        public Tensor fmax(Tensor other) => Fmax.Call(this, other);

        private static readonly Op Fmin = new("fmin");
        public Tensor fmin(Tensor other) => Fmin.Call(this, other);

        private static readonly Op Maximum = new("maximum");
        public Tensor maximum(Tensor other) => Maximum.Call(this, other);

        private static readonly Op Minimum = new("minimum");
        public Tensor minimum(Tensor other) => Minimum.Call(this, other);

        private static readonly Op Heaviside = new("heaviside");
        public Tensor heaviside(Tensor other) => Heaviside.Call(this, other);

        private static readonly Op Clamp = new("clamp"), ClampTensor = new("clamp", "Tensor"), ClampInPlace = new("clamp_"),
            ClampTensorInPlace = new("clamp_", "Tensor");
        public Tensor clamp(Scalar? min = null, Scalar? max = null) => Clamp.Call(this, min, max);
        public Tensor clamp(Tensor? min = null, Tensor? max = null) => ClampTensor.Call(this, min, max);
        public Tensor clamp_(Scalar? min = null, Scalar? max = null) => ClampInPlace.Apply(this, min, max);
        public Tensor clamp_(Tensor? min = null, Tensor? max = null) => ClampTensorInPlace.Apply(this, min, max);

        private static readonly Op ClampMax = new("clamp_max"), ClampMaxInPlace = new("clamp_max_");
        public Tensor clamp_max(Scalar max) => ClampMax.Call(this, max);
        public Tensor clamp_max_(Scalar max) => ClampMaxInPlace.Apply(this, max);

        private static readonly Op ClampMin = new("clamp_min"), ClampMinInPlace = new("clamp_min_");
        public Tensor clamp_min(Scalar min) => ClampMin.Call(this, min);
        public Tensor clamp_min_(Scalar min) => ClampMinInPlace.Apply(this, min);

        private static readonly Op Clip = new("clip");
        public Tensor clip(Scalar? min = null, Scalar? max = null) => Clip.Call(this, min, max);

        private static readonly Op DivTensor = new("div", "Tensor"), DivScalar = new("div", "Scalar"), DivTensorMode = new("div", "Tensor_mode"),
            DivScalarMode = new("div", "Scalar_mode"), DivTensorInPlace = new("div_", "Tensor"), DivScalarInPlace = new("div_", "Scalar"),
            DivTensorModeInPlace = new("div_", "Tensor_mode"), DivScalarModeInPlace = new("div_", "Scalar_mode");

        public Tensor div(Tensor target, RoundingMode rounding_mode = RoundingMode.None) =>
            rounding_mode == RoundingMode.None ? DivTensor.Call(this, target) : DivTensorMode.Call(this, target, Name(rounding_mode));

        public Tensor div(Scalar target, RoundingMode rounding_mode = RoundingMode.None) =>
            rounding_mode == RoundingMode.None ? DivScalar.Call(this, target) : DivScalarMode.Call(this, target, Name(rounding_mode));

        public Tensor div_(Tensor target, RoundingMode rounding_mode = RoundingMode.None) =>
            rounding_mode == RoundingMode.None ? DivTensorInPlace.Apply(this, target) : DivTensorModeInPlace.Apply(this, target, Name(rounding_mode));

        public Tensor div_(Scalar target, RoundingMode rounding_mode = RoundingMode.None) =>
            rounding_mode == RoundingMode.None ? DivScalarInPlace.Apply(this, target) : DivScalarModeInPlace.Apply(this, target, Name(rounding_mode));

        public Tensor divide(Tensor target, RoundingMode rounding_mode = RoundingMode.None) => div(target, rounding_mode);
        public Tensor divide(Scalar target, RoundingMode rounding_mode = RoundingMode.None) => div(target, rounding_mode);
        public Tensor divide_(Tensor target, RoundingMode rounding_mode = RoundingMode.None) => div_(target, rounding_mode);
        public Tensor divide_(Scalar target, RoundingMode rounding_mode = RoundingMode.None) => div_(target, rounding_mode);

        private static string Name(RoundingMode mode) => mode == RoundingMode.trunc ? "trunc" : "floor";
    }
}
