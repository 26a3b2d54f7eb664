using System.Buffers;
using System.Text;
using System.Text.Unicode;

namespace ModelZoo.Weights;

/// <summary>
/// Says of a file that holds no weights that the zoo reads what it is instead, in the words of the thing: by its first bytes, or by a zip's members.
/// </summary>
internal static class ForeignFile
{
    private const int HeadBytes = 1024;
    private const string Again = "the download may have gone wrong: open its address in a browser to see why, then fetch the file anew";
    private const string Onnx =
        "is an ONNX model, which is not read as weights but as a whole network: name it where a model is named, as in `zoo summary x.onnx`";

    private const string FromPython = "In Python, load it and save the weights: torch.save(model.state_dict(), …)";

    private const string OtherWays = "export the model to ONNX (torch.onnx.export) or save its weights (torch.save(model.state_dict(), …))";

    // Where, what, and what the file is: the end of the sentence "it is …". The most telling first.
    private static readonly (int At, byte[] Bytes, string What)[] Signatures =
    [
        (0, Ascii("version https://git-lfs"), "not the weights but a pointer to them (Git LFS); fetch the file itself, with `git lfs pull`"),
        (0, Ascii("/annex/objects/"), "not the weights but a pointer to them (git-annex); fetch the file itself, with `git annex get`"),
        (0, [0x89, (byte)'P', (byte)'N', (byte)'G'], "a picture (PNG), not weights"),
        (0, [0xFF, 0xD8, 0xFF], "a picture (JPEG), not weights"),
        (0, Ascii("GIF8"), "a picture (GIF), not weights"),
        (8, Ascii("WEBP"), "a picture (WebP), not weights"),
        (0, [(byte)'I', (byte)'I', 42, 0], "a picture (TIFF), not weights"),
        (0, [(byte)'M', (byte)'M', 0, 42], "a picture (TIFF), not weights"),
        (0, Ascii("%PDF-"), "a PDF document, not weights"),
        (0, [0x89, (byte)'H', (byte)'D', (byte)'F', 0x0D, 0x0A], "an HDF5 file, as Keras writes (.h5), which is not read. Convert it to safetensors"),
        (4, Ascii("TFL3"), "a TensorFlow Lite model, which is not read"),
        (0, Ascii("GGUF"), "a GGUF file (llama.cpp), which is not read"),
        (0, [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y'],
            "one NumPy array (.npy), not named weights. In Python, save them as safetensors or with torch.save"),
        (0, Ascii("MATLAB 5.0"), "a MATLAB file, which is not read. In Python, scipy.io.loadmat reads it, torch.save writes it for the zoo"),
        (0, [0x1F, 0x8B], "compressed by gzip: unpack it first, with `gunzip` or `tar xzf`"),
        (0, Ascii("BZh"), "compressed by bzip2: unpack it first, with `bunzip2` or `tar xjf`"),
        (0, [0xFD, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0], "compressed by xz: unpack it first, with `unxz` or `tar xJf`"),
        (0, [0x28, 0xB5, 0x2F, 0xFD], "compressed by zstd: unpack it first, with `unzstd`"),
        (0, [(byte)'7', (byte)'z', 0xBC, 0xAF, 0x27, 0x1C], "a 7-Zip archive: unpack it first, with `7z x`"),
        (0, Ascii("Rar!"), "a RAR archive: unpack it first, with `unrar x`"),
        (257, Ascii("ustar"), "a tar archive: unpack it first, with `tar xf`, and give the file inside"),
        (0, Ascii("PAR1"), "a Parquet file: a table, not weights"),
        (0, Ascii("ARROW1"), "an Arrow file: a table, not weights"),
        (0, Ascii("SQLite format 3"), "an SQLite database, not weights"),
        (0, [0x7F, (byte)'E', (byte)'L', (byte)'F'], "a program or library (ELF), not weights"),
        (4, Ascii("ftyp"), "a picture or film (HEIC, AVIF, MP4), not weights"),
        (0, [(byte)'M', (byte)'Z', 0x90, 0], "a Windows program or library, not weights"),
    ];

    // Members of zip archives that are something else, by the ends of their names.
    private static readonly (string End, string What)[] Members =
    [
        ("model.weights.h5", "a Keras model (.keras), which is not read. Convert it to safetensors or PyTorch"),
        (".npy", "NumPy's .npz, which is not read. In Python, save its arrays as safetensors or with torch.save"),
        ("saved_model.pb", "a TensorFlow SavedModel in a zip archive, which is not read"),
        (".wrapper_metadata.json", "an AOTInductor package (.pt2): machine code, not weights. `zoo predict` and `zoo eval` run it with --run-program. To "
            + "train, verify or convert the network, go back to where it came from: " + OtherWays),
        ("archive_format", "a program that torch.export.save wrote (.pt2), which libtorch cannot load outside Python. To have it run as it is, compile it: "
            + "torch._inductor.aoti_compile_and_package(…). Else " + OtherWays),
        ("word/document.xml", "a Word document, not weights"),
        ("xl/workbook.xml", "an Excel workbook, not weights"),
        ("META-INF/MANIFEST.MF", "a Java archive, not weights"),
    ];

    // The format of a file whose bytes tell nothing, by the end of its name.
    private static readonly (string End, string What)[] Names =
    [
        (".onnx", "an ONNX model"), (".tflite", "a TensorFlow Lite model"), (".pb", "a TensorFlow graph"), (".h5", "a Keras model"), (".hdf5", "an HDF5 file"),
        (".keras", "a Keras model"), (".index", "a TensorFlow checkpoint"), (".data-00000-of-00001", "a TensorFlow checkpoint"),
        (".mlmodel", "a Core ML model"), (".caffemodel", "a Caffe model"), (".params", "an MXNet model"), (".msgpack", "a Flax model"),
        (".engine", "a TensorRT engine"),
        (".trt", "a TensorRT engine"), (".plan", "a TensorRT engine"), (".gguf", "a GGUF file"), (".npz", "NumPy's .npz"), (".pkl", "a pickle of another kind"),
    ];

    // What no text has.
    private static readonly SearchValues<char> Controls =
        SearchValues.Create([.. Enumerable.Range(0, 32).Where(c => c is not ('\t' or '\n' or '\r' or '\f')).Select(c => (char)c), '\x7f']);

    private static readonly string[] Weights = [".safetensors", ".pth", ".pt", ".bin", ".ckpt", ".dat"];
    private static readonly string[] Pictures = [".jpg", ".jpeg", ".png"];

    /// <summary>What a file is by its first bytes, as the end of the sentence "it …"; null where nothing tells.</summary>
    public static string? Describe(ByteSource source)
    {
        if (source.Length == 0)
        {
            return "is empty: nothing was written into it, or the download never began";
        }

        byte[] head = new byte[Math.Min(HeadBytes, source.Length)];
        source.CopyTo(0, head);
        foreach ((int at, byte[] bytes, string what) in Signatures)
        {
            if (head.Length >= at + bytes.Length && head.AsSpan(at, bytes.Length).SequenceEqual(bytes))
            {
                return $"is {what}";
            }
        }

        return Protobuf(head) ?? Text(head, source.Length)
            ?? (source.Length >= 16 && head.AsSpan().IndexOfAnyExcept((byte)0) < 0
                ? $"begins with {head.Length} zero bytes: {Again}"
                : null);
    }

    /// <summary>The same by its name, where that ends as another format's files do.</summary>
    public static string? DescribeName(string name) => Array.Find(Names, n => name.EndsWith(n.End, StringComparison.OrdinalIgnoreCase)) is { What: { } what }
        ? $"ends in its name like {what}, which is not read{(what == "an ONNX model" ? " as weights" : "")}"
        : null;

    /// <summary>The same for a zip archive that torch.save did not write.</summary>
    /// <param name="members">The names of its members.</param>
    public static string DescribeZip(IReadOnlyCollection<string> members)
    {
        foreach ((string end, string what) in Members)
        {
            if (members.Any(m => m.EndsWith(end, StringComparison.Ordinal)))
            {
                return $"is {what}";
            }
        }

        string[] inside = [.. members.Where(m => Weights.Any(w => m.EndsWith(w, StringComparison.OrdinalIgnoreCase)))];
        return members.Count == 0 ? "is an empty zip archive"
            : inside.Length > 0 ? $"is a zip archive with {string.Join(", ", inside.Take(3).Select(Printable.Name))}{(inside.Length > 3 ? ", …" : "")} "
                + "inside: unpack it first, with `unzip`, and give the file with the weights"
            : members.Any(m => Pictures.Any(p => m.EndsWith(p, StringComparison.OrdinalIgnoreCase))) ? "is a zip archive of pictures, not weights"
            : $"is a zip archive, but torch.save did not write it: it has no data.pkl, but {string.Join(", ", members.Take(3).Select(Printable.Name))}"
                + (members.Count > 3 ? ", …" : "");
    }

    // ONNX: field 1, the version of the format; then the producer or the opset. TensorFlow's graphs: field 1, a node with a name; SavedModel: schema version 1.
    private static string? Protobuf(ReadOnlySpan<byte> head) => head switch
    {
        [0x08, <= 0x20, 0x12, < 0x40, ..] or [0x08, <= 0x20, 0x3A, ..] or [0x08, <= 0x20, 0x42, ..] or [0x08, <= 0x20, 0x1A, ..] when head.Length > 16 =>
            head[1] == 1 && head[2] == 0x12 && Contains(head, "serve"u8)
                ? "is a TensorFlow SavedModel (saved_model.pb), which is not read"
                : Onnx,
        [0x0A, _, ..] when Contains(head, "Placeholder"u8) || Contains(head, "\x12\x05Const"u8) => "is a frozen TensorFlow graph (.pb), which is not read",
        [0x0A, _, ..] when Contains(head, "onnx"u8) => Onnx,
        _ => null,
    };

    private static bool Contains(ReadOnlySpan<byte> head, ReadOnlySpan<byte> part) => head.IndexOf(part) >= 0;

    private static string? Text(byte[] head, long length)
    {
        int cut = 0, most = head.Length < length ? 3 : 0; // where a character may be cut in two
        while (cut <= most && !Utf8.IsValid(head.AsSpan(0, head.Length - cut)))
        {
            cut++;
        }

        string text = cut > most ? Encoding.Latin1.GetString(head) : Encoding.UTF8.GetString(head, 0, head.Length - cut);
        string begin = text.TrimStart('\uFEFF', ' ', '\t', '\r', '\n');
        if (Begins("<!doctype html") || Begins("<html") || (begin.StartsWith('<') && begin.Contains("<html", StringComparison.OrdinalIgnoreCase)))
        {
            return $"is a web page, not weights: {Title(text)}{Again}";
        }

        if (begin.StartsWith('<'))
        {
            return $"is XML, not weights: {(begin.Contains("<Error>", StringComparison.Ordinal) ? "a server's error message; " : "")}{Again}";
        }

        if (cut > most || begin.Length == 0 || text.AsSpan().ContainsAny(Controls))
        {
            return null;
        }

        if (begin[0] is '{' or '[')
        {
            return "is a JSON text, not weights"
                + (begin.Contains("\"weight_map\"", StringComparison.Ordinal) ? ": the list of a model in several files, whose name must end in .index.json"
                : begin.Contains("\"architectures\"", StringComparison.Ordinal) || begin.Contains("\"model_type\"", StringComparison.Ordinal)
                    ? ": a model's configuration; the weights lie beside it, in model.safetensors or pytorch_model.bin"
                : begin.Contains("error", StringComparison.OrdinalIgnoreCase) ? $": a server's error message; {Again}" : "");
        }

        return begin.StartsWith("model_checkpoint_path", StringComparison.Ordinal) ? "is the list of TensorFlow's checkpoints, which are not read"
            : head.Length >= 16 || begin.Contains(' ', StringComparison.Ordinal) ? $"is a text, not weights: it begins with {Printable.Name(Line(begin))}"
            : null;

        bool Begins(string what) => begin.StartsWith(what, StringComparison.OrdinalIgnoreCase);
    }

    private static string Title(string page)
    {
        int begin = page.IndexOf("<title>", StringComparison.OrdinalIgnoreCase), end = page.IndexOf("</title>", StringComparison.OrdinalIgnoreCase);
        string title = begin >= 0 && end > begin ? page[(begin + "<title>".Length)..end].Trim() : "";
        return title.Length > 0 ? $"{Printable.Name(title)}; " : "";
    }

    private static string Line(string text) => text.Split('\n', 2)[0].Trim() is { Length: > 60 } line ? line[..60] + "…" : text.Split('\n', 2)[0].Trim();

    private static byte[] Ascii(string text) => Encoding.ASCII.GetBytes(text);
}
