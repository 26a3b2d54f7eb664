using System.Text.Json;

namespace ModelZoo.Weights;

/// <summary>Reads what a safetensors header says of one tensor: its dtype, shape and data_offsets, each once, nothing else.</summary>
internal static class SafetensorsEntryReader
{
    private const int MostDimensions = 64;

    /// <exception cref="ZooException">It says something else; the message names the file and the tensor.</exception>
    public static SafetensorsEntry Read(ref SafetensorsJson json, string name)
    {
        if (!json.NextIs(JsonTokenType.StartObject))
        {
            throw Refused(ref json, name, "is not an object");
        }

        DType? type = null;
        long[]? shape = null;
        long[]? offsets = null;
        while (json.NextKey())
        {
            if (json.TextIs("dtype"))
            {
                type = type is null ? ReadType(ref json, name) : throw Refused(ref json, name, "has two fields 'dtype'");
            }
            else if (json.TextIs("shape"))
            {
                shape = shape is null ? ReadNumbers(ref json, name, "shape", MostDimensions) : throw Refused(ref json, name, "has two fields 'shape'");
            }
            else if (json.TextIs("data_offsets"))
            {
                offsets = offsets is null ? ReadNumbers(ref json, name, "data_offsets", 2) : throw Refused(ref json, name, "has two fields 'data_offsets'");
            }
            else
            {
                throw Refused(ref json, name, $"has an unknown field {Shown.Name(json.Text())}; the format has dtype, shape and data_offsets");
            }
        }

        if (type is not { } dtype || shape is null || offsets is null)
        {
            throw Refused(ref json, name, $"lacks its '{(type is null ? "dtype" : shape is null ? "shape" : "data_offsets")}'");
        }

        return offsets is [long begin, long end] && end >= begin
            ? new SafetensorsEntry(name, dtype, shape, begin, end - begin)
            : throw Refused(ref json, name, $"has data_offsets [{string.Join(", ", offsets)}], but [begin, end] with begin ≤ end is needed");
    }

    private static DType ReadType(ref SafetensorsJson json, string name)
    {
        if (!json.NextIs(JsonTokenType.String))
        {
            throw Refused(ref json, name, "has a dtype that is not a text");
        }

        foreach (DType type in DTypes.All)
        {
            if (json.TextIs(type.FormatName()))
            {
                return type;
            }
        }

        throw Refused(ref json, name, $"has the unknown dtype {Shown.Name(json.Text())}; known are {string.Join(", ", DTypes.All.Select(known => known.FormatName()))}");
    }

    private static long[] ReadNumbers(ref SafetensorsJson json, string name, string field, int most)
    {
        if (!json.NextIs(JsonTokenType.StartArray))
        {
            throw Refused(ref json, name, $"has a field '{field}' that is not a list of numbers");
        }

        Span<long> numbers = stackalloc long[MostDimensions];
        int count = 0;
        while (!json.NextIs(JsonTokenType.EndArray))
        {
            if (!json.IsWholeNumber(out long number))
            {
                throw Refused(ref json, name, $"has a field '{field}' that holds something other than whole numbers from 0 to {long.MaxValue}");
            }

            if (count == most)
            {
                throw Refused(ref json, name, $"has a field '{field}' of more than {most} numbers");
            }

            numbers[count++] = number;
        }

        return numbers[..count].ToArray();
    }

    private static ZooException Refused(ref SafetensorsJson json, string tensor, string what) => json.Refused($"tensor {Shown.Name(tensor)} {what}");
}
