using ModelZoo.Analysis;
using ModelZoo.Data;
using ModelZoo.Inference;
using ModelZoo.Loading;
using ModelZoo.Models;
using ModelZoo.Plots;
using ModelZoo.Transfer;
using TorchSharp;
using static TorchSharp.torch;

namespace ModelZoo.Experiments.Pictures;

/// <summary>
/// LeNet-5 with the weights that ship with the zoo (trained on MNIST), opened up: its layers one by one, and the experiment's images brought to its input.
/// </summary>
internal sealed class TrainedLeNet : IDisposable
{
    /// <summary>The layers, in order.</summary>
    public static readonly string[] Chain = ["conv1", "relu1", "pool1", "conv2", "relu2", "pool2", "flatten", "fc1", "relu3", "fc2", "relu4", "fc3"];

    private readonly ResolvedModel resolved;
    private readonly Dictionary<string, nn.Module<Tensor, Tensor>> layers;

    public TrainedLeNet(ExperimentContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        resolved = ModelResolver.Resolve(Catalog.Models, "lenet5:mnist", Catalog.ReadResource);
        resolved.Model.eval();
        layers = resolved.Model.named_children().ToDictionary(c => c.name, c => (nn.Module<Tensor, Tensor>)c.module);
        (Train, Test) = (Load(context, DataSplit.Train), Load(context, DataSplit.Test));
    }

    /// <summary>Images to train, 32×32.</summary>
    public ImageTensors Train { get; }

    /// <summary>Images to test, 32×32.</summary>
    public ImageTensors Test { get; }

    /// <summary>The first layer's kernels, [6,1,5,5].</summary>
    public Tensor Filters => resolved.Model.get_parameter("conv1.weight")!;

    /// <summary>What the experiment ran on.</summary>
    public string DataUsed(ExperimentContext context) =>
        $"{context.Data} ({Train.Count:N0} images to train, {Test.Count:N0} to test, brought to 32×32), LeNet-5 with weights trained on MNIST";

    /// <summary>Runs the layers after one (null: from the input) to the last, or to another.</summary>
    public Tensor Run(Tensor x, string? after = null, string to = "fc3")
    {
        int first = after is null ? 0 : Array.IndexOf(Chain, after) + 1, last = Array.IndexOf(Chain, to);
        for (int i = first; i <= last; i++)
        {
            x = layers[Chain[i]].call(x);
        }

        return x;
    }

    /// <summary>The model's input at the given places.</summary>
    public static Tensor Input(ImageTensors images, params ReadOnlySpan<int> indices) => images.Batch(indices).Inputs;

    /// <summary>Every image's features after a layer, one row each, [N][D].</summary>
    public float[][] Features(ImageTensors images, string? layer)
    {
        using IDisposable none = no_grad();
        List<float[]> rows = [];
        foreach (int[] chunk in Enumerable.Range(0, images.Count).Chunk(256))
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor x = Input(images, chunk);
            using Tensor flat = (layer is null ? x : Run(x, to: layer)).reshape(chunk.Length, -1).cpu().contiguous();
            rows.AddRange(flat.data<float>().ToArray().Chunk((int)flat.shape[1]));
        }

        return [.. rows];
    }

    /// <summary>Where the elements of a layer's map look: the input pixel in the middle of what the first sees, and pixels from one to the next.</summary>
    public (double First, double Step) Places(string layer)
    {
        ReceptiveField field = ModelSummary.Of(resolved.Model, 1, 32, 32).Layers.Single(l => l.Name == layer).ReceptiveField!.Value;
        return (field.Start, field.Jump);
    }

    /// <summary>The labels.</summary>
    public static long[] Labels(ImageTensors images)
    {
        using DisposeScope scope = NewDisposeScope();
        return images.Labels.cpu().data<long>().ToArray();
    }

    /// <summary>Each plane of [1,C,H,W] (or of [C,1,H,W]) as an image, all with one scale.</summary>
    public static IEnumerable<PlotImage> Planes(Tensor maps, Func<int, string> label)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor values = maps.detach().cpu().contiguous();
        (int height, int width) = ((int)values.shape[2], (int)values.shape[3]);
        float[] all = values.data<float>().ToArray();
        (float low, float high) = (all.Min(), all.Max());
        return all.Chunk(height * width).Select((plane, i) => PlotImage.Gray(label(i), width, height, plane, low, high)).ToArray();
    }

    public void Dispose()
    {
        Train.Dispose();
        Test.Dispose();
        resolved.Dispose();
    }

    private ImageTensors Load(ExperimentContext context, DataSplit split)
    {
        ImageDataset data = context.Data.Load(split);
        int most = context.Choose(1200, int.MaxValue);
        data = data.Count > most ? data.Take(most) : data;
        return ImageTensors.From(data, TransferLearning.PreprocessingFor(data, resolved.Preprocessing));
    }
}
