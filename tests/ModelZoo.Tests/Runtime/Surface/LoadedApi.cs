using System.Reflection;
using TorchSharp;

namespace ModelZoo.Tests.Runtime.Surface;

/// <summary>The public and protected API of the TorchSharp that is loaded, in the form of the listing.</summary>
internal static class LoadedApi
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.Instance | BindingFlags.DeclaredOnly;

    private static readonly Dictionary<Type, string> Keywords = new()
    {
        [typeof(bool)] = "bool",
        [typeof(double)] = "double",
        [typeof(float)] = "float",
        [typeof(int)] = "int",
        [typeof(long)] = "long",
        [typeof(object)] = "object",
        [typeof(string)] = "string",
        [typeof(void)] = "void",
    };

    internal static Listing Read()
    {
        IEnumerable<string> lines = typeof(torch).Assembly.GetTypes().Where(t => t.IsVisible || t.IsNestedFamily || t.IsNestedFamORAssem)
            .SelectMany(t => MembersOf(t).Prepend($"## {t.FullName!.Replace('+', '.')} : {(t.BaseType is null ? "" : Name(t.BaseType))}"));
        using var text = new StringReader(string.Join('\n', lines));
        return new Listing(text);
    }

    private static IEnumerable<string> MembersOf(Type type)
    {
        foreach (ConstructorInfo c in type.GetConstructors(Declared).Where(c => Visible(c) && !c.IsStatic))
        {
            yield return $"new({Parameters(c.GetParameters())})";
        }

        foreach (MethodInfo m in type.GetMethods(Declared).Where(m => Visible(m) && (!m.IsSpecialName || m.Name.StartsWith("op_", StringComparison.Ordinal))))
        {
            string generic = m.IsGenericMethod ? $"<{string.Join(",", m.GetGenericArguments().Select(Name))}>" : "";
            yield return $"{Name(m.ReturnType)} {m.Name}{generic}({Parameters(m.GetParameters())})";
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

    private static bool Visible(MethodBase m) => m.IsPublic || m.IsFamily || m.IsFamilyOrAssembly;

    private static string Parameters(ParameterInfo[] parameters) => string.Join(", ", parameters.Select(p =>
        $"{(p.IsDefined(typeof(ParamArrayAttribute)) ? "params " : "")}{Name(p.ParameterType)} {p.Name}{(p.IsOptional ? " = default" : "")}"));

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
}
