using System.Collections.Immutable;
using System.IO.Compression;
using System.Text.RegularExpressions;

namespace ModelZoo.Tests.Runtime.Surface;

/// <summary>The public and protected API of TorchSharp 0.105.1, a heading a type and a line a member, read from TorchSharp.dll 0.105.1.</summary>
internal sealed partial class Listing
{
    private readonly Dictionary<string, ListedType> types = [];

    internal Listing(TextReader reader)
    {
        ListedType? current = null;
        bool modifiers = false;
        while (reader.ReadLine() is { } line)
        {
            if (line.StartsWith("## ", StringComparison.Ordinal))
            {
                string[] heading = line[3..].Split(" :");
                if (!types.TryGetValue(heading[0], out current))
                {
                    types[heading[0]] = current = new(heading[0]);
                }

                // Sections with a base type have modifiers and default values too; what completes them later has not.
                modifiers = heading.Length > 1;
                current.Base ??= modifiers ? heading[1].Trim() : null;
            }
            else
            {
                current!.Members.Add(new(Modifiers().Replace(line, ""), modifiers));
            }
        }
    }

    internal int Count => types.Count;

    /// <summary>The listing that the tests carry.</summary>
    internal static Listing Embedded()
    {
        using Stream packed = typeof(Listing).Assembly.GetManifestResourceStream("torchsharp-0.105.1.txt.gz")!;
        using var reader = new StreamReader(new GZipStream(packed, CompressionMode.Decompress));
        return new Listing(reader);
    }

    /// <summary>Whether a type has this member, itself or from a base type, with these parameters and this result.</summary>
    internal bool Has(TorchSharpUse use) => use.Kind == UseKind.Type ? types.ContainsKey(use.Type) : Find(use).Any();

    /// <summary>The members that match a use.</summary>
    internal IEnumerable<ListedMember> Find(TorchSharpUse use)
    {
        if (use.Name == "Finalize" || !types.TryGetValue(use.Type, out ListedType? type))
        {
            return use.Name == "Finalize" ? [new("void Finalize()", false)] : [];
        }

        // A type's parameters have other names in its base type, so that an inherited member's signature is compared with any.
        return Ancestry(type).SelectMany(t => t.Members.Where(m => Pattern(use).IsMatch(m.WithoutDefaults)));
    }

    /// <summary>Whether a type lists exactly this line, names and default values included: what a known difference names.</summary>
    internal bool Lists(string type, string line) =>
        types.TryGetValue(type, out ListedType? listed) && Ancestry(listed).Any(t => t.Members.Any(m => m.Line == line));

    private IEnumerable<ListedType> Ancestry(ListedType type)
    {
        yield return type;
        if (type.Base is { Length: > 0 } name)
        {
            string[] parts = name.Split('<', 2);
            int arity = parts.Length == 1 ? 0 : Arguments(parts[1][..^1]).Count();
            string simple = arity == 0 ? parts[0] : $"{parts[0]}`{arity}";
            foreach (ListedType ancestor in types.Values.Where(t => t != type && t.SimpleName == simple).SelectMany(Ancestry))
            {
                yield return ancestor;
            }
        }
    }

    // "long name = 1, (!0: any identifier, always the same)". The parameters' own names are free.
    private static Regex Pattern(TorchSharpUse use)
    {
        string generic = use.GenericArity == 0 ? "" : $"<{string.Join(",", Enumerable.Range(0, use.GenericArity).Select(i => Escaped($"!!{i}")))}>";
        string method = $@"{Type(use.Result)} {use.Name}{generic}\({Parameters(use.Parameters)}\)";
        string pattern = use.Kind == UseKind.Field ? $"field {Escaped(use.Result)} {use.Name}"
            : use.Name == ".ctor" ? $@"new\({Parameters(use.Parameters)}\)"
            : use.Name.StartsWith("get_", StringComparison.Ordinal) ? $"{Property(use.Result, use.Parameters, @"\bget; ")}|{method}" // get_rng_state is one
            : use.Name.StartsWith("set_", StringComparison.Ordinal) ? $"{Property(use.Parameters[^1], use.Parameters[..^1], @"\bset; ")}|{method}"
            : method;
        var named = new HashSet<string>();
        pattern = Variable().Replace(pattern, m => named.Add(m.Value) ? $@"(?<{Group(m.Value)}>\w+)" : $@"\k<{Group(m.Value)}>");
        return new Regex($"^(?:{pattern})$", RegexOptions.CultureInvariant);

        // What overrides a method of a generic type has arguments where the listing has parameters.
        string Type(string type) => use.Kind == UseKind.Override ? $@"(?:{Escaped(type)}|T\d?|TResult)" : Escaped(type);

        string Parameters(IEnumerable<string> types) => string.Join(", ", types.Select(p => $@"(?:params )?{Type(p)} \w+"));

        string Property(string type, ImmutableArray<string> index, string accessor) =>
            $@"{Type(type)} {use.Name[4..]}{(index.IsEmpty ? "" : $@"\[{Parameters(index)}\]")} \{{ .*{accessor}.*\}}";
    }

    private static string Escaped(string type) => Regex.Escape(type);

    private static string Group(string variable) => variable.Replace("!!", "M", StringComparison.Ordinal).Replace("!", "T", StringComparison.Ordinal);

    // Commas at depth 0 divide.
    private static IEnumerable<string> Arguments(string list)
    {
        int depth = 0, start = 0;
        for (int i = 0; i < list.Length; i++)
        {
            depth += list[i] is '<' ? 1 : list[i] is '>' ? -1 : 0;
            if (list[i] == ',' && depth == 0)
            {
                yield return list[start..i];
                start = i + 1;
            }
        }

        yield return list[start..];
    }

    [GeneratedRegex(@"\b(static|virtual|abstract|protected|override) ")]
    private static partial Regex Modifiers();

    [GeneratedRegex("!!?[0-9]+")]
    private static partial Regex Variable();

    private sealed class ListedType(string name)
    {
        internal string SimpleName => name[(name.LastIndexOf('.') + 1)..];

        internal string? Base { get; set; }

        internal List<ListedMember> Members { get; } = [];
    }
}

/// <summary>One line of the listing.</summary>
/// <param name="Line">Without modifiers.</param>
/// <param name="HasDefaults">Whether lines of its kind show default values.</param>
internal sealed partial record ListedMember(string Line, bool HasDefaults)
{
    /// <summary>The line as a pattern of types and names.</summary>
    internal string WithoutDefaults { get; } = Defaults().Replace(Line, "");

    /// <summary>The parameters, each "name" or "name?" where it may be left out.</summary>
    internal IReadOnlyList<string> Parameters { get; } =
        [.. Parameter().Matches(Line[(Line.IndexOfAny(['(', '[']) + 1)..]).Select(m => m.Groups[1].Value + (m.Groups[2].Success ? "?" : ""))];

    [GeneratedRegex(@" = [^,)\]]*")]
    private static partial Regex Defaults();

    // The identifier before a comma, a closing bracket or a default value.
    [GeneratedRegex(@" (\w+)( = [^,)\]]*)?(?=, |\)$|\] \{)")]
    private static partial Regex Parameter();
}
