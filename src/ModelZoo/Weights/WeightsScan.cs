using System.Security.Cryptography;

namespace ModelZoo.Weights;

/// <summary>What may be wrong with a tensor of a weights file.</summary>
public enum FindingKind
{
    /// <summary>A value that is no number.</summary>
    NaN,

    /// <summary>A value beyond the type's range.</summary>
    Infinite,

    /// <summary>A weight of two or more dimensions that is zero everywhere: its layer gives nothing.</summary>
    AllZero,

    /// <summary>A tensor with the same bytes as another one; tensors of one value alone, as fresh normalizations have, do not count.</summary>
    Duplicate,

    /// <summary>A running variance below zero: normalizing by it gives NaN.</summary>
    NegativeVariance,
}

/// <summary>Something in a weights file that no training leaves there.</summary>
/// <param name="Kind">What.</param>
/// <param name="Tensor">The tensor's name.</param>
/// <param name="Detail">How many values, the first position, or the name of the other tensor.</param>
public sealed record Finding(FindingKind Kind, string Tensor, string Detail);

/// <summary>
/// Reads every value of a weights file once, in pieces, and reports what no training leaves there: NaN, infinities, weights of zeros, copies, negative
/// variances.
/// </summary>
public static class WeightsScan
{
    private const int PieceBytes = 1 << 20;

    /// <summary>Scans a file.</summary>
    /// <param name="file">Any that <see cref="WeightsFile.Open"/> opens.</param>
    /// <returns>What was found, in the order of the file; empty where all is well.</returns>
    /// <exception cref="ZooException">The file can no longer be read.</exception>
    public static IReadOnlyList<Finding> Run(WeightsFile file)
    {
        ArgumentNullException.ThrowIfNull(file);
        var findings = new List<Finding>();
        var seen = new Dictionary<string, string>(StringComparer.Ordinal);
        byte[] piece = new byte[PieceBytes];
        foreach (WeightsEntry entry in file.Entries)
        {
            var values = new Values(entry.Type);
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            for (long from = 0; from < entry.ByteLength; from += piece.Length)
            {
                Span<byte> part = piece.AsSpan(0, (int)Math.Min(piece.Length, entry.ByteLength - from));
                file.CopyTo(entry.Name, part, from);
                hash.AppendData(part);
                values.Add(part);
            }

            findings.AddRange(Judge(entry, values));
            if (values.Distinct && entry.ByteLength >= 64)
            {
                string content = $"{entry.Described} {Convert.ToHexString(hash.GetHashAndReset())}";
                if (!seen.TryAdd(content, entry.Name))
                {
                    findings.Add(new(FindingKind.Duplicate, entry.Name, $"the same bytes as {Printable.Name(seen[content])}"));
                }
            }
        }

        return findings;
    }

    private static IEnumerable<Finding> Judge(WeightsEntry entry, Values values)
    {
        if (values.NaN > 0)
        {
            yield return new(FindingKind.NaN, entry.Name, $"{values.NaN} of {values.Count} values, the first at {values.FirstNaN}");
        }

        if (values.Infinite > 0)
        {
            yield return new(FindingKind.Infinite, entry.Name, $"{values.Infinite} of {values.Count} values, the first at {values.FirstInfinite}");
        }

        if (values.Count > 0 && values.AllZero && entry.Shape.Count >= 2)
        {
            yield return new(FindingKind.AllZero, entry.Name, $"all {values.Count} values");
        }

        if (values.Least < 0 && entry.Name.EndsWith("running_var", StringComparison.Ordinal))
        {
            yield return new(FindingKind.NegativeVariance, entry.Name, FormattableString.Invariant($"as low as {values.Least:g4}"));
        }
    }

    /// <summary>What is known of a tensor's values so far.</summary>
    private sealed class Values(DType type)
    {
        private double first = double.NaN;

        public long Count { get; private set; }

        public long NaN { get; private set; }

        public long FirstNaN { get; private set; }

        public long Infinite { get; private set; }

        public long FirstInfinite { get; private set; }

        public bool AllZero { get; private set; } = true;

        /// <summary>Whether there are two different values.</summary>
        public bool Distinct { get; private set; }

        public double Least { get; private set; } = double.PositiveInfinity;

        public void Add(ReadOnlySpan<byte> bytes)
        {
            int size = type.Size();
            for (int at = 0; at < bytes.Length; at += size)
            {
                Add(Value(bytes.Slice(at, size)));
            }
        }

        private void Add(double value)
        {
            if (double.IsNaN(value))
            {
                FirstNaN = NaN++ == 0 ? Count : FirstNaN;
            }
            else if (double.IsInfinity(value))
            {
                FirstInfinite = Infinite++ == 0 ? Count : FirstInfinite;
            }

            AllZero &= value == 0;
            Least = value < Least ? value : Least;
            first = Count == 0 ? value : first;
            Distinct |= !value.Equals(first);
            Count++;
        }

        private double Value(ReadOnlySpan<byte> bytes) => type switch
        {
            DType.F64 => BitConverter.ToDouble(bytes),
            DType.F32 => BitConverter.ToSingle(bytes),
            DType.F16 => (double)BitConverter.ToHalf(bytes),
            DType.BF16 => BitConverter.Int32BitsToSingle(BitConverter.ToInt16(bytes) << 16),
            DType.I64 => BitConverter.ToInt64(bytes),
            DType.I32 => BitConverter.ToInt32(bytes),
            DType.I16 => BitConverter.ToInt16(bytes),
            DType.I8 => (sbyte)bytes[0],
            _ => bytes[0],
        };
    }
}
