// The plain TorchSharp side of scripts/bench: runs a timed block for each line it reads and prints its seconds and mean loss, as scripts/bench-peer.py does.
//
// Lines: "threads N", "train:MODEL:BATCH:SIZE[:DEVICE] STEPS", "quit"; for tests "getenv NAME", "mapped FILE", "child NAME", "folder", "faults", "resident",
// "save-memory".
// --settings: in the library's settings after all.
using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using ModelZoo;
using ModelZoo.PlainTorchSharp;
using ModelZoo.Runtime;
using TorchSharp;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
if (args.Contains("--settings"))
{
    AppContext.SetSwitch("ModelZoo.KeepProcessSettings", false);
}

try
{
    Serve();
    return 0;
}
catch (Exception e) when ((e as ZooException ?? e.InnerException as ZooException) is { } error)
{
    Console.Error.WriteLine($"torchsharp-peer: {error.Message}");
    return 1;
}

// A method of its own: the library's initializer runs where its first caller is entered.
[MethodImpl(MethodImplOptions.NoInlining)]
static void Serve()
{
    TorchRuntime.Initialize();
    var loops = new Dictionary<string, PlainLoop>();
    while (Console.ReadLine() is { } line && line != "quit")
    {
        string[] words = line.Split(' ');
        string rest = words.Length > 1 ? words[1] : "";
        Console.WriteLine(words[0] switch
        {
            "threads" => Threads(int.Parse(rest)),
            "getenv" => ThisProcess.NativeEnvironment(rest),
            "mapped" => ThisProcess.Mapped(rest),
            "child" => Child(rest),
            "folder" => TorchRuntime.Folder,
            "faults" => $"{ThisProcess.Faults()}",
            "resident" => $"{Environment.WorkingSet}",
            "save-memory" => $"{TorchRuntime.SaveMemory()}",
            _ => Train(words[0], int.Parse(rest)),
        });
    }

    string Train(string order, int steps)
    {
        if (!loops.TryGetValue(order, out PlainLoop? loop))
        {
            string[] parts = order.Split(':');
            loops[order] = loop = new PlainLoop(parts[1], int.Parse(parts[2]), int.Parse(parts[3]), parts.Length > 4 ? parts[4] : "cpu");
        }

        (double seconds, double loss) = loop.Run(steps);
        return $"{seconds:R} {loss:R}";
    }
}

static string Threads(int count)
{
    torch.set_num_threads(count);
    return torch.__version__;
}

// The variable in a process that this one starts.
static string Child(string name)
{
    using Process shell = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", $"echo ${{{name}-unset}}"]) { RedirectStandardOutput = true })!;
    return shell.StandardOutput.ReadToEnd().Trim();
}
