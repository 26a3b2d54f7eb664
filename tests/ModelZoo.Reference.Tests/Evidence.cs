using System.Collections.Concurrent;
using System.Text.RegularExpressions;
using Xunit;

namespace ModelZoo.Reference.Tests;

/// <summary>What was found out about one operation: each check runs once and throws where the operation fails it.</summary>
internal sealed partial class Evidence
{
    private const int Cases = 60;
    private static readonly ConcurrentDictionary<string, Evidence> Known = new();

    private readonly Lazy<double> finiteDifferences;
    private readonly Lazy<int> fault;
    private readonly Lazy<(int Cases, double Worst)> torch;
    private readonly Lazy<string> inputs;

    private Evidence(Operation operation)
    {
        finiteDifferences = new(() => CheckFiniteDifferences(operation, mistaken: false));
        fault = new(() => FindFault(operation));
        torch = new(() => CompareWithTorch(operation));
        inputs = new(() => string.Join(", ", operation.Golden(GoldenCase.All[operation.Name].First()).Inputs.Select(input => input.Name)));
    }

    /// <summary>The largest error as a part of its bound.</summary>
    public double FiniteDifferences => finiteDifferences.Value;

    /// <summary>After how many random cases finite differences found the operation's mistake.</summary>
    public int FaultFoundAfter => fault.Value;

    /// <summary>How many cases agree with PyTorch in values and gradients, and the largest difference relative to 1 + |value|.</summary>
    public (int Cases, double Worst) Torch => torch.Value;

    /// <summary>The inputs that have a gradient.</summary>
    public string Inputs => inputs.Value;

    public static int FiniteDifferenceCases => Cases;

    public static Evidence Of(Operation operation) => Known.GetOrAdd(operation.Name, _ => new Evidence(operation));

    private static double CheckFiniteDifferences(Operation operation, bool mistaken)
    {
        double worst = 0;
        Properties.Hold(Cases, choices =>
        {
            OperationCase drawn = operation.Draw(choices);
            NdArray gradY = choices.ArrayLike(drawn.Forward().Value);
            worst = Math.Max(worst, GradientCheck.Passes(drawn, gradY, mistaken ? drawn.Mistaken : drawn.Backward));
        });
        return worst;
    }

    private static int FindFault(Operation operation)
    {
        Exception found = Assert.ThrowsAny<Exception>(() => CheckFiniteDifferences(operation, mistaken: true));
        Assert.Contains("but finite differences give", found.Message, StringComparison.Ordinal);
        return int.Parse(AfterTests().Match(found.Message).Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture);
    }

    private static (int Cases, double Worst) CompareWithTorch(Operation operation)
    {
        double worst = 0;
        foreach (GoldenCase golden in GoldenCase.All[operation.Name])
        {
            OperationCase run = operation.Golden(golden);
            NdArray[] gradients = run.Backward(golden.GradY);
            (string Name, NdArray Value)[] results =
                [("y", run.Forward().Value), .. run.Inputs.Select((input, i) => ($"grad_{input.Name}", gradients[i])), .. run.Extras()];
            Assert.Equal(golden.OutputNames.Order(), results.Select(result => result.Name).Order());
            foreach ((string name, NdArray value) in results)
            {
                worst = Math.Max(worst, Near.Equal(golden.Output(name), value, golden.Number("tolerance", 1e-11), $"{name} of {operation.Name} {golden}"));
            }
        }

        return (GoldenCase.All[operation.Name].Count(), worst);
    }

    [GeneratedRegex(@"after (\d+) test")]
    private static partial Regex AfterTests();
}
