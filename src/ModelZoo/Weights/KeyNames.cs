using System.Text.RegularExpressions;

namespace ModelZoo.Weights;

/// <summary>Keys that changed since files with them were published, for <see cref="ModelInfo.RenameKey"/>.</summary>
public static partial class KeyNames
{
    /// <summary>torchvision's DenseNets, whose published weights have <c>denselayer1.norm.1.weight</c> where the model has <c>denselayer1.norm1.weight</c>.</summary>
    public static string DenseNet(string key) => NumberedLayer().Replace(key, "$1$2");

    [GeneratedRegex(@"(denselayer\d+\.(?:norm|relu|conv))\.([12]\.(?:weight|bias|running_mean|running_var|num_batches_tracked)$)")]
    private static partial Regex NumberedLayer();
}
