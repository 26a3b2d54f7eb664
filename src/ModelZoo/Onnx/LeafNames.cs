using System.Text;

namespace ModelZoo.Onnx;

/// <summary>Gives imported layers the paths that their keys begin with, as PyTorch would have them.</summary>
internal static class LeafNames
{
    private const int Longest = 120;

    /// <summary>
    /// A node's path: from a name like "/layer1/layer1.0/conv1/Conv", which PyTorch writes, "layer1.0.conv1"; where it has none, from an initializer like
    /// "features.0.weight", "features.0"; else its operator's name.
    /// </summary>
    public static string Of(NodeProto node, string[] initializers)
    {
        string scoped = FromScopes(node);
        if (scoped.Length > 0)
        {
            return scoped;
        }

        string? weight = initializers.FirstOrDefault(name => name.Contains('.', StringComparison.Ordinal) && !name.Contains(':', StringComparison.Ordinal));
        return weight is not null ? Clean(weight[..weight.LastIndexOf('.')]) : Clean(node.OpType.ToLowerInvariant());
    }

    /// <summary>Makes paths distinct, and none a part of another: a module with children is no leaf.</summary>
    public static string[] Distinct(IReadOnlyList<(string Path, string Kind)> wanted)
    {
        HashSet<string> parents = new(StringComparer.Ordinal), taken = new(StringComparer.Ordinal);
        foreach ((string path, _) in wanted)
        {
            for (int at = path.IndexOf('.', StringComparison.Ordinal); at >= 0; at = path.IndexOf('.', at + 1))
            {
                parents.Add(path[..at]);
            }
        }

        var names = new string[wanted.Count];
        for (int i = 0; i < names.Length; i++)
        {
            (string path, string kind) = wanted[i];
            string first = path.Length == 0 ? kind : taken.Contains(path) || parents.Contains(path) ? $"{path}_{kind}" : path, name = first;
            for (int n = 2; taken.Contains(name) || parents.Contains(name); n++)
            {
                name = $"{first}_{n}";
            }

            taken.Add(names[i] = name);
        }

        return names;
    }

    private static string FromScopes(NodeProto node)
    {
        string[] parts = node.Name.Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (!node.Name.StartsWith('/'))
        {
            // "Conv_0" tells nothing; a name that somebody gave does.
            return node.Name.StartsWith(node.OpType, StringComparison.OrdinalIgnoreCase) ? "" : Clean(node.Name);
        }

        var path = new StringBuilder();
        string before = "";
        foreach (string part in parts.SkipLast(parts[^1].StartsWith(node.OpType, StringComparison.Ordinal) ? 1 : 0))
        {
            // A scope's name is its module's whole path in its parent: "layer1" and in it "layer1.0".
            string own = before.Length > 0 && part.StartsWith(before + ".", StringComparison.Ordinal) ? part[(before.Length + 1)..] : part;
            path.Append(path.Length > 0 ? "." : "").Append(own);
            before = part;
        }

        return Clean(path.ToString());
    }

    // Of whatever characters a file's names have, those that keys have.
    private static string Clean(string name)
    {
        var clean = new StringBuilder();
        foreach (char c in name.AsSpan(0, Math.Min(name.Length, Longest)))
        {
            clean.Append(char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.' ? c : '_');
        }

        return string.Join('.', clean.ToString().Split('.', StringSplitOptions.RemoveEmptyEntries));
    }
}
