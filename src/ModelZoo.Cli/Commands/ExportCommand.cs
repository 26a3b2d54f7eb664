using System.CommandLine;
using ModelZoo.Cli.Inputs;
using ModelZoo.Inference;
using ModelZoo.Onnx.Export;
using ModelZoo.Registry;
using ModelZoo.Weights;

namespace ModelZoo.Cli.Commands;

/// <summary><c>zoo export</c>: a model's weights as a file for PyTorch, TorchSharp or anything that reads safetensors, or the whole network as ONNX.</summary>
internal static class ExportCommand
{
    internal static Command Create()
    {
        var model = ModelArgument.Create();
        var output = new Option<string>("--output",
            "-o")
        {
            Description = "The file to write; its ending says the format: .pth (PyTorch), .dat (TorchSharp), .safetensors (a checkpoint of the zoo), .onnx "
                + "(the network itself)",
            HelpName = "file",
            Required = true
        };
        var force = new Option<bool>("--force") { Description = "Replace a file that is there" };
        var weights = new WeightsArgument();
        var command = new Command("export",
            "Write a model's weights for PyTorch, TorchSharp or others, or the whole network as ONNX.\n\nExample: zoo export lenet5:mnist -o lenet5.onnx")
        {
            model, output, force
        };
        weights.AddTo(command);
        var onnx = new OnnxArgument();
        onnx.AddTo(command);
        command.OnRun((parsed, cancel) => Run(Session.Open(parsed, cancel), parsed.GetRequiredValue(model), weights.Read(parsed),
            parsed.GetRequiredValue(output), parsed.GetValue(force), onnx.Read(parsed, parsed.GetRequiredValue(output))));
        return command;
    }

    private static int Run(Session session, string spec, WeightsChoice weights, string output, bool force, OnnxExportOptions? onnx)
    {
        if (onnx is null)
        {
            WeightsWriter.MustKnow(output);
        }

        OutputFile.MustBeNew(output, force);
        using ResolvedModel resolved = ModelArgument.Resolve(session, spec, weights);
        resolved.RequireHead("zoo export");
        if (!resolved.Trained)
        {
            session.Say($"{spec} has fresh weights, not trained ones: that is what the file will hold.");
        }

        if (onnx is not null)
        {
            return WriteOnnx(session, resolved, output, onnx);
        }

        if (output.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase))
        {
            Checkpoint.Save(output, resolved.Model, resolved.Describe());
        }
        else
        {
            Checkpoint.Export(output, resolved.Model);
        }

        using WeightsFile written = WeightsFile.Open(output);
        long bytes = new FileInfo(output).Length;
        session.Show(new { model = resolved.Info.Name, output, format = written.Format, tensors = written.Entries.Count, bytes }, console =>
            console.WriteLine($"{output}: {written.Entries.Count} tensors of {resolved.Info.Name}, {Tables.Count(bytes)} bytes ({written.Format})"));
        return 0;
    }

    private static int WriteOnnx(Session session, ResolvedModel resolved, string output, OnnxExportOptions onnx)
    {
        ModelOptions built = resolved.Options;
        OnnxExported made = OnnxExport.Write(output, resolved.Model, onnx with
        {
            Input = [built.InChannels, built.InputHeight, built.InputWidth],
            Description = resolved.Describe() with { Quantization = null }, // the graph says it
            Quantization = resolved.Quantization,
        });
        long bytes = new FileInfo(output).Length;
        session.Show(new
        {
            model = resolved.Info.Name,
            output,
            format = "ONNX",
            made.Opset,
            made.Nodes,
            made.Tensors,
            made.Folded,
            int8Layers = resolved.Quantization?.Layers.Count,
            made.AnySize,
            onnx.Checks,
            onnx.WithPreprocessing,
            bytes,
        }, console =>
        {
            string takes = onnx.WithPreprocessing ? "pictures, uint8 [N,H,W,3] of any size"
                : made.AnySize ? $"[N,{built.InChannels},H,W] of any size" : $"[N,{built.InChannels},{built.InputHeight},{built.InputWidth}]";
            string folded = made.Folded > 0 ? $", {Tables.Count(made.Folded)} batch normalizations folded" : "";
            string checks = onnx.Checks > 0 ? $", {Tables.Count(onnx.Checks)} test inputs with their outputs" : "";
            console.WriteLine($"{output}: {resolved.Info.Name} as {Tables.Count(made.Nodes)} nodes of ONNX (opset {made.Opset}), "
                + $"{Tables.Count(made.Tensors)} tensors, {Tables.Count(bytes)} bytes; takes {takes}{folded}{checks}");
        });
        return 0;
    }
}
