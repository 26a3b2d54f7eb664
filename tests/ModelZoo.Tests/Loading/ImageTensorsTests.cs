using ModelZoo.Data;
using ModelZoo.Imaging;
using ModelZoo.Loading;
using ModelZoo.Tests.Data;
using ModelZoo.Tests.Training;
using ModelZoo.Training;
using Xunit;
using static TorchSharp.torch;
using Inputs = ModelZoo.Tests.Imaging.Inputs;

namespace ModelZoo.Tests.Loading;

[Collection(TorchCollection.Name)]
public class ImageTensorsTests
{
    /// <summary>Data, its input, and whether the images stay bytes.</summary>
    private static readonly Dictionary<string, (ImageDataset Data, Preprocessing Input, bool Bytes)> Cases = new()
    {
        ["digits"] = (Samples.Digits(7), Gray(8, Fit.Pad), true),
        ["digits padded"] = (Samples.Digits(7), Gray(13, Fit.Pad), true),
        ["digits enlarged"] = (Samples.Digits(7), Gray(13, Fit.Resize), false),
        ["digits as floats"] = (AsFloats(Samples.Digits(7)), Gray(8, Fit.Pad), false),
        ["digits in three channels"] = (Samples.Digits(7), new(3, 10, 10, Fit.Pad, [0.1f, 0.2f, 0.3f], [0.3f, 0.4f, 0.5f]), true),
        ["color"] = (Planes(), Color(Fit.Pad, 9, 12), true),
        ["color chosen"] = (Planes().Subset([3, 1, 2]), Color(Fit.Pad, 9, 12), true),
        ["color padded"] = (Planes(), Color(Fit.Pad, 14, 15), true),
        ["color cut"] = (Planes(), Color(Fit.Crop, 7, 7) with { ShorterSide = 9 }, true),
        ["color resized and cut"] = (Planes(), Color(Fit.Crop, 7, 6) with { ShorterSide = 8 }, true),
        ["color resized, cubic"] = (Planes(), Color(Fit.Resize, 7, 6) with { Interpolation = Interpolation.Bicubic }, true),
    };

    public static TheoryData<string> Names() => [.. Cases.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Values_are_to_the_bit_those_of_the_images_normalized_in_single_precision(string name)
    {
        (ImageDataset data, Preprocessing input, bool bytes) = Cases[name];
        using ImageTensors tensors = ImageTensors.From(data, input), last = ImageTensors.From(data, input, null, channelsLast: true);
        Assert.Equal(bytes ? ScalarType.Byte : ScalarType.Float32, tensors.Inputs.dtype);
        Assert.Equal([data.Count, input.Channels, input.Height, input.Width], tensors.Inputs.shape);
        Assert.Equal([input.Channels, input.Height, input.Width], tensors.Shape);
        ImageDataset fitted = data.Apply(input);
        int plane = input.Height * input.Width;
        int[] order = [2, 0, 1, 2];
        float[][] raw = [.. order.Select(i =>
        {
            var values = new float[fitted.Shape.Length];
            if (bytes && fitted.Maximum is null)
            {
                Inputs.Fractions(data.Picture(i), input, values); // resized as pictures are
            }
            else
            {
                fitted.CopyImage(i, values);
            }

            return values;
        })];
        float[] normalized = [.. raw.SelectMany(values => values.Select((v, k) => (v - input.Mean[k / plane]) / input.Std[k / plane]))];
        (Tensor pixels, Tensor labels) = tensors.Raw(order);
        Assert.Equal(raw.SelectMany(v => v), pixels.data<float>().ToArray());
        Assert.Equal(order.Select(i => (long)data.Labels[i]), labels.data<long>().ToArray());
        (Tensor plain, Tensor side) = (tensors.Batch(order).Inputs, last.Batch(order).Inputs);
        Assert.Equal(normalized, plain.data<float>().ToArray());
        Assert.Equal([input.Channels * plane, plane, input.Width, 1L], plain.stride());
        Assert.Equal([input.Channels * plane, 1L, input.Channels * (long)input.Width, input.Channels], side.stride());
        Assert.True(side.eq(plain).all().item<bool>());
        using Batch first = tensors.InOrder(3).First();
        Assert.Equal([.. Enumerable.Range(0, 3).Select(i => (long)data.Labels[i])], first.Labels.data<long>().ToArray());
    }

    [Fact]
    public void Bytes_that_lie_as_tensors_want_them_are_shared_and_others_copied()
    {
        var random = new SeededRandom(1);
        byte[] pixels = [.. Enumerable.Range(0, 4 * 3 * 5 * 6).Select(_ => (byte)random.Next(256))];
        var info = new DatasetInfo("toy", "", "", ["a"]);
        ImageDataset interleaved = ImageDataset.FromInterleaved(info, new(3, 5, 6), pixels, 255, new int[4]);
        using ImageTensors shared = ImageTensors.From(interleaved, Color(Fit.Pad, 5, 6)), copied = ImageTensors.From(interleaved.Take(3), Color(Fit.Pad, 5, 6));
        byte before = shared.Inputs[1, 2, 3, 4].item<byte>();
        pixels[((1 * 5 + 3) * 6 + 4) * 3 + 2] ^= 255;
        Assert.Equal((byte)(before ^ 255), shared.Inputs[1, 2, 3, 4].item<byte>());
        Assert.Equal(before, copied.Inputs[1, 2, 3, 4].item<byte>());
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(2, 0)]
    [InlineData(2, 0.5)]
    public void Images_that_stay_in_their_files_are_those_in_memory(int padding, double erased)
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder.File("batches.meta.txt"), string.Join('\n', Enumerable.Range(0, 10).Select(i => $"class{i}")));
        var random = new SeededRandom(3);
        foreach (string file in Enumerable.Range(1, 5).Select(i => $"data_batch_{i}.bin"))
        {
            folder.Write(file, [.. Enumerable.Range(0, 4 * 3073).Select(i => (byte)random.Next(i % 3073 == 0 ? 10 : 256))]);
        }

        ImageDataset files = Cifar.Load10(folder.Path, DataSplit.Train), memory = files.Cached();
        Assert.Equal((true, false), (files.InFiles, memory.InFiles));
        Preprocessing input = Color(Fit.Pad, 32, 32);
        double flips = padding > 0 ? 0.5 : 0;
        var recipe = new Recipe { BatchSize = 6, RandomCropPadding = padding, HorizontalFlip = flips, RandomErasing = erased, ChannelsLast = true };
        using IImageBatches read = ImageBatches.Open(files, input, recipe), kept = ImageBatches.Open(memory, input, recipe);
        var tensors = Assert.IsType<ImageTensors>(read);
        Assert.Equal(((ImageTensors)kept).Fingerprint, tensors.Fingerprint);
        var plan = new EpochSampler(recipe, 1, 1);
        foreach ((Batch one, Batch other) in read.Shuffled(plan).Concat(read.InOrder(7)).Zip(kept.Shuffled(plan).Concat(kept.InOrder(7))))
        {
            Assert.True(one.Inputs.eq(other.Inputs).all().item<bool>());
            Assert.True(one.Labels.eq(other.Labels).all().item<bool>());
            Assert.Equal(other.Inputs.stride(), one.Inputs.stride());
            one.Dispose();
            other.Dispose();
        }

        Assert.True(tensors.Inputs.eq(((ImageTensors)kept).Inputs).all().item<bool>());
    }

    [Fact]
    public void Fingerprints_tell_pixels_labels_and_what_stands_for_one()
    {
        ImageDataset Made(byte first, float maximum, int label) =>
            ImageDataset.FromBytes(new DatasetInfo("toy", "", "", ["a", "b"]), new(1, 2, 2), new byte[] { first, 2, 3, 4 }, maximum, [label]);
        string[] prints = [.. new[] { Made(1, 255, 0), Made(9, 255, 0), Made(1, 16, 0), Made(1, 255, 1), Made(1, 255, 0) }.Select(data =>
        {
            using ImageTensors tensors = ImageTensors.From(data, Gray(2, Fit.Pad));
            return tensors.Fingerprint;
        })];
        Assert.Equal(4, prints.Distinct().Count());
        Assert.Equal(prints[0], prints[4]);
    }

    private static Preprocessing Gray(int side, Fit fit) => new(1, side, side, fit, [0.1307f], [0.3081f]);

    private static Preprocessing Color(Fit fit, int height, int width) => new(3, height, width, fit, [0.4914f, 0.4822f, 0.4465f], [0.247f, 0.2435f, 0.2616f]);

    private static ImageDataset AsFloats(ImageDataset data)
    {
        var values = new float[data.Count * data.Shape.Length];
        data.CopyBatch([.. Enumerable.Range(0, data.Count)], values, new long[data.Count]);
        return ImageDataset.FromFloats(data.Info, data.Shape, values, data.Labels.ToArray());
    }

    private static ImageDataset Planes()
    {
        var random = new SeededRandom(2);
        byte[] pixels = [.. Enumerable.Range(0, 6 * 3 * 9 * 12).Select(_ => (byte)random.Next(256))];
        return ImageDataset.FromBytes(new DatasetInfo("planes", "", "", ["a", "b"]), new(3, 9, 12), pixels, 255, [0, 1, 0, 0, 1, 1]);
    }
}
