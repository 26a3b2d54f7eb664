using System.Security.Cryptography;
using ModelZoo.Imaging;
using ModelZoo.Trust;

namespace ModelZoo.Data;

/// <summary>
/// Images with a label each: in memory and of one shape (<see cref="ImageDataset"/>), or in files of any size that are decoded when they are asked for
/// (<see cref="LabeledFiles"/>).
/// </summary>
public abstract class LabeledImages
{
    private IReadOnlyList<string> remarks = [];

    /// <summary>Name, source, license and class names.</summary>
    public abstract DatasetInfo Info { get; }

    /// <summary>Short name with the split, such as "digits/train".</summary>
    public string Name => Info.Name;

    /// <summary>The number of images.</summary>
    public abstract int Count { get; }

    /// <summary>[N], each in 0 … Info.ClassNames.Count − 1; where there are <see cref="Targets"/>, the row of each image there.</summary>
    public abstract ReadOnlySpan<int> Labels { get; }

    /// <summary>The shape of the images: of each, or where they may differ of the first, which stands for the others.</summary>
    /// <exception cref="ZooException">No image can be read.</exception>
    public abstract ImageShape TypicalShape { get; }

    /// <summary>Of images in folders: what each folder gave, and what was passed over in it.</summary>
    public IReadOnlyList<FolderSummary> Folders { get; init; } = [];

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

    /// <summary>Several labels or a number for each image; null where each has one class.</summary>
    public virtual TargetTable? Targets => null;

    /// <summary>What is to be predicted.</summary>
    public PredictionTask Task => Targets?.Task ?? PredictionTask.Classes;

    /// <summary>What somebody who uses the data should know of how it was read, in sentences.</summary>
    public IReadOnlyList<string> Remarks
    {
        get => remarks;
        init => remarks = value;
    }

    /// <summary>Refuses data that nothing can be learned from.</summary>
    /// <exception cref="ZooException">All images are of one class; the message says what was found.</exception>
    public void MustTeach()
    {
        if (Info.ClassNames.Count < 2 && Targets is null)
        {
            throw new ZooException($"{Name}: one class, {string.Join(", ", Info.ClassNames.Select(name => $"'{name}'"))}, teaches nothing; at least two are "
                + "needed." + string.Concat(Remarks.Select(remark => $" {remark}")));
        }
    }

    /// <summary>
    /// The same images with the classes of a model, in its order: a class is found by its name, whatever its place. Where no name is the same, case, spaces,
    /// hyphens and underscores are not looked at.
    /// </summary>
    /// <param name="labels">The model's class names, in the order of its logits.</param>
    /// <returns>Images whose class names are <paramref name="labels"/>.</returns>
    /// <exception cref="ZooException">The images have a class that the model does not know; the message gives both lists.</exception>
    public LabeledImages WithClasses(IReadOnlyList<string> labels)
    {
        ArgumentNullException.ThrowIfNull(labels);
        if (Info.ClassNames.SequenceEqual(labels, StringComparer.Ordinal) || Task.Kind == TaskKind.Regression)
        {
            return this;
        }

        var match = ClassMatch.Of(this, labels);
        DatasetInfo info = Info with { ClassNames = labels };
        LabeledImages matched = Targets is { } targets
            ? With(info, match.Apply(targets, labels.Count))
            : With(info, [.. Labels.ToArray().Select(label => match.Places[label])]);
        matched.remarks = match.Remark is null ? Remarks : [.. Remarks, match.Remark];
        return matched;
    }

    /// <summary>The same images with other labels.</summary>
    private protected virtual LabeledImages With(DatasetInfo info, int[] labels) =>
        throw new NotSupportedException($"{GetType().Name} cannot be given other labels.");

    private protected virtual LabeledImages With(DatasetInfo info, TargetTable targets) =>
        throw new NotSupportedException($"{GetType().Name} cannot be given other labels.");

    /// <summary>What these pictures are known again by (<see cref="PictureSketch"/>): their own bytes, whatever they and their folders are called; null where
    /// there are none.</summary>
    public PictureSketch? Sketch() => PictureHashes() is { Count: > 0 } hashes ? PictureSketch.Of(Name, hashes) : null;

    /// <summary>A hash of each picture's own bytes; of a file that cannot be read there is none.</summary>
    public IReadOnlyList<ulong> PictureHashes()
    {
        var hashes = new List<ulong>(Count);
        for (int i = 0; i < Count; i++)
        {
            if (Fingerprint(i) is { Length: > 0 } bytes)
            {
                hashes.Add(BitConverter.ToUInt64(SHA256.HashData(bytes)));
            }
        }

        return hashes;
    }

    /// <summary>Bytes that no other picture has; none where it cannot be read.</summary>
    private protected virtual ReadOnlySpan<byte> Fingerprint(int index) => Picture(index).Rgb;

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
public sealed record DatasetInfo(string Name, string Source, string License, IReadOnlyList<string> ClassNames)
{
    /// <summary>Which part of its data it is; null where that is not known.</summary>
    public DataSplit? Split { get; init; }
}

/// <summary>The shape of one image: channels, then rows, then columns, as in [C, H, W].</summary>
public readonly record struct ImageShape(int Channels, int Height, int Width)
{
    /// <summary>C·H·W.</summary>
    public int Length => checked(Channels * Height * Width);

    public override string ToString() => $"{Channels}×{Height}×{Width}";
}
