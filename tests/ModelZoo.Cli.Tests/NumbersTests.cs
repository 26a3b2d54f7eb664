using ModelZoo.Tests.Data;
using ModelZoo.Weights;
using Xunit;

namespace ModelZoo.Cli.Tests;

/// <summary>Numbers that are none, and memory that is not there: one line that says what and where.</summary>
public class NumbersTests
{
    [Theory]
    [InlineData("import w.safetensors --model lenet5 -o new.safetensors")]
    [InlineData("eval lenet5 --weights w.safetensors --data digits")]
    [InlineData("predict lenet5 --weights w.safetensors --data digits")]
    [InlineData("finetune lenet5 --weights w.safetensors --data digits --output new.safetensors --json")]
    [InlineData("export w.safetensors -o new.pth")]
    [InlineData("features w.safetensors --data digits --output new.csv --json")]
    public void A_value_that_is_no_number_is_named_with_tensor_and_position(string arguments)
    {
        using var folder = new TemporaryFolder();
        Assert.Equal(0, Zoo.RunIn(folder.Path, "export", "lenet5:mnist", "-o", "plain.safetensors").ExitCode);
        using (SafetensorsFile file = SafetensorsFile.Open(folder.File("plain.safetensors")))
        {
            byte[] Bytes(string name)
            {
                byte[] bytes = file.Use(name, b => b.ToArray());
                if (name == "conv2.weight")
                {
                    BitConverter.TryWriteBytes(bytes.AsSpan(4 * ((3 * 6 * 25) + 7)), float.NaN);
                }

                return bytes;
            }

            SafetensorsWriter.Write(folder.File("w.safetensors"), file.Entries.Select(e => new WeightsTensor(e.Name, e.Type, e.Shape, Bytes(e.Name))).ToList(),
                arguments.Contains("w.safetensors -o new.pth", StringComparison.Ordinal) || arguments.StartsWith("features", StringComparison.Ordinal)
                    ? Described(folder)
                    : file.Metadata.ToDictionary());
        }

        Zoo zoo = Zoo.RunIn(folder.Path, arguments.Split(' '));
        Assert.Equal(1, zoo.ExitCode);
        Assert.Contains("w.safetensors: conv2.weight holds NaN at [3,0,1,2]: such weights answer nothing.", zoo.Errors, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(folder.Path, "new.*"));
        if (arguments.Contains("--json", StringComparison.Ordinal))
        {
            Assert.Contains("conv2.weight holds NaN", zoo.Json.GetProperty("error").GetString(), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("--batch-size 8", "out of memory at batch 1 of epoch 1 (8 images): take a smaller batch_size (--batch-size).")]
    [InlineData("--batch-size 8 --json", "out of memory at batch 1 of epoch 1 (8 images): take a smaller batch_size (--batch-size).")]
    public void Memory_that_runs_out_is_one_line_that_names_the_batch(string flags, string expected)
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        using var folder = new TemporaryFolder();
        Pictures.WriteClasses(folder.File("pets"), ["cat", "dog"], each: 5);
        Zoo zoo = Zoo.RunWithin(6_000_000, folder.Path,
            ["train", "resnet20", "--data", "folder:pets", "--size", "2048", "--max-memory", "100G", "--workers", "1", "--output", "run", .. flags.Split(' ')]);
        Assert.Equal(1, zoo.ExitCode);
        string[] lines = [.. zoo.Errors.Split('\n').Where(l => l.Length > 0 && !l.StartsWith("remark:", StringComparison.Ordinal))];
        Assert.Equal($"zoo: {expected}", lines[^1]);
        Assert.DoesNotContain("frame #", zoo.Errors, StringComparison.Ordinal);
        Assert.Equal(flags.Contains("--json", StringComparison.Ordinal) ? expected : null,
            zoo.Output.Length > 0 ? zoo.Json.GetProperty("error").GetString() : null);
    }

    [Theory]
    [InlineData("features resnet50 --data folder:pets --size 2048 --max-memory 100G --output f.csv --json", 6_000_000)]
    [InlineData("predict vgg16 pets --json", 4_200_000)]
    public void Memory_that_runs_out_in_a_compiled_network_is_one_line_without_frames(string arguments, int kibibytes)
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        using var folder = new TemporaryFolder();
        Pictures.WriteClasses(folder.File("pets"), ["cat", "dog"], each: 20);
        Zoo zoo = Zoo.RunWithin(kibibytes, folder.Path, arguments.Split(' '));
        Assert.Equal(1, zoo.ExitCode);
        Assert.DoesNotContain("frame #", zoo.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("aoti_torch", zoo.Errors, StringComparison.Ordinal);
        Assert.StartsWith("out of memory", zoo.Json.GetProperty("error").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("list", 2_500_000)]
    [InlineData("eval lenet5:mnist --data digits --json", 2_500_000)]
    [InlineData("predict lenet5:mnist --data digits --json", 3_000_000)]
    public void Memory_that_does_not_suffice_for_libtorch_itself_is_one_line_too(string arguments, int kibibytes)
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        using var folder = new TemporaryFolder();
        AssertOneLine(Zoo.RunWithin(kibibytes, folder.Path, arguments.Split(' ')), "cannot be loaded: out of memory", arguments);
    }

    [Theory]
    [InlineData("list")]
    [InlineData("info lenet5 --json")]
    public void Another_libtorch_that_is_not_there_is_one_line(string arguments)
    {
        var environment = new Dictionary<string, string> { ["LIBTORCH"] = "/nowhere\u001B[31m" };
        AssertOneLine(Zoo.StartWith(environment, null, arguments.Split(' ')).Finish(), "LIBTORCH is '/nowhere [31m', but", arguments);
    }

    private static void AssertOneLine(Zoo zoo, string expected, string arguments)
    {
        Assert.Equal(1, zoo.ExitCode);
        string line = Assert.Single(zoo.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.StartsWith("zoo: ", line, StringComparison.Ordinal);
        Assert.Contains(expected, line, StringComparison.Ordinal);
        Assert.Equal(arguments.Contains("--json", StringComparison.Ordinal) ? line["zoo: ".Length..] : null,
            zoo.Output.Length > 0 ? zoo.Json.GetProperty("error").GetString() : null);
    }

    // What the checkpoint of lenet5:mnist says of itself.
    private static Dictionary<string, string> Described(TemporaryFolder folder)
    {
        Assert.Equal(0, Zoo.RunIn(folder.Path, "import", "plain.safetensors", "--model", "lenet5", "-o", "described.safetensors").ExitCode);
        using WeightsFile file = WeightsFile.Open(folder.File("described.safetensors"));
        return file.Metadata.ToDictionary();
    }
}
