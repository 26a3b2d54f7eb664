namespace ModelZoo.Weights.Pickle;

// What a restricted pickle can build, besides null, bool, long, double, string and byte[]. Nested values refer to each other and are never walked recursively.

/// <summary>A tuple, a torch.Size too.</summary>
internal sealed record PickleTuple(object?[] Items);

/// <summary>A list, or a set.</summary>
internal sealed record PickleList(List<object?> Items);

/// <summary>A dict or OrderedDict, in order of insertion. Only its text keys are told apart: a later value under the same text replaces the earlier one.</summary>
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
}

/// <summary>A piece of memory that tensors share: told by its key, read from elsewhere in the file.</summary>
internal sealed record PickleStorage(string Key, DType Type, long Count);

/// <summary>A storage as one tensor names it: old files let it begin inside a larger one.</summary>
internal sealed record PickleStorageView(PickleStorage Storage, long Offset, long Count);

/// <summary>A tensor: elements of a storage from an offset on, with strides, all counted in elements.</summary>
internal sealed record PickleTensor(PickleStorageView View, long Offset, long[] Shape, long[] Strides);
