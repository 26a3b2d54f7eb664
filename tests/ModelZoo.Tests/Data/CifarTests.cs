using ModelZoo.Data;
using Xunit;

namespace ModelZoo.Tests.Data;

public sealed class CifarTests : IDisposable
{
    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Cifar_10_has_five_files_to_train_and_one_to_test()
    {
        Write10();
        ImageDataset train = Cifar.Load10(folder.Path, DataSplit.Train),
            test = Assert.IsType<ImageDataset>(DataSource.Parse($"cifar10:{folder.Path}").Open(DataSplit.Test));
        Assert.Equal(("cifar10/train", 10, new ImageShape(3, 32, 32)), (train.Name, train.Count, train.Shape));
        Assert.Equal([1, 2, 2, 3, 3, 4, 4, 5, 5, 6], train.Labels.ToArray());
        Assert.Equal([7, 8], test.Labels.ToArray());
        Assert.Equal("ship", train.Info.ClassNames[8]);
        var image = new float[3072];
        train.CopyImage(3, image); // the second record of the second file
        Assert.Equal([(2 * 31 + 1) % 256 / 255f, (2 * 31 + 1 + 3071) % 256 / 255f], [image[0], image[3071]]);
    }

    [Fact]
    public void Cifar_100_takes_the_fine_label_and_may_lie_in_the_archives_folder()
    {
        string inner = Directory.CreateDirectory(folder.File("cifar-100-binary")).FullName;
        File.WriteAllText(Path.Combine(inner, "fine_label_names.txt"), string.Join('\n', Enumerable.Range(0, 100).Select(i => $"class{i}")) + "\n");
        File.WriteAllBytes(Path.Combine(inner, "test.bin"), [3, 99, .. new byte[3072], 4, 0, .. new byte[3072]]);
        ImageDataset test = Cifar.Load100(folder.Path, DataSplit.Test);
        Assert.Equal([99, 0], test.Labels.ToArray());
        Assert.Equal("class99", test.Info.ClassNames[99]);
    }

    [Fact]
    public void What_is_wrong_is_named()
    {
        Assert.Contains("no such folder", Message(folder.File("nowhere")), StringComparison.Ordinal);
        Assert.Contains("neither batches.meta.txt", Message(folder.Path), StringComparison.Ordinal);
        Write10();
        folder.Write("data_batch_3.bin", new byte[3000]);
        Assert.Contains("data_batch_3.bin: 3000 bytes are not whole records", Message(folder.Path), StringComparison.Ordinal);
        folder.Write("data_batch_3.bin", [10, .. new byte[3072]]);
        Assert.Contains("data_batch_3.bin: the label of record 0 is 10", Message(folder.Path), StringComparison.Ordinal);
        File.Delete(folder.File("data_batch_3.bin"));
        Assert.Contains("data_batch_3.bin: no such file", Message(folder.Path), StringComparison.Ordinal);
        File.WriteAllText(folder.File("batches.meta.txt"), "one\ntwo\n");
        Assert.Contains("holds 2 class names, not 10", Message(folder.Path), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_file_that_changes_while_it_is_read_is_named(bool shorter)
    {
        Write10();
        ImageDataset train = Cifar.Load10(folder.Path, DataSplit.Train);
        Assert.True(train.InFiles);
        var image = new byte[3072];
        train.CopyBytes(3, image);
        string path = folder.File("data_batch_2.bin");
        if (shorter)
        {
            using var other = System.Diagnostics.Process.Start("truncate", ["--size=3073", path]); // .NET's own writers are kept out by a lock
            other.WaitForExit();
        }
        else
        {
            File.SetLastWriteTimeUtc(path, DateTime.UtcNow.AddSeconds(5));
        }

        train.CopyBytes(1, image);
        string message = Assert.Throws<ZooException>(() => train.CopyBytes(3, image)).Message;
        Assert.Contains("data_batch_2.bin: was changed while its images were being read", message, StringComparison.Ordinal);
    }

    private static string Message(string folder) => Assert.Throws<ZooException>(() => Cifar.Load10(folder, DataSplit.Train)).Message;

    // Two records a file, with the labels file and file + 1.
    private void Write10()
    {
        File.WriteAllText(folder.File("batches.meta.txt"), "airplane\nautomobile\nbird\ncat\ndeer\ndog\nfrog\nhorse\nship\ntruck\n\n");
        foreach ((string name, int label) in Enumerable.Range(1, 5).Select(i => ($"data_batch_{i}.bin", i)).Append(("test_batch.bin", 7)))
        {
            folder.Write(name, [.. Enumerable.Range(0, 2)
                .SelectMany(r => (byte[])[(byte)(label + r), .. Enumerable.Range(0, 3072).Select(i => (byte)(31 * label + r + i))])]);
        }
    }
}
