using TorchSharp.Interop;
using static TorchSharp.torch;

namespace TorchSharp;

/// <summary>A number that takes part in tensor arithmetic: an integer, a floating-point number or a truth value.</summary>
public sealed class Scalar : IDisposable
{
    internal readonly Tag Tag;
    internal readonly long Bits;

    private Scalar(Tag tag, long bits, ScalarType type)
    {
        Tag = tag;
        Bits = bits;
        Type = type;
    }

    public ScalarType Type { get; }

    internal double AsDouble => Tag == Tag.Double ? BitConverter.Int64BitsToDouble(Bits) : Bits;

    internal long AsLong => Tag == Tag.Double ? checked((long)BitConverter.Int64BitsToDouble(Bits)) : Bits;

    private static Scalar Real(double v, ScalarType type) => new(Tag.Double, BitConverter.DoubleToInt64Bits(v), type);

    private static Scalar Whole(long v, ScalarType type) => new(Tag.Int, v, type);

    internal static Scalar BFloat16(float v) => Real(v, ScalarType.BFloat16);

    public static implicit operator Scalar(byte value) => Whole(value, ScalarType.Byte);
    public static implicit operator Scalar(sbyte value) => Whole(value, ScalarType.Int8);
    public static implicit operator Scalar(short value) => Whole(value, ScalarType.Int16);
    public static implicit operator Scalar(int value) => Whole(value, ScalarType.Int32);
    public static implicit operator Scalar(long value) => Whole(value, ScalarType.Int64);
    public static implicit operator Scalar(Half value) => Real((double)value, ScalarType.Float16);
    public static implicit operator Scalar(float value) => Real(value, ScalarType.Float32);
    public static implicit operator Scalar(double value) => Real(value, ScalarType.Float64);
    public static implicit operator Scalar(bool value) => new(Tag.Bool, value ? 1 : 0, ScalarType.Bool);

    public void Dispose()
    {
    }
}
