using ModelZoo.Models;
using ModelZoo.Onnx.Export;
using ModelZoo.Registry;

namespace ModelZoo.Tests.Readme;

/// <summary>The code in docs/onnx.md.</summary>
internal static class OnnxSample
{
    internal static OnnxChecks Run(string written, StringWriter console)
    {
        // <onnx>
        ModelInfo lenet = Catalog.Models.Find("lenet5");
        using ZooModel model = lenet.Create();
        OnnxExport.Write(written, model, new OnnxExportOptions { Input = [1, 32, 32], Checks = 2 });

        OnnxChecks checks = OnnxChecks.Read(written)!;
        float[] outputs = checks.Output.Data; // here from your runtime, for checks.Input
        console.WriteLine($"{checks.Difference(outputs)} of the largest output");

        // </onnx>
        return checks;
    }
}
