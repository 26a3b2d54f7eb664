using ModelZoo.Data;
using ModelZoo.Tests.Training;
using ModelZoo.Trust;
using Xunit;

namespace ModelZoo.Tests.Trust;

public class PictureSketchTests
{
    [Fact]
    public void Pictures_are_known_again_whole_in_part_and_in_any_order()
    {
        ImageDataset digits = Samples.Digits(600);
        PictureSketch sketch = digits.Subset([.. Enumerable.Range(0, 400)]).Sketch()!;
        Assert.Equal((400, PictureSketch.Most), (sketch.Pictures, sketch.Hashes.Count));
        Assert.Equal(400, sketch.Among(digits.PictureHashes()));
        Assert.Equal(400, sketch.Among([.. digits.PictureHashes().Reverse()]));
        Assert.Equal(0, sketch.Among(digits.Subset([.. Enumerable.Range(400, 200)]).PictureHashes()));
        Assert.InRange(sketch.Among(digits.Subset([.. Enumerable.Range(0, 200)]).PictureHashes()), 120, 280); // half of them, by 64
        PictureSketch few = digits.Subset([.. Enumerable.Range(0, 30)]).Sketch()!;
        Assert.Equal(10, few.Among(digits.Subset([.. Enumerable.Range(20, 500)]).PictureHashes()));
    }

    [Fact]
    public void Files_are_known_again_under_other_names_and_changed_ones_are_not()
    {
        using var folder = new TempFolder();
        var random = new SeededRandom(5);
        foreach (string name in new[] { "a", "b" })
        {
            Directory.CreateDirectory(folder.File($"first/{name}"));
            Directory.CreateDirectory(folder.File($"second/{name}"));
            for (int i = 0; i < 4; i++)
            {
                byte[] bytes = [.. Enumerable.Range(0, 20_000).Select(_ => (byte)random.Next(256))]; // need not be pictures: nobody decodes them
                File.WriteAllBytes(folder.File($"first/{name}/{i}.png"), bytes);
                bytes[i < 2 ? 10_000 : 19_999]++; // in the middle, or at the very end
                File.WriteAllBytes(folder.File($"second/{name}/other{i}.png"), bytes);
            }
        }

        LabeledImages first = Open("first"), second = Open("second");
        Assert.Equal(8, first.Sketch()!.Among(first.PictureHashes()));
        Assert.Equal(4, first.Sketch()!.Among(second.PictureHashes())); // the end of a file is not read
        File.Delete(folder.File("first/a/0.png"));
        Assert.Equal(7, first.PictureHashes().Count);

        LabeledImages Open(string name) => ImageFolder.Open(folder.File(name), DataSplit.Train, new SplitOptions { ValShare = 0 });
    }
}
