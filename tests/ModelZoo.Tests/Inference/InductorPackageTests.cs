using System.IO.Compression;
using ModelZoo.Inference;
using ModelZoo.Models;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace ModelZoo.Tests.Inference;

/// <summary>Packages in a folder.</summary>
public sealed class WrittenPackages : IDisposable
{
    public WrittenPackages()
    {
        InductorPackages.Write(Folder.File("any.pt2"));
        InductorPackages.Write(Folder.File("three.pt2"), batch: 3, side: 8);
        InductorPackages.Write(Folder.File("two.pt2"), outputs: 2);
    }

    public TempFolder Folder { get; } = new();

    public void Dispose() => Folder.Dispose();
}

public class InductorPackageTests(WrittenPackages packages) : IClassFixture<WrittenPackages>
{
    private readonly TempFolder folder = packages.Folder;

    [Theory]
    [InlineData("any.pt2", null, 1)]
    [InlineData("any.pt2", null, 40)]
    [InlineData("three.pt2", 3, 1)]
    [InlineData("three.pt2", 3, 3)]
    [InlineData("three.pt2", 3, 7)]
    public void Logits_are_those_that_its_code_computes_whatever_batch_it_was_compiled_for(string file, int? batch, int images)
    {
        using ResolvedModel model = InductorPackage.Load(folder.File(file), change: Small, batch: batch);
        Assert.Equal(4, model.Options.NumClasses);
        Assert.Contains(model.Loading!.Notes, n => n.Contains("neither verified nor trainable", StringComparison.Ordinal));
        using IDisposable none = no_grad();
        using Tensor x = linspace(-1, 2, images * 3 * 64).reshape(images, 8, 8, 3).permute(0, 3, 1, 2), y = model.Model.call(x); // strides of another order
        Assert.Equal([images, 4], y.shape);
        double[] pixels = [.. x.contiguous().data<float>().Select(v => (double)v)];
        float[] logits = y.data<float>().ToArray();
        for (int i = 0; i < images; i++)
        {
            double sum = Enumerable.Range(0, 3).Sum(c => (c + 1) * pixels.Skip(((i * 3) + c) * 64).Take(64).Average());
            Assert.All(Enumerable.Range(0, 4), k => Assert.Equal(k + ((k + 1) * sum), logits[(i * 4) + k], 1e-4));
        }
    }

    [Fact]
    public void A_classifier_of_one_names_its_classes()
    {
        using ImageClassifier classifier = ImageClassifier.FromResolved(InductorPackage.Load(folder.File("three.pt2"), ["a", "b", "c", "d"], Small, batch: 3));
        Assert.Equal(["a", "b", "c", "d"], classifier.Predict(Data.Pictures.Smooth(50, 44), 4).Select(p => p.Label).Order());
    }

    [Theory]
    [InlineData("two.pt2", "it gives 2 tensors")]
    [InlineData("three.pt2", "fails on an image of [1,3,8,8]")] // no batch was given
    [InlineData("cuda.pt2", "was compiled for 'cuda' and is to run on cpu")]
    [InlineData("sources.pt2", "without machine code")]
    [InlineData("named.pt2", "without a model named 'model'")]
    [InlineData("mute.pt2", "without metadata")]
    [InlineData("broken.pt2", "libtorch does not load this package")]
    [InlineData("export.pt2", "is no AOTInductor package")]
    [InlineData("nowhere.pt2", "is no AOTInductor package")]
    public void What_gives_no_logits_is_refused_in_one_line(string file, string message)
    {
        Change("cuda.pt2", n => n.EndsWith("json", StringComparison.Ordinal), """{"AOTI_DEVICE_KEY": "cuda"}""");
        Change("sources.pt2", n => n.EndsWith(".so", StringComparison.Ordinal), null);
        Change("mute.pt2", n => n.EndsWith("json", StringComparison.Ordinal), null);
        Change("broken.pt2", n => n.EndsWith(".so", StringComparison.Ordinal), "no library");
        Write("named.pt2", "x/data/aotinductor/other/a.so");
        Write("export.pt2", "x/models/model.json");
        string said = Assert.ThrowsAny<ZooException>(() => InductorPackage.Load(folder.File(file), change: Small).Dispose()).Message;
        Assert.Contains(message, said, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', said);
    }

    [Fact]
    public void A_TorchSharp_without_a_loader_is_an_error_that_says_which_has_one()
    {
        string message = Assert.Throws<ZooException>(() => InductorPackage.Open("net.pt2", null)).Message;
        Assert.Contains("0.107 can", message, StringComparison.Ordinal);
        Assert.Contains("cannot load", Assert.Throws<ZooException>(() => InductorPackage.Open("net.pt2", typeof(torch.jit))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_else_runs_a_package()
    {
        Assert.True(InductorPackage.IsOne(folder.File("any.pt2")));
        Assert.False(TorchScriptModel.IsOne(folder.File("any.pt2")));
        Assert.False(InductorPackage.IsOne(folder.Path));
        string message = Assert.ThrowsAny<ZooException>(() => ModelResolver.Resolve(Catalog.Models, folder.File("any.pt2"), Catalog.ReadResource)).Message;
        Assert.Contains("AOTInductor package", message, StringComparison.Ordinal);
        Assert.Contains("--run-program", message, StringComparison.Ordinal);
    }

    private static Registry.ModelOptions Small(Registry.ModelOptions options) => options with { InputHeight = 8, InputWidth = 8 };

    // any.pt2 with another text in a member, or without it.
    private void Change(string name, Func<string, bool> which, string? text)
    {
        File.Copy(folder.File("any.pt2"), folder.File(name), overwrite: true);
        using ZipArchive archive = ZipFile.Open(folder.File(name), ZipArchiveMode.Update);
        ZipArchiveEntry entry = archive.Entries.Single(e => which(e.FullName));
        string member = entry.FullName;
        entry.Delete();
        if (text is not null)
        {
            using var writer = new StreamWriter(archive.CreateEntry(member).Open());
            writer.Write(text);
        }
    }

    private void Write(string name, string member)
    {
        File.Delete(folder.File(name));
        using ZipArchive archive = ZipFile.Open(folder.File(name), ZipArchiveMode.Create);
        archive.CreateEntry("x/archive_format");
        archive.CreateEntry(member);
    }
}
