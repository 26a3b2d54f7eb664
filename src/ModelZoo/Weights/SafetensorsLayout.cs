namespace ModelZoo.Weights;

/// <summary>Checks that the tensors of a safetensors file fill its data exactly: each as long as its shape and type say, in the file, without overlap, hole or rest.</summary>
internal static class SafetensorsLayout
{
    /// <param name="entries">What the header lists.</param>
    /// <param name="dataLength">Bytes of the file after its header.</param>
    /// <param name="file">For the message.</param>
    /// <exception cref="ZooException">They do not; the message names <paramref name="file"/> and the tensor.</exception>
    public static void Check(List<SafetensorsEntry> entries, long dataLength, string file)
    {
        foreach (SafetensorsEntry entry in entries)
        {
            if (entry.Type.ByteLength([.. entry.Shape]) is not { } length)
            {
                throw Refused(file, entry, $"{entry.Described} has more bytes than a file can have");
            }

            if (length != entry.ByteLength)
            {
                throw Refused(file, entry, $"{entry.Described} needs {length} bytes, its data_offsets span {entry.ByteLength}");
            }

            if (entry.Offset > dataLength - length)
            {
                throw Refused(file, entry, $"its data end at byte {(Int128)entry.Offset + length} of the data, but the file has {dataLength}; it may have been cut off");
            }
        }

        long end = 0;
        string before = "";
        foreach (SafetensorsEntry entry in entries.OrderBy(entry => entry.Offset).ThenBy(entry => entry.ByteLength))
        {
            if (entry.Offset != end)
            {
                throw Refused(file, entry, $"begins at byte {entry.Offset} of the data, but "
                    + (entry.Offset < end ? $"overlaps {Shown.Name(before)}, which ends at {end}" : $"byte {end} and those up to it belong to no tensor"));
            }

            (end, before) = (entry.Offset + entry.ByteLength, entry.Name);
        }

        if (end != dataLength)
        {
            throw new ZooException($"{file}: {dataLength - end} bytes follow the last tensor. {SafetensorsFile.Advice}");
        }
    }

    private static ZooException Refused(string file, SafetensorsEntry entry, string what) =>
        new($"{file}: tensor {Shown.Name(entry.Name)}: {what}. {SafetensorsFile.Advice}");
}
