using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using ModelZoo.Onnx;
using ModelZoo.Onnx.Export;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace ModelZoo.Tests.Onnx.Export;

/// <summary>ONNX Runtime, which the written files are held against.</summary>
internal sealed class OrtSession : IDisposable
{
    private readonly InferenceSession session;

    private OrtSession(byte[] bytes)
    {
        using var options = new SessionOptions { IntraOpNumThreads = 1, LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR };
        session = new(bytes, options);
    }

    internal static OrtSession Of(ModelProto model) => new(OnnxFile.ToBytes(model));

    internal static OrtSession Of(string path) => new(File.ReadAllBytes(path));

    internal string Input => session.InputMetadata.Keys.Single();

    internal (float[] Values, long[] Shape) Run(float[] values, params long[] shape) =>
        Run(NamedOnnxValue.CreateFromTensor(Input, new DenseTensor<float>(values, Array.ConvertAll(shape, s => (int)s))));

    internal (float[] Values, long[] Shape) Run(byte[] values, params long[] shape) =>
        Run(NamedOnnxValue.CreateFromTensor(Input, new DenseTensor<byte>(values, Array.ConvertAll(shape, s => (int)s))));

    public void Dispose() => session.Dispose();

    private (float[] Values, long[] Shape) Run(NamedOnnxValue input)
    {
        using IDisposableReadOnlyCollection<DisposableNamedOnnxValue> outputs = session.Run([input]);
        Tensor<float> output = outputs.Single().AsTensor<float>();
        return (output.ToArray(), [.. output.Dimensions.ToArray().Select(d => (long)d)]);
    }

    /// <summary>Writes a model, runs the file and the model on the same input, and gives the largest difference as a share of the largest output.</summary>
    internal static double Difference(nn.Module<torch.Tensor, torch.Tensor> model, torch.Tensor input, OnnxExportOptions? options = null,
        Action<ModelProto>? plant = null)
    {
        options ??= new() { Input = input.shape[1..] };
        using DisposeScope scope = NewDisposeScope();
        using IDisposable none = no_grad();
        using IDisposable graph = OnnxExport.Build(model, options, out ModelProto proto, out _);
        plant?.Invoke(proto);
        using OrtSession ort = Of(proto);
        model.eval();
        torch.Tensor expected = model.call(input);
        (float[] values, long[] shape) = ort.Run(input.contiguous().data<float>().ToArray(), input.shape);
        Assert.Equal(expected.shape, shape);
        return new OnnxChecks(new([1], [0]), false, new([1, .. shape], expected.contiguous().data<float>().ToArray())).Difference(values);
    }
}
