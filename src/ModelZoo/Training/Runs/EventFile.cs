using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using Google.Protobuf;
using Tensorboard;

namespace ModelZoo.Training.Runs;

/// <summary>
/// TensorBoard's event file: TFRecords (length, masked CRC-32C of it, data, masked CRC-32C of them) that hold TorchSharp's <see cref="Event"/> messages.
/// TorchSharp's own SummaryWriter begins a new file each time; a resumed run goes on with the file that is there, cut where its state was saved.
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
            Append(new Event { WallTime = Now(), FileVersion = "brain.Event:2" });
        }
    }

    public long Length => file.Length;

    /// <summary>The event file in a folder, if there is one.</summary>
    public static string? Find(string folder) => Directory.GetFiles(folder, "events.out.tfevents.*").Order(StringComparer.Ordinal).FirstOrDefault();

    /// <summary>Adds scalars at a step.</summary>
    public void Write(long step, params IEnumerable<(string Tag, double Value)> scalars)
    {
        var summary = new Summary();
        summary.Value.AddRange(scalars.Select(s => new Summary.Types.Value { Tag = s.Tag, SimpleValue = (float)s.Value }));
        Append(new Event { WallTime = Now(), Step = step, Summary = summary });
    }

    public void ToDisk() => file.ToDisk();

    public void Dispose() => file.Dispose();

    private void Append(Event message)
    {
        byte[] data = message.ToByteArray();
        var record = new byte[data.Length + 16];
        BinaryPrimitives.WriteUInt64LittleEndian(record, (ulong)data.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(8), MaskedCrc(record.AsSpan(0, 8)));
        data.CopyTo(record, 12);
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(12 + data.Length), MaskedCrc(data));
        file.Append(record);
    }

    // Castagnoli's, which System.IO.Hashing lacks; TFRecords rotate it by 15 bits and add a constant.
    private static uint MaskedCrc(ReadOnlySpan<byte> data)
    {
        uint crc = uint.MaxValue;
        foreach (byte b in data)
        {
            crc = BitOperations.Crc32C(crc, b);
        }

        return BitOperations.RotateRight(~crc, 15) + 0xA282EAD8;
    }

    private static double Now() => (DateTime.UtcNow - DateTime.UnixEpoch).TotalSeconds;
}
