using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;
using ModelZoo.Imaging;

namespace ModelZoo.Tests.Imaging;

/// <summary>What Pillow and torchvision make of one picture.</summary>
/// <param name="Error">Why they cannot read it; null where they can.</param>
/// <param name="Width">Columns.</param>
/// <param name="Height">Rows.</param>
/// <param name="Rgb">[H,W,3].</param>
/// <param name="Inputs">[3,224,224] of each of <see cref="Pillow.Transforms"/>, normalized.</param>
/// <param name="Resized">The bytes of each resize that was asked for.</param>
/// <param name="DecodeSeconds">To open and decode, the best of the repetitions.</param>
/// <param name="TransformSeconds">Of each transform, the best of the repetitions.</param>
internal sealed record PillowAnswer(string? Error, int Width, int Height, byte[] Rgb, float[][] Inputs, byte[][] Resized, double DecodeSeconds,
    double[] TransformSeconds);

/// <summary>A resize to ask for.</summary>
internal sealed record PillowResize(int Width, int Height, Interpolation Interpolation, float[]? Box = null);

/// <summary>A Python process with Pillow and torchvision that answers pictures.py's requests, one at a time.</summary>
internal sealed class Pillow : IDisposable
{
    /// <summary>The transforms that it answers with: those of resnet50's first and second weights and of efficientnet_b0.</summary>
    public static readonly (string Name, Preprocessing Preprocessing)[] Transforms =
    [
        ("bilinear 256 → 224", Preprocessing.ImageNet()),
        ("bilinear 232 → 224", Preprocessing.ImageNet(shorterSide: 232)),
        ("bicubic 256 → 224", Preprocessing.ImageNet(interpolation: Interpolation.Bicubic)),
    ];

    private readonly Process process;

    public Pillow(string script)
    {
        var start = new ProcessStartInfo("/usr/bin/python3", [script, "serve"]) { RedirectStandardInput = true, RedirectStandardOutput = true };
        start.Environment["OMP_NUM_THREADS"] = "1";
        start.Environment["PYTHONDONTWRITEBYTECODE"] = "1";
        process = Process.Start(start)
            ?? throw new InvalidOperationException("/usr/bin/python3 does not start; scripts/setup --with-oracle installs what it needs.");
    }

    public PillowAnswer Ask(string path, int repeat = 1, bool orient = false, params PillowResize[] resize)
    {
        object[][] resizes = [.. resize.Select(r =>
            new object[] { r.Width, r.Height, r.Interpolation == Interpolation.Bicubic ? "bicubic" : "bilinear", r.Box! })];
        process.StandardInput.WriteLine(JsonSerializer.Serialize(new { path = Path.GetFullPath(path), repeat, orient, resize = resizes }));
        process.StandardInput.Flush();
        Stream output = process.StandardOutput.BaseStream;
        using JsonDocument head = JsonDocument.Parse(Line(output));
        JsonElement root = head.RootElement;
        if (root.TryGetProperty("error", out JsonElement error))
        {
            return new(error.GetString(), 0, 0, [], [], [], 0, []);
        }

        (int width, int height) = (root.GetProperty("width").GetInt32(), root.GetProperty("height").GetInt32());
        byte[] rgb = Bytes(output, 3 * width * height);
        float[][] inputs = [.. Transforms.Select(_ => MemoryMarshal.Cast<byte, float>(Bytes(output, 3 * 224 * 224 * 4)).ToArray())];
        byte[][] resized = [.. resize.Select(r => Bytes(output, 3 * r.Width * r.Height))];
        return new(null, width, height, rgb, inputs, resized, root.GetProperty("decode").GetDouble(),
            [.. root.GetProperty("transform").EnumerateArray().Select(t => t.GetDouble())]);
    }

    public void Dispose()
    {
        process.StandardInput.Close();
        if (!process.WaitForExit(10_000))
        {
            process.Kill();
        }

        process.Dispose();
    }

    private static string Line(Stream stream)
    {
        var bytes = new List<byte>();
        while (stream.ReadByte() is >= 0 and not '\n' and int value)
        {
            bytes.Add((byte)value);
        }

        return bytes.Count > 0
            ? System.Text.Encoding.UTF8.GetString([.. bytes])
            : throw new InvalidOperationException("pictures.py ended; these tests need Debian's python3-torchvision (scripts/setup --with-oracle).");
    }

    private static byte[] Bytes(Stream stream, int count)
    {
        var bytes = new byte[count];
        stream.ReadExactly(bytes);
        return bytes;
    }
}
