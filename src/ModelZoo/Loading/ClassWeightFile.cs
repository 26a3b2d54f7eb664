using System.Globalization;
using System.Text.Json.Serialization;
using ModelZoo.Data;
using ModelZoo.Training;

namespace ModelZoo.Loading;

/// <summary>A file with a weight for each class.</summary>
public static class ClassWeightFile
{
    private const string Header = "class,weight";

    /// <summary>Reads a CSV file of lines <c>class,weight</c>, with or without that header, or a JSON object <c>{"cat": 1, "dog": 2.5}</c> (*.json).</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="ZooException">It cannot be read, a line has no weight above 0, or a class is there twice; the message names it.</exception>
    public static ClassWeights Read(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        try
        {
            return ClassWeights.Of(path.EndsWith(".json", StringComparison.OrdinalIgnoreCase) ? ReadJson(path) : ReadTable(path));
        }
        catch (ZooException e) when (!e.Message.StartsWith(path, StringComparison.Ordinal))
        {
            throw new ZooException($"{path}: {e.Message}", e);
        }
    }

    private static Dictionary<string, double> ReadJson(string path)
    {
        byte[] json;
        try
        {
            RegularFile.Require(path);
            json = File.ReadAllBytes(path);
        }
        catch (Exception e) when (FileAccessError.Covers(e))
        {
            throw FileAccessError.Reading(path, e);
        }

        return StrictJson.Read(json, ClassWeightJson.Default.DictionaryStringDouble, path, "Write {\"class\": weight, …}.");
    }

    private static Dictionary<string, double> ReadTable(string path)
    {
        Dictionary<string, double> weights = new(StringComparer.Ordinal);
        TableText table = TableText.Read(path, static _ => false, Header);
        foreach ((int line, string[] cells) in table.Rows)
        {
            if (weights.Count == 0 && line == table.Rows[0].Line && cells is ["class", "weight"])
            {
                continue;
            }

            if (cells.Length != 2 || !double.TryParse(cells[1], NumberStyles.Float, CultureInfo.InvariantCulture, out double weight))
            {
                throw new ZooException($"{path}: line {line} is '{string.Join(table.Separator, cells)}'; it must be {Header}, as cat,2.5.");
            }

            if (!weights.TryAdd(cells[0], weight))
            {
                throw new ZooException($"{path}: line {line} gives '{cells[0]}' a second weight.");
            }
        }

        return weights;
    }
}

[JsonSourceGenerationOptions(AllowDuplicateProperties = false)]
[JsonSerializable(typeof(Dictionary<string, double>))]
internal sealed partial class ClassWeightJson : JsonSerializerContext;
