using System.CommandLine;
using ModelZoo.Cli.Inputs;
using ModelZoo.Inference;
using ModelZoo.Weights;

namespace ModelZoo.Cli.Commands;

/// <summary><c>zoo export</c>: a model's weights as a file for PyTorch, TorchSharp or anything that reads safetensors.</summary>
internal static class ExportCommand
{
    internal static Command Create()
    {
        var model = ModelArgument.Create();
        var output = new Option<string>("--output",
            "-o")
        {
            Description = "The file to write; its ending says the format: .pth (PyTorch), .dat (TorchSharp), .safetensors (a checkpoint of the zoo)",
            HelpName = "file",
            Required = true
        };
        var force = new Option<bool>("--force") { Description = "Replace a file that is there" };
        var weights = new WeightsArgument();
        var command = new Command("export",
            "Write a model's weights for PyTorch, TorchSharp or others.\n\nExample: zoo export lenet5:mnist -o lenet5.pth") { model, output, force };
        weights.AddTo(command);
        command.OnRun((parsed, cancel) =>
            Run(Session.Open(parsed, cancel), parsed.GetRequiredValue(model), weights.Read(parsed), parsed.GetRequiredValue(output), parsed.GetValue(force)));
        return command;
    }

    private static int Run(Session session, string spec, WeightsChoice weights, string output, bool force)
    {
        WeightsWriter.MustKnow(output);
        OutputFile.MustBeNew(output, force);
        using ResolvedModel resolved = ModelArgument.Resolve(session, spec, weights);
        if (!resolved.Trained)
        {
            session.Say($"{spec} has fresh weights, not trained ones: that is what the file will hold.");
        }

        if (output.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase))
        {
            Checkpoint.Save(output, resolved.Model, new CheckpointInfo
            {
                Architecture = resolved.Info.Name,
                Options = resolved.Options,
                Labels = resolved.Labels,
                Preprocessing = resolved.Preprocessing,
                Graph = resolved.Info.Graph,
                Extra = resolved.Checkpoint?.Extra ?? new Dictionary<string, string>(),
            });
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
}
