using System.Text.Json;
using ModelZoo.Onnx.Export;
using ModelZoo.Weights;
using Xunit;

namespace ModelZoo.Cli.Tests;

public sealed class WeightsCommandTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("pth", "PyTorch .pth (zip)")]
    [InlineData("dat", "TorchSharp .dat")]
    [InlineData("safetensors", "safetensors")]
    public void Weights_go_out_and_come_back(string ending, string format)
    {
        string file = folder.File($"lenet5.{ending}");
        Zoo export = Zoo.Run("export", "lenet5:mnist", "-o", file, "--json");
        Assert.True(export.ExitCode == 0, export.Errors);
        Assert.Equal((format, 10), (export.Json.GetProperty("format").GetString(), export.Json.GetProperty("tensors").GetInt32()));
        string checkpoint = folder.File("back.safetensors");
        Zoo import = Zoo.Run("import", file, "--model", "lenet5", "-o", checkpoint, "--labels", "0,1,2,3,4,5,6,7,8,9", "--json");
        Assert.True(import.ExitCode == 0, import.Errors);
        Assert.Equal(10, import.Json.GetProperty("report").GetProperty("loaded").GetArrayLength());
        JsonElement info = Zoo.Run("info", checkpoint, "--json").Json;
        Assert.Equal("lenet5", info.GetProperty("architecture").GetString());
        Assert.Equal("9", info.GetProperty("labels")[9].GetString());
        Zoo eval = Zoo.Run("eval", checkpoint, "--data", "digits", "--json");
        Assert.Equal(Zoo.Run("eval", "lenet5:mnist", "--data", "digits", "--json").Json.GetProperty("loss").GetDouble(),
            eval.Json.GetProperty("loss").GetDouble());
    }

    [Fact]
    public void Info_lists_the_tensors_of_a_foreign_file()
    {
        string file = folder.File("x.pth");
        Zoo.Run("export", "lenet5:mnist", "-o", file);
        JsonElement json = Zoo.Run("info", file, "--json").Json;
        Assert.Equal("PyTorch .pth (zip)", json.GetProperty("format").GetString());
        JsonElement first = json.GetProperty("tensors")[0];
        Assert.Equal(("conv1.weight", "F32", 600),
            (first.GetProperty("name").GetString(), first.GetProperty("dtype").GetString(), first.GetProperty("bytes").GetInt32()));
        Assert.Equal([6, 1, 5, 5], first.GetProperty("shape").EnumerateArray().Select(s => s.GetInt32()));
        Assert.Contains("10 tensors, 246,824 bytes", Zoo.Run("info", file).Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_is_replaced_without_force_and_a_wrong_model_is_told()
    {
        string file = folder.File("x.pth");
        Zoo.Run("export", "lenet5:mnist", "-o", file);
        byte[] before = File.ReadAllBytes(file);
        Zoo again = Zoo.Run("export", "lenet5", "-o", file);
        Assert.Equal((2, true), (again.ExitCode, again.Errors.Contains("--force", StringComparison.Ordinal)));
        Assert.Equal(before, File.ReadAllBytes(file));
        Assert.Equal(0, Zoo.Run("export", "lenet5", "-o", file, "--force").ExitCode);
        Assert.NotEqual(before, File.ReadAllBytes(file));
        Zoo wrong = Zoo.Run("import", file, "--model", "convnet", "-o", folder.File("y.safetensors"));
        Assert.Equal(1, wrong.ExitCode);
        Assert.Contains("these are not weights of convnet", wrong.Errors, StringComparison.Ordinal);
        Zoo labels = Zoo.Run("import", file, "--model", "lenet5", "-o", folder.File("y.safetensors"), "--labels", "a,b");
        Assert.Equal((2, true), (labels.ExitCode, labels.Errors.Contains("2 names for 10 classes", StringComparison.Ordinal)));
        Assert.Equal(2, Zoo.Run("export", "lenet5", "-o", folder.File("x.tflite")).ExitCode);
        Assert.False(File.Exists(folder.File("y.safetensors")));
    }

    [Fact]
    public void A_network_is_written_as_onnx_with_its_checks()
    {
        string file = folder.File("x.onnx");
        Zoo made = Zoo.Run("export", "lenet5:mnist", "-o", file, "--checks", "2", "--json");
        Assert.True(made.ExitCode == 0, made.Errors);
        Assert.Contains("\"ONNX\"", made.Output, StringComparison.Ordinal);
        OnnxChecks checks = OnnxChecks.Read(file)!;
        Assert.Equal([2, 1, 32, 32], checks.Input.Shape);
        Assert.Equal([2, 10], checks.Output.Shape);

        // The outputs are those that the zoo's own forward gives for the inputs.
        Npy.Write(folder.File("x.npy"), checks.Input.Shape, checks.Input.Data);
        Assert.Equal(0, Zoo.Run("forward", "lenet5:mnist", "--input", folder.File("x.npy"), "--output", folder.File("y.npy")).ExitCode);
        Assert.True(checks.Difference(Npy.Read(folder.File("y.npy")).Data) < 1e-5);

        Assert.Equal(0, Zoo.Run("export", "resnet20:cifar10", "-o", file, "--force", "--fold", "--with-preprocessing", "--opset", "20").ExitCode);
        foreach (string[] wrong in (string[][])[["--opset", "16"], ["--checks", "0"]])
        {
            Assert.Equal(2, Zoo.Run(["export", "lenet5", "-o", folder.File("y.onnx"), .. wrong]).ExitCode);
        }

        Zoo other = Zoo.Run("export", "lenet5", "-o", folder.File("y.pth"), "--fold");
        Assert.Equal((2, true), (other.ExitCode, other.Errors.Contains("--fold is for ONNX", StringComparison.Ordinal)));
        Assert.False(File.Exists(folder.File("y.onnx")));
    }

    [Fact]
    public void A_new_head_and_other_channels_are_made_on_request_and_told()
    {
        string file = folder.File("x.pth");
        Zoo.Run("export", "lenet5:mnist", "-o", file);
        Zoo refused = Zoo.Run("export", "lenet5", "--weights", file, "--num-classes", "4", "-o", folder.File("y.pth"));
        Assert.Equal((1, true), (refused.ExitCode, refused.Errors.Contains("--reinit-head", StringComparison.Ordinal)));
        Zoo made = Zoo.Run("export", "lenet5", "--weights", file, "--num-classes", "4", "--in-channels", "3", "--reinit-head", "--stem", "average", "-o",
            folder.File("y.pth"));
        Assert.True(made.ExitCode == 0, made.Errors);
        Assert.Contains("drawn anew", made.Errors, StringComparison.Ordinal);
        Assert.Contains("conv1.weight is [6,1,5,5], not [6,3,5,5]", made.Errors, StringComparison.Ordinal);
        Zoo guess = Zoo.Run("predict", "lenet5", "--weights", file, "--num-classes", "4", "--reinit-head");
        Assert.Equal((2, true), (guess.ExitCode, guess.Errors.Contains("drawn anew", StringComparison.Ordinal)));
    }

    [Fact]
    public void A_part_of_a_file_is_imported_by_its_prefix_and_what_was_done_is_said()
    {
        ModelZoo.Weights.WeightsTensor[] Under(string prefix, string file)
        {
            using ModelZoo.Weights.WeightsFile weights = ModelZoo.Weights.WeightsFile.Open(file);
            return [.. weights.Entries.Select(e =>
            {
                byte[] bytes = new byte[e.ByteLength];
                weights.CopyTo(e.Name, bytes);
                return new ModelZoo.Weights.WeightsTensor(prefix + e.Name, e.Type, e.Shape, bytes);
            })];
        }

        string plain = folder.File("plain.pth"), two = folder.File("two.ckpt.pth");
        Zoo.Run("export", "lenet5:mnist", "-o", plain);
        ModelZoo.Weights.WeightsWriter.Write(two, [.. Under("student.", plain), .. Under("teacher.", plain)]);
        Zoo refused = Zoo.Run("import", two, "--model", "lenet5", "-o", folder.File("x.safetensors"));
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("Say which: --prefix student.", refused.Errors, StringComparison.Ordinal);
        Zoo import = Zoo.Run("import", two, "--model", "lenet5", "--prefix", "teacher", "-o", folder.File("x.safetensors"), "--json");
        Assert.True(import.ExitCode == 0, import.Errors);
        Assert.Contains("10 tensors outside the prefix 'teacher.', left aside", import.Errors, StringComparison.Ordinal);
        Assert.Equal(10, import.Json.GetProperty("report").GetProperty("aside").GetArrayLength());
        Assert.Equal(2, Zoo.Run("import", two, "--model", "lenet5", "--prefix", "pupil", "-o", folder.File("y.safetensors")).ExitCode);
    }

    [Fact]
    public void A_weights_file_is_looked_through_and_what_is_wrong_is_named()
    {
        string file = folder.File("lenet5.safetensors");
        Zoo.Run("export", "lenet5:mnist", "-o", file);
        Zoo sound = Zoo.Run("verify", "--checkpoint", file, "--json");
        Assert.True(sound.ExitCode == 0, sound.Errors + sound.Output);
        Assert.Equal(10, sound.Json.GetProperty("tensors").GetInt32());

        byte[] bytes = File.ReadAllBytes(file);
        bytes.AsSpan(bytes.Length - 4).Fill(0xff); // the last value of the last tensor
        File.WriteAllBytes(file, bytes);
        Zoo broken = Zoo.Run("verify", "--checkpoint", file);
        Assert.Equal(1, broken.ExitCode);
        Assert.Contains("not a number", broken.Output, StringComparison.Ordinal);
        Assert.Equal(1, Zoo.Run("verify", "lenet5", "--weights", file).ExitCode);
        Assert.Equal(2, Zoo.Run("verify", "lenet5", "--checkpoint", file).ExitCode);
    }
}
