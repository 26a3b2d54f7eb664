using Xunit;

namespace ModelZoo.Cli.Tests;

public class UsageTests
{
    [Theory]
    [InlineData("lsit", "Did you mean 'list'?")]
    [InlineData("summary lenet6", "Did you mean 'lenet5'?")]
    [InlineData("summary lenet5 --sed 3", "Did you mean '--seed'?")]
    [InlineData("summary lenet5 --device cud", "Did you mean 'cuda'?")]
    [InlineData("eval lenet5 --data digit", "Did you mean 'digits'?")]
    [InlineData("eval lenet5:mnits", "Did you mean 'mnist'?")]
    [InlineData("summary lenet5 --threads 0", "--threads takes a number from 1")]
    [InlineData("summary lenet5 --threads two", "two")]
    [InlineData("summary", "zoo summary needs a <model>")]
    [InlineData("verify", "--all")]
    [InlineData("verify --all --family lenett", "Did you mean 'lenet'?")]
    [InlineData("train lenet5 --lr fast", "--lr fast")]
    [InlineData("train lenet5 --optimizer sdg", "sgd")]
    [InlineData("finetune lenet5 --data digits", "lenet5:")]
    [InlineData("predict lenet5", "fresh weights")]
    [InlineData("train encdec_nearest", "encdec_nearest makes an image, not classes; zoo train needs a model that classifies.")]
    [InlineData("eval encdec_unpool", "encdec_unpool makes an image, not classes")]
    [InlineData("predict encdec_nails --index 0", "encdec_nails makes an image, not classes")]
    [InlineData("finetune encdec_transposed --data digits", "encdec_transposed makes an image, not classes")]
    [InlineData("predict lenet5:mnist --index 100000", "--index 100000")]
    [InlineData("predict lenet5:mnist cat.jpg", "cat.jpg")]
    [InlineData("forward lenet5:mnist --output y.npy", "--input")]
    [InlineData("pull", "zoo pull needs a <model>, or --list")]
    [InlineData("pull lenet6", "Did you mean 'lenet5'?")]
    [InlineData("pull lenet5", "No weights of lenet5 are published. lenet5:mnist comes with the zoo")]
    [InlineData("pull lenet5 --form x", "Did you mean '--from'?")]
    [InlineData("reproduce", "zoo reproduce needs experiments, --all, --group or --list")]
    [InlineData("reproduce bn-bais", "Did you mean 'bn-bias'?")]
    [InlineData("reproduce --group pictres", "Did you mean 'pictures'?")]
    [InlineData("reproduce bn-bias --all", "not both")]
    [InlineData("reproduce bn-bias --quick --full", "--quick and --full exclude each other")]
    [InlineData("reproduce bn-bias --seeds 0", "--seeds takes a number from 1")]
    public void Bad_usage_is_exit_code_2_with_a_message_that_helps(string arguments, string expected)
    {
        Zoo zoo = Zoo.Run(arguments.Split(' '));
        Assert.Equal(2, zoo.ExitCode);
        Assert.Contains(expected, zoo.Errors, StringComparison.Ordinal);
        Assert.Equal("", zoo.Output);
        Assert.DoesNotContain("   at ", zoo.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("predict lenet5:mnist --foo", "zoo predict has no flag '--foo'.")]
    [InlineData("predict lenet5:mnist cat.jpg --tpo 3", "zoo predict has no flag '--tpo'. Did you mean '--top'?")]
    [InlineData("compare lenet5 --output x.html", "zoo compare has no flag '--output'.")]
    [InlineData("eval lenet5:mnist -x", "zoo eval has no flag '-x'.")]
    [InlineData("reproduce --foo=3", "zoo reproduce has no flag '--foo'.")]
    [InlineData("finetune lenet5:mnist --freeze conv1 --fro conv2", "zoo finetune has no flag '--fro'.")]
    [InlineData("forward lenet5:mnist --input --foo --output y.npy", "zoo forward has no flag '--foo'.")]
    [InlineData("data get --form x", "zoo data get has no flag '--form'. Did you mean '--from'?")]
    [InlineData("catalog add --al", "zoo catalog add has no flag '--al'. Did you mean '--all'?")]
    [InlineData("info --jsn", "zoo info has no flag '--jsn'. Did you mean '--json'?")]
    public void An_unknown_flag_is_an_unknown_flag_in_every_command(string arguments, string expected)
    {
        Zoo zoo = Zoo.Run(arguments.Split(' '));
        Assert.Equal((2, ""), (zoo.ExitCode, zoo.Output));
        Assert.Contains(expected, zoo.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void After_two_dashes_and_in_numbers_a_dash_is_no_flag()
    {
        Assert.Contains("--foo: no such file or folder", Zoo.Run("predict", "lenet5:mnist", "--", "--foo").Errors, StringComparison.Ordinal);
        Assert.Contains("--index -1: digits/test has images 0 … 639", Zoo.Run("predict", "lenet5:mnist", "--index", "-1").Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("finetune lenet5:mnist --data digits --output model.pth", "--output model.pth: a checkpoint's name ends in .safetensors. For PyTorch's and")]
    [InlineData("finetune lenet5:mnist --data digits --output runs/mine", "--output runs/mine: a checkpoint's name ends in .safetensors.")]
    [InlineData("train lenet5 --output model.pt", "--output model.pt: give a folder for the run, or the name of a checkpoint, which ends in .safetensors.")]
    [InlineData("quickstart --output q.onnx", "--output q.onnx: a checkpoint's name ends in .safetensors.")]
    [InlineData("forward lenet5:mnist --input x.npy --output y.csv", "--output y.csv: an array's name ends in .npy.")]
    [InlineData("compare lenet5 --no-timing --html c.pdf", "--html c.pdf: a page's name ends in .html.")]
    [InlineData("verify lenet5 --html v.svg", "--html v.svg: a page's name ends in .html.")]
    [InlineData("import x.pth --model lenet5 -o y.pth", "--output y.pth: a checkpoint's name ends in .safetensors.")]
    public void A_name_that_says_something_else_than_is_written_is_refused_before_the_work(string arguments, string expected)
    {
        using var folder = new TemporaryFolder();
        Zoo zoo = Zoo.RunIn(folder.Path, arguments.Split(' '));
        Assert.Equal((2, ""), (zoo.ExitCode, zoo.Output));
        Assert.Contains(expected, zoo.Errors, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact]
    public void Cuda_without_cuda_is_refused_clearly()
    {
        if (TorchSharp.torch.cuda.is_available())
        {
            Assert.Equal(0, Zoo.Run("summary", "lenet5", "--device", "cuda").ExitCode);
            return;
        }

        Zoo zoo = Zoo.Run("summary", "lenet5", "--device", "cuda");
        Assert.Equal(2, zoo.ExitCode);
        Assert.Contains("no CUDA device", zoo.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("quickstart")]
    [InlineData("list")]
    [InlineData("info")]
    [InlineData("summary")]
    [InlineData("pull")]
    [InlineData("data")]
    [InlineData("train")]
    [InlineData("finetune")]
    [InlineData("eval")]
    [InlineData("predict")]
    [InlineData("verify")]
    [InlineData("compare")]
    [InlineData("forward")]
    [InlineData("import")]
    [InlineData("export")]
    [InlineData("reproduce")]
    public void Every_command_has_help_with_an_example(string command)
    {
        Zoo zoo = Zoo.Run(command, "--help");
        Assert.Equal(0, zoo.ExitCode);
        Assert.Contains($"Example: zoo {command}", zoo.Output, StringComparison.Ordinal);
        foreach (string flag in new[] { "--json", "--device", "--threads", "--seed" })
        {
            Assert.Contains(flag, zoo.Output, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void An_error_with_json_is_one_json_document()
    {
        Zoo zoo = Zoo.Run("summary", "lenet6", "--json");
        Assert.Equal(2, zoo.ExitCode);
        Assert.Contains("lenet5", zoo.Json.GetProperty("error").GetString(), StringComparison.Ordinal);
    }
}
