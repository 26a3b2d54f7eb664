using ModelZoo.Inference;
using ModelZoo.Inference.Quantization;
using ModelZoo.Onnx.Export;
using ModelZoo.Registry;
using ModelZoo.Weights;
using static TorchSharp.torch;

namespace ModelZoo.Bench;

/// <summary>
/// Quantized networks against ONNX Runtime with the same network in float32 and, as QDQ written from the same quantization, in int8: each in a process of its
/// own, by turns.
/// </summary>
internal static class Int8Speed
{
    private const int Calibration = 8;

    /// <summary>A row for each network and batch size, and the geometric means of the ratios.</summary>
    internal static void Run(Setting setting, int rounds, string[] models, int[] batches)
    {
        setting.Output.Say($"inference in int8 on {InferenceSpeed.Processor()}, {setting.Threads} threads, {rounds} rounds by turns; ms a batch, medians; "
            + "ratios above 1 where the quantized network is faster:");
        setting.Output.Say(CompiledModel.QuantizationUnavailable is { } why ? $"without operators on bytes: {why}" : "with oneDNN's operators on bytes");
        setting.Output.Say($"{"",-22}{"int8",10}{"float32",10}{"ORT f32",10}{"ORT int8",10}{"to f32",8}{"to int8",9}  [min, max]");
        var folder = Directory.CreateTempSubdirectory("zoo-int8-");
        List<double> toFloat = [], toBytes = [];
        try
        {
            foreach (string name in models.Length > 0 ? models : InferenceSpeed.Usual)
            {
                using ZooModel model = InferenceSpeed.Fresh(name, out ModelInfo info);
                QuantizationInfo bytes = Quantized(model, info);
                (string plainFile, string bytesFile) = (Path.Combine(folder.FullName, $"{name}.onnx"), Path.Combine(folder.FullName, $"{name}.qdq.onnx"));
                var onnx = new OnnxExportOptions { Input = [info.Input.Channels, info.Input.Height, info.Input.Width] };
                OnnxExport.Write(plainFile, model, onnx);
                OnnxExport.Write(bytesFile, model, onnx with { Quantization = bytes });
                using Peer plainPeer = Peer.OnnxRuntime(setting.Threads), bytesPeer = Peer.OnnxRuntime(setting.Threads);
                plainPeer.Tell($"open {plainFile}");
                bytesPeer.Tell($"open {bytesFile}");
                using CompiledModel compiled = model.Compile(new() { Quantization = bytes }), plain = model.Compile();
                foreach (int batch in batches)
                {
                    (double f, double b) = Row(setting, name, info, compiled, plain, plainPeer, bytesPeer, batch, rounds);
                    toFloat.Add(f);
                    toBytes.Add(b);
                }
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }

        setting.Output.Say($"geometric means: {Mean(toFloat):F2} to ONNX Runtime's float32, {Mean(toBytes):F2} to its int8 (smallest {toBytes.Min():F2})");
    }

    private static double Mean(List<double> ratios) => Math.Exp(ratios.Average(Math.Log));

    // Ranges of random pictures: the time does not depend on what bytes stand for.
    private static QuantizationInfo Quantized(ZooModel model, ModelInfo info)
    {
        using Tensor pictures = randn(Calibration, info.Input.Channels, info.Input.Height, info.Input.Width);
        using var quantizer = Quantizer.Calibrate(model, [pictures], new() { Observer = RangeObserver.MinMax, ReportImages = 0 });
        return quantizer.Info();
    }

    private static (double ToFloat, double ToBytes) Row(Setting setting, string name, ModelInfo info, CompiledModel compiled, CompiledModel plain,
        Peer plainPeer, Peer bytesPeer, int batch, int rounds)
    {
        using Tensor input = randn(batch, info.Input.Channels, info.Input.Height, info.Input.Width);
        string order = $"run:{string.Join(':', input.shape)}";
        Func<double>[] sides = [
            InferenceSpeed.Block(() => compiled.Call(input)), InferenceSpeed.Block(() => plain.Call(input)), Theirs(plainPeer), Theirs(bytesPeer)];
        List<double>[] times = [.. sides.Select(_ => new List<double>())];
        for (int round = 0; round < rounds; round++)
        {
            for (int side = 0; side < sides.Length; side++)
            {
                times[side].Add(sides[side]());
            }
        }

        double[] ms = [.. times.Select(t => 1000 * Rounds.Median(t))];
        double[] toFloat = [.. times[2].Zip(times[0], (theirs, ours) => theirs / ours)], toBytes = [.. times[3].Zip(times[0], (theirs, ours) => theirs / ours)];
        (double f, double b) = (Rounds.Median([.. toFloat]), Rounds.Median([.. toBytes]));
        setting.Output.Say($"{$"{name}, {batch}",-22}{ms[0],10:F2}{ms[1],10:F2}{ms[2],10:F2}{ms[3],10:F2}{f,8:F2}{b,9:F2}  "
            + $"[{toBytes.Min():F2}, {toBytes.Max():F2}]");
        setting.Output.Add(new
        {
            Benchmark = "int8",
            Model = name,
            Batch = batch,
            setting.Threads,
            Rounds = rounds,
            Processor = InferenceSpeed.Processor(),
            Milliseconds = ms[0],
            FloatMilliseconds = ms[1],
            OrtFloatMilliseconds = ms[2],
            OrtMilliseconds = ms[3],
            RatioToFloat = f,
            RatioToInt8 = b,
            OrtVersion = bytesPeer.Version,
        });
        return (f, b);

        Func<double> Theirs(Peer peer)
        {
            double once = peer.Run(order, 2).Seconds / 2;
            int count = Math.Max(1, (int)(InferenceSpeed.BlockSeconds / once));
            return () => InferenceSpeed.Theirs(peer, order, count);
        }
    }
}
