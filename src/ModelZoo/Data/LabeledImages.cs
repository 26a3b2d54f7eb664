using ModelZoo.Imaging;

namespace ModelZoo.Data;

/// <summary>
/// Images with a label each: in memory and of one shape (<see cref="ImageDataset"/>), or in files of any size that are decoded when they are asked for
/// (<see cref="ImageFolder"/>).
/// </summary>
public abstract class LabeledImages
{
    /// <summary>Name, source, license and class names.</summary>
    public abstract DatasetInfo Info { get; }

    /// <summary>Short name with the split, such as "digits/train".</summary>
    public string Name => Info.Name;

    /// <summary>The number of images.</summary>
    public abstract int Count { get; }

    /// <summary>[N], each in 0 … Info.ClassNames.Count − 1.</summary>
    public abstract ReadOnlySpan<int> Labels { get; }

    /// <summary>The shape of the images: of each, or where they may differ of the first, which stands for the others.</summary>
    /// <exception cref="ZooException">No image can be read.</exception>
    public abstract ImageShape TypicalShape { get; }

    /// <summary>Of images in folders: what each folder gave, and what was passed over in it.</summary>
    public virtual IReadOnlyList<FolderTally> Folders => [];

    /// <summary>Reads one image. Threads may read at the same time.</summary>
    /// <exception cref="ZooException">The file cannot be read or is no picture; the message names it.</exception>
    public abstract PixelImage Picture(int index);

    /// <summary>Reads one image and makes something of it, while the memory of a picture that was decoded for it is counted.</summary>
    /// <param name="index">Which.</param>
    /// <param name="decoding">How a file is decoded.</param>
    /// <param name="make">From the picture, upright.</param>
    internal virtual T Read<T>(int index, DecodeOptions decoding, Func<PixelImage, T> make) => make(Picture(index));

    /// <summary>What messages call an image: its file, or the dataset's name with its index.</summary>
    public abstract string NameOf(int index);

    /// <summary>At most <paramref name="count"/> images.</summary>
    public abstract LabeledImages Take(int count);

    /// <summary>Writes what distinguishes this data from other data: its pixels, or the files' names, lengths and labels, without opening them.</summary>
    internal virtual void WriteIdentity(Stream stream)
    {
        for (int i = 0; i < Count; i++)
        {
            stream.Write(System.Text.Encoding.UTF8.GetBytes($"{NameOf(i)}\t{Labels[i]}\n"));
        }
    }
}

/// <summary>What a dataset is called, where it comes from and on what terms.</summary>
/// <param name="Name">Short name with the split, such as "digits/train".</param>
/// <param name="Source">Authors, title, year and address.</param>
/// <param name="License">The license's name, or who holds the rights.</param>
/// <param name="ClassNames">One name for each label, from label 0 on.</param>
public sealed record DatasetInfo(string Name, string Source, string License, IReadOnlyList<string> ClassNames);

/// <summary>The shape of one image: channels, then rows, then columns, as in [C, H, W].</summary>
public readonly record struct ImageShape(int Channels, int Height, int Width)
{
    /// <summary>C·H·W.</summary>
    public int Length => checked(Channels * Height * Width);

    public override string ToString() => $"{Channels}×{Height}×{Width}";
}
