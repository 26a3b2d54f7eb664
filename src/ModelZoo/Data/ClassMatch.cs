using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace ModelZoo.Data;

/// <summary>Where the classes of data are among those of a model, found by name.</summary>
/// <param name="Places">For each class of the data its place among the model's; −1 for one that has no images and that the model lacks.</param>
/// <param name="Remark">What was done beyond looking for equal names; null for nothing.</param>
internal sealed partial record ClassMatch(int[] Places, string? Remark)
{
    /// <exception cref="ZooException">A class that has images is not among the model's.</exception>
    public static ClassMatch Of(LabeledImages data, IReadOnlyList<string> labels)
    {
        IReadOnlyList<string> names = data.Info.ClassNames;
        if (names.Count == labels.Count && names.All(name => WordNetId().IsMatch(name)) && !labels.Any(label => WordNetId().IsMatch(label)))
        {
            return new([.. Enumerable.Range(0, names.Count)],
                $"{data.Name}: the classes are WordNet ids; they are taken in their order for the model's {labels.Count} classes, as ImageNet has them.");
        }

        bool[] used = new bool[names.Count];
        foreach (int label in data.Labels)
        {
            if (data.Targets is { } targets)
            {
                foreach ((int column, float value) in targets.Row(label).ToArray().Index())
                {
                    used[column] |= value > 0;
                }
            }
            else
            {
                used[label] = true;
            }
        }

        int[] places = Find(names, labels, static name => name);
        string? remark = null;
        if (Enumerable.Range(0, names.Count).Any(i => used[i] && places[i] < 0))
        {
            int[] alike = Find(names, labels, Plain);
            int[] found = [.. Enumerable.Range(0, names.Count).Where(i => places[i] < 0 && alike[i] >= 0 && !places.Contains(alike[i]))];
            if (found.Length > 0)
            {
                Array.ForEach(found, i => places[i] = alike[i]);
                remark = $"{data.Name}: {string.Join(", ", found.Take(5).Select(i => $"'{names[i]}' is taken for the model's '{labels[places[i]]}'"))}"
                    + (found.Length > 5 ? $" and {found.Length - 5} more alike." : ".");
            }
        }

        string[] unknown = [.. names.Where((_, i) => used[i] && places[i] < 0)];
        return unknown.Length == 0 ? new(places, remark) : throw Unknown(data, labels, unknown);
    }

    /// <summary>A table with the model's columns; what the data do not speak of is not there.</summary>
    public TargetTable Apply(TargetTable targets, int labels)
    {
        int rows = targets.Values.Length / targets.Columns;
        var values = new float[rows * labels];
        for (int row = 0; row < rows; row++)
        {
            for (int column = 0; column < targets.Columns; column++)
            {
                if (Places[column] >= 0)
                {
                    values[row * labels + Places[column]] = targets.Row(row)[column];
                }
            }
        }

        return new(targets.Task, labels, values);
    }

    private static int[] Find(IReadOnlyList<string> names, IReadOnlyList<string> labels, Func<string, string> key)
    {
        Dictionary<string, int> places = labels.Select((label, place) => (Key: key(label), Place: place)).GroupBy(l => l.Key, StringComparer.Ordinal)
            .Where(group => group.Count() == 1).ToDictionary(group => group.Key, group => group.Single().Place, StringComparer.Ordinal);
        HashSet<string> twice = [.. names.GroupBy(key, StringComparer.Ordinal).Where(group => group.Count() > 1).Select(group => group.Key)];
        return [.. names.Select(name => twice.Contains(key(name)) ? -1 : places.GetValueOrDefault(key(name), -1))];
    }

    private static ZooException Unknown(LabeledImages data, IReadOnlyList<string> labels, string[] unknown)
    {
        string[] own = [.. data.Info.ClassNames];
        string lists = $"The data has {FolderListing.Enumerate(own)}; the model knows {FolderListing.Enumerate(labels)}.";
        bool numbers = labels.Index().All(label => label.Item == label.Index.ToString(CultureInfo.InvariantCulture));
        string advice = numbers
            ? "The model's classes have numbers instead of names: give it their names, in the order of its logits, with `zoo import … --labels`."
            : unknown.Length == own.Length
                ? "Use the data that it was trained for, or give it a new head with `zoo finetune`."
                : "Take those folders out, or give the model a new head with `zoo finetune`.";
        return new ZooException(unknown.Length == own.Length
            ? $"{data.Name}: none of its classes is one of the model's by name. {lists} {advice}"
            : $"{data.Name}: the model does not know {FolderListing.Enumerate(unknown)}. {lists} {advice}");
    }

    private static string Plain(string name)
    {
        var plain = new StringBuilder(name.Length);
        foreach (char c in name.Normalize(NormalizationForm.FormC).Where(c => c is not (' ' or '-' or '_')))
        {
            plain.Append(char.ToUpperInvariant(c));
        }

        return plain.ToString();
    }

    [GeneratedRegex(@"^n\d{8}$")]
    private static partial Regex WordNetId();
}
