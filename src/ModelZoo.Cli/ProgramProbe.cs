using System.CommandLine;
using System.Diagnostics;
using ModelZoo.Cli.Inputs;
using ModelZoo.Inference;
using ModelZoo.Registry;

namespace ModelZoo.Cli;

/// <summary>
/// Loads a TorchScript program in a process of its own before this one does, and runs it once: TorchSharp 0.107 does not catch what libtorch says of a program
/// that it cannot compile, and the process ends.
/// </summary>
internal static class ProgramProbe
{
    private const string Name = "load-program";

    /// <summary>What that process runs; no command for people.</summary>
    internal static Command Create()
    {
        var file = new Argument<string>("file");
        var weights = new WeightsArgument();
        var command = new Command(Name, "Load a TorchScript program and end.\n\nExample: zoo load-program x.pt") { file };
        command.Hidden = true;
        weights.AddTo(command);
        command.OnRun((parsed, _) =>
        {
            TorchScriptModel.Load(parsed.GetRequiredValue(file), change: weights.Read(parsed).Change).Dispose();
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
        ModelOptions input = change(TorchScriptModel.AssumedInput);
        string host = Environment.ProcessPath!;
        string[] self = Path.GetFileNameWithoutExtension(host) == "dotnet" ? [typeof(ProgramProbe).Assembly.Location] : [];
        string[] size = ["--in-channels", $"{input.InChannels}", "--size", $"{input.InputHeight}x{input.InputWidth}"];
        var start = new ProcessStartInfo(host, [.. self, Name, path, .. size]) { RedirectStandardError = true, RedirectStandardOutput = true };
        using Process process = Process.Start(start)!;
        process.OutputDataReceived += static (_, _) => { };
        process.BeginOutputReadLine();
        string said = process.StandardError.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode is >= 0 and <= 2)
        {
            return; // loaded, or refused with a message, which comes again
        }

        string what = said.Split("what():")[^1].Split('\n').Select(l => l.Trim()).FirstOrDefault(l => l.Length > 0) ?? $"exit code {process.ExitCode}";
        throw new ZooException($"{path}: libtorch cannot compile or run this program: {what} It may come from a newer PyTorch, or need operators that are not "
            + "in libtorch, such as torchvision's.");
    }
}
