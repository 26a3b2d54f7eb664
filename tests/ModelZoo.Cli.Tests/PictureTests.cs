using System.Text.Json;
using ModelZoo.Data;
using ModelZoo.Tests.Imaging;
using ModelZoo.Weights;
using Xunit;

namespace ModelZoo.Cli.Tests;

public class PictureTests
{
    [Fact]
    public void Predict_needs_nothing_but_a_checkpoint_and_pictures()
    {
        using var folder = new TemporaryFolder();
        string checkpoint = folder.File("digits.safetensors"), pictures = folder.File("pictures");
        Zoo tuned = Zoo.Run("finetune", "lenet5:mnist", "--data", "digits", "--epochs", "3", "--output", checkpoint, "--json");
        Assert.True(tuned.ExitCode == 0, tuned.Errors);
        Directory.CreateDirectory(Path.Combine(pictures, "below"));
        ImageDataset digits = Digits.Load(DataSplit.Test);
        var pixels = new float[64];
        for (int i = 0; i < 12; i++)
        {
            digits.CopyImage(i, pixels);
            File.WriteAllBytes(Path.Combine(pictures, i % 2 == 0 ? "" : "below", $"{i:00}.PNG"),
                PngFile.Gray(8, 8, [.. pixels.Select(p => (byte)MathF.Round(p * 255))]));
        }

        File.WriteAllText(Path.Combine(pictures, "notes.txt"), "not a picture, and not asked for");
        string[] indices = [.. Enumerable.Range(0, 12).Select(i => $"{i}")];
        JsonElement expected = Zoo.Run(["predict", checkpoint, "--json", "--data", "digits", "--index", .. indices]).Json;
        Zoo zoo = Zoo.Run("predict", checkpoint, pictures, "--json", "--top", "2");
        Assert.True(zoo.ExitCode == 0, zoo.Errors);
        Assert.Equal(13, zoo.Json.GetArrayLength()); // the pictures, and what their folder holds
        Assert.Equal(1, zoo.Json[12].GetProperty("passedOver").GetProperty(".txt").GetInt32());
        int same = 0;
        foreach (JsonElement row in zoo.Json.EnumerateArray().Take(12))
        {
            JsonElement best = row.GetProperty("predictions");
            Assert.Equal(2, best.GetArrayLength());
            int index = int.Parse(Path.GetFileNameWithoutExtension(row.GetProperty("image").GetString()!));
            same += best[0].GetProperty("label").GetString() == expected[index].GetProperty("predictions")[0].GetProperty("label").GetString() ? 1 : 0;
        }

        Assert.InRange(same, 11, 12);
        Zoo table = Zoo.Run("predict", checkpoint, Path.Combine(pictures, "00.PNG"));
        Assert.Equal(0, table.ExitCode);
        Assert.Contains("00.PNG", table.Output, StringComparison.Ordinal);
        Assert.Contains(" %", table.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_broken_picture_among_others_is_named_and_the_others_are_classified()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File("good.png"), PngFile.Gray(8, 8, new byte[64]));
        File.WriteAllText(folder.File("page.jpg"), "<html>404</html>");
        Zoo zoo = Zoo.Run("predict", "lenet5:mnist", folder.Path, "--json");
        Assert.Equal(1, zoo.ExitCode);
        Assert.Equal(3, zoo.Json.GetArrayLength());
        Assert.Equal(3, zoo.Json[0].GetProperty("predictions").GetArrayLength());
        Assert.Contains("error page", zoo.Json[1].GetProperty("error").GetString(), StringComparison.Ordinal);
        Assert.Contains("page.jpg", zoo.Errors, StringComparison.Ordinal);

        Zoo alone = Zoo.Run("predict", "lenet5:mnist", folder.File("page.jpg"));
        Assert.Equal(1, alone.ExitCode);
        Assert.Contains("page.jpg: is a text of markup", alone.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", alone.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void Empty_folders_mixed_kinds_and_no_answers_are_bad_usage()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder.File("empty"));
        File.WriteAllBytes(folder.File("a.png"), PngFile.Gray(8, 8, new byte[64]));
        Npy.Write(folder.File("a.npy"), [8, 8], new float[64]);
        foreach ((string[] arguments, string expected) in new (string[], string)[]
        {
            ([folder.File("empty")], "no pictures"),
            ([folder.File("a.png"), folder.File("a.npy")], "separate calls"),
            ([folder.File("a.png"), "--top", "0"], "--top 0"),
        })
        {
            Zoo zoo = Zoo.Run(["predict", "lenet5:mnist", .. arguments]);
            Assert.Equal(2, zoo.ExitCode);
            Assert.Contains(expected, zoo.Errors, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Forward_prepares_a_picture()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File("a.png"), PngFile.Gray(28, 28, [.. Enumerable.Range(0, 784).Select(i => (byte)i)]));
        Zoo zoo = Zoo.Run("forward", "lenet5:mnist", "--input", folder.File("a.png"), "--output", folder.File("y.npy"), "--json");
        Assert.True(zoo.ExitCode == 0, zoo.Errors);
        Assert.Equal([1, 10], Npy.Read(folder.File("y.npy")).Shape);
    }
}
