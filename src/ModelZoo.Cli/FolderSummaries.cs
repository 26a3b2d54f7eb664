using ModelZoo.Data;

namespace ModelZoo.Cli;

/// <summary>Which files of folders were taken for pictures, and how many were not.</summary>
internal static class FolderSummaries
{
    private const int Most = 10;

    /// <summary>Of all these images, each folder once; null where they are in no folders.</summary>
    internal static FolderSummary[]? Of(params LabeledImages?[] images) =>
        images.SelectMany(i => i?.Folders ?? []).DistinctBy(summary => summary.Folder).ToArray() is { Length: > 0 } folders ? folders : null;

    /// <summary>Says it, a line for each folder; of many folders the sum, and those that have other files.</summary>
    internal static FolderSummary[]? Say(Session session, params LabeledImages?[] images)
    {
        FolderSummary[]? folders = Of(images);
        Say(session, folders ?? []);
        return folders;
    }

    internal static void Say(Session session, IReadOnlyList<FolderSummary> folders)
    {
        FolderSummary[] named = folders.Count <= Most ? [.. folders] : [.. folders.Where(summary => summary.PassedOver.Count > 0).Take(Most)];
        if (folders.Count > Most)
        {
            Dictionary<string, int> others = folders.SelectMany(summary => summary.PassedOver).GroupBy(kind => kind.Key)
                .ToDictionary(kind => kind.Key, kind => kind.Sum(k => k.Value));
            session.Say(new FolderSummary($"{Tables.Count(folders.Count)} folders", folders.Sum(summary => summary.Pictures), others).ToString());
        }

        foreach (FolderSummary summary in named)
        {
            session.Say(summary.ToString());
        }

        if (folders.Count > Most && folders.Count(summary => summary.PassedOver.Count > 0) is int all && all > named.Length)
        {
            session.Say($"and {Tables.Count(all - named.Length)} more folders with other files");
        }
    }
}
