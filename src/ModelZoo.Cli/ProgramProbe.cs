using System.CommandLine;
using System.Diagnostics;
using ModelZoo.Inference;

namespace ModelZoo.Cli;

/// <summary>
/// Loads a TorchScript program in a process of its own before this one does: TorchSharp 0.107 does not catch what libtorch says of a program that it cannot
/// compile, and the process ends.
/// </summary>
internal static class ProgramProbe
{
    private const string Name = "load-program";

    /// <summary>What that process runs; no command for people.</summary>
    internal static Command Create()
    {
        var file = new Argument<string>("file");
        var command = new Command(Name, "Load a TorchScript program and end.\n\nExample: zoo load-program x.pt") { file };
        command.Hidden = true;
        command.OnRun((parsed, _) =>
        {
            TorchScriptModel.Load(parsed.GetRequiredValue(file)).Dispose();
            return 0;
        });
        return command;
    }

    /// <summary>Refuses a program that ends the process that loads it.</summary>
    /// <exception cref="ZooException">It did; the message has what libtorch says.</exception>
    internal static void MustLoad(string path)
    {
        string host = Environment.ProcessPath!;
        string[] self = Path.GetFileNameWithoutExtension(host) == "dotnet" ? [typeof(ProgramProbe).Assembly.Location] : [];
        var start = new ProcessStartInfo(host, [.. self, Name, path]) { RedirectStandardError = true, RedirectStandardOutput = true };
        using Process process = Process.Start(start)!;
        process.OutputDataReceived += static (_, _) => { };
        process.BeginOutputReadLine();
        string said = process.StandardError.ReadToEnd();
        process.WaitForExit();
        const string Mark = "what():";
        int at = said.IndexOf(Mark, StringComparison.Ordinal);
        if (at >= 0)
        {
            string[] lines = [.. said[(at + Mark.Length)..].Split('\n').Select(l => l.Trim()).Where(l => l.Length > 0).Take(1)];
            throw new ZooException($"{path}: libtorch cannot compile this program: {string.Concat(lines)} It may come from a newer PyTorch, or need operators "
                + "that are not in libtorch, such as torchvision's.");
        }
    }
}
