using ModelZoo.Imaging;

namespace ModelZoo.Experiments.Suites;

/// <summary>Networks that are trained alike on one kind of data, and compared.</summary>
/// <param name="Name">On the command line.</param>
/// <param name="Title">For people.</param>
/// <param name="Preprocessing">The same input for all.</param>
/// <param name="Networks">In the order of their history.</param>
public sealed record Suite(string Name, string Title, Preprocessing Preprocessing, IReadOnlyList<SuiteNetwork> Networks)
{
    /// <summary>The families of the zoo at CIFAR-10's 32×32.</summary>
    public static Suite Cifar10 { get; } = new("cifar10", "CIFAR-10", Preprocessing.Cifar10(),
    [
        new("lenet5", "LeNet-5", "with three input channels"),
        new("convnet", "ConvNet", "the lecture’s, with three input channels of 32×32"),
        new("alexnet_cifar", "AlexNet", "a common adaptation: 3×3 convolutions, the first of stride 2, pools of 2×2"),
        new("vgg11_cifar", "VGG-11", "a common adaptation: batch normalization, one linear layer"),
        new("googlenet_cifar", "GoogLeNet", "ours: a stem of one 3×3 of stride 2, batch normalization, no auxiliary heads"),
        new("resnet20", "ResNet-20", "the paper’s"),
        new("plain20", "plain-20", "the paper’s: ResNet-20 without shortcuts"),
        new("preact_resnet20", "pre-activation ResNet-20", "the paper’s block at ResNet-20’s size; the paper’s are 110 and 164 layers deep"),
        new("wrn_16_2", "Wide ResNet 16-2", "the paper’s block; the paper’s are 16-8 and larger"),
        new("se_resnet20", "SE-ResNet-20", "ResNet-20 with the paper’s gates, r = 16; the paper’s are 110 and 164 layers deep"),
        new("resnext29_8x4d", "ResNeXt-29, 8×4d", "the paper’s for CIFAR at a quarter of its width, 8 paths of 4 channels instead of 64"),
        new("densenet40_bc", "DenseNet-BC 40", "the paper’s rule for CIFAR, k = 12; the paper’s begin at 100 layers"),
        new("mobilenet_v1_cifar", "MobileNet", "a common adaptation: a first convolution of stride 1"),
    ]);

    /// <summary>All of them.</summary>
    public static IReadOnlyList<Suite> All { get; } = [Cifar10];

    /// <summary>Looks one up.</summary>
    /// <exception cref="UsageException">There is none of that name.</exception>
    public static Suite Find(string name) => All.FirstOrDefault(s => s.Name == name)
        ?? throw new UsageException($"There is no suite '{name}'.{NearestName.Hint(name, All.Select(s => s.Name))} There is {string.Join(", ",
            All.Select(s => s.Name))}.");
}

/// <summary>A network of a suite.</summary>
/// <param name="Model">Its name in the catalog.</param>
/// <param name="Title">For people.</param>
/// <param name="Form">Whose it is at this size, and what differs from the paper.</param>
public sealed record SuiteNetwork(string Model, string Title, string Form);
