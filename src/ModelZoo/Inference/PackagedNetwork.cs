using ModelZoo.Layers;
using ModelZoo.Onnx;
using ModelZoo.Registry;
using ModelZoo.Tracing;
using ModelZoo.Weights;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ModelZoo.Inference;

/// <summary>
/// Makes a network of the catalog out of the two ONNX networks in a package: one that takes a mean image from pictures with values 0 … 255 and puts their
/// colors in an order of its own, and one that makes features of what comes out. The colors are put back as RGB: in the mean image, and in the input
/// channels of the first convolution.
/// </summary>
internal static class PackagedNetwork
{
    private const double Rounding = 1e-4; // of the largest feature
    private const int Colors = 3;

    /// <summary>Reads the package and writes the weights under the network's own keys, without a head, as safetensors.</summary>
    /// <param name="info">The network.</param>
    /// <param name="package">What is in the package.</param>
    /// <param name="content">Its files.</param>
    /// <param name="target">The file to write, atomically.</param>
    /// <exception cref="ZooException">A file is not the known one, or the network is another one; nothing is written.</exception>
    public static void Convert(ModelInfo info, PackageWeights package, PackageContent content, string target)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable none = no_grad();
        OnnxImport features = OnnxModel.Parse(content.Read(package.Network), package.Network.Name);
        using ZooModel network = features.Model;
        using ZooModel preprocess = OnnxModel.Parse(content.Read(package.Preprocess), package.Preprocess.Name).Model;
        using ZooModel model = Fill(info, package, features);
        (Tensor image, long[] order) = MeanOf(preprocess, package, info);
        var mean = model.modules().OfType<MeanImage>().FirstOrDefault() ?? throw Other(info, package, "the network takes no mean image");
        var stem = (Conv2d)model.named_modules().Single(m => m.name == model.Stem).module;
        mean.Image.copy_(image.squeeze(0));
        stem.weight.copy_(stem.weight.index_select(1, tensor(order)));
        MustAgree(info, package, model, preprocess, network);
        string head = model.Head + ".";
        IEnumerable<WeightsTensor> tensors = model.state_dict().Where(t => !t.Key.StartsWith(head, StringComparison.Ordinal))
            .Select(t => new WeightsTensor(t.Key, t.Value.dtype.ToFile(), t.Value.shape, stream => TensorBytes.Write(t.Value, stream)));
        SafetensorsWriter.Write(target, tensors.OrderByDescending(t => t.Type.Size()), new Dictionary<string, string>
        {
            ["source"] = package.Url,
            ["source_sha256"] = package.Network.Sha256,
            ["license"] = package.License,
            ["copyright"] = package.Copyright,
            ["license_text"] = content.ReadText(package.LicenseFile) ?? "",
        });
    }

    private static ZooModel Fill(ModelInfo info, PackageWeights package, OnnxImport import)
    {
        using IDisposable skipped = WeightInit.Skip();
        ZooModel model = info.Create();
        model.eval();
        if (CatalogMatch.FillBackbone(model, import))
        {
            return model;
        }

        model.Dispose();
        throw Other(info, package, $"{package.Network.Name} is another network");
    }

    // By what it makes of plain pictures: black gives the mean image, one color the channel that it goes to.
    private static (Tensor Image, long[] Order) MeanOf(ZooModel preprocess, PackageWeights package, ModelInfo info)
    {
        (int channels, int height, int width) = info.Input;
        Tensor black = preprocess.call(zeros(1, channels, height, width));
        long[] order = new long[Colors];
        for (int color = 0; color < Colors; color++)
        {
            Tensor plain = zeros(1, channels, height, width);
            plain.narrow(1, color, 1).fill_(1);
            float[] changed = (preprocess.call(plain) - black).mean([0, 2, 3]).data<float>().ToArray();
            order[color] = Array.FindIndex(changed, c => c > 0.5);
            if (order[color] < 0 || changed.Where((c, i) => Math.Abs(c - (i == order[color] ? 1 : 0)) > 1e-3).Any())
            {
                throw Other(info, package, $"{package.Preprocess.Name} does more than to take a mean image from the colors");
            }
        }

        return (black.neg().index_select(1, tensor(order)), order);
    }

    private static void MustAgree(ModelInfo info, PackageWeights package, ZooModel model, ZooModel preprocess, ZooModel network)
    {
        using Generator generator = new Generator().manual_seed(1);
        Tensor pictures = randint(0, 256, [2, info.Input.Channels, info.Input.Height, info.Input.Width], generator: generator).to(ScalarType.Float32);
        Tensor? features = null;
        nn.Module head = model.named_modules().Single(m => m.name == model.Head).module;
        Action remove = ModuleHooks.OnOneInput(head, x => features = x.clone().DetachFromDisposeScope())!;
        model.call(pictures);
        remove();
        using Tensor made = features!;
        Tensor[] theirs = [.. Enumerable.Range(0, 2).Select(i => network.call(preprocess.call(pictures.narrow(0, i, 1))))];
        Tensor expected = cat(theirs, 0);
        double difference = (made - expected).abs().max().item<float>() / expected.abs().max().item<float>();
        if (!(difference <= Rounding))
        {
            throw Other(info, package, $"their features differ by {difference:g2} of the largest");
        }
    }

    private static ZooException Other(ModelInfo info, PackageWeights package, string why) =>
        new($"{package} does not hold {info.Name}, and nothing was put in place: {why}.");
}
