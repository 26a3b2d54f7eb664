using static TorchSharp.torch;

namespace ModelZoo.Verification.Engines;

/// <summary>
/// What runs ONNX graphs elsewhere, where networks are deployed. The library brings none: <c>zoo</c> has ONNX Runtime.
/// </summary>
public interface IGraphEngine
{
    /// <summary>"ONNX Runtime 1.31.1".</summary>
    string Name { get; }

    /// <summary>
    /// How far its approximations of functions between −1 and 1 (logistic, tanh, erf) and of e^x for x ≤ 0 may be off, in absolute numbers, beyond their
    /// rounding.
    /// </summary>
    double FunctionError { get; }

    /// <summary>Opens a graph with the optimizations that it is usually run with.</summary>
    /// <param name="model">The bytes of an ONNX file.</param>
    /// <param name="folder">Where the files lie in which it keeps tensors; null where it has none.</param>
    /// <exception cref="ZooException">The engine refuses the graph.</exception>
    IGraphSession Open(ReadOnlyMemory<byte> model, string? folder);
}

/// <summary>A graph that an engine has open.</summary>
public interface IGraphSession : IDisposable
{
    /// <summary>Runs it.</summary>
    /// <param name="input">Its one input.</param>
    /// <param name="outputs">Names of outputs.</param>
    /// <returns>Their values, in that order.</returns>
    /// <exception cref="ZooException">The engine fails.</exception>
    IReadOnlyList<GraphArray> Run(GraphArray input, IReadOnlyList<string> outputs);
}

/// <summary>An array that goes into an engine or comes out of one.</summary>
/// <param name="Type">What its elements were in the engine: Float32, Float16, BFloat16, Float64, Byte, or Int64 of places.</param>
/// <param name="Shape">Its sizes.</param>
/// <param name="Values">Its elements, row-major; to double they convert exactly.</param>
public sealed record GraphArray(ScalarType Type, int[] Shape, double[] Values);
