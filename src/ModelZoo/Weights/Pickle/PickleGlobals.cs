namespace ModelZoo.Weights.Pickle;

/// <summary>The closed list of names that a state dict needs. Nothing here runs code: each stands for one of our own ways to put values together.</summary>
internal static class PickleGlobals
{
    private static readonly Dictionary<string, PickleGlobal> Known = Build().ToDictionary(g => g.Name, StringComparer.Ordinal);

    /// <summary>The global called "module.name", or null where it is not on the list.</summary>
    public static PickleGlobal? Find(string name) => Known.GetValueOrDefault(name);

    private static IEnumerable<PickleGlobal> Build()
    {
        yield return new("collections.OrderedDict", PickleCallable.OrderedDict);
        yield return new("torch._utils._rebuild_tensor", PickleCallable.RebuildTensor);
        yield return new("torch._utils._rebuild_tensor_v2", PickleCallable.RebuildTensor);
        yield return new("torch._utils._rebuild_parameter", PickleCallable.RebuildParameter);
        yield return new("torch.Size", PickleCallable.Size);
        yield return new("torch.device", PickleCallable.Device);
        yield return new("_codecs.encode", PickleCallable.EncodeLatin1);
        foreach (string module in new[] { "builtins", "__builtin__" })
        {
            yield return new($"{module}.set", PickleCallable.Set);
            yield return new($"{module}.frozenset", PickleCallable.Set);
            yield return new($"{module}.bytes", PickleCallable.Bytes);
            yield return new($"{module}.bytearray", PickleCallable.Bytes);
        }

        foreach ((string storage, string dtype, DType type) in new[]
        {
            ("Double", "float64", DType.F64), ("Float", "float32", DType.F32), ("Half", "float16", DType.F16), ("BFloat16", "bfloat16", DType.BF16), ("Long", "int64", DType.I64),
            ("Int", "int32", DType.I32), ("Short", "int16", DType.I16), ("Char", "int8", DType.I8), ("Byte", "uint8", DType.U8), ("Bool", "bool", DType.Bool),
        })
        {
            yield return new($"torch.{storage}Storage", PickleCallable.None, type);
            yield return new($"torch.cuda.{storage}Storage", PickleCallable.None, type);
            yield return new($"torch.{dtype}", PickleCallable.None);
        }
    }
}
