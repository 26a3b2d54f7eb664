using System.Text;
using ModelZoo.Models.Alexnet;
using ModelZoo.Models.Convnet;
using ModelZoo.Models.Convvariants;
using ModelZoo.Models.Densenet;
using ModelZoo.Models.Efficientnet;
using ModelZoo.Models.Encoderdecoder;
using ModelZoo.Models.Googlenet;
using ModelZoo.Models.Lenet;
using ModelZoo.Models.Mobilenet;
using ModelZoo.Models.Nasnet;
using ModelZoo.Models.Preact;
using ModelZoo.Models.Resnet;
using ModelZoo.Models.ResnetCifar;
using ModelZoo.Models.Smallcnn;
using ModelZoo.Models.Squeezenet;
using ModelZoo.Models.Vgg;
using ModelZoo.Models.Wideresnet;
using ModelZoo.Models.Zfnet;
using ModelZoo.Registry;
using ModelZoo.Training;
using ModelZoo.Verification.Blueprints;

namespace ModelZoo.Models;

/// <summary>The exhibits: one line per model, in the order of their history.</summary>
public static class Catalog
{
    /// <summary>Every model of the zoo.</summary>
    public static ModelCatalog Models { get; } = new(
    [
        LeNet5Classic.Info,
        LeNet5.Info,
        ConvNet.Info,
        SmallCnn.Info,
        .. AlexNetOriginal.Infos,
        .. AlexNet.Infos,
        ZFNet.Info,
        .. VggNet.Infos,
        .. GoogLeNet.Infos,
        GoogLeNetNaive.Info,
        .. ResNet.Infos,
        .. CifarResNet.Infos,
        .. PreActResNet.Infos,
        .. WideResNet.Infos,
        .. DenseNet.Infos,
        .. SqueezeNet.Infos,
        .. MobileNetV1.Infos,
        MobileNetV2.Info,
        NasNet.Info,
        EfficientNet.Info,
        .. ConvVariants.Infos,
        .. EncoderDecoder.Infos,
    ]);

    /// <summary>The facts that were measured of a model, from its card in models/blueprints.</summary>
    /// <exception cref="ZooException">It has no card.</exception>
    public static ModelCard CardOf(ModelInfo info) => TryCardOf(info)
        ?? throw new ZooException($"models/{CardNameOf(info)} is missing. Write it with `zoo catalog add {info.Name}`.");

    /// <summary>The same; null where the model has no card yet.</summary>
    public static ModelCard? TryCardOf(ModelInfo info)
    {
        string file = CardNameOf(info);
        return HasResource(file) ? ModelCard.Parse(ReadResource(file), file) : null;
    }

    /// <summary>The file of a model's card, in the folder models/ and embedded.</summary>
    public static string CardNameOf(ModelInfo info)
    {
        ArgumentNullException.ThrowIfNull(info);
        return $"blueprints/{info.Name}.card.json";
    }

    /// <summary>What a model is made of at its default options, from its blueprint in models/blueprints.</summary>
    /// <exception cref="ZooException">It has no blueprint.</exception>
    public static Blueprint BlueprintOf(ModelInfo info) => TryBlueprintOf(info)
        ?? throw new ZooException($"models/{BlueprintNameOf(info)} is missing. Write it with `zoo catalog add {info.Name}`.");

    /// <summary>The same; null where the model has no blueprint yet.</summary>
    public static Blueprint? TryBlueprintOf(ModelInfo info)
    {
        string file = BlueprintNameOf(info);
        return HasResource(file) ? BlueprintText.Parse(Encoding.UTF8.GetString(ReadResource(file)), file) : null;
    }

    /// <summary>The file of a model's blueprint, in the folder models/ and embedded.</summary>
    public static string BlueprintNameOf(ModelInfo info)
    {
        ArgumentNullException.ThrowIfNull(info);
        return $"blueprints/{info.Name}.blueprint.txt";
    }

    /// <summary>How a model is trained, from its folder's recipe.json.</summary>
    /// <param name="info">The model.</param>
    /// <param name="variant">One of the recipe's variants; null: the recipe itself.</param>
    /// <exception cref="ZooException">The folder has no recipe for it, or no such variant.</exception>
    public static Recipe RecipeOf(ModelInfo info, string? variant = null)
    {
        ArgumentNullException.ThrowIfNull(info);
        string file = $"{info.Family}/recipe.json";
        return Recipe.ParseFor(info.Name, Encoding.UTF8.GetString(ReadResource(file)), file, variant);
    }

    /// <summary>The same; null where the folder has no recipe for it.</summary>
    /// <exception cref="ZooException">There is one, and it cannot be read.</exception>
    public static Recipe? TryRecipeOf(ModelInfo info)
    {
        ArgumentNullException.ThrowIfNull(info);
        string file = $"{info.Family}/recipe.json";
        return HasResource(file) && Recipe.Has(info.Name, Encoding.UTF8.GetString(ReadResource(file)), file) ? RecipeOf(info) : null;
    }

    /// <summary>The class names of published weights, in the order of their logits.</summary>
    public static IReadOnlyList<string> LabelsOf(PublishedWeights weights)
    {
        ArgumentNullException.ThrowIfNull(weights);
        return weights.ReadLabels(ReadResource);
    }

    /// <summary>Opens an embedded file of this project: "blueprints/lenet5.card.json", "lenet/lenet5.mnist.safetensors".</summary>
    /// <exception cref="ZooException">There is no such file.</exception>
    public static byte[] ReadResource(string name)
    {
        using Stream stream = typeof(Catalog).Assembly.GetManifestResourceStream(name)
            ?? throw new ZooException($"ModelZoo.Models has no embedded file '{name}'.");
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    /// <summary>Whether such a file is embedded.</summary>
    public static bool HasResource(string name) => typeof(Catalog).Assembly.GetManifestResourceInfo(name) is not null;
}
