using ModelZoo.Imaging;

namespace ModelZoo.Data;

/// <summary>Images with a label each: in memory and of one shape (<see cref="ImageDataset"/>), or in files of any size that are decoded when they are asked for (<see cref="ImageFolder"/>).</summary>
public abstract class LabelledImages
{
    /// <summary>Name, source, licence and class names.</summary>
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

    /// <summary>Reads one image. Threads may read at the same time.</summary>
    /// <exception cref="ZooException">The file cannot be read or is no picture; the message names it.</exception>
    public abstract PixelImage Picture(int index);

    /// <summary>What messages call an image: its file, or the dataset's name with its index.</summary>
    public abstract string NameOf(int index);

    /// <summary>At most <paramref name="count"/> images.</summary>
    public abstract LabelledImages Take(int count);

    /// <summary>Writes what tells this data from other: its pixels, or the files' names, lengths and labels, without opening them.</summary>
    internal virtual void WriteIdentity(Stream stream)
    {
        for (int i = 0; i < Count; i++)
        {
            stream.Write(System.Text.Encoding.UTF8.GetBytes($"{NameOf(i)}\t{Labels[i]}\n"));
        }
    }
}
