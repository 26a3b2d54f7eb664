using System.Runtime.CompilerServices;
using static TorchSharp.torch;

namespace TorchSharp.Interop;

/// <summary>
/// One argument of an operator: a tag, 8 bytes, and the managed object that they come from, which the argument keeps alive during the call.
/// Everything that an ATen schema can ask for converts to it implicitly.
/// </summary>
internal readonly struct Arg
{
    internal readonly object? Object;
    internal readonly long Bits;
    internal readonly Tag Tag;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Arg(Tag tag, long bits, object? o = null)
    {
        Tag = tag;
        Bits = bits;
        Object = o;
    }

    /// <summary>The absent optional argument.</summary>
    internal static Arg None => default;

    public static implicit operator Arg(Tensor? t) => t is null ? default : new(Tag.Tensor, t.Handle, t);
    public static implicit operator Arg(long v) => new(Tag.Int, v);
    public static implicit operator Arg(int v) => new(Tag.Int, v);
    public static implicit operator Arg(double v) => new(Tag.Double, BitConverter.DoubleToInt64Bits(v));
    public static implicit operator Arg(bool v) => new(Tag.Bool, v ? 1 : 0);
    public static implicit operator Arg(long? v) => v is { } x ? x : default(Arg);
    public static implicit operator Arg(double? v) => v is { } x ? x : default(Arg);
    public static implicit operator Arg(long[]? v) => v is null ? default : new(Tag.Ints, 0, v);
    public static implicit operator Arg(double[]? v) => v is null ? default : new(Tag.Doubles, 0, v);
    public static implicit operator Arg(Tensor?[]? v) => v is null ? default : new(Tag.Tensors, 0, v);
    public static implicit operator Arg(string? v) => v is null ? default : new(Tag.String, 0, v);
    public static implicit operator Arg(ScalarType v) => new(Tag.Int, (long)v);
    public static implicit operator Arg(ScalarType? v) => v is { } x ? x : default(Arg);
    public static implicit operator Arg(Device? v) => v is null ? default : new(Tag.Device, (uint)v.type | ((long)v.index << 32), v);
    public static implicit operator Arg(Generator? v) => v is null ? default : new(Tag.Generator, v.Handle, v);
    public static implicit operator Arg(Scalar? v) => v is null ? default : new(v.Tag, v.Bits, v);
}
