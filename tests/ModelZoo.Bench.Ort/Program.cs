// ONNX Runtime's side of scripts/bench inference: a process of its own that runs a timed block for each line it reads.
//
// Lines: "threads N" (0: its own choice), "open FILE", "run:N:C:H:W COUNT" (prints seconds and a value of the output), "memory" (resident MB), "quit".
// ort-peer FILE C H W: one prediction, then its value and resident MB.
using System.Diagnostics;
using System.Globalization;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
int threads = 0;
InferenceSession? session = null;
if (args.Length > 0)
{
    Open(args[0]);
    Console.WriteLine($"{Run([1, .. args[1..].Select(int.Parse)], 1).Value:R} {Memory()}");
    return 0;
}

while (Console.ReadLine() is { } line && line != "quit")
{
    string[] words = line.Split(' ', 2);
    Console.WriteLine(words[0] switch
    {
        "threads" => Threads(int.Parse(words[1])),
        "open" => Open(words[1]),
        "memory" => $"{Memory()}",
        _ => Timed([.. words[0].Split(':')[1..].Select(int.Parse)], int.Parse(words[1])),
    });
}

return 0;

string Threads(int count)
{
    threads = count;
    return OrtEnv.Instance().GetVersionString();
}

string Open(string path)
{
    session?.Dispose();
    using var options = new SessionOptions { IntraOpNumThreads = threads, LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR };
    session = new InferenceSession(path, options);
    return "open";
}

string Timed(int[] shape, int count)
{
    (double seconds, double value) = Run(shape, count);
    return $"{seconds:R} {value:R}";
}

(double Seconds, double Value) Run(int[] shape, int count)
{
    string name = session!.InputMetadata.Keys.Single();
    float[] values = [.. Enumerable.Range(0, shape.Aggregate(1, (a, b) => a * b)).Select(i => MathF.Sin(i))];
    NamedOnnxValue[] inputs = [NamedOnnxValue.CreateFromTensor(name, new DenseTensor<float>(values, shape))];
    float last = 0;
    var clock = Stopwatch.StartNew();
    for (int i = 0; i < count; i++)
    {
        using IDisposableReadOnlyCollection<DisposableNamedOnnxValue> outputs = session.Run(inputs);
        last = outputs[0].AsTensor<float>().GetValue(0);
    }

    return (clock.Elapsed.TotalSeconds, last);
}

static long Memory()
{
    using var own = Process.GetCurrentProcess();
    return own.WorkingSet64 >> 20;
}
