using System.IO.Compression;
using System.Reflection;
using System.Text.RegularExpressions;

namespace Torch.Tests.Api;

/// <summary>
/// The public API of TorchSharp 0.105.1, a line a member, and the same form for the members of any assembly.
/// The listing is that of shared/torchsharp-api with what it leaves out (enumerations, protected fields, recurrent layers, distributions …)
/// added in the form of <see cref="MembersOf"/>, read from TorchSharp.dll 0.105.1.
/// </summary>
internal static partial class ApiListing
{
    private const BindingFlags Declared = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.Instance | BindingFlags.DeclaredOnly;

    private static readonly Dictionary<Type, string> Keywords = new()
    {
        [typeof(int)] = "int",
        [typeof(long)] = "long",
        [typeof(double)] = "double",
        [typeof(float)] = "float",
        [typeof(bool)] = "bool",
        [typeof(string)] = "string",
        [typeof(object)] = "object",
        [typeof(void)] = "void",
    };

    /// <summary>Members by type, as "TorchSharp.torch.Tensor"; each in a form without modifiers and default values.</summary>
    internal static Dictionary<string, HashSet<string>> Read()
    {
        using Stream packed = typeof(ApiListing).Assembly.GetManifestResourceStream("torchsharp-api.txt.gz")!;
        using var reader = new StreamReader(new GZipStream(packed, CompressionMode.Decompress));
        var types = new Dictionary<string, HashSet<string>>();
        HashSet<string> current = [];
        while (reader.ReadLine() is { } line)
        {
            if (line.StartsWith("## ", StringComparison.Ordinal))
            {
                string name = line[3..].Split(" : ")[0].TrimEnd(' ', ':');
                if (!types.TryGetValue(name, out current!))
                {
                    types[name] = current = [];
                }
            }
            else
            {
                current.Add(Normalised(line));
            }
        }

        return types;
    }

    /// <summary>What a type declares for others to use, in the listing's form.</summary>
    internal static IEnumerable<string> MembersOf(Type type)
    {
        foreach (ConstructorInfo c in type.GetConstructors(Declared).Where(c => Visible(c) && !c.IsStatic))
        {
            yield return $"new({Parameters(c)})";
        }

        foreach (MethodInfo m in type.GetMethods(Declared).Where(m => Visible(m) && m.GetBaseDefinition().DeclaringType == type && (!m.IsSpecialName || m.Name.StartsWith("op_", StringComparison.Ordinal))))
        {
            string generic = m.IsGenericMethod ? $"<{string.Join(",", m.GetGenericArguments().Select(Name))}>" : "";
            yield return $"{Name(m.ReturnType)} {m.Name}{generic}({Parameters(m)})";
        }

        foreach (PropertyInfo p in type.GetProperties(Declared))
        {
            bool get = p.GetMethod is { } g && Visible(g), set = p.SetMethod is { } s && Visible(s);
            if (get || set)
            {
                string index = p.GetIndexParameters() is { Length: > 0 } i ? $"[{Parameters(i)}]" : "";
                yield return $"{Name(p.PropertyType)} {p.Name}{index} {{ {(get ? "get; " : "")}{(set ? "set; " : "")}}}";
            }
        }

        foreach (FieldInfo f in type.GetFields(Declared).Where(f => f.IsPublic || f.IsFamily || f.IsFamilyOrAssembly))
        {
            yield return $"field {Name(f.FieldType)} {f.Name}";
        }
    }

    internal static string FullName(Type type) => type.FullName!.Replace('+', '.');

    private static string Normalised(string line)
    {
        line = Modifiers().Replace(line, "");
        return Defaults().Replace(line, "");
    }

    private static bool Visible(MethodBase m) => m.IsPublic || m.IsFamily || m.IsFamilyOrAssembly;

    private static string Parameters(MethodBase m) => Parameters(m.GetParameters());

    private static string Parameters(ParameterInfo[] parameters) => string.Join(", ", parameters.Select(p =>
        $"{(p.IsDefined(typeof(ParamArrayAttribute)) ? "params " : "")}{Name(p.ParameterType)} {p.Name}"));

    private static string Name(Type t)
    {
        if (Keywords.TryGetValue(t, out string? keyword))
        {
            return keyword;
        }

        if (t.IsByRef)
        {
            return $"ref {Name(t.GetElementType()!)}";
        }

        if (t.IsArray)
        {
            return $"{Name(t.GetElementType()!)}[]";
        }

        if (Nullable.GetUnderlyingType(t) is { } inner)
        {
            return $"{Name(inner)}?";
        }

        string name = t.Name.Split('`')[0];
        return t.IsGenericType ? $"{name}<{string.Join(",", t.GetGenericArguments().Select(Name))}>" : name;
    }

    [GeneratedRegex(@"\b(static|virtual|abstract|protected|override) ")]
    private static partial Regex Modifiers();

    [GeneratedRegex(@" = [^,)\]]*")]
    private static partial Regex Defaults();
}
