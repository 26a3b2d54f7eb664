using ModelZoo.Weights.Pickle;

namespace ModelZoo.Weights;

/// <summary>
/// Writes files that PyTorch's <c>torch.load</c> reads, with <c>weights_only=True</c> too: a zip archive with an OrderedDict of tensors as a pickle of protocol 2, and each tensor's storage
/// uncompressed, at a place that is a multiple of 64 bytes, so that it can be mapped (torch.serialization, "_save").
/// </summary>
public static class PthWriter
{
    private const string Root = "archive/";

    /// <summary>Writes a file, atomically.</summary>
    /// <param name="path">The file to create or replace.</param>
    /// <param name="tensors">What to write; no name twice.</param>
    /// <exception cref="ZooException">The file cannot be written; the message names it.</exception>
    /// <exception cref="ArgumentException">A name appears twice.</exception>
    public static void Write(string path, IEnumerable<WeightsTensor> tensors)
    {
        WeightsTensor[] all = WeightsWriter.Checked(tensors);
        byte[] pickle = StateDictPickler.Pickle(all);
        AtomicFile.Write(path, stream =>
        {
            var zip = new ZipWriter(stream);
            zip.Add($"{Root}data.pkl", pickle.Length, s => s.Write(pickle));
            zip.Add($"{Root}byteorder", 6, static s => s.Write("little"u8));
            for (int i = 0; i < all.Length; i++)
            {
                WeightsTensor tensor = all[i];
                zip.Add($"{Root}data/{i}", tensor.ByteLength, s => WeightsWriter.WriteExactly(tensor, s));
            }

            zip.Add($"{Root}version", 2, static s => s.Write("3\n"u8));
            zip.Finish();
        });
    }
}
