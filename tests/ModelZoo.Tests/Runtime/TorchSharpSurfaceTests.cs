using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;
using ModelZoo.Tests.Runtime.Surface;
using Xunit;

namespace ModelZoo.Tests.Runtime;

/// <summary>
/// The zoo compiles against TorchSharp 0.107.0 and, for CUDA 12.1, against 0.105.1. Every type and member of TorchSharp that our assemblies name in their
/// metadata is held against the listing of 0.105.1's API. Constants (the members of enumerations) leave no trace in metadata; nullability is not compared.
/// </summary>
public class TorchSharpSurfaceTests
{
    // Where a call compiles against both although the signatures differ: the member as a failure names it, what 0.105.1 has instead, and why that compiles.
    private static readonly (string Member, string Listed, string Why)[] KnownDifferences =
    [
        ("TorchSharp.torch: Tensor cat(Tensor[], long)", "Tensor cat(IList<Tensor> tensors, long dim = 0)", "an array is such a list"),
        ("TorchSharp.torch.nn.functional: Tensor interpolate(Tensor, long[], double[], InterpolationMode, bool?, bool, bool)",
            "Tensor interpolate(Tensor x, long[] size = null, double[] scale_factor = null, InterpolationMode mode = Nearest, bool? align_corners = null, "
            + "bool recompute_scale_factor = false)", "the last, antialias, is left at its default"),
        ("TorchSharp.torch.autograd.SingleTensorFunction`1: string get_Name()", "Tensor apply(params object[] vars)",
            "Name is its base type's, Function`1, which has it there too; the listing names no base types of these"),
    ];

    private static readonly string[] Ours = ["ModelZoo", "ModelZoo.Models", "ModelZoo.Experiments", "zoo", "bench"];

    public static TheoryData<string> Assemblies => [.. Ours];

    [Theory]
    [MemberData(nameof(Assemblies))]
    public void What_an_assembly_uses_of_TorchSharp_is_in_0_105_1(string name)
    {
        Listing old = Listing.Embedded(), loaded = LoadedApi.Read();
        // The listing has TorchSharp's own namespaces. The messages of its SummaryWriter are generated from TensorFlow's .proto files, in both versions.
        TorchSharpUse[] uses = [.. Read(name).Where(u => !u.Member.StartsWith("Tensorboard.", StringComparison.Ordinal))];
        Assert.True(uses.Length > 30, $"only {uses.Length} uses were found in {name}");
        string[] differences = [.. uses.SelectMany(u => Difference(u, old, loaded)).Distinct().Order()];
        Assert.True(differences.Length == 0, $"By its listing {differences.Length} uses do not compile against 0.105.1:\n{string.Join("\n", differences)}");
    }

    // Were the signatures read or written wrongly, the members of the very TorchSharp that we compile against would be missing too.
    [Fact]
    public void The_TorchSharp_that_is_loaded_has_all_that_is_used()
    {
        Listing loaded = LoadedApi.Read();
        Assert.Empty(Ours.SelectMany(Read).Where(u => !loaded.Has(u)).Select(u => $"{u.Assembly}: {u.Member}").Distinct());
    }

    [Fact]
    public void Every_known_difference_is_still_one_and_names_what_0_105_1_has()
    {
        Listing old = Listing.Embedded();
        HashSet<string> used = [.. Ours.SelectMany(Read).Select(u => u.Member)];
        Assert.All(KnownDifferences, known =>
        {
            Assert.Contains(known.Member, used);
            Assert.True(old.Lists(known.Member.Split(": ")[0], known.Listed), $"0.105.1 does not list '{known.Listed}'");
            Assert.NotEmpty(known.Why);
        });
    }

    [Fact]
    public void A_planted_use_of_what_0_105_1_lacks_is_named()
    {
        Listing old = Listing.Embedded(), loaded = LoadedApi.Read();
        using MetadataReaderProvider planted = Planted(metadata =>
        {
            TypeReferenceHandle torch = TorchType(metadata, "torch"), tensor = Nested(metadata, torch, "Tensor");
            Nested(metadata, torch, "Tensors");
            Member(metadata, tensor, "relu", parameters: 0);
            Member(metadata, tensor, "relu_twice", parameters: 0);
            Member(metadata, tensor, "relu", parameters: 7);
        });
        TorchSharpUse[] uses = [.. TorchSharpUse.In(planted.GetMetadataReader())];
        Assert.Equal(
            [
                "planted: TorchSharp.torch.Tensor: void relu(), which 0.105.1 lacks",
                "planted: TorchSharp.torch.Tensor: void relu(long, long, long, long, long, long, long), which 0.105.1 lacks",
                "planted: TorchSharp.torch.Tensor: void relu_twice(), which 0.105.1 lacks",
                "planted: TorchSharp.torch.Tensors, which 0.105.1 lacks",
            ],
            uses.SelectMany(u => Difference(u, old, loaded)).Order(StringComparer.Ordinal));
        TorchSharpUse right = uses.Single(u => u is { Name: "relu", Parameters.Length: 0 }) with { Result = "Tensor" };
        Assert.Empty(Difference(right, old, loaded));
    }

    [Fact]
    public void A_parameter_that_has_another_name_or_lost_its_default_is_named()
    {
        TorchSharpUse use = new("ours", "T", UseKind.Method, "f", 0, "void", ["long", "bool"]);
        Assert.Empty(Difference(use, Of("void f(long a, bool b = false)"), Of("void f(long a, bool b = default)")));
        Assert.Single(Difference(use, Of("void f(long a, bool c = false)"), Of("void f(long a, bool b = default)")));
        Assert.Single(Difference(use, Of("void f(long a, bool b)"), Of("void f(long a, bool b = default)")));

        static Listing Of(string member) => new(new StringReader($"## T : object\n{member}"));
    }

    private static IEnumerable<string> Difference(TorchSharpUse use, Listing old, Listing loaded)
    {
        if (KnownDifferences.Any(k => k.Member == use.Member))
        {
            yield break;
        }

        if (!old.Has(use))
        {
            yield return $"{use.Assembly}: {use.Member}, which 0.105.1 lacks";
        }
        else if (loaded.Find(use).FirstOrDefault() is { } now && old.Find(use) is var then && !then.Any(t => Compiles(now, t)))
        {
            yield return $"{use.Assembly}: {use.Member}: is '{now.Line}', was '{then.First().Line}'";
        }
    }

    // Named arguments and left-out ones compile against both.
    private static bool Compiles(ListedMember now, ListedMember then) => now.Parameters.Zip(then.Parameters).All(p =>
        p.First.TrimEnd('?') == p.Second.TrimEnd('?') && (!then.HasDefaults || p.Second.EndsWith('?') || !p.First.EndsWith('?')));

    // The assemblies lie beside the tests', as references do; none of their code is run here.
    private static TorchSharpUse[] Read(string assembly)
    {
        using var file = new PEReader(File.OpenRead(Path.Combine(AppContext.BaseDirectory, $"{assembly}.dll")));
        return [.. TorchSharpUse.In(file.GetMetadataReader())];
    }

    // Metadata of an assembly that refers to TorchSharp, without code.
    private static MetadataReaderProvider Planted(Action<MetadataBuilder> plant)
    {
        var metadata = new MetadataBuilder();
        metadata.AddModule(0, metadata.GetOrAddString("planted.dll"), metadata.GetOrAddGuid(Guid.NewGuid()), default, default);
        metadata.AddAssembly(metadata.GetOrAddString("planted"), new Version(1, 0), default, default, default, AssemblyHashAlgorithm.None);
        metadata.AddTypeDefinition(
            default, default, metadata.GetOrAddString("<Module>"), default, MetadataTokens.FieldDefinitionHandle(1), MetadataTokens.MethodDefinitionHandle(1));
        plant(metadata);
        var image = new BlobBuilder();
        new MetadataRootBuilder(metadata).Serialize(image, 0, 0);
        return MetadataReaderProvider.FromMetadataImage(image.ToImmutableArray());
    }

    private static TypeReferenceHandle TorchType(MetadataBuilder metadata, string name)
    {
        StringHandle torch = metadata.GetOrAddString("TorchSharp");
        AssemblyReferenceHandle assembly = metadata.AddAssemblyReference(torch, new Version(1, 0), default, default, default, default);
        return metadata.AddTypeReference(assembly, torch, metadata.GetOrAddString(name));
    }

    private static TypeReferenceHandle Nested(MetadataBuilder metadata, TypeReferenceHandle outer, string name) =>
        metadata.AddTypeReference(outer, default, metadata.GetOrAddString(name));

    // void name(long, long, …).
    private static void Member(MetadataBuilder metadata, TypeReferenceHandle type, string name, int parameters)
    {
        var signature = new BlobBuilder();
        new BlobEncoder(signature).MethodSignature(isInstanceMethod: true).Parameters(parameters, result => result.Void(), list =>
        {
            for (int i = 0; i < parameters; i++)
            {
                list.AddParameter().Type().Int64();
            }
        });
        metadata.AddMemberReference(type, metadata.GetOrAddString(name), metadata.GetOrAddBlob(signature));
    }
}
