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
