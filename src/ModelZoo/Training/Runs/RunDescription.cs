using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using static TorchSharp.torch;

namespace ModelZoo.Training.Runs;

/// <summary>run.json: what is needed to tell one run from another, and to repeat it.</summary>
internal static class RunDescription
{
    private const string Advice = "It is not the description of a run that the zoo wrote: start the run anew, or put a copy of the file there.";

    private static readonly JsonSerializerOptions Options = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <param name="notes">What the caller knows: model, data, flags.</param>
    /// <param name="identity">What must be the same when the run is gone on with.</param>
    /// <param name="ranks">How many processes train together.</param>
    public static string Write(IReadOnlyDictionary<string, string> notes, IReadOnlyDictionary<string, string> identity, int ranks = 1)
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

        foreach ((string key, string value) in Machine())
        {
            json[key] = value;
        }

        json["threads"] = get_num_threads();
        json["ranks"] = ranks;
        json["git_commit"] = Git("rev-parse HEAD");
        json["command_line"] = Environment.CommandLine;
        json["started"] = DateTime.UtcNow.ToString("yyyy-MM-ddTHH:mm:ssZ", System.Globalization.CultureInfo.InvariantCulture);
        return json.ToJsonString(Options) + "\n";
    }

    /// <summary>What it runs on: versions, operating system and processor.</summary>
    public static IReadOnlyList<KeyValuePair<string, string>> Machine() =>
    [
        new("modelzoo", typeof(RunDescription).Assembly.GetName().Version?.ToString(3) ?? ""),
        new("dotnet", Environment.Version.ToString()),
        new("torch", __version__),
        new("os", RuntimeInformation.OSDescription),
        new("cpu", Cpu()),
    ];

    /// <summary>The texts of a run.json under their keys.</summary>
    /// <exception cref="ZooException">The file cannot be read.</exception>
    public static Dictionary<string, string> Read(string path)
    {
        byte[] json;
        try
        {
            RegularFile.Require(path);
            json = File.ReadAllBytes(path);
        }
        catch (Exception error) when (FileAccessError.Covers(error))
        {
            throw FileAccessError.Reading(path, error);
        }

        Dictionary<string, JsonElement> read = StrictJson.Read(json, RunDescriptionJson.Default.DictionaryStringJsonElement, path, Advice);
        try
        {
            return read.Where(p => p.Value.ValueKind != JsonValueKind.Null).ToDictionary(p => p.Key, p => p.Value.ToString());
        }
        catch (InvalidOperationException error)
        {
            // Half a surrogate pair, as an escape.
            throw new ZooException($"{path}: {StrictJson.Reason(error)}. {Advice}", error);
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

[JsonSourceGenerationOptions(AllowDuplicateProperties = false, MaxDepth = 16)]
[JsonSerializable(typeof(Dictionary<string, JsonElement>))]
internal sealed partial class RunDescriptionJson : JsonSerializerContext;
