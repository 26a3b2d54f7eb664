using ModelZoo.Data;
using ModelZoo.Imaging;
using ModelZoo.Inference;
using ModelZoo.Loading;
using ModelZoo.Models;
using ModelZoo.Registry;
using ModelZoo.Training;
using ModelZoo.Transfer;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ModelZoo.Experiments.Training;

/// <summary>
/// A LeNet-5 that has learned something else, and data to fit it to: for the embedded digits the weights that ship with the zoo, trained on MNIST; for other
/// data a network that is trained here on the first half of the classes, to be fitted to the second half.
/// </summary>
internal sealed class TransferBench : IDisposable
{
    /// <summary>What may learn: all of a fresh network; of the trained one the new head, the dense layers, or all.</summary>
    public static readonly (string Name, string Label)[] Strategies = [("scratch", "from scratch"), ("head", "new head only"),
        ("last", "last stage (dense layers)"), ("all", "all layers")];

    private const int TeachersEpochs = 20; // where the size counts steps, it has many

    private readonly ExperimentTraining shop;
    private readonly ResolvedModel? shipped;
    private readonly Dictionary<string, Tensor> source;
    private readonly ModelOptions options;
    private readonly Preprocessing preprocessing;
    private readonly ImageDataset train;

    public TransferBench(ExperimentTraining shop)
    {
        this.shop = shop;
        ImageDataset test = shop.Data.TestImages;
        train = shop.Data.TrainImages;
        if (shop.Context.Data.Name == "digits")
        {
            shipped = ModelResolver.Resolve(Catalog.Models, "lenet5:mnist", Catalog.ReadResource);
            (options, preprocessing) = (shipped.Options with { NumClasses = shop.Classes }, TransferLearning.PreprocessingFor(train, shipped.Preprocessing));
            source = Copy(shipped.Model);
        }
        else
        {
            int half = shop.Classes / 2;
            ImageDataset first = Of(train, label => label < half);
            (train, test) = (Of(train, label => label >= half), Of(test, label => label >= half));
            preprocessing = shop.Data.Preprocessing with { Height = 32, Width = 32 };
            options = new ModelOptions(shop.Classes, shop.Data.Channels, 32, 32);
            using ImageTensors images = ImageTensors.From(first, preprocessing, shop.Context.Device);
            using ZooModel teacher = Fresh(0);
            shop.Train(teacher, shop.Sgd(0.001) with { Optimizer = "adam", Epochs = Math.Min(shop.Size.Epochs, TeachersEpochs) }, 0, images, images);
            source = Copy(teacher);
        }

        Test = ImageTensors.From(test, preprocessing, shop.Context.Device);
        Images = train.Count;
    }

    /// <summary>Images of the target to train with.</summary>
    public int Images { get; }

    private ImageTensors Test { get; }

    /// <summary>Trains by a strategy on some of the target's images, chosen by the seed.</summary>
    public Measured Train(string strategy, int count, long seed, int steps, bool follow)
    {
        using ImageTensors images = ImageTensors.From(train.Subset(train.ShuffledOrder((ulong)seed).AsSpan(0, Math.Min(count, train.Count))), preprocessing,
            shop.Context.Device);
        manual_seed(seed);
        using ZooModel model = Fresh(seed);
        if (strategy != "scratch")
        {
            Load(model);
        }

        string[] trained = strategy switch { "head" => [model.Head], "last" => ["fc1", "fc2", model.Head], _ => [""] };
        foreach ((string name, Parameter parameter) in model.named_parameters())
        {
            parameter.requires_grad = trained.Any(t => t.Length == 0 || name.StartsWith(t + ".", StringComparison.Ordinal));
        }

        Recipe recipe = strategy == "head" ? FineTuneOptions.HeadRecipe : FineTuneOptions.WholeRecipe;
        int perEpoch = (images.Count + recipe.BatchSize - 1) / recipe.BatchSize;
        return shop.Train(model, recipe with { Epochs = ((steps - 1) / perEpoch) + 1, Schedule = "constant" }, seed, images, Test, follow, steps);
    }

    public void Dispose()
    {
        shipped?.Dispose();
        Test.Dispose();
        foreach (Tensor tensor in source.Values)
        {
            tensor.Dispose();
        }
    }

    private ZooModel Fresh(long seed)
    {
        manual_seed(seed);
        return Catalog.Models.Find("lenet5").Create(options);
    }

    // All but the head, which stays as it was drawn.
    private void Load(ZooModel model)
    {
        using IDisposable none = no_grad();
        foreach ((string key, Tensor tensor) in model.state_dict().Where(s => !s.Key.StartsWith(model.Head + ".", StringComparison.Ordinal)))
        {
            tensor.copy_(source[key]);
        }
    }

    private static Dictionary<string, Tensor> Copy(ZooModel model)
    {
        using DisposeScope scope = NewDisposeScope();
        return model.state_dict().ToDictionary(s => s.Key, s => s.Value.detach().clone().cpu().DetachFromDisposeScope());
    }

    private static ImageDataset Of(ImageDataset data, Func<int, bool> filter)
    {
        int[] labels = data.Labels.ToArray();
        return data.Subset([.. Enumerable.Range(0, labels.Length).Where(i => filter(labels[i]))]);
    }
}
