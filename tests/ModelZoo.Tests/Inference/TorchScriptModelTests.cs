using System.IO.Compression;
using ModelZoo.Inference;
using ModelZoo.Models;
using Xunit;
using static TorchSharp.torch;

namespace ModelZoo.Tests.Inference;

/// <summary>What PyTorch writes, in a folder.</summary>
public sealed class WrittenPrograms : IDisposable
{
    public WrittenPrograms() => Logits = TorchScriptPrograms.Write(Folder.Path);

    public TempFolder Folder { get; } = new();

    public double[][] Logits { get; }

    public void Dispose() => Folder.Dispose();
}

public class TorchScriptModelTests(WrittenPrograms programs) : IClassFixture<WrittenPrograms>
{
    private readonly TempFolder folder = programs.Folder;

    [Fact]
    public void Logits_are_pytorchs_in_evaluation_mode_also_compiled()
    {
        using ResolvedModel model = Load("net.pt");
        Assert.Equal((4, 3, 40, 40), (model.Options.NumClasses, model.Options.InChannels, model.Options.InputHeight, model.Options.InputWidth));
        Assert.Equal(["0", "1", "2", "3"], model.Labels);
        using CompiledModel compiled = model.Model.Compile();
        using (no_grad())
        {
            foreach ((int side, double[] logits) in new[] { 40, 80 }.Zip(programs.Logits)) // the branch is taken from 65 on
            {
                using Tensor image = linspace(-1, 1, 3 * side * side).reshape(1, 3, side, side), plain = model.Model.call(image), fast = compiled.Call(image);
                Assert.All(logits.Zip(plain.data<float>().ToArray()), v => Assert.Equal(v.First, v.Second, 1e-5));
                Assert.All(logits.Zip(fast.data<float>().ToArray()), v => Assert.Equal(v.First, v.Second, 1e-5));
            }
        }

        Assert.Contains(model.Loading!.Notes, n => n.Contains("neither verified nor trainable", StringComparison.Ordinal));
    }

    [Fact]
    public void A_classifier_of_one_names_its_classes()
    {
        using ImageClassifier classifier = ImageClassifier.FromResolved(TorchScriptModel.Load(folder.File("net.pt"), ["a", "b", "c", "d"], Small));
        Assert.Equal(["a", "b", "c", "d"], classifier.Predict(Data.Pictures.Smooth(50, 44), 4).Select(p => p.Label).Order());
    }

    [Theory]
    [InlineData("two.pt", "does not give one tensor of logits")]
    [InlineData("named.pt", "does not give one tensor of logits")]
    [InlineData("nothing.pt", "it gives nothing")]
    [InlineData("maps.pt", "not [1,classes]")]
    [InlineData("weights.pth", "is no TorchScript program")]
    [InlineData("nowhere.pt", "is no TorchScript program")]
    [InlineData("cut.pt", "is no TorchScript program")]
    [InlineData("broken.pt", "libtorch does not load this program")]
    public void What_gives_no_logits_is_refused(string file, string message)
    {
        byte[] whole = File.ReadAllBytes(folder.File("net.pt"));
        folder.Write("cut.pt", whole[..^100]);
        BreakPickle("broken.pt");
        Assert.Contains(message, Assert.Throws<ZooException>(() => Load(file).Dispose()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_input_that_it_does_not_take_and_labels_that_are_too_few_are_refused()
    {
        string message = Assert.Throws<ZooException>(() => TorchScriptModel.Load(folder.File("net.pt"), change: o => o with { InChannels = 1 })).Message;
        Assert.Contains("[1,1,224,224]", message, StringComparison.Ordinal);
        Assert.Contains("--in-channels", message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
        Assert.Contains("4 logits", Assert.Throws<UsageException>(() => TorchScriptModel.Load(folder.File("net.pt"), ["a"], Small)).Message,
            StringComparison.Ordinal);
        Assert.Contains("4 logits, not 7",
            Assert.Throws<UsageException>(() => TorchScriptModel.Load(folder.File("net.pt"), change: o => o with { NumClasses = 7 })).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_else_runs_a_program()
    {
        Assert.True(TorchScriptModel.IsOne(folder.File("net.pt")));
        Assert.False(TorchScriptModel.IsOne(folder.File("weights.pth")));
        Assert.False(TorchScriptModel.IsOne(folder.Path));
        string message = Assert.ThrowsAny<ZooException>(() => ModelResolver.Resolve(Catalog.Models, folder.File("net.pt"), Catalog.ReadResource)).Message;
        Assert.Contains("TorchScript program", message, StringComparison.Ordinal);
        Assert.Contains("--run-program", message, StringComparison.Ordinal);
    }

    private static Registry.ModelOptions Small(Registry.ModelOptions options) => options with { InputHeight = 40, InputWidth = 40 };

    private ResolvedModel Load(string file) => TorchScriptModel.Load(folder.File(file), change: Small);

    // The same with a data.pkl that says nothing.
    private void BreakPickle(string name)
    {
        File.Copy(folder.File("net.pt"), folder.File(name), overwrite: true);
        using ZipArchive archive = ZipFile.Open(folder.File(name), ZipArchiveMode.Update);
        using Stream stream = archive.Entries.Single(e => e.FullName.EndsWith("/data.pkl", StringComparison.Ordinal)).Open();
        stream.SetLength(10);
    }
}
