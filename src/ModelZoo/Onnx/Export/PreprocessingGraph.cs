using System.Runtime.InteropServices;
using ModelZoo.Imaging;

namespace ModelZoo.Onnx.Export;

/// <summary>
/// What <see cref="ImagePipeline"/> does to decoded pictures as nodes of ONNX: uint8 [N,H,W,3] of any size to float32 [N,C,height,width]. The sizes are
/// computed in whole numbers as ours are.
/// </summary>
internal sealed class PreprocessingGraph(ExportGraph graph)
{
    /// <summary>Resize has an antialiasing filter from here on.</summary>
    public const int LeastOpset = 18;

    /// <summary>Adds the nodes.</summary>
    /// <param name="graph">What they are added to.</param>
    /// <param name="p">What is done.</param>
    /// <param name="pictures">The name of the pictures.</param>
    /// <param name="output">The reserved name of the result.</param>
    public static void Write(ExportGraph graph, Preprocessing p, string pictures, string output) => new PreprocessingGraph(graph).Write(p, pictures, output);

    private void Write(Preprocessing p, string pictures, string output)
    {
        p.Check();

        // Not by Transpose: ONNX Runtime 1.31 moves one behind the Resize and forgets that its sizes are of two axes.
        string planes = Add("Concat", "planes", [.. Enumerable.Range(0, 3).Select(c =>
            Add("Unsqueeze", $"plane_{c}", [Add("Gather", $"channel_{c}", [pictures, Index(c)], AttributeProto.Of("axis", 3L)), Long(1)]))],
            AttributeProto.Of("axis", 1L));
        string colored = p.Channels switch
        {
            3 => planes,
            1 => Gray(planes),
            _ => throw new UsageException($"Pictures have one channel or three, not the {p.Channels} that the model takes; write it without preprocessing."),
        };
        string shape = Add("Shape", "shape", [planes], AttributeProto.Of("start", 2L));
        string rows = Add("Slice", "rows", [shape, Long(0), Long(1)]), columns = Add("Slice", "columns", [shape, Long(1), Long(2)]);
        string fitted = p.Fit switch
        {
            Fit.Crop => Cropped(p, colored, rows, columns),
            Fit.Pad => Padded(p, colored, rows, columns),
            _ => Bordered(p, colored),
        };
        string unit = Add("Div", "unit", [Add("Cast", "real", [fitted], AttributeProto.Of("to", (long)OnnxType.Float)), graph.Scalar(Named("255"), 255)]);
        string centered = Add("Sub", "centered", [unit, graph.Floats(Named("mean"), p.Mean, p.Channels, 1, 1)]);
        NodeProto last = new() { OpType = "Div", Name = Named("normalized") };
        last.Inputs.AddRange([centered, graph.Floats(Named("std"), p.Std, p.Channels, 1, 1)]);
        last.Outputs.Add(output);
        graph.Nodes.Add(last);
    }

    // ITU-R BT.601 in 16-bit fixed point, rounded.
    private string Gray(string planes)
    {
        string wide = Add("Cast", "wide", [planes], AttributeProto.Of("to", (long)OnnxType.Int32));
        string weighted = Add("Mul", "weighted", [wide, Ints("luma", [19595, 38470, 7471], 3, 1, 1)]);
        string sum = Add("ReduceSum", "sum", [weighted, Long(1)]);
        string gray = Add("Div", "gray", [Add("Add", "rounded", [sum, Ints("half", [0x8000])]), Ints("one", [0x10000])]);
        return Add("Cast", "gray_bytes", [gray], AttributeProto.Of("to", (long)OnnxType.UInt8));
    }

    // The picture covers rows×columns; the side that is longer than needed is rounded down. Both quotients are right or too small: the larger wins.
    private string Cropped(Preprocessing p, string x, string rows, string columns)
    {
        (int coverRows, int coverColumns) = p.Covered;
        string height = Add("Max", "cover_rows",
            [Long(coverRows), Add("Div", "rows_wanted", [Add("Mul", "rows_scaled", [rows, Long(coverColumns)]), columns])]);
        string width = Add("Max", "cover_columns",
            [Long(coverColumns), Add("Div", "columns_wanted", [Add("Mul", "columns_scaled", [columns, Long(coverRows)]), rows])]);
        string covered = Resized(p, x, Add("Concat", "cover", [height, width], AttributeProto.Of("axis", 0L)));
        string want = Longs(p.Height, p.Width), have = Add("Shape", "covered_shape", [covered], AttributeProto.Of("start", 2L));
        string excess = Add("Max", "excess", [Add("Sub", "difference", [have, want]), Longs(0, 0)]);

        // Half of it, a half rounded to even: ⌊d/2⌋, one more where both d and that are odd.
        string half = Add("Div", "half_excess", [excess, Long(2)]);
        string odd = Add("Mul", "odd", [Add("Mod", "excess_odd", [excess, Long(2)]), Add("Mod", "half_odd", [half, Long(2)])]);
        string begin = Add("Add", "begin", [half, odd]);
        string part = Add("Slice", "part", [covered, begin, Add("Add", "end", [begin, want]), Longs(2, 3)]);
        return p.Height > coverRows || p.Width > coverColumns ? Centered(part, want) : part;
    }

    // Resized only where it is larger.
    private string Padded(Preprocessing p, string x, string rows, string columns)
    {
        string have = Add("Concat", "size", [rows, columns], AttributeProto.Of("axis", 0L)), want = Longs(p.Height, p.Width);
        string larger = Add("Or", "larger", [Add("Greater", "taller", [rows, Long(p.Height)]), Add("Greater", "wider", [columns, Long(p.Width)])]);
        return Centered(Resized(p, x, Add("Where", "shrunk", [larger, want, have])), want);
    }

    private string Bordered(Preprocessing p, string x)
    {
        string inner = Resized(p, x, Longs(p.Height - (2 * p.Border), p.Width - (2 * p.Border)));
        return p.Border == 0 ? inner : Add("Pad", "bordered", [inner, Longs(0, 0, p.Border, p.Border, 0, 0, p.Border, p.Border)]);
    }

    // Zeros around, one more at the end where they are odd.
    private string Centered(string x, string want)
    {
        string have = Add("Shape", "part_shape", [x], AttributeProto.Of("start", 2L));
        string lack = Add("Sub", "lack", [want, have]), before = Add("Div", "before", [lack, Long(2)]);
        string pads = Add("Concat", "pads", [Longs(0, 0), before, Longs(0, 0), Add("Sub", "after", [lack, before])], AttributeProto.Of("axis", 0L));
        return Add("Pad", "centered_picture", [x, pads]);
    }

    private string Resized(Preprocessing p, string x, string size) => Add("Resize", "resized", [x, "", "", size],
        AttributeProto.Of("axes", [2L, 3]), AttributeProto.Of("antialias", 1L),
        AttributeProto.Of("mode", p.Interpolation == Interpolation.Bicubic ? "cubic" : "linear"),
        AttributeProto.Of("cubic_coeff_a", -0.5f), AttributeProto.Of("exclude_outside", 1L));

    private string Add(string op, string output, IEnumerable<string> inputs, params IEnumerable<AttributeProto> attributes) =>
        graph.Add(op, Named(output), inputs, attributes);

    private string Long(long value) => Longs(value);

    // Without dimensions, so that Gather takes the axis away.
    private string Index(long value) => graph.Constant(Named($"index_{value}"), OnnxType.Int64, MemoryMarshal.AsBytes<long>([value]));

    private string Longs(params IReadOnlyList<long> values) => graph.Longs(Named($"constant_{string.Join('_', values)}"), values);

    private string Ints(string name, int[] values, params IReadOnlyList<long> shape) =>
        graph.Constant(Named(name), OnnxType.Int32, MemoryMarshal.AsBytes<int>(values), shape);

    private static string Named(string what) => $"preprocessing/{what}";
}
