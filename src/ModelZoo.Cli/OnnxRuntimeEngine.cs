using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using ModelZoo.Verification.Engines;
using static TorchSharp.torch;

namespace ModelZoo.Cli;

/// <summary>ONNX Runtime on the CPU, as it comes: all its optimizations, its own threads.</summary>
internal sealed class OnnxRuntimeEngine : IGraphEngine
{
    /// <inheritdoc/>
    public string Name => $"ONNX Runtime {typeof(InferenceSession).Assembly.GetName().Version?.ToString(3)}";

    /// <remarks>MLAS takes rational functions and polynomials of single precision, cut off far out.</remarks>
    /// <inheritdoc/>
    public double FunctionError => 4e-7;

    /// <inheritdoc/>
    public IGraphSession Open(ReadOnlyMemory<byte> model, string? folder)
    {
        try
        {
            using var options = new SessionOptions { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL };
            if (folder is not null)
            {
                options.AddSessionConfigEntry("session.model_external_initializers_file_folder_path", folder);
            }

            bool whole = MemoryMarshal.TryGetArray(model, out ArraySegment<byte> bytes) && bytes.Count == bytes.Array!.Length;
            return new Opened(new InferenceSession(whole ? bytes.Array! : model.ToArray(), options));
        }
        catch (OnnxRuntimeException error)
        {
            throw new ZooException($"ONNX Runtime refuses the graph: {Printable.Plain(error.Message)}", error);
        }
    }

    private sealed class Opened(InferenceSession session) : IGraphSession
    {
        public IReadOnlyList<GraphArray> Run(GraphArray input, IReadOnlyList<string> outputs)
        {
            long[] shape = Array.ConvertAll(input.Shape, n => (long)n);
            try
            {
                using OrtValue value = input.Type switch
                {
                    ScalarType.Float32 => OrtValue.CreateTensorValueFromMemory(Array.ConvertAll(input.Values, v => (float)v), shape),
                    ScalarType.Float64 => OrtValue.CreateTensorValueFromMemory(input.Values, shape),
                    ScalarType.Byte => OrtValue.CreateTensorValueFromMemory(Array.ConvertAll(input.Values, v => (byte)v), shape),
                    ScalarType.Float16 => OrtValue.CreateTensorValueFromMemory(Array.ConvertAll(input.Values, v => (Float16)(float)v), shape),
                    ScalarType.BFloat16 => OrtValue.CreateTensorValueFromMemory(Array.ConvertAll(input.Values, v => (BFloat16)(float)v), shape),
                    _ => throw new ZooException($"ONNX Runtime is given no {input.Type}."),
                };
                using var options = new RunOptions();
                using IDisposableReadOnlyCollection<OrtValue> made = session.Run(options, [session.InputNames[0]], [value], [.. outputs]);
                return [.. made.Select(Read)];
            }
            catch (OnnxRuntimeException error)
            {
                throw new ZooException($"ONNX Runtime fails: {Printable.Plain(error.Message)}", error);
            }
        }

        public void Dispose() => session.Dispose();

        private static GraphArray Read(OrtValue value)
        {
            OrtTensorTypeAndShapeInfo info = value.GetTensorTypeAndShape();
            int[] shape = Array.ConvertAll(info.Shape, n => checked((int)n));
            (ScalarType type, double[] values) = info.ElementDataType switch
            {
                Microsoft.ML.OnnxRuntime.Tensors.TensorElementType.Float => (ScalarType.Float32, Of<float>(value, v => v)),
                Microsoft.ML.OnnxRuntime.Tensors.TensorElementType.Double => (ScalarType.Float64, Of<double>(value, v => v)),
                Microsoft.ML.OnnxRuntime.Tensors.TensorElementType.Float16 => (ScalarType.Float16, Of<Float16>(value, v => (float)v)),
                Microsoft.ML.OnnxRuntime.Tensors.TensorElementType.BFloat16 => (ScalarType.BFloat16, Of<BFloat16>(value, v => (float)v)),
                Microsoft.ML.OnnxRuntime.Tensors.TensorElementType.Int64 => (ScalarType.Int64, Of<long>(value, v => v)),
                var other => throw new ZooException($"ONNX Runtime gives elements of the type {other}, which are not compared."),
            };
            return new(type, shape.Length == 0 ? [1] : shape, values);
        }

        private static double[] Of<T>(OrtValue value, Func<T, double> toDouble)
            where T : unmanaged
        {
            ReadOnlySpan<T> span = value.GetTensorDataAsSpan<T>();
            double[] values = new double[span.Length];
            for (int i = 0; i < values.Length; i++)
            {
                values[i] = toDouble(span[i]);
            }

            return values;
        }
    }
}
