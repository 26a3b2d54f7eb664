using ModelZoo.Data;
using ModelZoo.Imaging;
using ModelZoo.Loading;

namespace ModelZoo.Experiments.Training;

/// <summary>The images of a training experiment, standardized by the mean and standard deviation of those to train with.</summary>
internal sealed class TrainingData : IDisposable
{
    public TrainingData(ExperimentContext context, TrainingSize size)
    {
        TrainImages = Some(context.Data.Open(DataSplit.Train), size.Images);
        TestImages = Some(context.Data.Open(DataSplit.Test), size.TestImages);
        Side = Math.Min(size.Side, Math.Max(TrainImages.Shape.Height, TrainImages.Shape.Width));
        ImageDataset small = TrainImages.Resize(Side, Side).Cached();
        (float[] mean, float[] std) = Moments(small);
        Preprocessing = new Preprocessing(small.Shape.Channels, Side, Side, Fit.Resize, mean, std);
        Train = ImageTensors.From(TrainImages, Preprocessing, context.Device);
        Test = ImageTensors.From(TestImages, Preprocessing, context.Device);
        Used = $"{context.Data}: {TrainImages.Count:N0} images of {Side}×{Side} to train, {TestImages.Count:N0} to test";
    }

    public ImageDataset TrainImages { get; }

    public ImageDataset TestImages { get; }

    public ImageTensors Train { get; }

    public ImageTensors Test { get; }

    public Preprocessing Preprocessing { get; }

    public int Side { get; }

    public int Channels => Preprocessing.Channels;

    public int Classes => Train.ClassNames.Count;

    /// <summary>In words.</summary>
    public string Used { get; }

    /// <summary>The same share of every part of the data: chosen at random, by a seed that never changes. What lies in files is decoded.</summary>
    public static ImageDataset Some(LabeledImages data, int count)
    {
        ReadOnlySpan<int> chosen = new SeededRandom(0).Permutation(data.Count).AsSpan(0, Math.Min(count, data.Count));
        return data switch
        {
            ImageDataset images => count >= data.Count ? images : images.Subset(chosen),
            LabeledFiles files => (count >= data.Count ? files : files.Subset(chosen)).InMemory(),
            _ => throw new UsageException($"{data.Name}: these images are not taken here."),
        };
    }

    public void Dispose()
    {
        Train.Dispose();
        Test.Dispose();
    }

    private static (float[] Mean, float[] Std) Moments(ImageDataset data)
    {
        int channels = data.Shape.Channels, plane = data.Shape.Height * data.Shape.Width;
        double[] sum = new double[channels], squares = new double[channels];
        var image = new float[data.Shape.Length];
        for (int i = 0; i < data.Count; i++)
        {
            data.CopyImage(i, image);
            for (int p = 0; p < image.Length; p++)
            {
                sum[p / plane] += image[p];
                squares[p / plane] += (double)image[p] * image[p];
            }
        }

        double n = (double)data.Count * plane;
        return ([.. sum.Select(s => (float)(s / n))], [.. sum.Zip(squares, (s, q) => (float)Math.Sqrt(Math.Max(1e-12, (q / n) - (s / n * s / n))))]);
    }
}
