using System.IO.Compression;
using System.Text;
using ModelZoo.Weights;
using Xunit;

namespace ModelZoo.Tests.Weights;

/// <summary>Files that are something else than weights are called what they are, and damaged only where they are.</summary>
public sealed class ForeignFileTests : IDisposable
{
    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    public static TheoryData<string, string, string> Texts { get; } = new()
    {
        { "resnet.pth", "<!DOCTYPE html>\n<html><head><title>Sign in · Host</title></head>", "is a web page, not weights: 'Sign in · Host'; the download" },
        { "resnet.safetensors", "\n\n  <html lang=\"en\"><body>404</body></html>", "is a web page, not weights" },
        { "resnet.dat", "\uFEFF<!doctype HTML PUBLIC \"-//W3C//DTD HTML 4.01//EN\">", "is a web page, not weights" },
        { "resnet", "<?xml version=\"1.0\"?>\n<html xmlns=\"http://www.w3.org/1999/xhtml\"></html>", "is a web page, not weights" },
        { "resnet.bin", "<!-- saved --><HTML><TITLE>Quota\texceeded</TITLE></HTML>", "'Quota?exceeded'" },
        { "resnet.pth", "<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>", "is XML, not weights: a server's error message" },
        { "resnet.pth", "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 46830571\n", "a pointer to them (Git LFS); fetch the file itself" },
        { "resnet.pth", "/annex/objects/MD5E-s46830571--0.pth\n", "pointer to them (git-annex)" },
        { "resnet.pth", "404: Not Found", "is a text, not weights: it begins with '404: Not Found'" },
        { "resnet.safetensors", "Access to model google/x is restricted. Please log in.", "it begins with 'Access to model google/x is restricted." },
        { "resnet.pth", "import torch\n\nclass Net(torch.nn.Module):\n    pass\n", "it begins with 'import torch'" },
        { "config.json", "{\"architectures\": [\"ResNetForImageClassification\"], \"model_type\": \"resnet\"}", "a model's configuration; the weights lie" },
        { "x.json", "{\"error\": \"Repository not found\"}", "is a JSON text, not weights: a server's error message" },
        { "list.json", "{\"weight_map\": {}}", "whose name must end in .index.json" },
        { "x.json", "[1, 2, 3]", "is a JSON text, not weights" },
        { "checkpoint", "model_checkpoint_path: \"model.ckpt-1000\"\n", "the list of TensorFlow's checkpoints" },
        { "x.pth", "größe;wert\n" + "ä,ö,ü\n", "is a text, not weights" },
    };

    [Theory]
    [MemberData(nameof(Texts))]
    public void A_text_is_called_what_it_is(string name, string text, string expected) => Says(name, Encoding.UTF8.GetBytes(text), expected);

    [Fact]
    public void A_long_page_is_told_though_its_head_ends_within_a_character()
    {
        for (int shift = 0; shift < 4; shift++)
        {
            Says("x.pth", Encoding.UTF8.GetBytes(new string('x', shift) + string.Concat(Enumerable.Repeat("日本語", 1000))), "is a text, not weights");
            Says("y.pth", Encoding.UTF8.GetBytes("<html>" + new string(' ', shift) + string.Concat(Enumerable.Repeat("日本語", 1000))), "is a web page");
        }
    }

    public static TheoryData<string, byte[], string> Bytes { get; } = new()
    {
        { "cat.pth", [0x89, .. "PNG\r\n\u001a\n"u8, 0, 0, 0, 13], "is a picture (PNG)" },
        { "cat.pth", [0xFF, 0xD8, 0xFF, 0xE0, 0, 16, .. "JFIF"u8], "is a picture (JPEG)" },
        { "cat.pth", [.. "GIF89a"u8, 1, 0, 1, 0], "is a picture (GIF)" },
        { "cat.pth", [.. "RIFF"u8, 0, 0, 0, 0, .. "WEBPVP8 "u8], "is a picture (WebP)" },
        { "cat.pth", [.. "II*"u8, 0, 8, 0, 0, 0], "is a picture (TIFF)" },
        { "paper.pth", [.. "%PDF-1.4\n%"u8, 0xE2, 0xE3], "is a PDF document" },
        { "model.h5", [0x89, .. "HDF\r\n\u001a\n"u8, 0, 0], "is an HDF5 file, as Keras writes" },
        { "model.tflite", [28, 0, 0, 0, .. "TFL3"u8, 0, 0], "is a TensorFlow Lite model" },
        { "model.onnx", [8, 7, 0x12, 7, .. "pytorch"u8, 0x1A, 6, .. "1.13.1"u8, 0x3A, 1, 0], "is an ONNX model" },
        { "model.pth", [8, 8, 0x3A, 0x90, 1, 0x0A, 9, .. "\n\u0001x\u0012\u0001yabcdefgh"u8], "is an ONNX model" },
        { "saved_model.pb", [8, 1, 0x12, 0x30, 0x0A, 7, 0x12, 5, .. "serve"u8, 0x12, 9, 1, 2, 3, 4], "is a TensorFlow SavedModel" },
        { "frozen.pb", [0x0A, 0x25, 0x0A, 5, .. "input"u8, 0x12, 11, .. "Placeholder"u8], "is a frozen TensorFlow graph" },
        { "model.gguf", [.. "GGUF"u8, 3, 0, 0, 0], "is a GGUF file" },
        { "x.npy", [0x93, .. "NUMPY"u8, 1, 0, 0x76, 0], "is one NumPy array (.npy), not named weights" },
        { "x.pth.gz", [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3], "is compressed by gzip: unpack it first" },
        { "x.pth.xz", [0xFD, .. "7zXZ"u8, 0, 0, 4], "is compressed by xz" },
        { "x.7z", [.. "7z"u8, 0xBC, 0xAF, 0x27, 0x1C, 0, 4], "is a 7-Zip archive" },
        { "x.tar", [.. "resnet.pth"u8, .. new byte[247], .. "ustar"u8, .. new byte[250]], "is a tar archive" },
        { "x.pth", new byte[4096], "begins with 1024 zero bytes: the download may have gone wrong" },
        { "x.pth", [], "is empty" },
        { "x.engine", [0xC3, 0x28, 0, 9, 9, 9, 9, 0xFF], "ends in its name like a TensorRT engine" },
        { "x.xyz", [0xC3, 0x28, 0, 9, 9, 9, 9, 0xFF], "is in no format of weights that the zoo knows" },
    };

    [Theory]
    [MemberData(nameof(Bytes))]
    public void Another_format_is_called_by_its_name(string name, byte[] bytes, string expected) => Says(name, bytes, expected);

    public static TheoryData<string, string[], string> Archives { get; } = new()
    {
        { "w.zip", ["w/resnet.pth", "w/readme.txt"], "is a zip archive with 'w/resnet.pth' inside: unpack it first" },
        { "w.zip", ["model.safetensors"], "is a zip archive with 'model.safetensors' inside" },
        { "w.pth", ["a.jpg", "b.jpg"], "is a zip archive of pictures" },
        { "w.keras", ["metadata.json", "config.json", "model.weights.h5"], "is a Keras model (.keras)" },
        { "w.npz", ["arr_0.npy"], "is NumPy's .npz" },
        { "w.pt2", ["x/archive_format", "x/models/model.json"], "is a program that torch.export.save wrote" },
        { "w.pt2", ["x/archive_format", "x/data/aotinductor/model/a.wrapper_metadata.json"], "is an AOTInductor package (.pt2): machine code" },
        { "w.zip", ["model/saved_model.pb"], "is a TensorFlow SavedModel in a zip archive" },
        { "w.docx", ["[Content_Types].xml", "word/document.xml"], "is a Word document" },
        { "w.pth", ["notes.md"], "is a zip archive, but torch.save did not write it: it has no data.pkl, but 'notes.md'" },
        { "w.pth", [], "is an empty zip archive" },
    };

    [Theory]
    [MemberData(nameof(Archives))]
    public void A_zip_archive_of_something_else_is_told_by_its_members(string name, string[] members, string expected) =>
        Says(name, ZipBytes.Of(CompressionLevel.Fastest, [.. members.Select(m => (m, "text"u8.ToArray()))]), expected);

    [Theory]
    [InlineData("cut.safetensors")]
    [InlineData("cut.pth")]
    [InlineData("cut.dat")]
    public void A_file_that_was_cut_off_is_damaged(string name)
    {
        WeightsWriter.Write(folder.File(name), [new("x", DType.F32, [64], new byte[256])]);
        byte[] whole = File.ReadAllBytes(folder.File(name));
        string message = Refused(folder.Write(name, whole[..^40]));
        Assert.Contains("cut off", message, StringComparison.Ordinal);
        Assert.Contains("damaged", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_is_refused_with_the_file_in_it()
    {
        Assert.EndsWith("is a folder; give the file with the weights.", Refused(folder.Path), StringComparison.Ordinal);
        folder.Write("model.safetensors", [1]);
        Assert.Contains($"There is {folder.File("model.safetensors")}.", Refused(folder.Path), StringComparison.Ordinal);
    }

    private void Says(string name, byte[] bytes, string expected)
    {
        string message = Refused(folder.Write(name, bytes));
        Assert.Contains(expected, message, StringComparison.Ordinal);
        Assert.DoesNotContain("damaged", message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
    }

    private static string Refused(string path)
    {
        string message = Assert.ThrowsAny<ZooException>(() => WeightsFile.Open(path)).Message;
        Assert.StartsWith(path, message, StringComparison.Ordinal);
        return message;
    }
}
