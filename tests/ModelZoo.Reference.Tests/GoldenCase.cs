using System.Text.Json;

namespace ModelZoo.Reference.Tests;

/// <summary>One case of Golden/torch-golden.json: its arguments, inputs and what PyTorch made of them.</summary>
internal sealed class GoldenCase(JsonElement json)
{
    private static readonly JsonElement File = JsonDocument.Parse(
        System.IO.File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Golden", "torch-golden.json"))).RootElement;

    /// <summary>All cases of the file, by operation.</summary>
    public static ILookup<string, GoldenCase> All { get; } =
        File.GetProperty("cases").EnumerateArray().ToLookup(c => c.GetProperty("op").GetString()!, c => new GoldenCase(c));

    public IEnumerable<string> OutputNames => json.GetProperty("out").EnumerateObject().Select(output => output.Name);

    public NdArray X => Input("x");

    public NdArray W => Input("w");

    public NdArray B => Input("bias");

    public NdArray GradY => Input("gradY");

    /// <summary>The convolution's hyper-parameters among the arguments.</summary>
    public ConvolutionShape Shape => new() { Stride = Pair("stride"), Padding = Pair("padding"), Dilation = Pair("dilation"), Groups = Int("groups") };

    /// <summary>The pooling's hyper-parameters among the arguments.</summary>
    public PoolingWindow Window => new(Pair("kernel"))
    {
        Stride = Pair("stride"),
        Padding = Pair("padding"),
        Dilation = Has("dilation") ? Pair("dilation") : 1,
        CeilMode = Bool("ceil"),
    };

    public NdArray Input(string name) => Array(json.GetProperty("in").GetProperty(name));

    public bool HasInput(string name) => json.GetProperty("in").TryGetProperty(name, out _);

    public NdArray Output(string name) => Array(json.GetProperty("out").GetProperty(name));

    public bool Has(string argument) => json.GetProperty("args").TryGetProperty(argument, out JsonElement value) && value.ValueKind != JsonValueKind.Null;

    public int Int(string argument) => Argument(argument).GetInt32();

    public double Number(string argument, double otherwise = double.NaN) => Has(argument) ? Argument(argument).GetDouble() : otherwise;

    public bool Bool(string argument) => Has(argument) && Argument(argument).GetBoolean();

    public string Text(string argument) => Argument(argument).GetString()!;

    public double[] Numbers(string argument) => [.. Argument(argument).EnumerateArray().Select(value => value.GetDouble())];

    public int[] Ints(string argument) => [.. Argument(argument).EnumerateArray().Select(value => value.GetInt32())];

    public NdArray Vector(string argument) => new(Numbers(argument), Numbers(argument).Length);

    public Pair Pair(string argument) => (Ints(argument)[0], Ints(argument)[1]);

    private static NdArray Array(JsonElement array) => new(
        [.. array.GetProperty("data").EnumerateArray().Select(value => value.GetDouble())],
        [.. array.GetProperty("shape").EnumerateArray().Select(value => value.GetInt32())]);

    public override string ToString() => json.GetProperty("args").ToString();

    private JsonElement Argument(string name) => json.GetProperty("args").GetProperty(name);
}
