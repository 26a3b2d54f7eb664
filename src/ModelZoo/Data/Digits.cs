using System.IO.Compression;

namespace ModelZoo.Data;

/// <summary>
/// The handwritten digits that come with the library: 1,797 gray 8×8 images with values 0 … 16, read here as 0 … 1 (Data/README.md).
/// </summary>
public static class Digits
{
    private const int Count = 1797;
    private const int Side = 8;
    private const int Maximum = 16;

    // Every writer filled the same form of 130 digits (some left digits out), and the file holds 14 such forms one after the other; this is where the tenth
    // begins.
    private const int FirstTestImage = 1157;

    private static readonly Lazy<(byte[] Pixels, int[] Labels)> File = new(Read);

    /// <summary>
    /// The fixed split by writer: to train the first nine forms (1,157 images), to test the last five (640 images). No form is in both, and no writer as far as
    /// the file's order tells; Data/README.md says how the place was chosen.
    /// </summary>
    /// <returns>Images [N, 1, 8, 8] in the file's order.</returns>
    public static ImageDataset Load(DataSplit split)
    {
        var (pixels, labels) = File.Value;
        Range part = split == DataSplit.Train ? ..FirstTestImage : FirstTestImage..;
        Range bytes = split == DataSplit.Train ? ..(FirstTestImage * Side * Side) : (FirstTestImage * Side * Side)..;
        var info = new DatasetInfo(
            split == DataSplit.Train ? "digits/train" : "digits/test",
            "E. Alpaydin, C. Kaynak, \"Optical Recognition of Handwritten Digits\", UCI Machine Learning Repository, 1998, DOI 10.24432/C50P49 (its "
                + "1,797-image test portion)",
            "CC BY 4.0",
            [.. Enumerable.Range(0, 10).Select(digit => $"{digit}")])
        { Split = split == DataSplit.Train ? split : DataSplit.Test };
        return ImageDataset.FromBytes(info, new ImageShape(1, Side, Side), pixels.AsMemory(bytes), Maximum, labels[part]);
    }

    // Each line: 64 values, then the label, separated by commas.
    private static (byte[] Pixels, int[] Labels) Read()
    {
        using Stream packed = typeof(Digits).Assembly.GetManifestResourceStream("digits.csv.gz")
            ?? throw new InvalidOperationException("The assembly lacks its resource digits.csv.gz.");
        using var reader = new StreamReader(new GZipStream(packed, CompressionMode.Decompress));
        var pixels = new byte[Count * Side * Side];
        var labels = new int[Count];
        for (int n = 0; n < Count; n++)
        {
            ReadOnlySpan<char> line = reader.ReadLine();
            int field = 0;
            foreach (Range range in line.Split(','))
            {
                byte value = byte.Parse(line[range], provider: null);
                if (field < Side * Side)
                {
                    pixels[n * Side * Side + field++] = value;
                }
                else
                {
                    labels[n] = value;
                }
            }
        }

        return (pixels, labels);
    }
}
