using System.Text.Json;
using Xunit;

namespace ModelZoo.Reference.Tests;

/// <summary>
/// Values and gradients of every operation against PyTorch's in float64, from Golden/torch-golden.json (made by make_golden.py beside it;
/// no torch is needed here).
/// </summary>
public class TorchGoldenTests
{
    private static readonly JsonElement Golden =
        JsonDocument.Parse(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Golden", "torch-golden.json"))).RootElement;

    public static TheoryData<string> Operations => [.. Golden.GetProperty("cases").EnumerateArray().Select(c => c.GetProperty("op").GetString()!).Distinct()];

    [Theory]
    [MemberData(nameof(Operations))]
    public void Values_and_gradients_are_those_of_PyTorch(string operation)
    {
        foreach (JsonElement json in Golden.GetProperty("cases").EnumerateArray().Where(c => c.GetProperty("op").GetString() == operation))
        {
            GoldenCase golden = new(json);
            (string Name, NdArray Actual)[] results = [.. GoldenOperations.Run(operation, golden)];
            Assert.Equal(golden.OutputNames.Order(), results.Select(result => result.Name).Order());
            foreach ((string name, NdArray actual) in results)
            {
                NdArray expected = golden.Output(name);
                try
                {
                    Near.Equal(expected.Rank == 0 ? expected.Reshape(1) : expected, actual, golden.Number("tolerance", 1e-11));
                }
                catch (Exception e)
                {
                    throw new InvalidOperationException($"{name} of {json.GetProperty("args")}: {e.Message}", e);
                }
            }
        }
    }
}
