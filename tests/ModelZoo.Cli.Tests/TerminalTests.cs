using System.Diagnostics;
using System.Text.RegularExpressions;
using ModelZoo.Tests.Data;
using Xunit;

namespace ModelZoo.Cli.Tests;

/// <summary>What people see on a terminal of 80 or 120 columns: `script` gives the command one.</summary>
public partial class TerminalTests
{
    [Theory]
    [InlineData(80, "list", "mobilenet_v2:")]
    [InlineData(120, "list", "mobilenet_v2:imagenet1k_v1 (pull)")]
    [InlineData(80, "info resnet20", "milestones [32000,48000]")]
    [InlineData(80, "summary resnet20", "layer3.0.conv1")]
    [InlineData(120, "summary resnet20", "receptive field")]
    [InlineData(80, "pull --list", "resnet50:imagenet1k_v2")]
    [InlineData(80, "predict lenet5:mnist --data digits --index 0", "digits/test[0]")]
    [InlineData(80, "predict resnet20:cifar10 pictures_of_a_day/in_the_garden", "photograph-0000.png")]
    [InlineData(120, "predict resnet20:cifar10 pictures_of_a_day/in_the_garden", "photograph-0000.png")]
    public void A_table_fits_and_what_must_be_whole_is_whole(int columns, string arguments, string whole)
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        using var folder = new TemporaryFolder();
        Pictures.WriteClasses(folder.Path, ["drawn"], each: 1);
        string garden = Directory.CreateDirectory(folder.File("pictures_of_a_day/in_the_garden")).FullName;
        File.Move(Directory.GetFiles(folder.File("drawn"))[0], Path.Combine(garden, "photograph-0000.png"));
        string[] lines = On(columns, folder.Path, arguments);
        string[] table = [.. lines.Where(l => l.StartsWith('│') || l.StartsWith('╭'))];
        Assert.NotEmpty(table);
        Assert.All(lines, line => Assert.True(line.Length <= columns, line));
        Assert.All(table, line => Assert.Equal(table[0].Length, line.Length));
        Assert.Contains(table, line => line.Contains(whole, StringComparison.Ordinal));
        Assert.DoesNotContain(table, line => line.Contains("\":", StringComparison.Ordinal)); // JSON
    }

    [Theory]
    [InlineData(80)]
    [InlineData(120)]
    public void The_progress_of_a_training_is_one_line(int columns)
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        using var folder = new TemporaryFolder();
        string[] lines = On(columns, folder.Path, "finetune lenet5:mnist --data digits --limit 200 --epochs 12 --output a.safetensors");
        Assert.Contains(lines, line => Progress().IsMatch(line));
        Assert.All(lines, line => Assert.True(line.Length <= columns, line));
        Assert.DoesNotContain(lines, line => line.Trim() is "00" or ":0" or "images/s");
        Assert.Contains("checkpoint: a.safetensors", string.Join('\n', lines), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(80, 2)]
    [InlineData(120, 1)]
    public void Drawn_digits_are_as_many_in_a_row_as_fit(int columns, int rows)
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        using var folder = new TemporaryFolder();
        string[] lines = On(columns, folder.Path, "predict lenet5:mnist --data digits");
        string[] drawn = [.. lines.Where(line => line.Contains("@@", StringComparison.Ordinal))];
        Assert.InRange(drawn.Length, rows == 1 ? 4 : 9, rows * 8); // a digit is eight lines high
        Assert.All(lines, line => Assert.True(line.Length <= columns, line));
    }

    private static string[] On(int columns, string folder, string arguments)
    {
        string zoo = Path.Combine(AppContext.BaseDirectory, "zoo.dll");
        var start = new ProcessStartInfo("script", ["-qec", $"stty cols {columns} rows 50; exec dotnet '{zoo}' {arguments}", "/dev/null"])
        {
            RedirectStandardOutput = true,
            RedirectStandardInput = true,
            WorkingDirectory = folder,
        };
        start.Environment["TERM"] = "xterm";
        using Process process = Process.Start(start)!;
        string said = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        return [.. Escapes().Replace(said, "").Split('\n').SelectMany(line => line.TrimEnd('\r').Split('\r'))];
    }

    [GeneratedRegex(@"\x1b(?:\[[0-9;?]*[A-Za-z]|[=>])")]
    private static partial Regex Escapes();

    [GeneratedRegex(@"^finetune lenet5  epoch 12/12  loss [0-9.]+.* 100% 00:00:00\s*$")]
    private static partial Regex Progress();
}
