using System.Diagnostics;
using System.IO.MemoryMappedFiles;
using System.Text;

namespace ModelZoo.Fuzz;

/// <summary>What a run knows of its child while that works, through a file in memory: a child that dies says nothing any more.</summary>
/// <param name="Number">Of the input that is being read.</param>
/// <param name="Refused">Inputs that the reader refused.</param>
/// <param name="SlowestMilliseconds">The longest that an input took.</param>
/// <param name="MostBytes">The most that was allocated for one.</param>
internal record struct FuzzProgress(long Number, long Refused, long SlowestMilliseconds, long MostBytes);

/// <summary>The process that reads the inputs, one after the other.</summary>
internal static class FuzzChild
{
    /// <summary>More allocated memory than this for one input is a finding; several times what the readers may take by their own limits.</summary>
    internal const long MostBytesOfInput = 256L << 20;

    /// <summary>Says each exception that a reader may not throw on a line of standard output: number, kind, message in base 64.</summary>
    public static void Run(FuzzTarget target, ulong seed, long first, long count, TimeSpan time, string progressFile)
    {
        using var file = MemoryMappedFile.CreateFromFile(progressFile, FileMode.OpenOrCreate, null, 64);
        using MemoryMappedViewAccessor view = file.CreateViewAccessor();
        string folder = progressFile + ".d";
        Directory.CreateDirectory(Path.Combine(folder, "out"));
        File.WriteAllLines(Path.Combine(folder, "batches.meta.txt"), Enumerable.Range(0, 10).Select(i => $"class {i}"));
        var mutator = new Mutator(target, seed);
        var clock = Stopwatch.StartNew();
        var progress = new FuzzProgress(first, 0, 0, 0);
        for (; progress.Number < first + count && (progress.Number == first || clock.Elapsed < time); progress.Number++)
        {
            view.Write(0, ref progress);
            byte[] input = mutator.Make(progress.Number);
            long allocated = GC.GetAllocatedBytesForCurrentThread();
            long begin = Stopwatch.GetTimestamp();
            try
            {
                target.Read(input, folder);
            }
            catch (ZooException)
            {
                progress.Refused++;
            }
            catch (Exception error)
            {
                Say(progress.Number, "exception", error.ToString());
            }

            long bytes = GC.GetAllocatedBytesForCurrentThread() - allocated;
            progress.SlowestMilliseconds = Math.Max(progress.SlowestMilliseconds, (long)Stopwatch.GetElapsedTime(begin).TotalMilliseconds);
            progress.MostBytes = Math.Max(progress.MostBytes, bytes);
            if (bytes > MostBytesOfInput)
            {
                Say(progress.Number, "memory", $"{bytes:N0} bytes were allocated for an input of {input.Length:N0}.");
            }
        }

        view.Write(0, ref progress);
        Console.WriteLine("done");
    }

    private static void Say(long number, string kind, string message) =>
        Console.WriteLine($"{number} {kind} {Convert.ToBase64String(Encoding.UTF8.GetBytes(message))}");
}
