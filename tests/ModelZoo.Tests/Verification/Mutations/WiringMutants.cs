using ModelZoo.Models;
using ModelZoo.Registry;
using TorchSharp.Modules;
using static ModelZoo.Tests.Verification.Mutations.Plant;
using static TorchSharp.torch;

namespace ModelZoo.Tests.Verification.Mutations;

/// <summary>Networks whose layers are right and wired wrongly.</summary>
internal static class WiringMutants
{
    public static IEnumerable<Mutant> All => [
        // Left out, too many, exchanged.
        new("missing ReLU", "lenet5", "left out of the forward", m =>
            new Rewired(m, (w, x) => w.Chain(x, [.. Lenet.Modern.Where(name => name != "relu2")])), "relu2", "a ReLU is missing after conv2"),
        new("missing ReLU", "resnet18", "left out of a block",
            m => Rewire(m, "layer1.0", (w, x) => w.Chain(w.Join("add", w.Chain(x, "conv1", "bn1", "conv2", "bn2"), x), "relu2")), "layer1.0.relu1",
            "a ReLU is missing after layer1.0.bn1"),
        new("missing ReLU", "vgg11", "an Identity in its place", m =>
            Replace(m, "features.4", _ => nn.Identity()), "features.4", "a ReLU is missing after features.3"),
        new("missing ReLU", "densenet121", "before the classifier", m =>
            new Rewired(m, (w, x) => w.Chain(x, "features", "avgpool", "flatten", "classifier")), "relu", "a ReLU is missing after features.norm5"),
        new("missing ReLU", "mobilenet_v1", "left out of a row", m =>
            Remove(m, "features.3.relu1"), "features.3.relu1", "a ReLU is missing after features.3.norm1"),
        new("extra layer", "resnet50", "a rectifier before the addition", m => Rewire(m, "layer1.1", (w, x) =>
            w.Chain(w.Join("add", w.Chain(x, "conv1", "bn1", "relu1", "conv2", "bn2", "relu2", "conv3", "bn3", "extra"), x), "relu3"), ("extra", nn.ReLU())),
                "layer1.1.extra", "an extra ReLU after layer1.1.bn3"),
        new("order of layers", "convnet", "pooled before it is rectified",
            m => Replace(m, "layer1", row => nn.Sequential([.. row.named_children().OrderBy(child => child.name is "1" ? "3" : child.name)
            .Select(child => (child.name, (nn.Module<Tensor, Tensor>)child.module))])), "layer1.2", "takes layer1.0, should take layer1.1"),
        new("order of layers", "preact_resnet18", "the classical block",
            m => Rewire(m, "layer1.1", (w, x) => w.Join("add", w.Chain(x, "conv1", "bn1", "relu1", "conv2", "bn2", "relu2"), x)), "layer1.1.conv1",
            "takes layer1.0.add, should take layer1.1.relu1"),

        // Shortcuts.
        new("shortcut", "resnet18", "from inside the block", m => Rewire(m, "layer1.1", (w, x) =>
        {
            Tensor inner = w.Chain(x, "conv1", "bn1", "relu1");
            return w.Chain(w.Join("add", w.Chain(inner, "conv2", "bn2"), inner), "relu2");
        }), "layer1.1.add", "takes layer1.1.relu1, should take layer1.0.relu2"),
        new("shortcut", "resnet20", "left out", m => Rewire(m, "layer3.1", (w, x) => w.Chain(x, "conv1", "bn1", "relu1", "conv2", "bn2", "relu2")),
            "layer3.1.add", "an Add is missing after layer3.1.bn2 and layer3.0.relu2"),
        new("shortcut", "preact_resnet18", "the projection takes what was not activated", m => Rewire(m, "layer2.0", (w, x) =>
            w.Join("add", w.Chain(x, "bn1", "relu1", "conv1", "bn2", "relu2", "conv2"), w.Chain(x, "downsample"))), "layer2.0.downsample",
                "takes layer1.1.add, should take layer2.0.relu1"),
        new("shortcut", "wrn_16_8", "the activated tensor is added", m => Rewire(m, "layer1.1", (w, x) =>
        {
            Tensor a = w.Chain(x, "bn1", "relu1");
            return w.Join("add", w.Chain(a, "conv1", "bn2", "relu2", "conv2"), a);
        }), "layer1.1.add", "takes layer1.1.relu1, should take layer1.0.add"),
        new("in place", "nasnet_mobile", "a rectifier changes what other branches read", m =>
            In<ReLU>(m, "cell_stem_0.comb_iter_0_left.relu").inplace = true, "cell_stem_0.comb_iter_0_left.relu", "it works in place") { AsBuiltFor = 224 },

        // Squeeze and excitation.
        new("squeeze and excitation", "se_resnet18", "after the addition", m => Rewire(m, "layer1.1", (w, x) =>
            w.Chain(w.Join("add", w.Chain(x, "conv1", "bn1", "relu1", "conv2", "bn2"), x), "se", "relu")), "layer1.1.add",
                "takes layer1.1.bn2, should take layer1.1.se.multiply"),
        new("squeeze and excitation", "efficientnet_b0", "gates without a sigmoid", m => Rewire(m, "features.2.1.block.2", (w, x) =>
            w.Join("multiply", x, w.Chain(x, "avgpool", "fc1", "activation", "fc2"))), "features.2.1.block.2.scale_activation",
                "a Sigmoid is missing after features.2.1.block.2.fc2"),
        new("squeeze and excitation", "se_resnet18", "added instead of multiplied", m => Rewire(m, "layer3.1", (w, x) =>
            w.Chain(w.Join("add", w.Chain(x, "conv1", "bn1", "relu1", "conv2", "bn2", "se"), x), "relu"), ("se", Adding(In<nn.Module>(m, "layer3.1.se")))),
                "layer3.1.se.multiply", "an Add instead of a Multiply"),

        // Concatenation.
        new("swapped branches", "googlenet", "two of four", m =>
            Permute(m, "inception3a.concat", 0, 2, 1, 3), "inception3a.concat", "branches 2 and 3 of the concatenation are swapped"),
        new("swapped branches", "googlenet_bn", "all of them", m =>
            Permute(m, "inception5b.concat", 3, 0, 1, 2), "inception5b.concat", "the branches of the concatenation come in the order 4, 1, 2, 3"),
        new("swapped branches", "densenet121", "the new maps first", m => Rewire(m, "features.denseblock1.denselayer2", (w, x) =>
            w.Join("concat", [w.Chain(x, "norm1", "relu1", "conv1", "norm2", "relu2", "conv2"), x])), "features.denseblock1.denselayer2.concat",
                "branches 1 and 2 of the concatenation are swapped"),
        new("swapped branches", "squeezenet1_1", "the 3×3 first", m =>
            Permute(m, "features.3.concat", 1, 0), "features.3.concat", "branches 1 and 2 of the concatenation are swapped"),

        // Heads, outputs, input.
        new("auxiliary heads", "googlenet", "in the other order", m => new SwappedHeads(m), "model", "the auxiliary heads are swapped"),
        new("auxiliary heads", "googlenet_paper", "left out", m => Catalog.Models.Find("googlenet_paper").Create(Options(m, 79) with { OmitAuxiliary = true }),
            "aux1.pool", "the network has 0 blocks 'aux…' instead of 2"),
        new("input transform", "googlenet", "left out", m => m, "transform", "a TransformInput is missing after the model's input") { Expected = options =>
            options with { TransformInput = true } },
        new("mean image", "resnet18_cntk", "left out", m => new Rewired(m, (w, x) =>
            w.Chain(x, "conv1", "bn1", "relu", "maxpool", "layer1", "layer2", "layer3", "layer4", "avgpool", "flatten", "fc")), "mean",
                "a MeanImage is missing after the model's input"),
        new("keys", "resnet20", "another order of the fields", m =>
            new Rearranged(m, names => names.Reverse()), "model", "key 1 of its state is fc.weight [10,64] instead of conv1.weight"),
        new("keys", "resnet20", "another name", m =>
            new Rearranged(m, names => names, ("fc", "classifier")), "classifier", "it is named classifier instead of fc"),
    ];

    private static ModelOptions Options(ZooModel model, int size) =>
        Catalog.Models.Find(model.GetName()).Defaults with { NumClasses = 10, InputHeight = size, InputWidth = size };

    // The hook is there before the trace's, which sees what the layer takes.
    private static void Permute(ZooModel model, string name, params int[] order) =>
        In<nn.Module<Tensor[], Tensor>>(model, name).register_forward_pre_hook((_, xs) => [.. order.Select(i => xs[i])]);

    private static Rewired Adding(nn.Module excitation) =>
        new(excitation, (w, x) => w.Join("multiply", x, w.Chain(x, "avgpool", "fc1", "relu", "fc2", "sigmoid")), ("multiply", new Layers.Add()));
}
