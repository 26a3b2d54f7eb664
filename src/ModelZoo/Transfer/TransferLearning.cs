using System.Globalization;
using ModelZoo.Data;
using ModelZoo.Imaging;
using ModelZoo.Layers;
using ModelZoo.Registry;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ModelZoo.Transfer;

/// <summary>Prepares a trained model for other classes: a new head on a frozen backbone. Works on the zoo's models and on any other.</summary>
public static class TransferLearning
{
    // MNIST's digits fill 20 of LeNet-5's 32 rows: 6/32 stay empty on each side. The embedded digits in a LeNet-5 trained on MNIST, test accuracy untouched /
    // with a new head by this margin: 0 49 % / 86 %, 2 71 % / 91 %, 4 89 % / 96 %, 5 93 % / 97.4 %, 6 95.8 % / 98.2 %, 7 95.2 % / 98.4 %, 8 94 % / 98.1 %.
    private const double Margin = 6.0 / 32;

    /// <summary>Gives the model's own head fresh weights for another number of classes, and its auxiliary classifiers as well, where it has any.</summary>
    /// <returns>The head.</returns>
    public static nn.Module<Tensor, Tensor> ReplaceHead(ZooModel model, int classes)
    {
        ArgumentNullException.ThrowIfNull(model);
        foreach (string auxiliary in (model as IAuxiliaryHeads)?.Auxiliary ?? [])
        {
            ReplaceHead(model, auxiliary, classes);
        }

        return ReplaceHead(model, model.Head, classes);
    }

    /// <summary>The same for any model: its head is found (<see cref="HeadFinder.Find"/>).</summary>
    /// <param name="model">A classifier; it is changed in place.</param>
    /// <param name="classes">Outputs.</param>
    /// <param name="example">A batch that it takes.</param>
    /// <returns>The head's path.</returns>
    /// <exception cref="ZooException">It has no head.</exception>
    public static string ReplaceHead(nn.Module<Tensor, Tensor> model, int classes, Tensor example)
    {
        string head = HeadFinder.Find(model, example);
        foreach (string layer in HeadFinder.Auxiliary(model).Append(head))
        {
            ReplaceHead(model, layer, classes);
        }

        return head;
    }

    /// <summary>
    /// Gives a layer fresh weights for another number of outputs, from the default generator and with the layer's default initialization. The layer object
    /// stays, and with it the order of the children, the checkpoint's keys, hooks, and whatever a forward does before and after it.
    /// </summary>
    /// <param name="model">Any model; it is changed in place.</param>
    /// <param name="head">The path of a Linear, Conv2d or RbfOutput in it: "fc", "classifier.6".</param>
    /// <param name="classes">Outputs.</param>
    /// <exception cref="ZooException">There is no such layer, or it is of another kind.</exception>
    public static nn.Module<Tensor, Tensor> ReplaceHead(nn.Module<Tensor, Tensor> model, string head, int classes)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(classes);
        switch (Find(model, head))
        {
            case Linear linear:
                using (Linear fresh = nn.Linear(linear.in_features, classes, linear.bias is not null, linear.weight.device, linear.weight.dtype))
                {
                    linear.weight = Copy(fresh.weight);
                    linear.bias = fresh.bias is { } bias ? Copy(bias) : null;
                }

                linear.out_features = classes;
                return linear;
            case Conv2d convolution:
                HeadConvolution.Replace(convolution, classes);
                return convolution;
            case RbfOutput output:
                output.LearnCodes(classes);
                return output;
            case var other:
                throw new ZooException($"The head '{head}' of {model.GetName()} is a {other.GetType().Name}; a Linear, Conv2d or RbfOutput can be replaced.");
        }
    }

    /// <summary>
    /// Freezes everything but the model's own head. Auxiliary classifiers are frozen too: their losses cannot reach the head, and the trainer leaves them out.
    /// </summary>
    public static void FreezeBackbone(ZooModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        FreezeBackbone(model, model.Head);
    }

    /// <summary>Sets requires_grad to false on every parameter outside the head, and to true on the head's.</summary>
    /// <exception cref="ZooException">There is no such layer.</exception>
    public static void FreezeBackbone(nn.Module<Tensor, Tensor> model, string head)
    {
        ArgumentNullException.ThrowIfNull(model);
        Find(model, head);
        foreach ((string name, Parameter parameter) in model.named_parameters())
        {
            parameter.requires_grad = name.StartsWith(head + ".", StringComparison.Ordinal);
        }
    }

    /// <summary>The names of the parameters that training would not change.</summary>
    public static IReadOnlyList<string> Frozen(nn.Module model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return [.. model.named_parameters().Where(p => !p.parameter.requires_grad).Select(p => p.name)];
    }

    /// <summary>The layer at a path.</summary>
    /// <exception cref="ZooException">There is none; the message offers the nearest.</exception>
    public static nn.Module<Tensor, Tensor> Find(nn.Module model, string path) => FindModule(model, path) as nn.Module<Tensor, Tensor>
        ?? throw new ZooException($"The layer '{path}' of {model.GetName()} does not turn one tensor into one tensor.");

    /// <summary>The module at a path, whatever it takes and returns.</summary>
    /// <exception cref="ZooException">There is none; the message offers the nearest.</exception>
    internal static nn.Module FindModule(nn.Module model, string path)
    {
        ArgumentNullException.ThrowIfNull(model);
        (string name, nn.Module module)[] modules = [.. model.named_modules().Where(m => m.name.Length > 0)];
        return modules.FirstOrDefault(m => m.name == path).module
            ?? throw new ZooException($"{model.GetName()} has no layer '{path}'.{NearestName.Hint(path, modules.Select(m => m.name))}");
    }

    /// <summary>
    /// How other images become the input of a trained model: with the weights' own normalization and size. Images that are less than half as large as the input
    /// are enlarged, and if the weights know gray images, a margin like that around MNIST's digits is left around them. Weights that know the middle of larger
    /// images (<see cref="Fit.Crop"/>) get that of all others; small images are enlarged whole, because what they show fills them.
    /// </summary>
    /// <param name="data">The new images.</param>
    /// <param name="ofWeights">The preprocessing that the weights were trained with.</param>
    public static Preprocessing PreprocessingFor(LabeledImages data, Preprocessing ofWeights)
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(ofWeights);
        ImageShape shape = data.TypicalShape;
        (int height, int width) = (ofWeights.Height, ofWeights.Width);
        bool small = 2 * shape.Height < height && 2 * shape.Width < width;
        bool large = shape.Height > height || shape.Width > width;
        Preprocessing resized = ofWeights with { Fit = Fit.Resize };
        return small && ofWeights.Channels == 1 ? resized with { Border = (int)Math.Round(Margin * Math.Min(height, width)) }
            : small || (large && ofWeights.Fit != Fit.Crop) ? resized
            : ofWeights;
    }

    /// <summary>
    /// How images become the input of a model that is measured on them: pictures in files as the model has it, so that each is seen as in a prediction,
    /// whatever lies beside it; images in memory, which have one size, as <see cref="PreprocessingFor"/> says.
    /// </summary>
    public static Preprocessing PreprocessingToMeasure(LabeledImages data, Preprocessing ofModel) =>
        data is ImageDataset ? PreprocessingFor(data, ofModel) : ofModel;

    // The layer owns its parameter, so it is a copy that outlives any scope.
    internal static Parameter Copy(Parameter source)
    {
        using Tensor detached = source.detach();
        var copy = new Parameter(detached.clone());
        copy.DetachFromDisposeScope();
        return copy;
    }
}

/// <summary>How like the new images are to those that the weights know.</summary>
public enum DataSimilarity
{
    /// <summary>The same kind of image: photographs, and weights from photographs.</summary>
    Similar,

    /// <summary>Another kind: X-rays, and weights from photographs.</summary>
    Different,
}

/// <summary>Which layers to train on so many images, and why.</summary>
/// <param name="Name">"head", "last-stages" or "all".</param>
/// <param name="Plan">What stays as it is.</param>
/// <param name="RateDecay">Each group of layers is trained at the rate of the one behind it times this (Howard and Ruder, "Universal language model
/// fine-tuning", ACL 2018, section 3.2).</param>
/// <param name="Explanation">Why, in words.</param>
public sealed record TransferStrategy(string Name, FreezePlan Plan, double RateDecay, string Explanation)
{
    /// <summary>Below so many images per class, or a thousand in all, data are little.</summary>
    public const int LittlePerClass = 200;

    /// <summary>From so many images per class, and ten thousand in all, data are many.</summary>
    public const int ManyPerClass = 1000;

    private const int Little = 1000, Many = 10_000;

    /// <summary>The names that <see cref="Parse"/> takes, besides "auto".</summary>
    public static IReadOnlyList<string> Names { get; } = ["head", "last-stages", "all"];

    /// <summary>The head alone.</summary>
    public static TransferStrategy Head { get; } = new("head", FreezePlan.HeadOnly, 1, "the head alone is trained, on features that stay as they are");

    /// <summary>The head and the last two stages.</summary>
    public static TransferStrategy LastStages { get; } = new("last-stages", FreezePlan.LastGroups(2), 0.3,
        "the head and the last two stages are trained, earlier ones at a lower rate");

    /// <summary>Every layer, the earlier the slower.</summary>
    public static TransferStrategy All { get; } = new("all", FreezePlan.Nothing, 0.3, "every layer is trained, earlier ones at a lower rate");

    /// <summary>Looks a strategy up.</summary>
    /// <exception cref="UsageException">There is none of that name.</exception>
    public static TransferStrategy Parse(string name) => name switch
    {
        "head" => Head,
        "last-stages" => LastStages,
        "all" => All,
        _ => throw new UsageException($"There is no strategy '{name}'.{NearestName.Hint(name, Names)} Use auto, {string.Join(", ", Names)}."),
    };

    /// <summary>
    /// The usual advice: little data like the old, the head alone; little data unlike it, the last stages as well, because late features are about the old
    /// images and early ones about any; more data, the last stages; much data, everything at lower rates.
    /// </summary>
    /// <param name="images">Training images.</param>
    /// <param name="classes">Their classes.</param>
    /// <param name="similarity">How like the old images they are.</param>
    public static TransferStrategy Suggest(int images, int classes, DataSimilarity similarity)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(images);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(classes);
        int perClass = images / classes;
        bool similar = similarity == DataSimilarity.Similar;
        string count = string.Create(CultureInfo.InvariantCulture,
            $"{images} images, {perClass} per class, {(similar ? "like" : "unlike")} those that the weights know: ");
        (TransferStrategy strategy, string why) = perClass < LittlePerClass || images < Little
            ? similar
                ? (Head, "few, so more than the head would be learned by heart, and the features fit them already")
                : (LastStages,
                    "few, so most layers stay, but late features are about other images: the last two stages learn anew on the early ones, which serve "
                    + "any image")
            : perClass >= ManyPerClass && images >= Many
                ? (All, "enough to adapt every layer; a lower rate for the early ones keeps what they know")
                : similar
                    ? (LastStages, "enough to adapt the last two stages, not all")
                    : (All, "enough to adapt layers that were made for other images; a lower rate for the early ones keeps what they know");
        return strategy with { Explanation = $"{count}{why}" };
    }
}
