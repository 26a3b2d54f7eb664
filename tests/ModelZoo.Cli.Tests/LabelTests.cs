using System.Text.Json;
using ModelZoo.Tests.Training;
using Xunit;

namespace ModelZoo.Cli.Tests;

/// <summary>Labels are names, not positions; and the part that was asked for is the part that is read.</summary>
public sealed class LabelTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Classes_are_matched_by_name()
    {
        GrayLevels.Write(folder.File("insects"), ("ants", 40, 3), ("bees", 200, 2));
        GrayLevels.Write(folder.File("numbers"), ("1", 20, 1), ("2", 120, 2), ("10", 220, 3));
        string reversed = GrayLevels.Save(folder.File("reversed.safetensors"), ("bees", 200), ("ants", 40));
        string counted = GrayLevels.Save(folder.File("counted.safetensors"), ("1", 20), ("2", 120), ("10", 220));
        string more = GrayLevels.Save(folder.File("more.safetensors"), ("wasps", 120), ("bees", 200), ("ants", 40));
        Assert.All(new[] { (reversed, "insects", 5), (counted, "numbers", 6), (more, "insects", 5) }, given =>
        {
            JsonElement json = Whole(given.Item1, given.Item2).Json;
            Assert.Equal((given.Item3, 1.0, 1.0), (json.GetProperty("images").GetInt32(), json.GetProperty("accuracy").GetDouble(),
                json.GetProperty("meanF1").GetDouble()));
        });
        Zoo table = Zoo.Run("eval", more, "--data", $"folder:{folder.File("insects")}", "--split", "train", "--val-share", "0");
        Assert.DoesNotContain("wasps", table.Output, StringComparison.Ordinal);
        Assert.Contains("1 of the model's 3 classes has no images in this data.", table.Output, StringComparison.Ordinal);

        // Averaged by place, the two models would contradict each other.
        string other = GrayLevels.Save(folder.File("other.safetensors"), ("ants", 40), ("bees", 200));
        Zoo ensemble = Zoo.Run("eval", reversed, other, "--data", $"folder:{folder.File("insects")}", "--split", "train", "--val-share", "0", "--json");
        Assert.Equal((1.0, 0.0), (ensemble.Json.GetProperty("accuracy").GetDouble(), Math.Round(ensemble.Json.GetProperty("loss").GetDouble(), 3)));
        Assert.Contains("must have the same classes", Whole($"{reversed} {more}", "insects").Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_that_do_not_match_are_refused_with_both_lists()
    {
        GrayLevels.Write(folder.File("insects"), ("ants", 40, 3), ("bees", 200, 2));
        string pets = GrayLevels.Save(folder.File("pets.safetensors"), ("cats", 40), ("dogs", 200));
        string numbers = GrayLevels.Save(folder.File("numbers.safetensors"), ("0", 40), ("1", 200));
        string few = GrayLevels.Save(folder.File("few.safetensors"), ("ants", 40), ("moths", 200));
        Assert.All(new[]
        {
            (pets, "none of its classes is one of the model's by name. The data has 'ants', 'bees'; the model knows 'cats', 'dogs'."),
            (numbers, "give it their names, in the order of its logits, with `zoo import … --labels`"),
            (few, "the model does not know 'bees'"),
        }, given =>
        {
            Zoo refused = Whole(given.Item1, "insects");
            Assert.NotEqual(0, refused.ExitCode);
            Assert.Contains(given.Item2, refused.Errors, StringComparison.Ordinal);
        });
    }

    [Fact]
    public void The_part_that_is_named_is_read_and_the_part_that_is_read_is_named()
    {
        string root = folder.File("three"), model = GrayLevels.Save(folder.File("model.safetensors"), ("ants", 40), ("bees", 200));
        GrayLevels.Write(root, ("train/ants", 40, 4), ("train/bees", 200, 4), ("Valid/ants", 40, 3), ("Valid/bees", 40, 3), ("test/ants", 40, 1),
            ("test/bees", 200, 1));
        Assert.All(new[] { ("test", "three/test", 2, 1.0), ("val", "three/val", 6, 0.5), ("train", "three/train", 8, 1.0), ("auto", "three/test", 2, 1.0) },
            given =>
            {
                JsonElement json = Zoo.Run("eval", model, "--data", $"folder:{root}", "--split", given.Item1, "--json").Json;
                Assert.Equal((given.Item2, given.Item3, given.Item4),
                    (json.GetProperty("data").GetString(), json.GetProperty("images").GetInt32(), json.GetProperty("accuracy").GetDouble()));
            });
        Directory.Delete(Path.Combine(root, "test"), recursive: true);
        Assert.Contains("on three/val: accuracy 50.00 %", Zoo.Run("eval", model, "--data", $"folder:{root}").Output, StringComparison.Ordinal);
        Zoo refused = Zoo.Run("eval", model, "--data", $"folder:{root}", "--split", "test");
        Assert.Equal(2, refused.ExitCode);
        Assert.Contains("holds no test part. Ask for val", refused.Errors, StringComparison.Ordinal);
        Zoo digits = Zoo.Run("eval", "lenet5:mnist", "--data", "digits", "--split", "val");
        Assert.Contains("holds no val part. Ask for test", digits.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void One_class_and_a_class_that_cannot_be_read_are_not_trained_on()
    {
        GrayLevels.Write(folder.File("parent"), ("only/ants", 40, 2), ("only/bees", 200, 2));
        GrayLevels.Write(folder.File("unreadable"), ("ants", 40, 5), ("bees", 200, 5));
        foreach (string file in Directory.GetFiles(Path.Combine(folder.File("unreadable"), "bees")))
        {
            File.WriteAllBytes(file, []);
        }

        string output = folder.File("out.safetensors");
        Zoo parent = Zoo.Run("train", "small_cnn", "--data", $"folder:{folder.File("parent")}", "--output", output);
        Assert.Equal(1, parent.ExitCode);
        Assert.Contains($"In it are the folders 'ants', 'bees': if those are the classes, give {Path.Combine(folder.File("parent"), "only")}", parent.Errors,
            StringComparison.Ordinal);
        Zoo unreadable = Zoo.Run("train", "small_cnn", "--data", $"folder:{folder.File("unreadable")}", "--on-bad-image", "skip", "--output", output);
        Assert.Equal(1, unreadable.ExitCode);
        Assert.Contains("none of the images of 'bees' (4) can be read", unreadable.Errors, StringComparison.Ordinal);
        Assert.False(File.Exists(output));
    }

    [Fact]
    public void That_only_a_share_of_a_folder_without_parts_is_measured_is_said_once()
    {
        GrayLevels.Write(folder.File("insects"), ("ants", 40, 6), ("train", 200, 6));
        string model = GrayLevels.Save(folder.File("model.safetensors"), ("ants", 40), ("train", 200)), output = folder.File("out.safetensors");
        string share = $"{folder.File("insects")}: has no parts; 2 of its 12 pictures are kept for the test (--val-share 0.2).";
        string taken = $"{folder.File("insects")}: 'train' is taken for a class, as the folders beside it are.";
        Zoo measured = Zoo.Run("eval", model, "--data", $"folder:{folder.File("insects")}");
        Assert.Equal([taken, share], Remarks(measured));
        Assert.Contains("2 images in", measured.Output, StringComparison.Ordinal);
        Zoo trained = Zoo.Run("finetune", model, "--data", $"folder:{folder.File("insects")}", "--epochs", "1", "--output", output);
        Assert.Equal([taken, share], Remarks(trained));
        Assert.Contains("(10 images): test accuracy 100.00 % (34.2 – 100.0 %) on insects/test (2 images),", trained.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("has no parts", Whole(model, "insects").Errors, StringComparison.Ordinal);

        string[] Remarks(Zoo zoo) => [.. zoo.Errors.Split('\n').Where(line => line.StartsWith(folder.File("insects") + ":", StringComparison.Ordinal))];
    }

    // Of a folder without parts, all pictures.
    private Zoo Whole(string models, string data) =>
        Zoo.Run(["eval", .. models.Split(' '), "--data", $"folder:{folder.File(data)}", "--split", "train", "--val-share", "0", "--json"]);
}
