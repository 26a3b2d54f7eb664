using System.Text;

namespace ModelZoo.Weights;

/// <summary>Writes files that TorchSharp's <c>module.load</c> reads: the format of <see cref="DatFile"/>.</summary>
public static class DatWriter
{
    /// <summary>Writes a file, atomically.</summary>
    /// <param name="path">The file to create or replace.</param>
    /// <param name="tensors">What to write; no name twice.</param>
    /// <exception cref="ZooException">The file cannot be written; the message names it.</exception>
    /// <exception cref="ArgumentException">A name appears twice.</exception>
    public static void Write(string path, IEnumerable<WeightsTensor> tensors)
    {
        WeightsTensor[] all = WeightsWriter.Checked(tensors);
        AtomicFile.Write(path, stream =>
        {
            using var writer = new BinaryWriter(stream, Encoding.UTF8, leaveOpen: true);
            writer.Write7BitEncodedInt64(all.Length);
            foreach (WeightsTensor tensor in all)
            {
                writer.Write(tensor.Name);
                writer.Write7BitEncodedInt(DatFile.NumberOf(tensor.Type));
                writer.Write7BitEncodedInt(tensor.Shape.Count);
                foreach (long size in tensor.Shape)
                {
                    writer.Write7BitEncodedInt64(size);
                }

                writer.Flush();
                WeightsWriter.WriteExactly(tensor, stream);
            }
        });
    }
}
