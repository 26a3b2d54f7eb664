using ModelZoo.Data;
using ModelZoo.Imaging;

namespace ModelZoo.Audit;

/// <summary>The pictures of a data set, measured when they are first decoded. One that cannot be read is a black pixel, and remembered as such.</summary>
internal sealed class ObservedPictures(LabeledImages inner, DecodeOptions decoding, Action measured) : LabeledImages
{
    private static readonly PixelImage Nothing = new(1, 1, new byte[3]);

    private readonly PictureFacts?[] facts = new PictureFacts?[inner.Count];

    public override DatasetInfo Info => inner.Info;

    public override int Count => inner.Count;

    public override ReadOnlySpan<int> Labels => inner.Labels;

    public override ImageShape TypicalShape => inner.TypicalShape;

    public override TargetTable? Targets => inner.Targets;

    /// <summary>Of each picture; those that nobody has read yet are read now.</summary>
    public PictureFacts[] Facts(CancellationToken cancel)
    {
        Parallel.For(0, Count, new ParallelOptions { CancellationToken = cancel, MaxDegreeOfParallelism = Environment.ProcessorCount }, i =>
        {
            if (Volatile.Read(ref facts[i]) is null)
            {
                Read(i, decoding, static _ => 0);
            }
        });
        return [.. facts.Select(f => f!)];
    }

    public override PixelImage Picture(int index) => Read(index, decoding, static picture => picture);

    internal override T Read<T>(int index, DecodeOptions decoding, Func<PixelImage, T> make)
    {
        try
        {
            return inner.Read(index, decoding, picture =>
            {
                if (Volatile.Read(ref facts[index]) is null)
                {
                    Set(index, PictureFacts.Of(picture));
                }

                return make(picture);
            });
        }
        catch (ZooException unreadable)
        {
            Set(index, PictureFacts.Unreadable(unreadable.Message));
            return make(Nothing);
        }
    }

    public override string NameOf(int index) => inner.NameOf(index);

    public override LabeledImages Take(int count) => new ObservedPictures(inner.Take(count), decoding, measured);

    private void Set(int index, PictureFacts found)
    {
        if (Interlocked.Exchange(ref facts[index], found) is null)
        {
            measured();
        }
    }
}
