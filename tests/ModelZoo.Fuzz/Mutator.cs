using System.Buffers.Binary;
using System.Text;

namespace ModelZoo.Fuzz;

/// <summary>Damages whole inputs. The same seed and number give the same bytes on every machine.</summary>
/// <param name="target">Whose.</param>
/// <param name="seed">Of the whole run.</param>
internal sealed class Mutator(FuzzTarget target, ulong seed)
{
    private const int MostBytes = 1 << 18, MostChanges = 8, NearStart = 128;

    private static readonly long[] Numbers =
    [
        0, 1, -1, 2, 7, 8, 127, 128, 255, 256, 32767, 32768, 65535, 65536, int.MaxValue, int.MinValue, uint.MaxValue, 1L << 32, (1L << 40) + 1, 1L << 62,
        long.MaxValue, long.MinValue,
    ];

    private static readonly byte[][] Words =
    [
        .. new[]
        {
            "null", "true", "{}", "[]", "\"\"", "0", "-1", "1e999", "-0.0", "NaN", "Infinity", "1e-400", "0.1", "2147483647", "2147483648",
            "9223372036854775807", "99999999999999999999", "\"\\ud800\"", "\"\\u0000\"", "\uFEFF", "[[[[[[[[[[[[[[[[[[[[", "{\"a\":{\"a\":{\"a\":",
            ",", ":", "\"", "\\", "\n", "\r", "\0",
            "\u202e", "../", "//", "%00", ";", "\t", "'", "(", ")", "é", "\ud83d\ude00",
        }.Select(Encoding.UTF8.GetBytes),
        [0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], // no UTF-8
    ];

    private readonly IReadOnlyList<byte[]> seeds = target.AllSeeds();

    /// <summary>The input of a number: first every seed as it is, then damaged ones.</summary>
    public byte[] Make(long number)
    {
        if (number < seeds.Count)
        {
            return [.. seeds[(int)number]];
        }

        var random = new SeededRandom((seed << 40) + (ulong)number);
        byte[] bytes = seeds[random.Next(seeds.Count)];
        for (int changes = 1 + random.Next(MostChanges); changes > 0; changes--)
        {
            bytes = target.IsText && random.Next(2) == 0 ? Reworded(bytes, random) : Changed(bytes, random);
        }

        bytes = bytes.Length > MostBytes ? bytes[..MostBytes] : [.. bytes];
        return target.Repair is { } repair && random.Next(2) == 0 ? repair(bytes) : bytes;
    }

    private byte[] Changed(byte[] from, SeededRandom random)
    {
        byte[] bytes = [.. from];
        int at = Place(bytes, random);
        switch (random.Next(11))
        {
            case 0 when bytes.Length > 0:
                bytes[at] ^= (byte)(1 << random.Next(8));
                return bytes;
            case 1 when bytes.Length > 0:
                bytes[at] = (byte)random.Next(256);
                return bytes;
            case 2 or 3 when bytes.Length > 8:
                return Numbered(bytes, at, random);
            case 4:
                return bytes[..at];
            case 5:
                return [.. bytes[..at], .. bytes[Math.Min(bytes.Length, at + 1 + random.Next(16))..]];
            case 6:
                int length = Math.Min(bytes.Length - at, 1 + random.Next(64));
                return [.. bytes[..at], .. Enumerable.Repeat(bytes[at..(at + length)], 1 + random.Next(8)).SelectMany(b => b), .. bytes[at..]];
            case 7:
                byte[] other = seeds[random.Next(seeds.Count)];
                return [.. bytes[..at], .. other[Place(other, random)..]];
            case 8:
                return [.. bytes[..at], .. Enumerable.Repeat((byte)random.Next(256), 1 + random.Next(32)), .. bytes[at..]];
            case 9 when bytes.Length > 16:
                int block = 1 + random.Next(16), to = random.Next(bytes.Length - block);
                bytes.AsSpan(random.Next(bytes.Length - block), block).ToArray().CopyTo(bytes, to);
                return bytes;
            default:
                return [.. bytes, .. Enumerable.Range(0, random.Next(32)).Select(_ => (byte)random.Next(256))];
        }
    }

    // A field of one to eight bytes, in either order: set, or a little more or less.
    private static byte[] Numbered(byte[] bytes, int at, SeededRandom random)
    {
        Span<byte> field = bytes.AsSpan(Math.Min(at, bytes.Length - 8), 8);
        long number = Numbers[random.Next(Numbers.Length)];
        switch (random.Next(7))
        {
            case 0:
                field[0] = (byte)number;
                break;
            case 1:
                BinaryPrimitives.WriteInt16LittleEndian(field, (short)number);
                break;
            case 2:
                BinaryPrimitives.WriteInt16BigEndian(field, (short)number);
                break;
            case 3:
                BinaryPrimitives.WriteInt32LittleEndian(field, (int)number);
                break;
            case 4:
                BinaryPrimitives.WriteInt32BigEndian(field, (int)number);
                break;
            case 5:
                BinaryPrimitives.WriteInt64LittleEndian(field, number);
                break;
            default:
                field[0] += (byte)(random.Next(65) - 32);
                break;
        }

        return bytes;
    }

    // A value between two marks of JSON, CSV and the like is replaced, left out or there twice.
    private static byte[] Reworded(byte[] bytes, SeededRandom random)
    {
        int at = Place(bytes, random);
        int start = at, end = at;
        while (start > 0 && !IsMark(bytes[start - 1]))
        {
            start--;
        }

        while (end < bytes.Length && !IsMark(bytes[end]))
        {
            end++;
        }

        byte[] word = bytes[start..end], other = Words[random.Next(Words.Length)];
        return random.Next(6) switch
        {
            0 or 1 => [.. bytes[..start], .. other, .. bytes[end..]],
            2 => [.. bytes[..start], .. bytes[end..]],
            3 => [.. bytes[..at], .. other, .. bytes[at..]],
            4 => [.. bytes[..end], (byte)',', .. word, .. bytes[end..]],
            _ => Entry(bytes, end, random),
        };
    }

    // What lies between two commas, twice: a key that is there twice.
    private static byte[] Entry(byte[] bytes, int at, SeededRandom random)
    {
        int start = bytes.AsSpan(0, at).LastIndexOf((byte)',') + 1, length = bytes.AsSpan(at).IndexOf((byte)',');
        int end = length < 0 ? bytes.Length : at + length;
        byte[] entry = [.. bytes[start..end], (byte)','];
        return [.. bytes[..start], .. Enumerable.Repeat(entry, 1 + random.Next(3)).SelectMany(b => b), .. bytes[start..]];
    }

    private static bool IsMark(byte one) => one is (byte)',' or (byte)':' or (byte)'{' or (byte)'}' or (byte)'[' or (byte)']' or (byte)'\n' or (byte)'('
        or (byte)')' or (byte)';' or (byte)'\t' or (byte)' ';

    // Half of them near the beginning, where formats describe themselves.
    private static int Place(byte[] bytes, SeededRandom random) =>
        bytes.Length == 0 ? 0 : random.Next(random.Next(2) == 0 ? Math.Min(bytes.Length, NearStart) : bytes.Length);
}
