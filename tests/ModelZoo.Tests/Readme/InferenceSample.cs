using ModelZoo.Inference;
using ModelZoo.Models;
using ModelZoo.Registry;
using static TorchSharp.torch;

namespace ModelZoo.Tests.Readme;

/// <summary>The code in docs/inference.md.</summary>
internal static class InferenceSample
{
    internal static IReadOnlyList<CompiledOperation> Run(StringWriter console)
    {
        // <inference>
        using ZooModel model = Catalog.Models.Find("resnet18").Create(); // or any module of leaf modules
        using CompiledModel compiled = model.Compile();

        using Tensor images = randn(8, 3, 224, 224);
        using Tensor logits = compiled.Call(images); // [8,1000]; compiled here, by the first call
        console.WriteLine(compiled.Fallback ?? "by libtorch's fused operators");

        IReadOnlyList<CompiledOperation> operations = compiled.Operations(8, 3, 224, 224);
        console.WriteLine($"{operations.Count} operations, the first {operations[0].Kind}: {string.Join(", ", operations[0].Layers)}");

        // </inference>
        return operations;
    }
}
