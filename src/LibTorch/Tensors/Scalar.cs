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

    /// <summary>Int64, Float64 or Bool, whatever .NET type the number had.</summary>
    public ScalarType Type { get; }

    internal double AsDouble => Tag == Tag.Double ? BitConverter.Int64BitsToDouble(Bits) : Bits;

    internal long AsLong => Tag == Tag.Double ? checked((long)BitConverter.Int64BitsToDouble(Bits)) : Bits;

    private static Scalar Real(double v) => new(Tag.Double, BitConverter.DoubleToInt64Bits(v), ScalarType.Float64);

    private static Scalar Whole(long v) => new(Tag.Int, v, ScalarType.Int64);

    internal static Scalar BFloat16(float v) => Real(v);

    public static implicit operator Scalar(byte value) => Whole(value);
    public static implicit operator Scalar(sbyte value) => Whole(value);
    public static implicit operator Scalar(short value) => Whole(value);
    public static implicit operator Scalar(int value) => Whole(value);
    public static implicit operator Scalar(long value) => Whole(value);
    public static implicit operator Scalar(Half value) => Real((double)value);
    public static implicit operator Scalar(float value) => Real(value);
    public static implicit operator Scalar(double value) => Real(value);
    public static implicit operator Scalar(bool value) => new(Tag.Bool, value ? 1 : 0, ScalarType.Bool);

    public void Dispose()
    {
    }
}
