using System.Text;
using TorchSharp.Interop;
using static TorchSharp.torch;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        /// <summary>Writes libtorch's own file, a zip; <see cref="TensorExtensionMethods.Save(Tensor, string)"/> writes the smaller .dat.</summary>
        public void save(string location)
        {
            ArgumentNullException.ThrowIfNull(location);
            Native.Check(Native.zoo_tensor_save(Handle, location));
            GC.KeepAlive(this);
        }

        /// <summary>Reads a file that <see cref="save"/> wrote, here, in TorchSharp or in C++.</summary>
        public static Tensor load(string location)
        {
            ArgumentNullException.ThrowIfNull(location);
            Runtime.EnsureLoaded();
            return new Tensor(Native.Check(Native.zoo_tensor_load(location)));
        }

        public static Tensor Load(string location)
        {
            using FileStream stream = File.OpenRead(location);
            return Load(stream);
        }

        public static Tensor Load(Stream stream)
        {
            using var reader = new BinaryReader(stream, Encoding.UTF8, leaveOpen: true);
            return Load(reader);
        }

        public static Tensor Load(BinaryReader reader) => TensorExtensionMethods.Load(reader);
    }

    public static void save(Tensor t, string location) => t.save(location);

    public static Tensor load(string location) => Tensor.load(location);
}

// The .dat format of one tensor: its element type, its number of dimensions and each of its sizes, all LEB128, then the little-endian elements.
public static partial class TensorExtensionMethods
{
    public static void Save(this Tensor tensor, string location)
    {
        using FileStream stream = File.Create(location);
        Save(tensor, stream);
    }

    public static void Save(this Tensor tensor, Stream stream)
    {
        using var writer = new BinaryWriter(stream, Encoding.UTF8, leaveOpen: true);
        Save(tensor, writer);
    }

    public static void Save(this Tensor tensor, BinaryWriter writer)
    {
        writer.Write7BitEncodedInt((int)tensor.dtype);
        long[] sizes = tensor.shape;
        writer.Write7BitEncodedInt(sizes.Length);
        foreach (long s in sizes)
        {
            writer.Write7BitEncodedInt64(s);
        }

        writer.Flush();
        tensor.WriteBytesToStream(writer.BaseStream);
    }

    /// <summary>Reads a tensor; with <paramref name="skip"/> it only moves past it, and the result has no contents.</summary>
    public static Tensor Load(this BinaryReader reader, bool skip = false)
    {
        (ScalarType type, long[] sizes) = Header(reader);
        Tensor t = empty(skip ? [0] : sizes, type, CPU);
        try
        {
            Contents(reader, skip ? null : t, type, sizes);
            return t;
        }
        catch
        {
            t.Dispose();
            throw;
        }
    }

    /// <summary>Reads elements into a tensor of the same element type and shape.</summary>
    public static void Load(this Tensor tensor, BinaryReader reader, bool skip = false)
    {
        (ScalarType type, long[] sizes) = Header(reader);
        if (!skip && tensor.dtype != type)
        {
            throw new ArgumentException($"The stored elements are {type}, the tensor's are {tensor.dtype}.");
        }

        if (!skip && !sizes.AsSpan().SequenceEqual(tensor.shape))
        {
            throw new ArgumentException($"The stored shape is [{string.Join(",", sizes)}], the tensor's is [{string.Join(",", tensor.shape)}].");
        }

        Contents(reader, skip ? null : tensor, type, sizes);
    }

    /// <summary>Reads elements into a tensor, or makes one where there is none.</summary>
    public static void Load(ref Tensor? tensor, BinaryReader reader, bool skip = false)
    {
        if (tensor is null)
        {
            tensor = Load(reader, skip);
        }
        else
        {
            Load(tensor, reader, skip);
        }
    }

    private static (ScalarType Type, long[] Sizes) Header(BinaryReader reader)
    {
        int type = reader.Read7BitEncodedInt();
        if (type is < 0 or > sbyte.MaxValue || !Enum.IsDefined((ScalarType)type))
        {
            throw new ArgumentException($"{type} is no element type: this is not a tensor, or the file is damaged.");
        }

        var sizes = new long[Limited(reader.Read7BitEncodedInt(), 64)];
        for (int i = 0; i < sizes.Length; i++)
        {
            sizes[i] = Limited(reader.Read7BitEncodedInt64(), long.MaxValue);
        }

        return ((ScalarType)type, sizes);
    }

    private static long Limited(long n, long most) =>
        n >= 0 && n <= most ? n : throw new ArgumentException($"{n} is no sensible size: this is not a tensor, or the file is damaged.");

    private static void Contents(BinaryReader reader, Tensor? target, ScalarType type, long[] sizes)
    {
        if (target is not null)
        {
            target.ReadBytesFromStream(reader.BaseStream);
            return;
        }

        var scratch = new byte[1 << 16];
        for (long left = checked(sizes.TotalSize() * type.ElementSize()); left > 0;)
        {
            int n = (int)Math.Min(left, scratch.Length);
            reader.BaseStream.ReadExactly(scratch, 0, n);
            left -= n;
        }
    }
}
