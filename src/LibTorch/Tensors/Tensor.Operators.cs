using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        private static readonly Op RsubScalar = new("rsub", "Scalar");

        public static Tensor operator +(Tensor left, Tensor right) => left.add(right);
        public static Tensor operator +(Tensor left, Scalar right) => left.add(right);
        public static Tensor operator +(Tensor left, int right) => AddScalar.Call(left, right, 1);
        public static Tensor operator +(Tensor left, long right) => AddScalar.Call(left, right, 1);
        public static Tensor operator +(Tensor left, float right) => AddScalar.Call(left, right, 1);
        public static Tensor operator +(Tensor left, double right) => AddScalar.Call(left, right, 1);
        public static Tensor operator +(Scalar left, Tensor right) => AddScalar.Call(right, left, 1);
        public static Tensor operator +(int left, Tensor right) => AddScalar.Call(right, left, 1);
        public static Tensor operator +(long left, Tensor right) => AddScalar.Call(right, left, 1);
        public static Tensor operator +(float left, Tensor right) => AddScalar.Call(right, left, 1);
        public static Tensor operator +(double left, Tensor right) => AddScalar.Call(right, left, 1);

        public static Tensor operator -(Tensor left, Tensor right) => left.sub(right);
        public static Tensor operator -(Tensor left, Scalar right) => left.sub(right);
        public static Tensor operator -(Tensor left, int right) => SubScalar.Call(left, right, 1);
        public static Tensor operator -(Tensor left, long right) => SubScalar.Call(left, right, 1);
        public static Tensor operator -(Tensor left, float right) => SubScalar.Call(left, right, 1);
        public static Tensor operator -(Tensor left, double right) => SubScalar.Call(left, right, 1);
        public static Tensor operator -(Scalar left, Tensor right) => RsubScalar.Call(right, left, 1);
        public static Tensor operator -(int left, Tensor right) => RsubScalar.Call(right, left, 1);
        public static Tensor operator -(long left, Tensor right) => RsubScalar.Call(right, left, 1);
        public static Tensor operator -(float left, Tensor right) => RsubScalar.Call(right, left, 1);
        public static Tensor operator -(double left, Tensor right) => RsubScalar.Call(right, left, 1);

        public static Tensor operator *(Tensor left, Tensor right) => left.mul(right);
        public static Tensor operator *(Tensor left, Scalar right) => left.mul(right);
        public static Tensor operator *(Tensor left, int right) => MulScalar.Call(left, right);
        public static Tensor operator *(Tensor left, long right) => MulScalar.Call(left, right);
        public static Tensor operator *(Tensor left, float right) => MulScalar.Call(left, right);
        public static Tensor operator *(Tensor left, double right) => MulScalar.Call(left, right);
        public static Tensor operator *(Scalar left, Tensor right) => MulScalar.Call(right, left);
        public static Tensor operator *(int left, Tensor right) => MulScalar.Call(right, left);
        public static Tensor operator *(long left, Tensor right) => MulScalar.Call(right, left);
        public static Tensor operator *(float left, Tensor right) => MulScalar.Call(right, left);
        public static Tensor operator *(double left, Tensor right) => MulScalar.Call(right, left);

        public static Tensor operator /(Tensor left, Tensor right) => left.div(right);
        public static Tensor operator /(Tensor left, Scalar right) => left.div(right);
        public static Tensor operator /(Tensor left, int right) => DivScalar.Call(left, right);
        public static Tensor operator /(Tensor left, long right) => DivScalar.Call(left, right);
        public static Tensor operator /(Tensor left, float right) => DivScalar.Call(left, right);
        public static Tensor operator /(Tensor left, double right) => DivScalar.Call(left, right);
        public static Tensor operator /(Scalar left, Tensor right) => Quotient(left, right);
        public static Tensor operator /(int left, Tensor right) => Quotient(left, right);
        public static Tensor operator /(long left, Tensor right) => Quotient(left, right);
        public static Tensor operator /(float left, Tensor right) => Quotient(left, right);
        public static Tensor operator /(double left, Tensor right) => Quotient(left, right);

        public static Tensor operator %(Tensor left, Tensor right) => left.remainder(right);
        public static Tensor operator %(Tensor left, Scalar right) => left.remainder(right);
        public static Tensor operator %(Tensor left, int right) => RemainderScalar.Call(left, right);
        public static Tensor operator %(Tensor left, long right) => RemainderScalar.Call(left, right);
        public static Tensor operator %(Tensor left, float right) => RemainderScalar.Call(left, right);
        public static Tensor operator %(Tensor left, double right) => RemainderScalar.Call(left, right);

        public static Tensor operator &(Tensor left, Tensor right) => left.bitwise_and(right);
        public static Tensor operator |(Tensor left, Tensor right) => left.bitwise_or(right);
        public static Tensor operator ^(Tensor left, Tensor right) => left.bitwise_xor(right);
        public static Tensor operator ~(Tensor left) => left.bitwise_not();
        public static Tensor operator -(Tensor tensor) => tensor.neg();

        public static Tensor operator ==(Tensor left, Tensor right) => left.eq(right);
        public static Tensor operator ==(Tensor left, Scalar right) => left.eq(right);
        public static Tensor operator ==(Scalar left, Tensor right) => right.eq(left);
        public static Tensor operator !=(Tensor left, Tensor right) => left.ne(right);
        public static Tensor operator !=(Tensor left, Scalar right) => left.ne(right);
        public static Tensor operator !=(Scalar left, Tensor right) => right.ne(left);
        public static Tensor operator <(Tensor left, Tensor right) => left.lt(right);
        public static Tensor operator <(Tensor left, Scalar right) => left.lt(right);
        public static Tensor operator <(Scalar left, Tensor right) => right.gt(left);
        public static Tensor operator <=(Tensor left, Tensor right) => left.le(right);
        public static Tensor operator <=(Tensor left, Scalar right) => left.le(right);
        public static Tensor operator <=(Scalar left, Tensor right) => right.ge(left);
        public static Tensor operator >(Tensor left, Tensor right) => left.gt(right);
        public static Tensor operator >(Tensor left, Scalar right) => left.gt(right);
        public static Tensor operator >(Scalar left, Tensor right) => right.lt(left);
        public static Tensor operator >=(Tensor left, Tensor right) => left.ge(right);
        public static Tensor operator >=(Tensor left, Scalar right) => left.ge(right);
        public static Tensor operator >=(Scalar left, Tensor right) => right.le(left);

        public static implicit operator Tensor(byte value) => torch.tensor(value);
        public static implicit operator Tensor(sbyte value) => torch.tensor(value);
        public static implicit operator Tensor(short value) => torch.tensor(value);
        public static implicit operator Tensor(int value) => torch.tensor(value);
        public static implicit operator Tensor(long value) => torch.tensor(value);
        public static implicit operator Tensor(float value) => torch.tensor(value);
        public static implicit operator Tensor(double value) => torch.tensor(value);
        public static implicit operator Tensor(bool value) => torch.tensor(value);
        public static implicit operator Tensor(byte[] value) => torch.tensor(value);
        public static implicit operator Tensor(sbyte[] value) => torch.tensor(value);
        public static implicit operator Tensor(short[] value) => torch.tensor(value);
        public static implicit operator Tensor(int[] value) => torch.tensor(value);
        public static implicit operator Tensor(long[] value) => torch.tensor(value);
        public static implicit operator Tensor(float[] value) => torch.tensor(value);
        public static implicit operator Tensor(double[] value) => torch.tensor(value);
        public static implicit operator Tensor(bool[] value) => torch.tensor(value);
        public static implicit operator Tensor(Scalar scalar) => FromScalar(scalar, scalar.Type, null, false);

        public static explicit operator float(Tensor value) => value.ToSingle();
        public static explicit operator double(Tensor value) => value.ToDouble();
        public static explicit operator sbyte(Tensor value) => value.ToSByte();
        public static explicit operator byte(Tensor value) => value.ToByte();
        public static explicit operator short(Tensor value) => value.ToInt16();
        public static explicit operator int(Tensor value) => value.ToInt32();
        public static explicit operator long(Tensor value) => value.ToInt64();
        public static explicit operator bool(Tensor value) => value.ToBoolean();

        private static Tensor Quotient(Arg left, Tensor right)
        {
            using Tensor inverse = right.reciprocal();
            return MulScalar.Call(inverse, left);
        }
    }
}
