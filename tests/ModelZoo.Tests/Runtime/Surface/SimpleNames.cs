using System.Collections.Immutable;
using System.Reflection.Metadata;

namespace ModelZoo.Tests.Runtime.Surface;

/// <summary>
/// Types of a signature as the listing writes them: without namespaces and enclosing types, with C# keywords, "ref" for every reference.
/// Parameters of generic types and methods are !0, !!0, as in IL: the listing has names there.
/// </summary>
internal sealed class SimpleNames : ISignatureTypeProvider<string, object?>
{
    internal static readonly SimpleNames Provider = new();

    /// <summary>The name with namespace and enclosing types, "TorchSharp.torch.nn.Module`2", and the assembly that it comes from.</summary>
    internal static (string Name, string Assembly) FullName(MetadataReader reader, TypeReferenceHandle handle)
    {
        TypeReference type = reader.GetTypeReference(handle);
        string name = reader.GetString(type.Name);
        if (type.ResolutionScope.Kind == HandleKind.TypeReference)
        {
            (string outer, string assembly) = FullName(reader, (TypeReferenceHandle)type.ResolutionScope);
            return ($"{outer}.{name}", assembly);
        }

        string scope = type.ResolutionScope.Kind == HandleKind.AssemblyReference
            ? reader.GetString(reader.GetAssemblyReference((AssemblyReferenceHandle)type.ResolutionScope).Name)
            : "";
        return (type.Namespace.IsNil ? name : $"{reader.GetString(type.Namespace)}.{name}", scope);
    }

    public string GetPrimitiveType(PrimitiveTypeCode code) => code switch
    {
        PrimitiveTypeCode.Boolean => "bool",
        PrimitiveTypeCode.Double => "double",
        PrimitiveTypeCode.Int32 => "int",
        PrimitiveTypeCode.Int64 => "long",
        PrimitiveTypeCode.Object => "object",
        PrimitiveTypeCode.Single => "float",
        PrimitiveTypeCode.String => "string",
        PrimitiveTypeCode.Void => "void",
        _ => $"{code}",
    };

    public string GetTypeFromDefinition(MetadataReader reader, TypeDefinitionHandle handle, byte rawTypeKind) =>
        WithoutArity(reader.GetString(reader.GetTypeDefinition(handle).Name));

    public string GetTypeFromReference(MetadataReader reader, TypeReferenceHandle handle, byte rawTypeKind) =>
        WithoutArity(reader.GetString(reader.GetTypeReference(handle).Name));

    public string GetTypeFromSpecification(MetadataReader reader, object? context, TypeSpecificationHandle handle, byte rawTypeKind) =>
        reader.GetTypeSpecification(handle).DecodeSignature(this, context);

    // The listing's types that are nested in a generic type have its arguments: HookRemover<TPreHook,TPostHook>. So has IL.
    public string GetGenericInstantiation(string genericType, ImmutableArray<string> typeArguments) =>
        genericType == "Nullable" ? $"{typeArguments[0]}?" : $"{genericType}<{string.Join(",", typeArguments)}>";

    public string GetGenericMethodParameter(object? context, int index) => $"!!{index}";

    public string GetGenericTypeParameter(object? context, int index) => $"!{index}";

    public string GetSZArrayType(string elementType) => $"{elementType}[]";

    public string GetArrayType(string elementType, ArrayShape shape) => $"{elementType}[]";

    public string GetByReferenceType(string elementType) => $"ref {elementType}";

    public string GetPointerType(string elementType) => $"{elementType}*";

    public string GetModifiedType(string modifier, string unmodifiedType, bool isRequired) => unmodifiedType;

    public string GetPinnedType(string elementType) => elementType;

    public string GetFunctionPointerType(MethodSignature<string> signature) => "delegate*";

    private static string WithoutArity(string name) => name.Split('`')[0];
}
