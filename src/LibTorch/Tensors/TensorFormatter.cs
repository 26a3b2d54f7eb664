using System.Globalization;
using System.Text;
using TorchSharp.Interop;
using static TorchSharp.torch;

namespace TorchSharp;

/// <summary>Writes tensors as text. Of a long dimension only the first and the last elements are shown.</summary>
internal sealed unsafe class TensorFormatter : IDisposable
{
    private const string Gap = "...";
    private readonly Tensor tensor;
    private readonly ScalarType type;
    private readonly byte* data;
    private readonly long[] sizes;
    private readonly long[] strides;
    private readonly string format;
    private readonly CultureInfo culture;
    private readonly string newLine;
    private readonly StringBuilder text = new();
    private int slices;

    private TensorFormatter(Tensor source, string? format, CultureInfo? culture, string? newLine)
    {
        using Tensor detached = source.detach();
        tensor = detached.cpu();
        TensorInfo info = tensor.Info;
        type = (ScalarType)info.ScalarType;
        data = (byte*)info.Data;
        sizes = tensor.size();
        strides = tensor.stride();
        this.format = format ?? PrintOptions.FloatFormat;
        this.culture = culture ?? CultureInfo.CurrentCulture;
        this.newLine = newLine ?? PrintOptions.NewLine;
    }

    internal static string Format(Tensor t, TensorStringStyle style, string? format, CultureInfo? culture, string? newLine)
    {
        style = style == TensorStringStyle.Default ? PrintOptions.Style : style;
        if (style == TensorStringStyle.Metadata || t.is_meta)
        {
            return Metadata(t);
        }

        using var f = new TensorFormatter(t, format, culture, newLine);
        switch (style)
        {
            case TensorStringStyle.Numpy:
                f.Nested(0, 0, "[", "]", ", ", s => s, spaced: true);
                break;
            case TensorStringStyle.CSharp:
                f.CSharp(t);
                break;
            default:
                f.Julia(t);
                break;
        }

        return f.text.ToString();
    }

    internal static string Metadata(Tensor t) => $"[{string.Join("x", t.shape)}], type = {t.dtype}, device = {t.device}";

    public void Dispose() => tensor.Dispose();

    private void CSharp(Tensor t)
    {
        string suffix = type is ScalarType.Float32 or ScalarType.Float16 or ScalarType.BFloat16 ? "f" : "";
        text.Append(Metadata(t)).Append(", value = ");
        if (sizes.Length == 0)
        {
            text.Append(Element(0));
            return;
        }

        string rank = new(',', sizes.Length - 1);
        text.Append(sizes.Length > 1 ? newLine : "").Append(KeywordOf(type)).Append(" [").Append(rank).Append("] ");
        if (sizes.Length == 1)
        {
            Nested(0, 0, "{", "}", ", ", s => s + suffix, spaced: false);
            return;
        }

        text.Append('{').Append(newLine).Append(' ');
        Items(0, 0, "{", "}", ", ", s => s + suffix, "," + newLine + " ", newLine + " ", spaced: false);
        text.Append(newLine).Append('}');
    }

    private void Nested(int dim, long offset, string open, string close, string comma, Func<string, string> write, bool spaced)
    {
        if (dim == sizes.Length)
        {
            text.Append(write(Element(offset)));
            return;
        }

        text.Append(open);
        int deeper = sizes.Length - dim - 1;
        string indent = new(' ', dim + 1);
        string lines = spaced ? string.Concat(Enumerable.Repeat(newLine, deeper)) : "," + newLine;
        Items(dim, offset, open, close, comma, write, deeper == 0 ? comma : lines + indent, deeper == 0 ? "" : newLine + indent, spaced);
        text.Append(close);
    }

    private void Items(int dim, long offset, string open, string close, string comma, Func<string, string> write, string between, string gapBefore, bool spaced)
    {
        long previous = -1;
        foreach (long i in Shown(dim))
        {
            bool skipped = i > previous + 1;
            if (skipped && dim == sizes.Length - 1)
            {
                text.Append(comma).Append(Gap).Append(' ');
            }
            else if (skipped)
            {
                text.Append(gapBefore).Append(Gap).Append(gapBefore);
            }
            else if (i > 0)
            {
                text.Append(between);
            }

            Nested(dim + 1, offset + i * strides[dim], open, close, comma, write, spaced);
            previous = i;
        }
    }

    private void Julia(Tensor t)
    {
        text.Append(Metadata(t));
        if (sizes.Length == 0)
        {
            text.Append(", value = ").Append(Element(0));
            return;
        }

        text.Append(newLine);
        if (sizes.Length == 1)
        {
            Block(0, 0);
        }
        else
        {
            Slices(0, 0, "");
        }
    }

    private void Slices(int dim, long offset, string path)
    {
        if (dim == sizes.Length - 2)
        {
            if (dim > 0)
            {
                text.Append(slices++ > 0 ? newLine : "").Append('[').Append(path).Append("..,..] =").Append(newLine);
            }

            Block(dim, offset);
            return;
        }

        long previous = -1;
        foreach (long i in Shown(dim))
        {
            if (i > previous + 1)
            {
                text.Append(newLine).Append(Gap).Append(newLine);
            }

            Slices(dim + 1, offset + i * strides[dim], $"{path}{i},");
            previous = i;
        }
    }

    /// <summary>The last one or two dimensions, in columns as wide as their widest element.</summary>
    private void Block(int dim, long offset)
    {
        bool matrix = dim == sizes.Length - 2;
        int last = sizes.Length - 1;
        var rows = new List<string[]?>();
        long previous = -1;
        foreach (long r in matrix ? Shown(dim) : [0])
        {
            if (r > previous + 1)
            {
                rows.Add(null);
            }

            previous = r;
            long start = matrix ? offset + r * strides[dim] : offset;
            var cells = new List<string>();
            long before = -1;
            foreach (long c in Shown(last))
            {
                if (c > before + 1)
                {
                    cells.Add(Gap);
                }

                before = c;
                cells.Add(Element(start + c * strides[last]));
            }

            rows.Add([.. cells]);
        }

        int columns = rows.Count == 0 ? 0 : rows[0]!.Length;
        for (int r = 0; r < rows.Count; r++)
        {
            if (rows[r] is not { } cells)
            {
                text.Append(' ').Append(Gap).Append(newLine);
                continue;
            }

            for (int c = 0; c < columns; c++)
            {
                int width = 0;
                foreach (string[]? row in rows)
                {
                    width = Math.Max(width, row?[c].Length ?? 0);
                }

                text.Append(' ').Append(cells[c].PadLeft(width));
            }

            text.Append(newLine);
        }
    }

    private IEnumerable<long> Shown(int dim)
    {
        long n = sizes[dim];
        int limit = dim == sizes.Length - 1 ? PrintOptions.MaxColumns : PrintOptions.MaxRows;
        int half = Math.Max(limit / 2, 1);
        for (long i = 0; i < n; i++)
        {
            if (n > limit && i == half)
            {
                i = n - half;
            }

            yield return i;
        }
    }

    private string Element(long offset) => type switch
    {
        ScalarType.Byte => data[offset].ToString(culture),
        ScalarType.Int8 => ((sbyte*)data)[offset].ToString(culture),
        ScalarType.Int16 => ((short*)data)[offset].ToString(culture),
        ScalarType.Int32 => ((int*)data)[offset].ToString(culture),
        ScalarType.Int64 => ((long*)data)[offset].ToString(culture),
        ScalarType.Bool => data[offset] != 0 ? "true" : "false",
        ScalarType.Float16 => ((float)((Half*)data)[offset]).ToString(format, culture),
        ScalarType.BFloat16 => BitConverter.Int32BitsToSingle(((ushort*)data)[offset] << 16).ToString(format, culture),
        ScalarType.Float32 => ((float*)data)[offset].ToString(format, culture),
        ScalarType.Float64 => ((double*)data)[offset].ToString(format, culture),
        _ => "?",
    };

    private static string KeywordOf(ScalarType type) => type switch
    {
        ScalarType.Byte => "byte",
        ScalarType.Int8 => "sbyte",
        ScalarType.Int16 => "short",
        ScalarType.Int32 => "int",
        ScalarType.Int64 => "long",
        ScalarType.Float16 => "float16",
        ScalarType.BFloat16 => "bfloat16",
        ScalarType.Float32 => "float",
        ScalarType.Float64 => "double",
        ScalarType.Bool => "bool",
        _ => type.ToString(),
    };
}
