using ModelZoo.Imaging;

namespace ModelZoo.Data;

/// <summary>Images in files of any size, decoded when they are asked for. Listing opens none.</summary>
public abstract class LabeledFiles : LabeledImages
{
    private readonly string[] files;
    private readonly int[] labels;
    private readonly Lazy<ImageShape> typical;

    private protected LabeledFiles(DatasetInfo info, string[] files, int[] labels)
    {
        (Info, this.files, this.labels) = (info, files, labels);
        typical = new(ShapeOfFirst);
    }

    /// <inheritdoc/>
    public override DatasetInfo Info { get; }

    /// <inheritdoc/>
    public override int Count => files.Length;

    /// <inheritdoc/>
    public override ReadOnlySpan<int> Labels => labels;

    /// <inheritdoc/>
    public override ImageShape TypicalShape => typical.Value;

    /// <summary>The files, in the order of the labels.</summary>
    public IReadOnlyList<string> Files => files;

    /// <inheritdoc/>
    public override PixelImage Picture(int index) => ImageDecoder.Decode(files[index]);

    /// <inheritdoc/>
    internal override T Read<T>(int index, DecodeOptions decoding, Func<PixelImage, T> make) => ImageDecoder.Decode(files[index], decoding, make);

    /// <inheritdoc/>
    public override string NameOf(int index) => files[index];

    /// <summary>At most so many images, spread evenly over the files and so over the classes.</summary>
    public override LabeledFiles Take(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        return count >= Count ? this : At([.. Enumerable.Range(0, count).Select(i => (int)((long)i * Count / count))]);
    }

    /// <summary>The images at these places, in this order.</summary>
    /// <exception cref="ArgumentOutOfRangeException">One is not in 0 … Count − 1.</exception>
    public LabeledFiles Subset(ReadOnlySpan<int> indices)
    {
        foreach (int index in indices)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(index, nameof(indices));
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count, nameof(indices));
        }

        return At(indices.ToArray());
    }

    /// <summary>Decodes all of them, on all cores, for work that goes over small pictures many times. They must be of one size.</summary>
    /// <returns>The same images in the same order, in memory: 3·H·W bytes each.</returns>
    /// <exception cref="ZooException">There are none, they have no classes, they take more than an array holds, one cannot be read or has another size than
    /// the first; the message
    /// names it.</exception>
    public ImageDataset InMemory()
    {
        if (Targets is not null)
        {
            throw new ZooException($"{Name}: has several labels or a number for each image; one class each is needed here.");
        }

        (int count, ImageShape shape) = (Count, Count == 0 ? default : TypicalShape with { Channels = 3 });
        if (count == 0 || (long)count * shape.Length > Array.MaxLength)
        {
            throw new ZooException(count == 0 ? $"{Name}: holds no images."
                : $"{Name}: {count:N0} images of {shape} are more than fit into one array. Take fewer or smaller ones.");
        }

        var pixels = new byte[count * shape.Length];
        try
        {
            Parallel.For(0, count, i =>
            {
                PixelImage picture = Picture(i);
                if ((picture.Height, picture.Width) != (shape.Height, shape.Width))
                {
                    throw new ZooException($"{files[i]}: is {picture.Width}×{picture.Height}, not {shape.Width}×{shape.Height} as {files[0]}. Images of one "
                        + "size are needed here.");
                }

                picture.Rgb.CopyTo(pixels, (long)i * shape.Length);
            });
        }
        catch (AggregateException several) when (several.InnerExceptions.OfType<ZooException>().FirstOrDefault() is { } first)
        {
            throw first;
        }

        return ImageDataset.FromInterleaved(Info, shape, pixels, 255, [.. labels]);
    }

    // The length and the middle of the file, where a picture's own data are: enough to know it again, and quick to read of large ones.
    private protected override ReadOnlySpan<byte> Fingerprint(int index)
    {
        const int most = 8192;
        try
        {
            RegularFile.Require(files[index]);
            using Microsoft.Win32.SafeHandles.SafeFileHandle file = File.OpenHandle(files[index]);
            long length = RandomAccess.GetLength(file);
            var bytes = new byte[sizeof(long) + (int)Math.Min(length, most)];
            BitConverter.TryWriteBytes(bytes, length);
            RandomAccess.Read(file, bytes.AsSpan(sizeof(long)), Math.Max(0, (length - most) / 2));
            return bytes;
        }
        catch (Exception error) when (error is ZooException || FileAccessError.Covers(error))
        {
            return [];
        }
    }

    /// <summary>The images at these places.</summary>
    private protected abstract LabeledFiles At(int[] chosen);

    // A folder that was moved is the same data.
    internal override void WriteIdentity(Stream stream)
    {
        for (int i = 0; i < files.Length; i++)
        {
            var file = new FileInfo(files[i]);
            stream.Write(System.Text.Encoding.UTF8.GetBytes($"{file.Name}\t{(file.Exists ? file.Length : -1)}\t{labels[i]}\n"));
        }
    }

    private ImageShape ShapeOfFirst()
    {
        ZooException? first = null;
        foreach (string file in files)
        {
            try
            {
                (int width, int height) = ImageDecoder.ReadInfo(file).UprightSize;
                return new ImageShape(3, height, width);
            }
            catch (ZooException e)
            {
                first ??= e;
            }
        }

        throw first ?? new ZooException($"{Name}: holds no images.");
    }
}
