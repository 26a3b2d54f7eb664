using System.Text;

namespace ModelZoo.Weights.Pickle;

/// <summary>Puts together what a state dict is made of: storages, tensors, OrderedDicts. The one place that gives a meaning to the names of <see cref="PickleGlobals"/>.</summary>
internal sealed class PickleObjects
{
    public static readonly object True = true;
    public static readonly object False = false;

    private readonly Dictionary<string, PickleStorage> storages = new(StringComparer.Ordinal);

    /// <summary>The storages that the pickle named, by key.</summary>
    public IReadOnlyDictionary<string, PickleStorage> Storages => storages;

    /// <summary>The storage behind a persistent id: ('storage', class, key, device, number of elements), in old files with (key, offset, number) of a view or None.</summary>
    public PickleStorageView Storage(object? id, PickleReader reader)
    {
        if (id is not PickleTuple { Items: ["storage", PickleGlobal { Storage: { } type }, string key, string, long count, .. var more] } || count < 0)
        {
            throw reader.Refused("refers to a storage in an unknown way");
        }

        if (type.ByteLength([count]) is null)
        {
            throw reader.Refused($"has a storage {Shown.Name(key)} of {count} elements, more than a file can have");
        }

        if (!storages.TryGetValue(key, out PickleStorage? storage))
        {
            storages.Add(key, storage = new PickleStorage(key, type, count));
        }
        else if (storage.Type != type || storage.Count != count)
        {
            throw reader.Refused($"gives the storage {Shown.Name(key)} two sizes: {storage.Count} × {storage.Type.FormatName()} and {count} × {type.FormatName()}");
        }

        return more switch
        {
            [] or [null] => new(storage, 0, count),
            [PickleTuple { Items: [string, long offset, long size] }] when offset >= 0 && size >= 0 && offset <= count - size => new(storage, offset, size),
            _ => throw reader.Refused($"has a view of the storage {Shown.Name(key)} that lies outside it"),
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
        PickleGlobal global = function as PickleGlobal ?? throw reader.Refused("calls something that is not a function");
        return (global.Callable, given) switch
        {
            (PickleCallable.OrderedDict, []) => new PickleDict(),
            (PickleCallable.OrderedDict, [PickleList pairs]) => Ordered(pairs, reader),
            (PickleCallable.RebuildTensor, [PickleStorageView view, long offset, PickleTuple shape, PickleTuple strides, ..]) => new PickleTensor(view, offset, Numbers(shape, reader), Numbers(strides, reader)),
            (PickleCallable.RebuildParameter, [PickleTensor tensor, ..]) => tensor,
            (PickleCallable.Size, [PickleTuple size]) => size,
            (PickleCallable.Size, [PickleList size]) => new PickleTuple([.. size.Items]),
            (PickleCallable.Set, []) => new PickleList([]),
            (PickleCallable.Set, [PickleList items]) => items,
            (PickleCallable.Bytes, []) => Array.Empty<byte>(),
            (PickleCallable.Bytes, [byte[] bytes]) => bytes,
            (PickleCallable.EncodeLatin1, [string text, "latin1"]) => Encoding.Latin1.GetBytes(text),
            (PickleCallable.Device, [string, ..]) => global,
            _ => throw reader.Refused($"calls {global.Name} with arguments that it does not take"),
        };
    }

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
