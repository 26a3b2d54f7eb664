using ModelZoo.Inference;
using ModelZoo.Models;
using ModelZoo.Registry;
using ModelZoo.Tests.Training;
using ModelZoo.Weights;
using Xunit;

namespace ModelZoo.Tests.Weights;

/// <summary>A checkpoint that is rewritten while it is loaded gives the old one, the new one, or an error; never a mixture.</summary>
[Collection(TorchCollection.Name)]
public class RewrittenFileTests
{
    [Fact]
    public async Task Saved_anew_it_gives_the_old_one_or_the_new_one()
    {
        using var folder = new TempFolder();
        string path = folder.File("net.safetensors");
        using ZooModel one = Samples.Fresh("lenet5", seed: 1), two = Samples.Fresh("lenet5", seed: 2);
        string[] known = [Content(one), Content(two)];
        Checkpoint.Save(path, one, Samples.Description("lenet5"));
        using var stop = new CancellationTokenSource();
        Task writer = Task.Run(() =>
        {
            for (int i = 0; !stop.IsCancellationRequested; i++)
            {
                Checkpoint.Save(path, i % 2 == 0 ? two : one, Samples.Description("lenet5"));
            }
        });
        HashSet<string> loaded = [];
        for (int i = 0; i < 1000 && (i < 50 || loaded.Count < 2); i++)
        {
            using ResolvedModel resolved = ModelResolver.Resolve(Catalog.Models, path, Catalog.ReadResource);
            Assert.Contains(Content(resolved.Model), known);
            loaded.Add(Content(resolved.Model));
        }

        await stop.CancelAsync();
        await writer;
        Assert.Equal(2, loaded.Count);
    }

    [Fact]
    public void Overwritten_in_place_it_is_an_error()
    {
        using var folder = new TempFolder();
        string path = folder.File("net.safetensors");
        using ZooModel one = Samples.Fresh("lenet5", seed: 1);
        Checkpoint.Save(path, one, Samples.Description("lenet5"));
        using WeightsFile file = WeightsFile.Open(path);
        WeightsEntry entry = file.Entries[0];
        file.CopyTo(entry.Name, new byte[entry.ByteLength]);
        byte[] bytes = File.ReadAllBytes(path);
        bytes.AsSpan(bytes.Length / 2).Clear();
        Overwrite(path, bytes);
        Assert.Contains("it was overwritten while it was read; load it again",
            Assert.Throws<ZooException>(() => file.CopyTo(entry.Name, new byte[entry.ByteLength])).Message, StringComparison.Ordinal);
    }

    // As `cp` does, and without .NET's locks, which another program does not ask for.
    private static void Overwrite(string path, byte[] bytes)
    {
        File.WriteAllBytes(path + ".new", bytes);
        using var cp = System.Diagnostics.Process.Start("cp", [path + ".new", path]);
        cp.WaitForExit();
        Assert.Equal(0, cp.ExitCode);
    }

    private static string Content(ZooModel model) => Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(
        [.. Samples.Bytes(model).OrderBy(e => e.Key, StringComparer.Ordinal).SelectMany(e => e.Value)]));
}
