using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace ModelZoo.Imaging;

/// <summary>
/// A <see cref="Preprocessing"/> as the list of what is done to a picture, one step after the other: how a checkpoint has it. Earlier checkpoints have the
/// record's members instead, which are read as well.
/// </summary>
/// <remarks>
/// <code>
/// [{"step": "orient"},                                                   turned upright as EXIF says
///  {"step": "color", "channels": 3},                                     1: gray by ITU-R BT.601
///  {"step": "cover", "height": 256, "width": 256, "interpolation": …},   resized, the aspect ratio kept, to just cover so many rows and columns
///  {"step": "crop", "height": 224, "width": 224},                        the middle, with zeros around where that is larger
///  {"step": "scale", "maximum": 255},                                    bytes to 0 … 1
///  {"step": "normalize", "mean": […], "std": […]}]
/// </code>
/// Instead of cover and crop, {"step": "resize", "height", "width", "interpolation"} resizes whatever the aspect ratio, {"step": "shrink", …} does so only to
/// a picture that has more rows or columns, and {"step": "pad", "height", "width"} puts zeros around.
/// </remarks>
internal sealed class PreprocessingSteps : JsonConverter<Preprocessing>
{
    public override void Write(Utf8JsonWriter writer, Preprocessing value, JsonSerializerOptions options) => Of(value).WriteTo(writer);

    public override Preprocessing Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            return JsonSerializer.Deserialize<Preprocessing>(ref reader, WithoutThis(options)) ?? throw new JsonException("no preprocessing");
        }

        var steps = (JsonArray)JsonNode.Parse(ref reader)!;
        return Parse([.. steps.Select(step => step as JsonObject ?? throw new JsonException("a step of the preprocessing that is no object"))]);
    }

    /// <summary>The steps in words, a line each: "resize 24×40, bilinear".</summary>
    public static IReadOnlyList<string> Describe(Preprocessing p) => [.. Of(p).Select(step =>
    {
        Dictionary<string, string> values = step!.AsObject().ToDictionary(v => v.Key, v => v.Value is JsonArray list ? string.Join(' ', list) : $"{v.Value}");
        string size = values.TryGetValue("height", out string? height) ? $" {height}×{values["width"]}" : "";
        IEnumerable<string> others = values.Where(v => v.Key is not ("step" or "height" or "width" or "interpolation")).Select(v => $" {v.Key} {v.Value}");
        return $"{values["step"]}{size}{(values.TryGetValue("interpolation", out string? how) ? $", {how}" : "")}{string.Join(',', others)}";
    })];

    /// <summary>The steps as JSON.</summary>
    public static JsonArray Of(Preprocessing p)
    {
        List<JsonObject> steps = [Step("orient"), Step("color", ("channels", p.Channels))];
        string interpolation = JsonNamingPolicy.SnakeCaseLower.ConvertName(p.Interpolation.ToString());
        switch (p.Fit)
        {
            case Fit.Crop:
                steps.Add(Sized("cover", p.Covered.Height, p.Covered.Width, interpolation));
                steps.Add(Sized("crop", p.Height, p.Width));
                break;
            case Fit.Pad:
                steps.Add(Sized("shrink", p.Height, p.Width, interpolation));
                steps.Add(Sized("pad", p.Height, p.Width));
                break;
            default:
                steps.Add(Sized("resize", p.Height - (2 * p.Border), p.Width - (2 * p.Border), interpolation));
                if (p.Border > 0)
                {
                    steps.Add(Sized("pad", p.Height, p.Width));
                }

                break;
        }

        steps.Add(Step("scale", ("maximum", 255)));
        steps.Add(Step("normalize", ("mean", Numbers(p.Mean)), ("std", Numbers(p.Std))));
        return [.. steps];
    }

    private static Preprocessing Parse(JsonObject[] steps)
    {
        string[] names = [.. steps.Select(step => Value<string>(step, "step"))];
        string order = string.Join(' ', names);
        (Fit fit, JsonObject sized, JsonObject whole) = order switch
        {
            "orient color cover crop scale normalize" => (Fit.Crop, steps[2], steps[3]),
            "orient color shrink pad scale normalize" => (Fit.Pad, steps[2], steps[3]),
            "orient color resize pad scale normalize" => (Fit.Resize, steps[2], steps[3]),
            "orient color resize scale normalize" => (Fit.Resize, steps[2], steps[2]),
            _ => throw new JsonException($"the preprocessing '{order}', which is none that this zoo knows"),
        };
        if (Value<int>(steps[^2], "maximum") != 255)
        {
            throw new JsonException($"a scale of {Value<int>(steps[^2], "maximum")}; pictures have 255");
        }

        (int rows, int columns) = (Value<int>(sized, "height"), Value<int>(sized, "width"));
        (int height, int width) = (Value<int>(whole, "height"), Value<int>(whole, "width"));
        var read = new Preprocessing(Value<int>(steps[1], "channels"), height, width, fit, Floats(steps[^1], "mean"), Floats(steps[^1], "std"),
            fit == Fit.Resize ? (height - rows) / 2 : 0)
        {
            ShorterSide = fit == Fit.Crop ? Math.Min(rows, columns) : 0,
            Interpolation = Enum.TryParse(Value<string>(sized, "interpolation"), ignoreCase: true, out Interpolation found) && Enum.IsDefined(found)
                ? found
                : throw new JsonException($"the interpolation '{Value<string>(sized, "interpolation")}'"),
        };
        try
        {
            read.Check();
        }
        catch (ZooException e)
        {
            throw new JsonException(e.Message, e);
        }

        // A list that says more than a Preprocessing can is not read as something near it.
        return Of(read).SkipLast(1).Zip(steps).All(pair => JsonNode.DeepEquals(pair.First, pair.Second)) ? read
            : throw new JsonException("steps of the preprocessing that do not go together");
    }

    private static JsonObject Step(string name, params (string Key, JsonNode Value)[] values)
    {
        var step = new JsonObject { ["step"] = name };
        foreach ((string key, JsonNode value) in values)
        {
            step[key] = value;
        }

        return step;
    }

    private static JsonObject Sized(string name, int height, int width) => Step(name, ("height", height), ("width", width));

    private static JsonObject Sized(string name, int height, int width, string interpolation) =>
        Step(name, ("height", height), ("width", width), ("interpolation", interpolation));

    // The shortest text that gives the same single.
    private static JsonArray Numbers(float[] values) => [.. values.Select(v => JsonNode.Parse(v.ToString("R", CultureInfo.InvariantCulture)))];

    private static T Value<T>(JsonObject step, string key) => step[key] is JsonValue value && value.TryGetValue(out T? found) ? found
        : throw new JsonException($"a step of the preprocessing without its {key}");

    private static float[] Floats(JsonObject step, string key) => step[key] is JsonArray values
        ? [.. values.Select(v => v is JsonValue number && number.TryGetValue(out float found) ? found : throw new JsonException($"a {key} that is no number"))]
        : throw new JsonException($"a step of the preprocessing without its {key}");

    private static JsonSerializerOptions WithoutThis(JsonSerializerOptions options)
    {
        var plain = new JsonSerializerOptions(options);
        plain.Converters.Remove(plain.Converters.First(c => c is PreprocessingSteps));
        return plain;
    }
}
