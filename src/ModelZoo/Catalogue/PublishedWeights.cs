using System.Text;

namespace ModelZoo;

/// <summary>Trained weights that somebody else published: where they are and what belongs to them. Their accuracy is the publisher's word, not ours.</summary>
/// <param name="Name">What follows the colon in <c>resnet50:imagenet1k_v1</c>: the publisher's name in lower case.</param>
/// <param name="Url">Where the file is. Its name ends in the first eight hexadecimal digits of its SHA-256 (<c>resnet50-0676ba61.pth</c>), which <c>zoo pull</c> checks.</param>
/// <param name="Preprocessing">How images become the input that these weights were trained with.</param>
/// <param name="Top1">Published accuracy on ImageNet's validation images, in percent.</param>
/// <param name="Top5">The same for the five best classes.</param>
/// <param name="Labels">The embedded list of class names, in the order of the logits.</param>
public sealed record PublishedWeights(string Name, string Url, Preprocessing Preprocessing, double Top1, double Top5, string Labels = PublishedWeights.ImageNet)
{
    /// <summary>The 1,000 classes of ImageNet's 2012 challenge, one a line.</summary>
    public const string ImageNet = "imagenet-classes.txt";

    /// <summary>The file's name: the end of the address.</summary>
    public string File => Url[(Url.LastIndexOf('/') + 1)..];

    /// <summary>Class names, in the order of the logits.</summary>
    /// <param name="readResource">Reads embedded files: ModelZoo.Models' Catalog.ReadResource.</param>
    public IReadOnlyList<string> ReadLabels(Func<string, byte[]> readResource)
    {
        ArgumentNullException.ThrowIfNull(readResource);
        return Encoding.UTF8.GetString(readResource(Labels)).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
    }
}
