using System.Text;

namespace ModelZoo.Weights.Pickle;

/// <summary>
/// Puts together what a state dict is made of: storages, tensors, OrderedDicts. The one place that gives a meaning to the names of <see cref="PickleGlobals"/>.
/// </summary>
internal sealed class PickleObjects
{
    public static readonly object True = true;
    public static readonly object False = false;

    public const int MostNames = 64;

    private readonly Dictionary<string, PickleStorage> storages = new(StringComparer.Ordinal);
    private readonly List<string> names = [];

    /// <summary>The storages that the pickle named, by key.</summary>
    public IReadOnlyDictionary<string, PickleStorage> Storages => storages;

    /// <summary>The names that were asked for and stand for nothing here: classes and functions, none of them called. The first few, each once.</summary>
    public IReadOnlyList<string> InertNames => names;

    /// <summary>A class or function that is not on the list of <see cref="PickleGlobals"/>: a name, and nothing more.</summary>
    public PickleGlobal Inert(string name)
    {
        if (names.Count < MostNames && !names.Contains(name))
        {
            names.Add(name);
        }

        return new(name, PickleCallable.Inert);
    }

    /// <summary>What a persistent id stands for: a storage, mostly.</summary>
    public static object? Persistent(object? id, PickleObjects objects, PickleReader reader) => id switch
    {
        // Elements of a type that no weights have (complex numbers, quantized ones).
        PickleTuple { Items: ["storage", PickleGlobal { Callable: PickleCallable.Inert } type, string, string, long, ..] } => new PickleInert(type.Name),

        // The class of a module, and its source, in models that PyTorch before 1.6 wrote whole.
        PickleTuple { Items: ["module", PickleGlobal type, null or string, null or string] } => type,
        _ => objects.Storage(id, reader),
    };

    // ('storage', class, key, device, number of elements), in old files with (key, offset, number) of a view or None.
    private PickleStorageView Storage(object? id, PickleReader reader)
    {
        if (id is not PickleTuple { Items: ["storage", PickleGlobal { Storage: { } type }, string key, string, long count, .. var more] } || count < 0)
        {
            throw reader.Refused("refers to a storage in an unknown way");
        }

        if (type.ByteLength([count]) is null)
        {
            throw reader.Refused($"has a storage {Printable.Name(key)} of {count} elements, more than a file can have");
        }

        if (!storages.TryGetValue(key, out PickleStorage? storage))
        {
            storages.Add(key, storage = new PickleStorage(key, type, count));
        }
        else if (storage.Type != type || storage.Count != count)
        {
            throw reader.Refused($"gives the storage {Printable.Name(key)} two sizes: {storage.Count} × {storage.Type.FormatName()} and {count} × "
                + $"{type.FormatName()}");
        }

        return more switch
        {
            [] or [null] => new(storage, 0, count),
            [PickleTuple { Items: [string, long offset, long size] }] when offset >= 0 && size >= 0 && offset <= count - size => new(storage, offset, size),
            _ => throw reader.Refused($"has a view of the storage {Printable.Name(key)} that lies outside it"),
        };
    }

    /// <summary>Bytes of memory that a call may take, at most: the same list can be handed over again and again.</summary>
    public static long Cost(object? arguments) => 512 + ((arguments as PickleTuple)?.Items.Sum(a => a switch
    {
        PickleList list => 192L * list.Items.Count,
        string text => text.Length,
        _ => 0,
    }) ?? 0);

    /// <summary>What a call of a known function gives.</summary>
    public static object? Call(object? function, object? arguments, PickleReader reader)
    {
        object?[] given = (arguments as PickleTuple)?.Items ?? throw reader.Refused("calls a function with something other than a tuple");
        if (function is PickleInert made)
        {
            return new PickleInert(made.Name);
        }

        PickleGlobal global = function as PickleGlobal ?? throw reader.Refused("calls something that is not a function");
        return (global.Callable, given) switch
        {
            (PickleCallable.OrderedDict, []) => new PickleDict(),
            (PickleCallable.OrderedDict, [PickleList pairs]) => Ordered(pairs, reader),
            (PickleCallable.RebuildTensor, [PickleStorageView view, long offset, PickleTuple shape, PickleTuple strides, ..]) =>
                new PickleTensor(view, offset, Numbers(shape, reader), Numbers(strides, reader)),
            (PickleCallable.RebuildParameter, [PickleTensor tensor, ..]) => tensor,
            (PickleCallable.Size, [PickleTuple size]) => size,
            (PickleCallable.Size, [PickleList size]) => new PickleTuple([.. size.Items]),
            (PickleCallable.Set, []) => new PickleList([]),
            (PickleCallable.Set, [PickleList items]) => items,
            (PickleCallable.Bytes, []) => Array.Empty<byte>(),
            (PickleCallable.Bytes, [byte[] bytes]) => bytes,
            (PickleCallable.EncodeLatin1, [string text, "latin1"]) => Encoding.Latin1.GetBytes(text),
            (PickleCallable.Device, [string, ..]) => global,
            (PickleCallable.DefaultDict, _) => new PickleDict(),
            (PickleCallable.RebuildFromType, [PickleGlobal { Callable: PickleCallable.RebuildTensor or PickleCallable.RebuildParameter } rebuild, _,
                PickleTuple parts, ..]) => Call(rebuild, parts, reader),
            (PickleCallable.RebuildFromType, [PickleGlobal rebuild, ..]) => new PickleInert(rebuild.Name),
            (PickleCallable.Inert, _) => Instance(global, given),
            _ when given.Any(a => a is PickleInert) => new PickleInert(given.OfType<PickleInert>().First().Name),
            _ => throw reader.Refused($"calls {global.Name} with arguments that it does not take"),
        };
    }

    /// <summary>
    /// What an object stands for that is made of its class without a call (NEWOBJ, OBJ, INST): a dict for the known one, else nothing but its name.
    /// </summary>
    public static object New(object? type, PickleReader reader) => type switch
    {
        PickleGlobal { Callable: PickleCallable.OrderedDict } => new PickleDict(),
        PickleGlobal known => new PickleInert(known.Name),
        PickleInert inert => new PickleInert(inert.Name),
        _ => throw reader.Refused("makes an object of something other than a class"),
    };

    // copyreg's way to make an object has its class first; getattr's to name a member, as of an enumeration, has what it is a member of.
    private static PickleInert Instance(PickleGlobal global, object?[] given) => new((global.Name, given) switch
    {
        ("copyreg._reconstructor" or "copy_reg._reconstructor", [PickleGlobal type, ..]) => type.Name,
        ("builtins.getattr" or "__builtin__.getattr", [PickleGlobal type, string member]) => $"{type.Name}.{Printable.Plain(member)}",
        _ => global.Name,
    });

    private static PickleDict Ordered(PickleList pairs, PickleReader reader)
    {
        var dict = new PickleDict();
        foreach (object? pair in pairs.Items)
        {
            object?[] two = pair switch
            {
                PickleTuple { Items: [_, _] } tuple => tuple.Items,
                PickleList { Items: [_, _] } list => [.. list.Items],
                _ => throw reader.Refused("makes an OrderedDict of something other than pairs"),
            };
            dict.Add(two[0], two[1]);
        }

        return dict;
    }

    private static long[] Numbers(PickleTuple tuple, PickleReader reader)
    {
        if (tuple.Items.Length > 64 || tuple.Items.Any(n => n is not long))
        {
            throw reader.Refused("has a tensor with a shape or strides of more than 64 dimensions, or of something other than numbers");
        }

        return [.. tuple.Items.Cast<long>()];
    }
}

// What a restricted pickle can build, besides null, bool, long, double, string and byte[]. Nested values refer to each other and are never walked recursively.

/// <summary>A tuple, a torch.Size too.</summary>
internal sealed record PickleTuple(object?[] Items);

/// <summary>A list, or a set.</summary>
internal sealed record PickleList(List<object?> Items);

/// <summary>
/// A dict or OrderedDict, in order of insertion. Only its text keys are told apart: a later value under the same text replaces the earlier one.
/// </summary>
internal sealed class PickleDict
{
    private readonly Dictionary<string, int> places = new(StringComparer.Ordinal);
    private readonly List<KeyValuePair<object?, object?>> items = [];

    public IReadOnlyList<KeyValuePair<object?, object?>> Items => items;

    /// <summary>The value under a text, or null.</summary>
    public object? this[string key] => places.TryGetValue(key, out int place) ? items[place].Value : null;

    public void Add(object? key, object? value)
    {
        if (key is string text && !places.TryAdd(text, items.Count))
        {
            items[places[text]] = new(key, value);
            return;
        }

        items.Add(new(key, value));
    }
}

/// <summary>
/// An object of a class that is not on the list: its name and, where the pickle sets them, its attributes. It is never made and nothing of its class is run.
/// </summary>
internal sealed class PickleInert(string name)
{
    public string Name { get; } = name;

    public PickleDict? Attributes { get; private set; }

    /// <summary>Keeps the attributes, which are a dict, or a tuple of one and the slots'.</summary>
    public void Set(object? state) => Attributes ??= state as PickleDict ?? (state as PickleTuple)?.Items.OfType<PickleDict>().FirstOrDefault();
}

/// <summary>Something that a pickle may call or name.</summary>
internal sealed record PickleGlobal(string Name, PickleCallable Callable, DType? Storage = null);

internal enum PickleCallable
{
    /// <summary>A constant: a dtype, or the class of a storage.</summary>
    None,
    OrderedDict,
    RebuildTensor,
    RebuildParameter,
    Size,
    Set,
    Bytes,
    EncodeLatin1,
    Device,
    DefaultDict,

    /// <summary>Calls one of the others for a tensor of a class of its own, which is left aside.</summary>
    RebuildFromType,

    /// <summary>A name that is not on the list.</summary>
    Inert,
}

/// <summary>A piece of memory that tensors share: told by its key, read from elsewhere in the file.</summary>
internal sealed record PickleStorage(string Key, DType Type, long Count);

/// <summary>A storage as one tensor names it: old files let it begin inside a larger one.</summary>
internal sealed record PickleStorageView(PickleStorage Storage, long Offset, long Count);

/// <summary>A tensor: elements of a storage from an offset on, with strides, all counted in elements.</summary>
internal sealed record PickleTensor(PickleStorageView View, long Offset, long[] Shape, long[] Strides);

/// <summary>The closed list of names that a state dict needs. Nothing here runs code: each stands for one of our own ways to put values together.</summary>
internal static class PickleGlobals
{
    private static readonly Dictionary<string, PickleGlobal> Known = Build().ToDictionary(g => g.Name, StringComparer.Ordinal);

    /// <summary>The global called "module.name", or null where it is not on the list.</summary>
    public static PickleGlobal? Find(string name) => Known.GetValueOrDefault(name);

    // What no weights need and harm needs: modules, and of builtins functions, that run code or touch the system. Nothing of a pickle is run here; but a file
    // that asks for these was made to do harm where it is.
    private static readonly HashSet<string> Harmful = new(StringComparer.Ordinal)
    {
        "os", "posix", "nt", "sys", "subprocess", "socket", "shutil", "ctypes", "importlib", "runpy", "code", "codeop", "pty", "commands", "popen2",
        "webbrowser", "pickle", "_pickle", "marshal", "timeit", "pdb", "bdb", "cProfile", "profile", "trace", "pip", "ensurepip", "venv", "zipimport",
        "pkgutil", "dill",
        "cloudpickle", "http", "urllib", "ftplib", "smtplib", "telnetlib", "asyncio", "signal", "platform", "idlelib", "linecache",
    };

    private static readonly HashSet<string> HarmfulBuiltins = new(StringComparer.Ordinal)
    {
        "eval", "exec", "execfile", "compile", "open", "file", "__import__", "setattr", "delattr", "globals", "locals", "vars", "input", "breakpoint", "apply",
        "reload", "exit", "quit", "memoryview",
    };

    /// <summary>Whether a name stands for something that runs code or touches the system.</summary>
    public static bool IsHarmful(string module, string name) => module is "builtins" or "__builtin__"
        ? HarmfulBuiltins.Contains(name.Split('.')[0])
        : Harmful.Contains(module.Split('.')[0]) || module is "torch.hub" || (module, name) is ("torch", "load") or ("torch.serialization", "load")
            or ("operator" or "_operator", "attrgetter" or "methodcaller");

    private static IEnumerable<PickleGlobal> Build()
    {
        yield return new("collections.OrderedDict", PickleCallable.OrderedDict);
        yield return new("torch._utils._rebuild_tensor", PickleCallable.RebuildTensor);
        yield return new("torch._utils._rebuild_tensor_v2", PickleCallable.RebuildTensor);
        yield return new("torch._utils._rebuild_parameter", PickleCallable.RebuildParameter);
        yield return new("torch._utils._rebuild_parameter_with_state", PickleCallable.RebuildParameter);
        yield return new("torch._tensor._rebuild_from_type_v2", PickleCallable.RebuildFromType);
        yield return new("torch.tensor._rebuild_from_type", PickleCallable.RebuildFromType);
        yield return new("torch._tensor._rebuild_from_type", PickleCallable.RebuildFromType);
        yield return new("collections.defaultdict", PickleCallable.DefaultDict);
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
            ("Double", "float64", DType.F64), ("Float", "float32", DType.F32), ("Half", "float16", DType.F16), ("BFloat16", "bfloat16", DType.BF16),
                ("Long", "int64", DType.I64),
            ("Int", "int32", DType.I32), ("Short", "int16", DType.I16), ("Char", "int8", DType.I8), ("Byte", "uint8", DType.U8), ("Bool", "bool", DType.Bool),
        })
        {
            yield return new($"torch.{storage}Storage", PickleCallable.None, type);
            yield return new($"torch.cuda.{storage}Storage", PickleCallable.None, type);
            yield return new($"torch.{dtype}", PickleCallable.None);
        }
    }
}
