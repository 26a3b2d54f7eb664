namespace ModelZoo.Models;

/// <summary>
/// Parameters and multiply-accumulates that others published or that follow from a paper's tables: what our networks must come to. MACs count convolutions and
/// linear layers only, at the model's own input size.
/// </summary>
public static class PublishedFigures
{
    /// <summary>
    /// Model, parameters that inference needs (no auxiliary heads), and 10⁹ multiply-accumulates as they are printed (the last digit is rounded; empty where
    /// none are).
    /// </summary>
    public static IReadOnlyList<(string Model, long Parameters, string GMacs)> All { get; } =
    [
        ("lenet5_classic", 60_000, ""),
        ("lenet5", 61_706, "0.000416520"),
        ("convnet", 3_199_106, ""),
        ("small_cnn", 8_490, ""),
        ("alexnet_original", 60_965_224, "0.7244"),
        ("alexnet_ungrouped", 62_378_344, "1.1353"),
        ("alexnet", 61_100_840, "0.714"),
        ("zfnet", 62_357_608, "1.168"),
        ("vgg16", 138_357_544, "15.470"),
        ("vgg16_bn", 138_365_992, "15.470"),
        ("vgg19", 143_667_240, "19.632"),
        ("vgg19_bn", 143_678_248, "19.632"),
        ("googlenet", 6_624_904, "1.498"),
        ("googlenet_bn", 7_005_832, "1.583"),
        ("googlenet_paper", 6_998_552, "1.583"),
        ("resnet18", 11_689_512, "1.814"),
        ("resnet34", 21_797_672, "3.664"),
        ("resnet50", 25_557_032, "4.089"),
        ("resnet101", 44_549_160, "7.801"),
        ("resnet152", 60_192_808, "11.514"),
        ("resnet50_v1", 25_557_032, "3.858"),
        ("resnet101_v1", 44_549_160, "7.570"),
        ("resnet152_v1", 60_192_808, "11.282"),
        ("resnext50_32x4d", 25_028_904, "4.230"),
        ("resnext101_32x8d", 88_791_336, "16.414"),
        ("wide_resnet50_2", 68_883_240, "11.398"),
        ("resnet20", 269_722, ""),
        ("resnet32", 464_154, ""),
        ("resnet44", 658_586, ""),
        ("resnet56", 853_018, ""),
        ("resnet110", 1_727_962, ""),
        ("plain20", 269_722, ""),
        ("plain56", 853_018, ""),
        ("wrn_28_10", 36_479_194, ""),
        ("wrn_16_8", 10_961_370, ""),
        ("wrn_40_4", 8_949_210, ""),
        ("se_resnet50", 28_088_024, ""),
        ("se_resnet101", 49_326_872, ""),
        ("se_resnet152", 66_821_848, ""),
        ("densenet121", 7_978_856, "2.834"),
        ("densenet169", 14_149_480, "3.360"),
        ("densenet201", 20_013_928, "4.291"),
        ("squeezenet1_0", 1_248_424, "0.819"),
        ("squeezenet1_1", 1_235_496, "0.349"),
        ("mobilenet_v1", 4_231_976, "0.5687"),
        ("mobilenet_v2", 3_504_872, "0.301"),
        ("efficientnet_b0", 5_288_548, "0.386"),
        ("resnet20_b", 272_474, ""),
        ("resnet32_b", 466_906, ""),
        ("resnet44_b", 661_338, ""),
        ("resnet56_b", 855_770, ""),
        ("resnet110_b", 1_730_714, ""),
        ("plain32", 464_154, ""),
        ("plain44", 658_586, ""),
        ("plain110", 1_727_962, ""),
    ];
}
