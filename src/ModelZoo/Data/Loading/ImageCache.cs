using ModelZoo.Imaging;

namespace ModelZoo.Data.Loading;

/// <summary>Pictures that were made once and are kept, as long as they fit into the budget. Threads may share one; which pictures fit may depend on their timing, what is read does not.</summary>
internal sealed class ImageCache(int count, long limit)
{
    private readonly PixelImage?[] kept = new PixelImage?[limit > 0 ? count : 0];
    private long bytes;

    public PixelImage GetOrMake(int index, Func<int, PixelImage> make)
    {
        if (kept.Length == 0)
        {
            return make(index);
        }

        if (Volatile.Read(ref kept[index]) is { } there)
        {
            return there;
        }

        PixelImage made = make(index);
        if (Interlocked.Add(ref bytes, made.Rgb.Length) > limit)
        {
            Interlocked.Add(ref bytes, -made.Rgb.Length);
        }
        else
        {
            Volatile.Write(ref kept[index], made);
        }

        return made;
    }
}
