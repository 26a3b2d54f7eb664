using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        private static readonly Op EqTensor = new("eq", "Tensor"), EqScalar = new("eq", "Scalar"), EqTensorInPlace = new("eq_", "Tensor"),
            EqScalarInPlace = new("eq_", "Scalar");
        public Tensor eq(Tensor target) => EqTensor.Call(this, target);
        public Tensor eq(Scalar target) => EqScalar.Call(this, target);
        public Tensor eq_(Tensor target) => EqTensorInPlace.Apply(this, target);
        public Tensor eq_(Scalar target) => EqScalarInPlace.Apply(this, target);

        private static readonly Op NeTensor = new("ne", "Tensor"), NeScalar = new("ne", "Scalar"), NeTensorInPlace = new("ne_", "Tensor"),
            NeScalarInPlace = new("ne_", "Scalar");
        public Tensor ne(Tensor target) => NeTensor.Call(this, target);
        public Tensor ne(Scalar target) => NeScalar.Call(this, target);
        public Tensor ne_(Tensor target) => NeTensorInPlace.Apply(this, target);
        public Tensor ne_(Scalar target) => NeScalarInPlace.Apply(this, target);

        private static readonly Op LtTensor = new("lt", "Tensor"), LtScalar = new("lt", "Scalar"), LtTensorInPlace = new("lt_", "Tensor"),
            LtScalarInPlace = new("lt_", "Scalar");
        public Tensor lt(Tensor target) => LtTensor.Call(this, target);
        public Tensor lt(Scalar target) => LtScalar.Call(this, target);
        public Tensor lt_(Tensor target) => LtTensorInPlace.Apply(this, target);
        public Tensor lt_(Scalar target) => LtScalarInPlace.Apply(this, target);

        private static readonly Op LeTensor = new("le", "Tensor"), LeScalar = new("le", "Scalar"), LeTensorInPlace = new("le_", "Tensor"),
            LeScalarInPlace = new("le_", "Scalar");
        public Tensor le(Tensor target) => LeTensor.Call(this, target);
        public Tensor le(Scalar target) => LeScalar.Call(this, target);
        public Tensor le_(Tensor target) => LeTensorInPlace.Apply(this, target);
        public Tensor le_(Scalar target) => LeScalarInPlace.Apply(this, target);

        private static readonly Op GtTensor = new("gt", "Tensor"), GtScalar = new("gt", "Scalar"), GtTensorInPlace = new("gt_", "Tensor"),
            GtScalarInPlace = new("gt_", "Scalar");
        public Tensor gt(Tensor target) => GtTensor.Call(this, target);
        public Tensor gt(Scalar target) => GtScalar.Call(this, target);
        public Tensor gt_(Tensor target) => GtTensorInPlace.Apply(this, target);
        public Tensor gt_(Scalar target) => GtScalarInPlace.Apply(this, target);

        private static readonly Op GeTensor = new("ge", "Tensor"), GeScalar = new("ge", "Scalar"), GeTensorInPlace = new("ge_", "Tensor"),
            GeScalarInPlace = new("ge_", "Scalar");
        public Tensor ge(Tensor target) => GeTensor.Call(this, target);
        public Tensor ge(Scalar target) => GeScalar.Call(this, target);
        public Tensor ge_(Tensor target) => GeTensorInPlace.Apply(this, target);
        public Tensor ge_(Scalar target) => GeScalarInPlace.Apply(this, target);

        private static readonly Op GreaterTensor = new("greater", "Tensor");
        public Tensor greater(Tensor target) => GreaterTensor.Call(this, target);

        private static readonly Op GreaterEqualTensor = new("greater_equal", "Tensor");
        public Tensor greater_equal(Tensor target) => GreaterEqualTensor.Call(this, target);

        private static readonly Op LessTensor = new("less", "Tensor");
        public Tensor less(Tensor target) => LessTensor.Call(this, target);

        private static readonly Op LessEqualTensor = new("less_equal", "Tensor"), LessEqualTensorInPlace = new("less_equal_", "Tensor");
        public Tensor less_equal(Tensor target) => LessEqualTensor.Call(this, target);
        public Tensor less_equal_(Tensor target) => LessEqualTensorInPlace.Apply(this, target);

        private static readonly Op NotEqualTensor = new("not_equal", "Tensor"), NotEqualTensorInPlace = new("not_equal_", "Tensor");
        public Tensor not_equal(Tensor target) => NotEqualTensor.Call(this, target);
        public Tensor not_equal_(Tensor target) => NotEqualTensorInPlace.Apply(this, target);

        private static readonly Op Isclose = new("isclose");
        public Tensor isclose(Tensor other, double rtol = 1e-5, double atol = 1e-8, bool nanEqual = false) => Isclose.Call(this, other, rtol, atol, nanEqual);

        private static readonly Op Allclose = new("allclose");
        public bool allclose(Tensor target, double rtol = 1e-5, double atol = 1e-8, bool equal_nan = false) =>
            Allclose.CallBool(this, target, rtol, atol, equal_nan);

        private static readonly Op Isfinite = new("isfinite");
        public Tensor isfinite() => Isfinite.Call(this);

        private static readonly Op Isinf = new("isinf");
        public Tensor isinf() => Isinf.Call(this);

        private static readonly Op Isnan = new("isnan");
        public Tensor isnan() => Isnan.Call(this);

        private static readonly Op Isneginf = new("isneginf");
        public Tensor isneginf() => Isneginf.Call(this);

        private static readonly Op Isposinf = new("isposinf");
        public Tensor isposinf() => Isposinf.Call(this);

        private static readonly Op Isreal = new("isreal");
        public Tensor isreal() => Isreal.Call(this);

        private static readonly Op LogicalAnd = new("logical_and"), LogicalAndInPlace = new("logical_and_");
        public Tensor logical_and(Tensor other) => LogicalAnd.Call(this, other);
        public Tensor logical_and_(Tensor other) => LogicalAndInPlace.Apply(this, other);

        private static readonly Op LogicalOr = new("logical_or"), LogicalOrInPlace = new("logical_or_");
        public Tensor logical_or(Tensor other) => LogicalOr.Call(this, other);
        public Tensor logical_or_(Tensor other) => LogicalOrInPlace.Apply(this, other);

        private static readonly Op LogicalXor = new("logical_xor"), LogicalXorInPlace = new("logical_xor_");
        public Tensor logical_xor(Tensor other) => LogicalXor.Call(this, other);
        public Tensor logical_xor_(Tensor other) => LogicalXorInPlace.Apply(this, other);

        private static readonly Op LogicalNot = new("logical_not"), LogicalNotInPlace = new("logical_not_");
        public Tensor logical_not() => LogicalNot.Call(this);
        public Tensor logical_not_() => LogicalNotInPlace.Apply(this);

        private static readonly Op BitwiseAndTensor = new("bitwise_and", "Tensor"), BitwiseAndTensorInPlace = new("bitwise_and_", "Tensor");
        public Tensor bitwise_and(Tensor other) => BitwiseAndTensor.Call(this, other);
        public Tensor bitwise_and_(Tensor other) => BitwiseAndTensorInPlace.Apply(this, other);

        private static readonly Op BitwiseOrTensor = new("bitwise_or", "Tensor"), BitwiseOrTensorInPlace = new("bitwise_or_", "Tensor");
        public Tensor bitwise_or(Tensor other) => BitwiseOrTensor.Call(this, other);
        public Tensor bitwise_or_(Tensor other) => BitwiseOrTensorInPlace.Apply(this, other);

        private static readonly Op BitwiseXorTensor = new("bitwise_xor", "Tensor"), BitwiseXorTensorInPlace = new("bitwise_xor_", "Tensor");
        public Tensor bitwise_xor(Tensor other) => BitwiseXorTensor.Call(this, other);
        public Tensor bitwise_xor_(Tensor other) => BitwiseXorTensorInPlace.Apply(this, other);

        private static readonly Op BitwiseNot = new("bitwise_not"), BitwiseNotInPlace = new("bitwise_not_");
        public Tensor bitwise_not() => BitwiseNot.Call(this);
        public Tensor bitwise_not_() => BitwiseNotInPlace.Apply(this);

        private static readonly Op BitwiseLeftShiftTensor = new("bitwise_left_shift", "Tensor"),
            BitwiseLeftShiftTensorInPlace = new("bitwise_left_shift_", "Tensor");
        public Tensor bitwise_left_shift(Tensor other) => BitwiseLeftShiftTensor.Call(this, other);
        public Tensor bitwise_left_shift_(Tensor other) => BitwiseLeftShiftTensorInPlace.Apply(this, other);

        private static readonly Op BitwiseRightShiftTensor = new("bitwise_right_shift", "Tensor"),
            BitwiseRightShiftTensorInPlace = new("bitwise_right_shift_", "Tensor");
        public Tensor bitwise_right_shift(Tensor other) => BitwiseRightShiftTensor.Call(this, other);
        public Tensor bitwise_right_shift_(Tensor other) => BitwiseRightShiftTensorInPlace.Apply(this, other);

        private static readonly Op IsNonzero = new("is_nonzero");
        public bool is_nonzero() => IsNonzero.CallBool(this);

        private static readonly Op IsPinned = new("is_pinned");
        public bool is_pinned() => IsPinned.CallBool(this, Arg.None);

        private static readonly Op IsNeg = new("is_neg");
        public bool is_neg() => IsNeg.CallBool(this);

        private static readonly Op IsConj = new("is_conj");
        public bool is_conj() => IsConj.CallBool(this);

        private static readonly Op IsinTensor = new("isin", "Tensor_Tensor"), EqualValues = new("equal");
        public Tensor isin(Tensor test_elements, bool assumeUnique = false, bool invert = false) => IsinTensor.Call(this, test_elements, assumeUnique, invert);

        /// <summary>Element by element, like <see cref="eq(Tensor)"/>.</summary>
        public Tensor equal(Tensor target) => eq(target);

        /// <summary>Whether both have the same shape and the same elements.</summary>
        public bool Equals(Tensor target) => target is not null && EqualValues.CallBool(this, target);

        public override bool Equals(object? obj) => obj is Tensor t && Equals(t);

        public override int GetHashCode() => System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(this);

        public bool is_floating_point() => torch.is_floating_point(dtype);
        public bool is_integral() => torch.is_integral(dtype);
        public bool is_complex() => torch.is_complex(dtype);
    }
}
