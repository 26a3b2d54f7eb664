using ModelZoo.Data;

namespace ModelZoo.Cli;

/// <summary>Which files of folders were taken for pictures, and how many were not.</summary>
internal static class FolderTallies
{
    private const int Most = 10;

    /// <summary>Of all these images, each folder once; null where they are in no folders.</summary>
    internal static FolderTally[]? Of(params LabeledImages?[] images) =>
        images.SelectMany(i => i?.Folders ?? []).DistinctBy(tally => tally.Folder).ToArray() is { Length: > 0 } folders ? folders : null;

    /// <summary>Says it, a line for each folder; of many folders the sum, and those that have other files.</summary>
    internal static FolderTally[]? Say(Session session, params LabeledImages?[] images)
    {
        FolderTally[]? folders = Of(images);
        Say(session, folders ?? []);
        return folders;
    }

    internal static void Say(Session session, IReadOnlyList<FolderTally> folders)
    {
        FolderTally[] named = folders.Count <= Most ? [.. folders] : [.. folders.Where(tally => tally.PassedOver.Count > 0).Take(Most)];
        if (folders.Count > Most)
        {
            Dictionary<string, int> others = folders.SelectMany(tally => tally.PassedOver).GroupBy(kind => kind.Key)
                .ToDictionary(kind => kind.Key, kind => kind.Sum(k => k.Value));
            session.Say(new FolderTally($"{Tables.Count(folders.Count)} folders", folders.Sum(tally => tally.Pictures), others).ToString());
        }

        foreach (FolderTally tally in named)
        {
            session.Say(tally.ToString());
        }

        if (folders.Count > Most && folders.Count(tally => tally.PassedOver.Count > 0) is int all && all > named.Length)
        {
            session.Say($"and {Tables.Count(all - named.Length)} more folders with other files");
        }
    }
}
