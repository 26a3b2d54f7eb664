using System.Text.Json;

namespace ModelZoo.Bench;

/// <summary>What a benchmark says: lines as it goes on and, with <c>--json</c>, its figures as one document, the lines on standard error then.</summary>
internal sealed class Output(bool json)
{
    private static readonly JsonSerializerOptions Options = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, WriteIndented = true };

    private readonly List<object> figures = [];

    /// <summary>Writes a line, numbers as in English.</summary>
    internal void Say(string line) => (json ? Console.Error : Console.Out).WriteLine(line);

    /// <summary>Keeps figures for the document.</summary>
    internal void Add(object one) => figures.Add(one);

    /// <summary>Writes the document, if it was asked for.</summary>
    internal void Finish()
    {
        if (json)
        {
            Console.Out.WriteLine(JsonSerializer.Serialize(figures, Options));
        }
    }
}
