using System.CommandLine;
using ModelZoo.Onnx.Export;

namespace ModelZoo.Cli.Inputs;

/// <summary>What is said about a file that is written as ONNX.</summary>
internal sealed class OnnxArgument
{
    private const string Ending = ".onnx";

    private readonly Option<bool> fold = new("--fold") { Description = "ONNX: batch normalization goes into the convolution before it" };
    private readonly Option<bool> pictures = new("--with-preprocessing")
    {
        Description = "ONNX: the graph takes pictures, uint8 [N,H,W,3] of any size, and does resize, crop and normalization itself (opset 18)"
    };

    private readonly Option<int?> checks = new("--checks") { Description = "ONNX: put so many test inputs and their outputs into the file", HelpName = "n" };
    private readonly Option<int?> opset = new("--opset")
    {
        Description = $"ONNX: the version of the operators, {OnnxExport.LeastOpset} … {OnnxExport.MostOpset} (default: {OnnxExport.LeastOpset})",
        HelpName = "n"
    };

    internal void AddTo(Command command)
    {
        foreach (Option option in new Option[] { fold, pictures, checks, opset })
        {
            command.Add(option);
        }
    }

    /// <summary>Null where the file is of another format.</summary>
    /// <exception cref="UsageException">It is of another format, for which the flags mean nothing, or a number is impossible.</exception>
    internal OnnxExportOptions? Read(ParseResult parsed, string output)
    {
        bool onnx = output.EndsWith(Ending, StringComparison.OrdinalIgnoreCase);
        string? given = parsed.GetValue(fold) ? fold.Name
            : parsed.GetValue(pictures) ? pictures.Name
            : parsed.GetValue(checks) is not null ? checks.Name
            : parsed.GetValue(opset) is not null ? opset.Name
            : null;
        return !onnx && given is not null ? throw new UsageException($"{given} is for ONNX; give an --output that ends in {Ending}.")
            : parsed.GetValue(checks) is < 1 ? throw new UsageException($"--checks {parsed.GetValue(checks)}: give at least 1.")
            : parsed.GetValue(opset) is < OnnxExport.LeastOpset or > OnnxExport.MostOpset
                ? throw new UsageException($"--opset {parsed.GetValue(opset)}: {OnnxExport.LeastOpset} to {OnnxExport.MostOpset} are written.")
            : onnx ? new OnnxExportOptions
            {
                Input = [],
                Fold = parsed.GetValue(fold),
                WithPreprocessing = parsed.GetValue(pictures),
                Checks = parsed.GetValue(checks) ?? 0,
                Opset = parsed.GetValue(opset) ?? OnnxExport.LeastOpset,
            }
            : null;
    }
}
