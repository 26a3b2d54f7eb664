// Feeds damaged inputs to every reader of bytes.
//
//   zoo-fuzz <minutes> [<seed> [<reader>…]]     over all readers, or those; ends with 1 where one did what none may, and its inputs lie in artifacts/fuzz
//   zoo-fuzz --one <reader> <file>              reads one file
//   zoo-fuzz --list
using System.Globalization;
using System.Security.Cryptography;
using ModelZoo;
using ModelZoo.Fuzz;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
switch (args)
{
    case ["--child", var name, var seed, var first, var count, var seconds, var progress]:
        FuzzChild.Run(Readers.Find(name), ulong.Parse(seed), long.Parse(first), long.Parse(count), TimeSpan.FromSeconds(double.Parse(seconds)), progress);
        return 0;
    case ["--one", var name, var file]:
        return One(Readers.Find(name), File.ReadAllBytes(file));
    case ["--list"]:
        Console.WriteLine(string.Join('\n', Readers.Real.Select(target => target.Name)));
        return 0;
    case [var minutes, .. var rest] when double.TryParse(minutes, out double time) && time > 0:
        ulong chosen = rest.Length > 0 ? ulong.Parse(rest[0]) : (ulong)DateTime.UtcNow.Ticks % 1_000_000;
        return Long(TimeSpan.FromMinutes(time), chosen, rest.Length > 1 ? [.. rest[1..].Select(Readers.Find)] : [.. Readers.Real]);
    default:
        Console.Error.WriteLine("zoo-fuzz <minutes> [<seed> [<reader>…]] | --one <reader> <file> | --list");
        return 2;
}

static int One(FuzzTarget target, byte[] bytes)
{
    string folder = Directory.CreateTempSubdirectory("zoo-fuzz-").FullName;
    try
    {
        Directory.CreateDirectory(Path.Combine(folder, "out"));
        target.Read(bytes, folder);
        Console.WriteLine("read");
        return 0;
    }
    catch (ZooException error)
    {
        Console.WriteLine($"refused: {error.Message}");
        return 0;
    }
    finally
    {
        Directory.Delete(folder, recursive: true);
    }
}

static int Long(TimeSpan time, ulong seed, FuzzTarget[] targets)
{
    Console.WriteLine($"seed {seed}, {time.TotalMinutes:0.##} minutes, {targets.Length} readers");
    Console.WriteLine($"{"reader",-14}{"inputs",12}{"refused",12}{"an hour",14}{"slowest ms",12}{"most MB",9}  findings");
    int found = 0;
    foreach (FuzzTarget target in targets)
    {
        var clock = System.Diagnostics.Stopwatch.StartNew();
        FuzzOutcome outcome = FuzzRun.Over(target, seed, long.MaxValue, time / targets.Length);
        double hours = clock.Elapsed.TotalHours;
        Console.WriteLine($"{target.Name,-14}{outcome.Inputs,12:N0}{outcome.Refused,12:N0}{outcome.Inputs / hours,14:N0}{outcome.SlowestMilliseconds,12}"
            + $"{outcome.MostBytes >> 20,9}  {outcome.Findings.Count}");
        foreach (IGrouping<string, FuzzFinding> same in outcome.Findings.GroupBy(f => f.Cause))
        {
            FuzzFinding first = same.MinBy(f => f.Input.Length)!;
            string path = Path.Combine("artifacts", "fuzz", target.Name, Convert.ToHexStringLower(SHA256.HashData(first.Input))[..12]);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllBytes(path, first.Input);
            Console.WriteLine($"  {same.Count()} × {Printable.Message(same.Key)}\n    {path}, {first.Input.Length} bytes");
        }

        found += outcome.Findings.Count;
    }

    Console.WriteLine($"{found} findings");
    return found == 0 ? 0 : 1;
}
