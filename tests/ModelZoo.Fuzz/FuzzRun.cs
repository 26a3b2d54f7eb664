using System.Diagnostics;
using System.Globalization;
using System.IO.MemoryMappedFiles;
using System.Text;

namespace ModelZoo.Fuzz;

/// <summary>An input with which a reader did what none may.</summary>
/// <param name="Reader">Its name.</param>
/// <param name="Number">Of the input.</param>
/// <param name="Kind">"exception", "memory", "time" or "crash".</param>
/// <param name="Message">What happened, with the trace of an exception.</param>
/// <param name="Input">The bytes.</param>
public sealed record FuzzFinding(string Reader, long Number, string Kind, string Message, byte[] Input)
{
    /// <summary>The first line of the message and the first place in the library: what findings of one cause have in common.</summary>
    public string Cause
    {
        get
        {
            string[] lines = Message.Split('\n');
            string? place = Array.Find(lines, line =>
                line.Contains("   at ModelZoo.", StringComparison.Ordinal) && !line.Contains(".Fuzz.", StringComparison.Ordinal));
            return $"{Kind}: {(place is null ? lines[0] : $"{lines[0].Split(':')[0]} {place.Trim()}")}";
        }
    }
}

/// <summary>What came of a run over a reader.</summary>
/// <param name="Inputs">How many it was given.</param>
/// <param name="Refused">How many of them it refused with a message.</param>
/// <param name="SlowestMilliseconds">The longest that one took.</param>
/// <param name="MostBytes">The most memory of the runtime that one took.</param>
/// <param name="Findings">What it did wrong.</param>
public sealed record FuzzOutcome(long Inputs, long Refused, long SlowestMilliseconds, long MostBytes, IReadOnlyList<FuzzFinding> Findings);

/// <summary>
/// Runs a reader in child processes: one that crashes, hangs or takes too much memory is ended, the input is kept, and another goes on behind it.
/// </summary>
public static class FuzzRun
{
    private const int MostFindings = 20;
    private const long MostResident = 1_400_000_000;
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(20);

    /// <summary>
    /// How long a reader may compute at one input; it may wait six times as long. The processor's time, because the machine may be busy with something else.
    /// </summary>
    public static TimeSpan MostTime { get; } = TimeSpan.FromSeconds(10);

    /// <param name="target">The reader.</param>
    /// <param name="seed">Decides the inputs.</param>
    /// <param name="count">How many at most.</param>
    /// <param name="time">How long at most.</param>
    /// <param name="patience">For one input; null: <see cref="MostTime"/>.</param>
    public static FuzzOutcome Over(FuzzTarget target, ulong seed, long count, TimeSpan time, TimeSpan? patience = null)
    {
        ArgumentNullException.ThrowIfNull(target);
        var findings = new List<FuzzFinding>();
        var mutator = new Mutator(target, seed);
        var clock = Stopwatch.StartNew();
        (long next, long refused, long slowest, long most) = (0, 0, 0, 0);
        while (next < count && (next == 0 || clock.Elapsed < time) && findings.Count < MostFindings)
        {
            (FuzzProgress progress, string? ended, List<string> lines) = Child(target, seed, next, count - next, time - clock.Elapsed, patience ?? MostTime);
            foreach (string[] words in lines.Select(line => line.Split(' ')).Where(words => words.Length == 3))
            {
                long number = long.Parse(words[0], CultureInfo.InvariantCulture);
                findings.Add(new(target.Name, number, words[1], Encoding.UTF8.GetString(Convert.FromBase64String(words[2])), mutator.Make(number)));
            }

            refused += progress.Refused;
            slowest = Math.Max(slowest, progress.SlowestMilliseconds);
            most = Math.Max(most, progress.MostBytes);
            next = progress.Number;
            if (ended is not null)
            {
                string[] parts = ended.Split(' ', 2);
                findings.Add(new(target.Name, next, parts[0], parts[1], mutator.Make(next)));
                next++;
            }
        }

        return new(next, refused, slowest, most, findings);
    }

    private static (FuzzProgress Progress, string? Ended, List<string> Lines) Child(
        FuzzTarget target, ulong seed, long first, long count, TimeSpan time, TimeSpan patience)
    {
        string scratch = Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath(), path = Path.Combine(scratch, $"zoo-fuzz-{Guid.NewGuid():N}");
        try
        {
            using var file = MemoryMappedFile.CreateFromFile(path, FileMode.Create, null, 64);
            using MemoryMappedViewAccessor view = file.CreateViewAccessor();
            var start = new ProcessStartInfo("dotnet",
            [
                Path.Combine(AppContext.BaseDirectory, "zoo-fuzz.dll"), "--child", target.Name, $"{seed}", $"{first}", $"{count}",
                time.TotalSeconds.ToString(CultureInfo.InvariantCulture), path,
            ])
            { RedirectStandardOutput = true, RedirectStandardError = true };
            start.Environment["DOTNET_GCHeapHardLimit"] = "0x40000000";
            start.Environment["DOTNET_DbgEnableMiniDump"] = "0";
            using Process child = Process.Start(start)!;
            Task<string> output = child.StandardOutput.ReadToEndAsync(), errors = child.StandardError.ReadToEndAsync();
            string? ended = Watch(child, view, patience);
            child.WaitForExit();
            view.Read(0, out FuzzProgress progress);
            List<string> lines = [.. output.Result.Split('\n', StringSplitOptions.RemoveEmptyEntries)];
            if (ended is null && lines is not [.., "done"])
            {
                ended = $"crash {child.ExitCode}: {string.Join('\n', errors.Result.Split('\n').Take(12))}";
            }

            return (progress with { Number = Math.Max(progress.Number, first) }, ended, lines);
        }
        finally
        {
            File.Delete(path);
            if (Directory.Exists(path + ".d"))
            {
                Directory.Delete(path + ".d", recursive: true);
            }
        }
    }

    // Ends the child where an input takes too long or too much; says why.
    private static string? Watch(Process child, MemoryMappedViewAccessor view, TimeSpan patience)
    {
        (long number, var since, TimeSpan begun) = (-1L, Stopwatch.StartNew(), TimeSpan.Zero);
        while (!child.WaitForExit(Look))
        {
            view.Read(0, out FuzzProgress progress);
            if (progress.Number != number)
            {
                (number, since, begun) = (progress.Number, Stopwatch.StartNew(), Now(child).Computed);
            }

            (TimeSpan computed, long resident) = Now(child);
            string? why = computed - begun > patience || since.Elapsed > 6 * patience ? $"time More than {patience.TotalSeconds:0.#} s."
                : resident > MostResident ? $"memory More than {MostResident:N0} bytes resident."
                : null;
            if (why is not null)
            {
                child.Kill(entireProcessTree: true);
                return why;
            }
        }

        return null;
    }

    private static (TimeSpan Computed, long Resident) Now(Process child)
    {
        try
        {
            child.Refresh();
            return (child.TotalProcessorTime, child.WorkingSet64);
        }
        catch (Exception error) when (error is InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            return default; // it has just ended
        }
    }
}
