using System.Diagnostics;
using System.Text.Json;
using ModelZoo.Imaging;
using ModelZoo.Tests.Data;
using ModelZoo.Weights;
using Xunit;

namespace ModelZoo.Cli.Tests;

/// <summary>Folders as people have them: many formats, sideways photographs, other files among them.</summary>
public sealed class PicturePathTests : IDisposable
{
    private static readonly string[] Goldens = ["q75-420.jpg", "q98-444.jpg", "rgb.webp", "palette.gif", "rgb.tif", "rgb.bmp", "rgb8.png", "gray.jpg"];

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Fine_tuned_at_an_oblong_size_a_folder_is_measured_and_predicted_alike_and_every_file_is_accounted_for()
    {
        string root = folder.File("pictures"), checkpoint = folder.File("oblong.safetensors");
        foreach ((int i, string name) in Goldens.SelectMany(name => new[] { name, name }).Index())
        {
            byte[] bytes = File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Golden", name));
            bytes = name.EndsWith(".jpg", StringComparison.Ordinal) ? Sideways(bytes) : bytes;
            string ending = name.EndsWith(".jpg", StringComparison.Ordinal) ? ".JFIF" : Path.GetExtension(name).ToUpperInvariant();
            Write(Path.Combine(root, i % 4 < 2 ? "ants" : "bees", $"{i:00}{ending}"), bytes);
        }

        Write(Path.Combine(root, "bees", "notes.txt"), [1]);
        Write(Path.Combine(root, "bees", "clip.webm"), [1]);
        Write(Path.Combine(root, "bees", "more.TXT"), [1]);
        string data = $"folder:{root}";
        Zoo tuned = Zoo.Run("finetune", "resnet20:cifar10", "--data", data, "--size", "24x40", "--epochs", "2", "--val-share", "0.25", "--output", checkpoint,
            "--json");
        Assert.True(tuned.ExitCode == 0, tuned.Errors);
        const string Bees = "bees: 8 pictures, 3 files passed over (.txt 2, .webm 1)";
        Assert.Contains("ants: 8 pictures\n" + Bees + "\n", tuned.Errors, StringComparison.Ordinal);
        Assert.Equal(2, tuned.Json.GetProperty("folders")[1].GetProperty("passedOver").GetProperty(".txt").GetInt32());
        Preprocessing made = Checkpoint.ReadInfo(checkpoint).Preprocessing;
        Assert.Equal((24, 40, Fit.Resize), (made.Height, made.Width, made.Fit));

        Zoo eval = Zoo.Run("eval", checkpoint, "--data", data, "--split", "train", "--val-share", "0", "--json");
        Assert.True(eval.ExitCode == 0, eval.Errors);
        Assert.Contains(Bees, eval.Errors, StringComparison.Ordinal);
        Assert.Equal(8, eval.Json.GetProperty("folders")[0].GetProperty("pictures").GetInt32());
        Zoo predicted = Zoo.Run("predict", checkpoint, root, "--json");
        Assert.True(predicted.ExitCode == 0, predicted.Errors);
        Assert.Contains("pictures: 16 pictures, 3 files passed over (.txt 2, .webm 1)", predicted.Errors, StringComparison.Ordinal);
        JsonElement[] rows = [.. predicted.Json.EnumerateArray()];
        Assert.Equal(17, rows.Length);
        Assert.Equal((16, 1), (rows[16].GetProperty("pictures").GetInt32(), rows[16].GetProperty("passedOver").GetProperty(".webm").GetInt32()));
        foreach ((int label, string own) in new[] { "ants", "bees" }.Index())
        {
            foreach ((int other, string taken) in new[] { "ants", "bees" }.Index())
            {
                int count = rows.Take(16).Count(row => row.GetProperty("image").GetString()!.Contains($"/{own}/", StringComparison.Ordinal)
                    && row.GetProperty("predictions")[0].GetProperty("label").GetString() == taken);
                Assert.Equal(eval.Json.GetProperty("confusion")[label][other].GetInt32(), count);
            }
        }

        Zoo few = Zoo.Run("eval", checkpoint, "--data", data, "--split", "train", "--val-share", "0", "--max-pixels", "500");
        Assert.Equal(1, few.ExitCode);
        Assert.Contains("more than the 500 that are allowed", few.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void A_pipe_among_pictures_or_as_weights_and_links_in_a_circle_end_at_once()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        Pictures.WriteClasses(folder.File("pets"), ["cat", "dog"], each: 4);
        string pipe = Path.Combine(folder.File("pets"), "cat", "pipe.png");
        using (Process made = Process.Start("mkfifo", [pipe])!)
        {
            made.WaitForExit();
        }

        Directory.CreateSymbolicLink(Path.Combine(folder.File("pets"), "cat", "up"), folder.File("pets"));
        Directory.CreateSymbolicLink(Path.Combine(folder.File("pets"), "dog", "up"), folder.File("pets"));
        Zoo predicted = Zoo.Run("predict", "resnet20:cifar10", folder.File("pets"), "--json");
        Assert.True(predicted.ExitCode == 0, predicted.Errors);
        Assert.Equal(9, predicted.Json.GetArrayLength());
        Assert.Contains("8 pictures, 3 files passed over (link to a folder that was seen already 2, not a regular file 1)", predicted.Errors,
            StringComparison.Ordinal);
        Zoo alone = Zoo.Run("predict", "resnet20:cifar10", pipe);
        Assert.Equal(1, alone.ExitCode);
        Assert.Contains("pipe.png: is a named pipe, but a regular file is needed here.", alone.Errors, StringComparison.Ordinal);
        Zoo weights = Zoo.Run("eval", "resnet20", "--weights", pipe);
        Assert.Equal(1, weights.ExitCode);
        Assert.Contains("is a named pipe", weights.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("160x", "--size '160x'")]
    [InlineData("0", "--size '0'")]
    [InlineData("1x2x3", "--size '1x2x3'")]
    [InlineData("large", "--size 'large'")]
    public void A_size_that_is_none_is_refused(string size, string expected)
    {
        Zoo zoo = Zoo.Run("summary", "resnet18", "--size", size);
        Assert.Equal(2, zoo.ExitCode);
        Assert.Contains(expected, zoo.Errors, StringComparison.Ordinal);
    }

    private static byte[] Sideways(byte[] jpeg) =>
    [
        .. jpeg[..2], 0xFF, 0xE1, 0, 34, .. "Exif\0\0"u8, .. "II*\0"u8, 8, 0, 0, 0, 1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0, .. jpeg[2..],
    ];

    private static void Write(string path, byte[] content)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, content);
    }
}
