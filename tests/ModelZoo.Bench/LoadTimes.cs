using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using ModelZoo.Weights;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ModelZoo.Bench;

/// <summary>
/// Loading weights as large as VGG-16's (553 MB in 16 layers), against what the machine needs at least: reading the file and copying it once.
/// </summary>
internal sealed class LoadTimes : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("modelzoo-bench-").FullName;
    private readonly Sequential model;

    internal LoadTimes()
    {
        var clock = Stopwatch.StartNew();
        model = Build();
        BuildSeconds = clock.Elapsed.TotalSeconds;
        foreach (string format in Formats)
        {
            Checkpoint.Export(PathOf(format), model);
        }
    }

    internal static string[] Formats { get; } = ["safetensors", "pth", "dat"];

    /// <summary>Building the model, most of which is drawing its first weights.</summary>
    internal double BuildSeconds { get; }

    internal long Bytes => model.parameters().Sum(p => p.numel() * p.element_size());

    public void Dispose()
    {
        model.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    /// <summary>Seconds of `cat file > /dev/null`, the start of the process included.</summary>
    internal double Cat(string format)
    {
        var clock = Stopwatch.StartNew();
        using Process cat = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", $"cat '{PathOf(format)}' > /dev/null"]))!;
        cat.WaitForExit();
        return clock.Elapsed.TotalSeconds;
    }

    /// <summary>Seconds of copying as many bytes into fresh memory.</summary>
    internal unsafe double Copy()
    {
        nuint length = (nuint)Bytes;
        byte* source = (byte*)NativeMemory.Alloc(length);
        NativeMemory.Fill(source, length, 1);
        var clock = Stopwatch.StartNew();
        byte* target = (byte*)NativeMemory.Alloc(length);
        NativeMemory.Copy(source, target, length);
        double seconds = clock.Elapsed.TotalSeconds;
        NativeMemory.Free(target);
        NativeMemory.Free(source);
        return seconds;
    }

    /// <summary>Seconds of loading the file into the model.</summary>
    internal double Load(string format)
    {
        var clock = Stopwatch.StartNew();
        Checkpoint.Load(model, PathOf(format));
        return clock.Elapsed.TotalSeconds;
    }

    /// <summary>By how many bytes the resident memory rises at most while the file is loaded into a model that is there.</summary>
    internal long PeakGrowth(string format)
    {
        GC.Collect();
        File.WriteAllText("/proc/self/clear_refs", "5");
        long before = Status("VmHWM");
        Load(format);
        return Status("VmHWM") - before;
    }

    private string PathOf(string format) => Path.Combine(folder, $"vgg16.{format}");

    private static long Status(string name) => 1024 * long.Parse(
        File.ReadLines("/proc/self/status").First(l => l.StartsWith(name, StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1],
            CultureInfo.InvariantCulture);

    private static Sequential Build()
    {
        int[] widths = [3, 64, 64, 128, 128, 256, 256, 256, 512, 512, 512, 512, 512, 512];
        return nn.Sequential(
        [
            .. widths.Zip(widths.Skip(1)).Select(w => (nn.Module<Tensor, Tensor>)nn.Conv2d(w.First, w.Second, 3)),
            nn.Linear(25088, 4096), nn.Linear(4096, 4096), nn.Linear(4096, 1000),
        ]);
    }
}
