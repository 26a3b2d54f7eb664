using System.Collections.Immutable;
using System.Reflection;
using System.Reflection.Metadata;

namespace ModelZoo.Tests.Runtime.Surface;

/// <summary>A type of TorchSharp that an assembly names, or a member of it that it calls or overrides.</summary>
/// <param name="Assembly">Whose metadata name it.</param>
/// <param name="Type">"TorchSharp.torch.nn.Module`2".</param>
/// <param name="Kind">What is named.</param>
/// <param name="Name">The member's name in IL: ".ctor", "get_weight", "op_Addition"; empty for the type itself.</param>
/// <param name="GenericArity">How many type parameters the method has.</param>
/// <param name="Result">What it returns, or the field's type, as the listing writes it (<see cref="SimpleNames"/>).</param>
/// <param name="Parameters">The types of its parameters.</param>
internal sealed record TorchSharpUse(
    string Assembly, string Type, UseKind Kind, string Name, int GenericArity, string Result, ImmutableArray<string> Parameters)
{
    /// <summary>The member without the assembly: what the list of known differences says.</summary>
    public string Member => Kind switch
    {
        UseKind.Type => Type,
        UseKind.Field => $"{Type}: {Result} {Name}",
        _ => $"{Type}: {Result} {Name}{(GenericArity > 0 ? $"`{GenericArity}" : "")}({string.Join(", ", Parameters)})",
    };

    /// <summary>
    /// Everything of TorchSharp that the metadata of an assembly name: its references to types and members, and the virtual methods that its types override.
    /// </summary>
    internal static IEnumerable<TorchSharpUse> In(MetadataReader reader)
    {
        string assembly = reader.GetString(reader.GetAssemblyDefinition().Name);
        foreach (TypeReferenceHandle handle in reader.TypeReferences)
        {
            if (TorchType(reader, handle) is { } type)
            {
                yield return new(assembly, type, UseKind.Type, "", 0, "", []);
            }
        }

        foreach (MemberReferenceHandle handle in reader.MemberReferences)
        {
            MemberReference member = reader.GetMemberReference(handle);
            if (TorchType(reader, member.Parent) is not { } type)
            {
                continue;
            }

            string name = reader.GetString(member.Name);
            if (member.GetKind() == MemberReferenceKind.Field)
            {
                yield return new(assembly, type, UseKind.Field, name, 0, member.DecodeFieldSignature(SimpleNames.Provider, null), []);
            }
            else
            {
                MethodSignature<string> signature = member.DecodeMethodSignature(SimpleNames.Provider, null);
                yield return new(assembly, type, UseKind.Method, name, signature.GenericParameterCount, signature.ReturnType, signature.ParameterTypes);
            }
        }

        foreach (TypeDefinition definition in reader.TypeDefinitions.Select(reader.GetTypeDefinition))
        {
            foreach (TorchSharpUse use in Overrides(reader, assembly, definition))
            {
                yield return use;
            }
        }
    }

    // A class that derives from one of TorchSharp's, perhaps by way of others of the same assembly. A base class in another of ours is that one's affair.
    private static IEnumerable<TorchSharpUse> Overrides(MetadataReader reader, string assembly, TypeDefinition definition)
    {
        HashSet<string> own = [];
        EntityHandle ancestor = definition.BaseType;
        while (Definition(reader, ancestor) is { } ours)
        {
            own.UnionWith(ours.GetMethods().Select(reader.GetMethodDefinition)
                .Where(m => m.Attributes.HasFlag(MethodAttributes.NewSlot)).Select(m => reader.GetString(m.Name)));
            ancestor = ours.BaseType;
        }

        if (TorchType(reader, ancestor) is not { } type)
        {
            yield break;
        }

        foreach (MethodDefinition method in definition.GetMethods().Select(reader.GetMethodDefinition))
        {
            string name = reader.GetString(method.Name);
            if (method.Attributes.HasFlag(MethodAttributes.Virtual) && !method.Attributes.HasFlag(MethodAttributes.NewSlot)
                && !own.Contains(name) && name is not (nameof(ToString) or nameof(Equals) or nameof(GetHashCode)))
            {
                MethodSignature<string> signature = method.DecodeSignature(SimpleNames.Provider, null);
                yield return new(assembly, type, UseKind.Override, name, signature.GenericParameterCount, signature.ReturnType, signature.ParameterTypes);
            }
        }
    }

    private static TypeDefinition? Definition(MetadataReader reader, EntityHandle handle)
    {
        if (handle.Kind == HandleKind.TypeSpecification)
        {
            handle = GenericType(reader, (TypeSpecificationHandle)handle);
        }

        return handle is { IsNil: false, Kind: HandleKind.TypeDefinition } ? reader.GetTypeDefinition((TypeDefinitionHandle)handle) : null;
    }

    private static string? TorchType(MetadataReader reader, EntityHandle handle)
    {
        if (handle.Kind == HandleKind.TypeSpecification)
        {
            handle = GenericType(reader, (TypeSpecificationHandle)handle);
        }

        return handle.Kind == HandleKind.TypeReference && SimpleNames.FullName(reader, (TypeReferenceHandle)handle) is { Assembly: "TorchSharp" } type
            ? type.Name
            : null;
    }

    // ECMA-335, II.23.2.14: GENERICINST, CLASS or VALUETYPE, then the type. Nil for arrays and the like.
    private static EntityHandle GenericType(MetadataReader reader, TypeSpecificationHandle handle)
    {
        BlobReader blob = reader.GetBlobReader(reader.GetTypeSpecification(handle).Signature);
        if (blob.ReadSignatureTypeCode() != SignatureTypeCode.GenericTypeInstance)
        {
            return default;
        }

        blob.ReadCompressedInteger();
        return blob.ReadTypeHandle();
    }
}

/// <summary>How a member of TorchSharp is used.</summary>
internal enum UseKind
{
    Type,
    Method,
    Field,
    Override,
}
