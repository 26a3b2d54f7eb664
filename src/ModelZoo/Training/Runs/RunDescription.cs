using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using static TorchSharp.torch;

namespace ModelZoo.Training.Runs;

/// <summary>run.json: what is needed to tell one run from another, and to repeat it.</summary>
internal static class RunDescription
{
    private static readonly JsonSerializerOptions Options = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <param name="notes">What the caller knows: model, data, flags.</param>
    /// <param name="identity">What must be the same when the run is gone on with.</param>
    public static string Write(IReadOnlyDictionary<string, string> notes, IReadOnlyDictionary<string, string> identity)
    {
        var json = new JsonObject();
        foreach ((string key, string value) in notes)
        {
            json[key] = value;
        }

        foreach ((string key, string value) in identity.Where(i => i.Key != "recipe" && !i.Key.StartsWith("note ", StringComparison.Ordinal)))
        {
            json[key] = value;
        }

        json["modelzoo"] = typeof(RunDescription).Assembly.GetName().Version?.ToString(3);
        json["dotnet"] = Environment.Version.ToString();
        json["torch"] = __version__;
        json["os"] = RuntimeInformation.OSDescription;
        json["cpu"] = Cpu();
        json["threads"] = get_num_threads();
        json["git_commit"] = Git("rev-parse HEAD");
        json["command_line"] = Environment.CommandLine;
        json["started"] = DateTime.UtcNow.ToString("yyyy-MM-ddTHH:mm:ssZ", System.Globalization.CultureInfo.InvariantCulture);
        return json.ToJsonString(Options) + "\n";
    }

    /// <summary>The texts of a run.json under their keys.</summary>
    /// <exception cref="ZooException">The file cannot be read.</exception>
    public static Dictionary<string, string> Read(string path)
    {
        try
        {
            return (JsonNode.Parse(File.ReadAllText(path)) as JsonObject ?? []).AsEnumerable().Where(p => p.Value is not null)
                .ToDictionary(p => p.Key, p => p.Value!.ToString());
        }
        catch (Exception error) when (FileAccessError.Covers(error))
        {
            throw FileAccessError.Reading(path, error);
        }
        catch (Exception error) when (error is JsonException)
        {
            throw new ZooException($"{path}: is not the description of a run ({error.Message})", error);
        }
    }

    private static string Cpu()
    {
        string? line = File.Exists("/proc/cpuinfo")
            ? File.ReadLines("/proc/cpuinfo").FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal))
            : null;
        return line?[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim() ?? RuntimeInformation.ProcessArchitecture.ToString();
    }

    private static string? Git(string arguments)
    {
        try
        {
            var start = new ProcessStartInfo("git", arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
            using Process git = Process.Start(start)!;
            string said = git.StandardOutput.ReadToEnd().Trim();
            return git.WaitForExit(2000) && git.ExitCode == 0 ? said : null;
        }
        catch (Exception error) when (error is System.ComponentModel.Win32Exception or InvalidOperationException)
        {
            return null;
        }
    }
}
