using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using ModelZoo.Cli.Inputs;
using ModelZoo.Inference;
using ModelZoo.Registry;

namespace ModelZoo.Cli;

/// <summary>
/// Loads a TorchScript program or an AOTInductor package in a process of its own before this one does, and runs it: what libtorch cannot compile, and machine
/// code that does not fit, end the process. What a package is compiled for it says on standard error alone.
/// </summary>
internal static partial class ProgramProbe
{
    private const string Name = "load-program";
    private const int Batch = 0, Channels = 1; // dimensions of its input

    /// <summary>What that process runs; no command for people.</summary>
    internal static Command Create()
    {
        var file = new Argument<string>("file");
        var batch = new Option<int?>("--batch");
        var weights = new WeightsArgument();
        var command = new Command(Name, "Load a TorchScript program or an AOTInductor package and end.\n\nExample: zoo load-program x.pt") { file, batch };
        command.Hidden = true;
        weights.AddTo(command);
        command.OnRun((parsed, cancel) =>
        {
            (string path, Func<ModelOptions, ModelOptions> change) = (parsed.GetRequiredValue(file), weights.Read(parsed).Change);
            if (InductorPackage.IsOne(path))
            {
                InductorPackage.Load(path, change: change, batch: parsed.GetValue(batch), device: Session.Open(parsed, cancel).Device).Dispose();
            }
            else
            {
                TorchScriptModel.Load(path, change: change).Dispose();
            }

            return 0;
        });
        return command;
    }

    /// <summary>Refuses a program that ends the process that loads it.</summary>
    /// <param name="path">The file.</param>
    /// <param name="change">Changes the input that it gets, as <see cref="TorchScriptModel.Load"/> has it.</param>
    /// <exception cref="ZooException">It did; the message has what libtorch says.</exception>
    internal static void MustLoad(string path, Func<ModelOptions, ModelOptions> change)
    {
        (int code, string said) = Run(path, change(TorchScriptModel.AssumedInput));
        if (code is >= 0 and <= 2)
        {
            return; // loaded, or refused with a message, which comes again
        }

        throw new ZooException($"{path}: libtorch cannot compile or run this program: {Reason(code, said)} It may come from a newer PyTorch, or need operators "
            + "that are not in libtorch, such as torchvision's.");
    }

    /// <summary>Refuses a package that ends the process that loads it, or does not take the input; learns how many images it takes at once.</summary>
    /// <param name="path">The file.</param>
    /// <param name="change">Changes the input that it gets, as <see cref="InductorPackage.Load"/> has it.</param>
    /// <param name="device">Where it is to run.</param>
    /// <returns>The batch to load it with.</returns>
    /// <exception cref="ZooException">It cannot be run; the message has what it takes, or what it or libtorch says.</exception>
    internal static int? MustRun(string path, Func<ModelOptions, ModelOptions> change, string device)
    {
        ModelOptions input = change(InductorPackage.AssumedInput);
        int? batch = null;
        while (true)
        {
            string[] arguments = ["--device", device, .. batch is null ? [] : (string[])["--batch", $"{batch}"]];
            (int code, string said) = Run(path, input, arguments);
            if (code == 0)
            {
                return batch;
            }

            if (Mismatch().Match(said) is { Success: true } mismatch)
            {
                int dimension = Number(mismatch, "dimension"), takes = Number(mismatch, "takes");
                if (dimension == Batch && batch is null && takes > 0)
                {
                    batch = takes;
                    continue;
                }

                throw new UsageException($"{path}: was compiled for images of another size: its input's dimension {dimension} (of [N,C,H,W]) must be {takes}, "
                    + $"not {mismatch.Groups["got"]}. Give it {(dimension == Channels ? $"--in-channels {takes}" : $"--size {takes}, or --size HxW")}.");
            }

            throw code is 1 or 2
                ? new ZooException(Line(said, "zoo: ") + (Line(said, "Error: ") is { Length: > 0 } own ? $" It says: {own}" : ""))
                : new ZooException($"{path}: this package ends the process that runs it: {Reason(code, said)} It is machine code for one kind of processor "
                    + "and one version of libtorch; compile it again, with PyTorch 2.10 on this machine.");
        }

        static int Number(Match match, string group) => int.Parse(match.Groups[group].ValueSpan, CultureInfo.InvariantCulture);
    }

    private static string Line(string said, string begin) =>
        said.Split('\n').FirstOrDefault(l => l.StartsWith(begin, StringComparison.Ordinal)) is { } line ? line[begin.Length..].Trim() : "";

    private static string Reason(int code, string said) =>
        said.Contains("what():", StringComparison.Ordinal)
            ? said.Split("what():")[^1].Split('\n').Select(l => l.Trim()).FirstOrDefault(l => l.Length > 0) ?? $"exit code {code}."
            : said.Split('\n').Select(l => l.Trim()).FirstOrDefault(l => l.Length > 0) ?? $"exit code {code}.";

    private static (int Code, string Said) Run(string path, ModelOptions input, params string[] more)
    {
        string host = Environment.ProcessPath!;
        string[] self = Path.GetFileNameWithoutExtension(host) == "dotnet" ? [typeof(ProgramProbe).Assembly.Location] : [];
        string[] size = ["--in-channels", $"{input.InChannels}", "--size", $"{input.InputHeight}x{input.InputWidth}"];
        var start = new ProcessStartInfo(host, [.. self, Name, path, .. size, .. more]) { RedirectStandardError = true, RedirectStandardOutput = true };
        using Process process = Process.Start(start)!;
        process.OutputDataReceived += static (_, _) => { };
        process.BeginOutputReadLine();
        string said = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, said);
    }

    // What AOTInductor's code says of an input, or of one of its dimensions that may vary (torch/_inductor/codegen/cpp_wrapper_cpu.py).
    [GeneratedRegex(@"input_handles\[0\]: (unmatched dim value|dim value is too (small|large)) at (?<dimension>[0-3]), "
        + @"expected[^0-9\n]*(?<takes>[0-9]{1,8}), but got: (?<got>[0-9]+)")]
    private static partial Regex Mismatch();
}
