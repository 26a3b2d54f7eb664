using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using Microsoft.ML.OnnxRuntime;
using ModelZoo.Inference;
using ModelZoo.Models;
using Xunit;
using static TorchSharp.torch;
using DenseTensor = Microsoft.ML.OnnxRuntime.Tensors.DenseTensor<float>;

namespace ModelZoo.Cli.Tests;

/// <summary><c>zoo quantize</c>, and the commands that take what it writes.</summary>
public sealed class QuantizeTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_quantized_checkpoint_is_measured_shown_verified_and_written_as_QDQ()
    {
        JsonElement made = Ok("quantize", "lenet5:mnist", "--data", "digits", "-o", "x.safetensors");
        Assert.InRange(made.GetProperty("drop").GetDouble(), -0.5, 0.5);
        Assert.True(made.GetProperty("int8Layers").GetInt32() >= 3);
        Assert.Equal(made.GetProperty("layers").GetArrayLength() - 1, made.GetProperty("int8Layers").GetInt32());
        Assert.All(made.GetProperty("layers").EnumerateArray(), layer => Assert.InRange(layer.GetProperty("ownNoise").GetDouble(), 20, 90));

        JsonElement eval = Ok("eval", "x.safetensors", "--data", "digits");
        Assert.Equal(made.GetProperty("accuracy").GetDouble(), eval.GetProperty("accuracy").GetDouble(), 3);
        Assert.Contains("int8", Zoo.RunIn(folder.Path, "info", "x.safetensors").Output, StringComparison.Ordinal);
        JsonElement verified = Ok("verify", "x.safetensors", "--compiled", "--no-end-to-end");
        Assert.Contains(verified.GetProperty("checks").EnumerateArray(),
            c => c.GetProperty("quantity").GetString()!.Contains("int8 output", StringComparison.Ordinal));

        Ok("export", "x.safetensors", "-o", "x.onnx");
        using ResolvedModel resolved = ModelResolver.FromFile(Catalog.Models, folder.File("x.safetensors"));
        using CompiledModel compiled = resolved.Compile();
        using Tensor input = rand(32, 1, 32, 32), ours = compiled.Call(input);
        Assert.Equal(ScalarType.Float32, ours.dtype);
        using var session = new InferenceSession(folder.File("x.onnx"));
        using var outputs = session.Run([NamedOnnxValue.CreateFromTensor("input", new DenseTensor(input.data<float>().ToArray(), (int[])[32, 1, 32, 32]))]);
        using Tensor theirs = tensor(outputs[0].AsTensor<float>().ToArray()).reshape(ours.shape), difference = ours - theirs;
        Assert.True(difference.square().sum().item<float>() < 1e-3f * ours.square().sum().item<float>());

        Ok("export", "x.safetensors", "-o", "y.safetensors");
        Assert.Equal(eval.GetProperty("accuracy").GetDouble(), Ok("eval", "y.safetensors", "--data", "digits").GetProperty("accuracy").GetDouble());
    }

    [Fact]
    public void The_worst_layers_stay_in_float_until_the_drop_holds()
    {
        JsonElement made = Ok("quantize", "lenet5:mnist", "--data", "digits", "--observer", "minmax", "--max-drop", "0", "-o", "x.safetensors");
        Assert.True(made.GetProperty("drop").GetDouble() <= 0);
        Assert.Equal(2, Zoo.RunIn(folder.Path, "quantize", "lenet5:mnist", "--max-drop", "-1", "-o", "z.safetensors").ExitCode);
    }

    [Fact]
    public void A_calibration_is_not_the_quantized_networks_which_is_said()
    {
        Ok("calibrate", "lenet5:mnist", "--data", "digits", "-o", "sure.safetensors");
        Zoo quantized = Zoo.RunIn(folder.Path, "quantize", "sure.safetensors", "--data", "digits", "--images", "20", "-o", "x.safetensors");
        Assert.Contains("sure.safetensors is calibrated, and x.safetensors is not", quantized.Errors, StringComparison.Ordinal);
        Assert.Contains("calibrated", Zoo.RunIn(folder.Path, "info", "sure.safetensors").Output, StringComparison.Ordinal);
        Assert.DoesNotContain("calibrated", Zoo.RunIn(folder.Path, "info", "x.safetensors").Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"scale\":", "\"scale\":-", "which must be positive and finite")]
    [InlineData("\"scale\":", "\"scale\":1e999,\"x\":", "cannot be read")]
    [InlineData("\"zero\":", "\"zero\":2560", "which must be in 0 … 255")]
    [InlineData("\"scales\":[", "\"scales\":[0.5,", "corrections for the int8 layer")]
    [InlineData("\"correction\":[", "\"correction\":[1e999,", "for the int8 layer")]
    [InlineData("\"layer\":\"conv1\",\"scales\"", "\"layer\":\"conv9\",\"scales\"", "conv9, which is no convolution or linear layer of the network")]
    [InlineData("\"layer\":\"\"", "\"layer\":\"nowhere\"", "gives a scale for the output of nowhere, which the network does not have")]
    public void Hostile_numbers_are_refused_in_one_line(string what, string instead, string message)
    {
        Ok("quantize", "lenet5:mnist", "--data", "digits", "--limit", "20", "-o", "x.safetensors");
        Rewrite(folder.File("x.safetensors"), what, instead);
        Zoo zoo = Zoo.RunIn(folder.Path, "predict", "x.safetensors", "x.png");
        Assert.Equal(1, zoo.ExitCode);
        Assert.Contains(message, zoo.Errors, StringComparison.Ordinal);
        Assert.Contains("x.safetensors", zoo.Errors, StringComparison.Ordinal);
        Assert.Single(zoo.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    private JsonElement Ok(params string[] arguments)
    {
        Zoo zoo = Zoo.RunIn(folder.Path, [.. arguments, "--json"]);
        Assert.True(zoo.ExitCode == 0, zoo.Errors + zoo.Output);
        return zoo.Json;
    }

    // The first place in the description, whose quotes have a backslash before them in the file's head.
    private static void Rewrite(string path, string what, string instead)
    {
        byte[] file = File.ReadAllBytes(path);
        int length = (int)BinaryPrimitives.ReadInt64LittleEndian(file);
        string head = Encoding.UTF8.GetString(file, 8, length), find = Quoted(what);
        int at = head.IndexOf(find, head.IndexOf("quantization", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.True(at > 0, head[..400]);
        byte[] changed = Encoding.UTF8.GetBytes(head[..at] + Quoted(instead) + head[(at + find.Length)..]);
        var size = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(size, changed.Length);
        File.WriteAllBytes(path, [.. size, .. changed, .. file.AsSpan(8 + length)]);

        static string Quoted(string text) => text.Replace("\"", "\\\"", StringComparison.Ordinal);
    }
}
