using ModelZoo.Inference;
using ModelZoo.Weights;
using Xunit;
using static TorchSharp.torch;

namespace ModelZoo.Cli.Tests;

public class ForwardTests
{
    [Theory]
    [InlineData("float32", 1e-6)]
    [InlineData("bfloat16", 5e-2)]
    public void Forward_writes_the_logits_that_the_library_computes(string dtype, double tolerance)
    {
        using var folder = new TemporaryFolder();
        float[] pixels = Pixels(3 * 32 * 32);
        Npy.Write(folder.File("x.npy"), [3, 1, 32, 32], pixels);
        Zoo zoo = Zoo.Run("forward", "lenet5:mnist", "--input", folder.File("x.npy"), "--output", folder.File("y.npy"), "--dtype", dtype, "--json");
        Assert.True(zoo.ExitCode == 0, zoo.Errors);
        NpyArray logits = Npy.Read(folder.File("y.npy"));
        Assert.Equal([3L, 10L], logits.Shape);
        using ResolvedModel model = ModelResolver.Resolve(Models.Catalog.Models, "lenet5:mnist", Models.Catalog.ReadResource);
        model.Model.eval();
        using Tensor x = tensor(pixels).reshape(3, 1, 32, 32);
        using Tensor y = model.Model.call(x);
        float[] expected = y.data<float>().ToArray();
        double scale = expected.Max(Math.Abs);
        Assert.All(expected.Zip(logits.Data), pair => Assert.InRange(Math.Abs(pair.First - pair.Second), 0, tolerance * scale));
    }

    [Fact]
    public void A_batch_of_the_wrong_size_is_refused_and_nothing_is_written()
    {
        using var folder = new TemporaryFolder();
        Npy.Write(folder.File("x.npy"), [1, 1, 28, 28], Pixels(28 * 28));
        Zoo zoo = Zoo.Run("forward", "lenet5:mnist", "--input", folder.File("x.npy"), "--output", folder.File("y.npy"));
        Assert.Equal(1, zoo.ExitCode);
        Assert.Contains("[N,1,32,32]", zoo.Errors, StringComparison.Ordinal);
        Assert.False(File.Exists(folder.File("y.npy")));
    }

    [Fact]
    public void A_full_disk_is_named_as_such()
    {
        using var folder = new TemporaryFolder();
        Npy.Write(folder.File("x.npy"), [1, 1, 32, 32], Pixels(32 * 32));
        Zoo zoo = Zoo.Run("forward", "lenet5:mnist", "--input", folder.File("x.npy"), "--output", "/dev/full");
        Assert.Equal(1, zoo.ExitCode);
        Assert.Contains("/dev/full", zoo.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", zoo.Errors, StringComparison.Ordinal);
    }

    private static float[] Pixels(int count) => [.. Enumerable.Range(0, count).Select(i => i * 37 % 101 / 100f - 0.4f)];
}
