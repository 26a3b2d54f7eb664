using ModelZoo.Data;
using ModelZoo.Imaging;

namespace ModelZoo.Loading;

/// <summary>Classes none of whose images can be read: they would be missing from a training or a measurement without a word.</summary>
internal static class UnreadableClasses
{
    /// <param name="images">The data.</param>
    /// <param name="skipped">The images that a whole pass left out.</param>
    /// <exception cref="ZooException">All images of a class are among them; the message names it and what was wrong with the first.</exception>
    public static void Refuse(LabeledImages images, IReadOnlyList<BadImage> skipped)
    {
        if (skipped.Count == 0)
        {
            return;
        }

        Dictionary<int, int> all = Counts(images.Labels.ToArray()), bad = Counts(skipped.Select(image => images.Labels[image.Index]));
        int[] gone = [.. bad.Where(label => label.Value == all[label.Key]).Select(label => label.Key).Order()];
        if (gone.Length > 0)
        {
            BadImage first = skipped.First(image => images.Labels[image.Index] == gone[0]);
            throw new ZooException($"{images.Name}: none of the images of {string.Join(", ", gone.Take(5).Select(label =>
                $"'{images.Info.ClassNames[label]}' ({all[label]})"))} can be read. The first: {first.Problem}");
        }
    }

    /// <summary>The same before a pass, by the files' headers: of each class one that can be read is looked for.</summary>
    public static void RefuseByHeader(LabeledFiles images)
    {
        var sound = new bool[images.Info.ClassNames.Count];
        List<BadImage> bad = [];
        for (int index = 0; index < images.Count; index++)
        {
            if (sound[images.Labels[index]])
            {
                continue;
            }

            try
            {
                ImageDecoder.ReadInfo(images.NameOf(index));
                sound[images.Labels[index]] = true;
            }
            catch (ZooException e)
            {
                bad.Add(new(index, images.NameOf(index), e.Message));
            }
        }

        Refuse(images, bad);
    }

    private static Dictionary<int, int> Counts(IEnumerable<int> labels) => labels.CountBy(label => label).ToDictionary();
}
