using System.CommandLine;
using System.Diagnostics;
using ModelZoo.Cli.Inputs;
using ModelZoo.Imaging;
using ModelZoo.Inference;
using ModelZoo.Registry;
using ModelZoo.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace ModelZoo.Cli.Commands;

/// <summary><c>zoo forward</c>: logits of a batch from a file to a file, to compare with any other framework.</summary>
internal static class ForwardCommand
{
    internal static Command Create()
    {
        var model = ModelArgument.Create();
        var weights = new WeightsArgument();
        var input = new Option<string>("--input")
        {
            Description = "The batch: .npy, NCHW, as the model takes it (already normalized); or a picture, which the weights' transforms prepare",
            HelpName = "x.npy|picture",
            Required = true
        };
        var output = new Option<string>("--output") { Description = "Where the logits go: .npy, float32", HelpName = "y.npy", Required = true };
        var maxPixels = DecodingArgument.Create();
        var dtype = GlobalOptions.Choice("--dtype", "Precision to compute in", "float32", "float32", "bfloat16");
        var command = new Command("forward", "Run a batch and write the logits.\n\nExample: zoo forward lenet5:mnist --input x.npy --output y.npy") { model,
            input, output, dtype, maxPixels };
        weights.AddTo(command);
        command.OnRun((parsed, cancel) => Run(
            Session.Open(parsed, cancel), parsed.GetRequiredValue(model), weights.Read(parsed), parsed.GetRequiredValue(input), parsed.GetRequiredValue(output),
                parsed.GetValue(dtype)!, DecodingArgument.Read(parsed, maxPixels)));
        return command;
    }

    private static int Run(Session session, string spec, WeightsChoice weights, string input, string output, string dtype,
        DecodeOptions decoding)
    {
        OutputFile.MustEndIn(output, ".npy", "an array");
        (float[] Data, long[] Shape) batch = PictureArgument.IsArray(input) ? Array(input) : default;
        using ResolvedModel resolved = ModelArgument.Resolve(session, spec, weights);
        resolved.RequireHead("zoo forward");
        ModelOptions o = resolved.Options;
        if (batch.Data is null)
        {
            batch = PictureArgument.Batch(PictureArgument.Expand([input]).Files is [var file]
                ? file
                : throw new UsageException($"--input {input}: zoo forward takes one picture."), resolved, decoding);
        }

        if (batch.Shape.Length != 4 || batch.Shape[1] != o.InChannels || batch.Shape[2] != o.InputHeight || batch.Shape[3] != o.InputWidth)
        {
            throw new ZooException($"{input} has shape [{string.Join(",", batch.Shape)}]; {resolved.Info.Name} takes "
                + $"[N,{o.InChannels},{o.InputHeight},{o.InputWidth}].");
        }

        ScalarType type = dtype == "bfloat16" ? ScalarType.BFloat16 : ScalarType.Float32;
        resolved.Model.eval();
        resolved.Model.to(type);
        using var guard = inference_mode();
        using Tensor x = tensor(batch.Data, batch.Shape, device: session.Device).to(type);
        var clock = Stopwatch.StartNew();
        using Tensor y = resolved.Model.call(x);
        using Tensor logits = y.to(ScalarType.Float32).cpu();
        double seconds = clock.Elapsed.TotalSeconds;
        Npy.Write(output, logits.shape, logits.data<float>().ToArray());
        session.Show(new { model = resolved.Info.Name, input, output, shape = logits.shape, dtype, seconds }, console =>
            console.WriteLine($"{resolved.Info.Name}: {Tables.Shape(batch.Shape)} → {Tables.Shape(logits.shape)} "
                + $"{(resolved.Info.Task == ModelTask.Classification ? "logits" : "values")} in {output} ({dtype}, {Tables.Seconds(seconds)})"));
        return 0;
    }

    private static (float[] Data, long[] Shape) Array(string path)
    {
        NpyArray array = Npy.Read(path);
        if (array.Data.Length == 0)
        {
            throw new ZooException($"{path} has shape [{string.Join(",", array.Shape)}]: it holds no image.");
        }

        return (array.Data, array.Shape);
    }
}
