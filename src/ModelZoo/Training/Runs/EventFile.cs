using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace ModelZoo.Training;

/// <summary>
/// TensorBoard's event file: TFRecords (length, masked CRC-32C of it, data, masked CRC-32C of them) that hold Event messages in protocol-buffer encoding:
/// wall_time = 1 (double), step = 2 (varint), file_version = 3 (text), summary = 5 {value = 1 {tag = 1 (text), simple_value = 2 (float)}}.
/// </summary>
internal sealed class EventFile : IDisposable
{
    private readonly AppendedFile file;

    /// <param name="folder">Where event files are looked for; one that is there is continued.</param>
    /// <param name="length">What is kept of it; 0 begins anew.</param>
    public EventFile(string folder, long length)
    {
        string path = Find(folder) ?? Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"events.out.tfevents.{Now():F0}.modelzoo"));
        file = new AppendedFile(path, length);
        if (file.Length == 0)
        {
            Append(Message(step: null, Field(3, "brain.Event:2")));
        }
    }

    public long Length => file.Length;

    /// <summary>The event file in a folder, if there is one.</summary>
    public static string? Find(string folder) => Directory.GetFiles(folder, "events.out.tfevents.*").Order(StringComparer.Ordinal).FirstOrDefault();

    /// <summary>Adds scalars at a step.</summary>
    public void Write(long step, params IEnumerable<(string Tag, double Value)> scalars)
    {
        byte[] summary = [.. scalars.SelectMany(s => Field(1, [.. Field(1, s.Tag), .. Scalar(s.Value)]))];
        Append(Message(step, Field(5, summary)));
    }

    public void ToDisk() => file.ToDisk();

    public void Dispose() => file.Dispose();

    private void Append(byte[] data)
    {
        var record = new byte[data.Length + 16];
        BinaryPrimitives.WriteUInt64LittleEndian(record, (ulong)data.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(8), Crc32C.Masked(record.AsSpan(0, 8)));
        data.CopyTo(record, 12);
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(12 + data.Length), Crc32C.Masked(data));
        file.Append(record);
    }

    private static byte[] Message(long? step, byte[] content)
    {
        var time = new byte[9];
        time[0] = 1 << 3 | 1;
        BinaryPrimitives.WriteDoubleLittleEndian(time.AsSpan(1), Now());
        byte[] number = step is { } n ? [2 << 3, .. Varint((ulong)n)] : [];
        return [.. time, .. number, .. content];
    }

    private static byte[] Scalar(double value)
    {
        var bytes = new byte[5];
        bytes[0] = 2 << 3 | 5;
        BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(1), (float)value);
        return bytes;
    }

    private static byte[] Field(int number, string text) => Field(number, Encoding.UTF8.GetBytes(text));

    private static byte[] Field(int number, byte[] bytes) => [(byte)(number << 3 | 2), .. Varint((ulong)bytes.Length), .. bytes];

    private static List<byte> Varint(ulong value)
    {
        List<byte> bytes = [];
        for (; value >= 0x80; value >>= 7)
        {
            bytes.Add((byte)(value | 0x80));
        }

        bytes.Add((byte)value);
        return bytes;
    }

    private static double Now() => (DateTime.UtcNow - DateTime.UnixEpoch).TotalSeconds;
}
