using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using ModelZoo.Imaging;
using ModelZoo.Inference;
using ModelZoo.Models;

namespace ModelZoo.Bench;

/// <summary>
/// <c>scripts/bench serve</c>: <c>zoo serve</c> in a process of its own against the same classifier in this one, by turns, on loopback; then four times as many
/// requests as it can answer, and damaged pictures.
/// </summary>
internal static class ServeSpeed
{
    // Pictures are gone through so often in a round: its beginning and its end, when batches are not full, shall not count for much.
    private const int Passes = 3, Clients = 48;

    internal static void Run(Setting setting, string checkpoint, string folder, int rounds, int minutes, int mutated) =>
        RunAsync(setting.Output, checkpoint, folder, rounds, minutes, mutated).GetAwaiter().GetResult();

    private static async Task RunAsync(Output output, string checkpoint, string folder, int rounds, int minutes, int mutated)
    {
        string[] paths = [.. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Where(path => ImageDecoder.Recognizes(File.ReadAllBytes(path)))
            .Order(StringComparer.Ordinal).Take(96)];
        if (paths.Length == 0)
        {
            throw new UsageException($"{folder}: there are no pictures in it.");
        }

        byte[][] pictures = [.. paths.Select(File.ReadAllBytes)];
        using var classifier = ImageClassifier.Load(Catalog.Models, checkpoint, Catalog.ReadResource);
        using ServerProcess server = await ServerProcess.StartAsync(checkpoint).ConfigureAwait(false);
        string[] allPaths = [.. Enumerable.Range(0, Passes).SelectMany(_ => paths)];
        byte[][] all = [.. Enumerable.Range(0, Passes).SelectMany(_ => pictures)];
        classifier.Predict(allPaths, 1);
        await server.RunAsync(all, Clients).ConfigureAwait(false);

        List<double> bare = [], served = [], alone = [], single = [];
        for (int round = 0; round < rounds; round++)
        {
            long begin = Stopwatch.GetTimestamp();
            classifier.Predict(allPaths, 1);
            bare.Add(all.Length / Stopwatch.GetElapsedTime(begin).TotalSeconds);
            begin = Stopwatch.GetTimestamp();
            await server.RunAsync(all, Clients).ConfigureAwait(false);
            served.Add(all.Length / Stopwatch.GetElapsedTime(begin).TotalSeconds);

            foreach (int i in Enumerable.Range(0, 30))
            {
                begin = Stopwatch.GetTimestamp();
                classifier.Predict(paths[i % paths.Length], 1);
                alone.Add(Stopwatch.GetElapsedTime(begin).TotalMilliseconds);
                single.Add((await server.AskAsync(pictures[i % paths.Length]).ConfigureAwait(false)).Milliseconds);
            }
        }

        Line(output, "throughput, pictures a second", $"bare {Median(bare):F1}, served {Median(served):F1}: {Median(served) / Median(bare):F2}×");
        Line(output, "one at a time, median", $"bare {Median(alone):F1} ms, served {Median(single):F1} ms: {Median(single) / Median(alone):F2}×");
        await OverloadAsync(output, server, pictures, 4 * Median(served), minutes, Median(served)).ConfigureAwait(false);
        await DamagedAsync(output, server, pictures, mutated).ConfigureAwait(false);
    }

    private static async Task OverloadAsync(Output output, ServerProcess server, byte[][] pictures, double rate, int minutes, double throughput)
    {
        var answers = new ConcurrentBag<(HttpStatusCode Status, double Milliseconds)>();
        List<double> memory = [];
        List<Task> asked = [];
        long begin = Stopwatch.GetTimestamp(), look = 0;
        for (int i = 0; Stopwatch.GetElapsedTime(begin).TotalMinutes < minutes; i++)
        {
            double due = (i / rate) - Stopwatch.GetElapsedTime(begin).TotalSeconds;
            if (due > 0.001)
            {
                await Task.Delay(TimeSpan.FromSeconds(due)).ConfigureAwait(false);
            }

            byte[] picture = pictures[i % pictures.Length];
            asked.Add(Task.Run(async () => answers.Add(await server.AskAsync(picture).ConfigureAwait(false))));
            if (Stopwatch.GetElapsedTime(look).TotalSeconds > 5)
            {
                look = Stopwatch.GetTimestamp();
                memory.Add(server.ResidentMegabytes);
                asked.RemoveAll(task => task.IsCompletedSuccessfully);
            }
        }

        await Task.WhenAll(asked).ConfigureAwait(false);
        double[] accepted = Of(HttpStatusCode.OK), refused = Of(HttpStatusCode.TooManyRequests);
        double bound = 1000 * ServerProcess.Queue / throughput;
        Line(output, $"overload, {rate:F0} requests a second for {minutes} min", $"{accepted.Length:N0} answered, {refused.Length:N0} refused, "
            + $"{answers.Count - accepted.Length - refused.Length} otherwise");
        Line(output, "answered", $"median {Percentile(accepted, 0.5):F0} ms, 99 % within {Percentile(accepted, 0.99):F0} ms "
            + $"({Percentile(accepted, 0.99) / bound:F2}× the queue's {bound:F0} ms)");
        Line(output, "refused", refused.Length == 0 ? "none" : $"median {Percentile(refused, 0.5):F1} ms, 99 % within {Percentile(refused, 0.99):F1} ms");
        Line(output, "resident memory", $"{memory[0]:F0} MB at first, {memory.Max():F0} MB at most, {memory[^1]:F0} MB at last");

        double[] Of(HttpStatusCode status) => [.. answers.Where(a => a.Status == status).Select(a => a.Milliseconds).Order()];
    }

    private static async Task DamagedAsync(Output output, ServerProcess server, byte[][] pictures, int count)
    {
        var random = new SeededRandom(1);
        var seen = new ConcurrentDictionary<HttpStatusCode, int>();
        int left = count;
        while (left > 0)
        {
            byte[][] some = [.. Enumerable.Range(0, Math.Min(32, left)).Select(_ =>
            {
                byte[] bytes = [.. pictures[random.Next(pictures.Length)]];
                for (int i = random.Next(16); i >= 0; i--)
                {
                    bytes[random.Next(random.Next(4) == 0 ? bytes.Length : Math.Min(1_000, bytes.Length))] = (byte)random.Next(256);
                }

                return random.Next(3) == 0 ? bytes[..(1 + random.Next(bytes.Length))] : bytes;
            })];
            left -= some.Length;
            foreach ((HttpStatusCode status, _) in await Task.WhenAll(some.Select(server.AskAsync)).ConfigureAwait(false))
            {
                seen.AddOrUpdate(status, 1, (_, n) => n + 1);
            }
        }

        Line(output, $"{count:N0} damaged pictures", string.Join(", ", seen.OrderBy(s => s.Key).Select(s => $"{s.Value:N0} × {(int)s.Key}"))
            + $"; afterwards {(int)(await server.AskAsync(pictures[0]).ConfigureAwait(false)).Status}, {server.ResidentMegabytes:F0} MB");
    }

    private static void Line(Output output, string what, string figures)
    {
        output.Say($"{what}: {figures}");
        output.Add(new { Benchmark = "serve", What = what, Figures = figures });
    }

    private static double Median(List<double> values) => Percentile([.. values.Order()], 0.5);

    private static double Percentile(double[] sorted, double share) =>
        sorted.Length == 0 ? double.NaN : sorted[Math.Min(sorted.Length - 1, (int)(share * sorted.Length))];
}

/// <summary><c>zoo serve</c> as a process.</summary>
internal sealed class ServerProcess : IDisposable
{
    /// <summary>Places in its queue.</summary>
    internal const int Queue = 64;

    private readonly Process process;
    private readonly HttpClient client;
    private readonly Uri address;

    private ServerProcess(Process process, Uri server)
    {
        this.process = process;
        address = new Uri(server, "v1/predict?top=1");
        client = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = 2_000, UseProxy = false });
    }

    internal double ResidentMegabytes => double.Parse(File.ReadLines($"/proc/{process.Id}/status")
        .First(line => line.StartsWith("RssAnon:", StringComparison.Ordinal))
        .Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1000;

    public void Dispose()
    {
        process.Kill();
        process.WaitForExit();
        process.Dispose();
        client.Dispose();
    }

    internal static async Task<ServerProcess> StartAsync(string checkpoint)
    {
        string zoo = Path.Combine(Setting.Root, "src/ModelZoo.Cli/bin/Release/net10.0/zoo.dll");
        var start = new ProcessStartInfo("dotnet", [zoo, "serve", checkpoint, "--port", "0", "--json", "--queue", $"{Queue}"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["Logging__LogLevel__Default"] = "Warning";
        Process process = Process.Start(start)!;
        process.ErrorDataReceived += (_, line) =>
        {
            if (line.Data?.Contains("\"Error\"", StringComparison.Ordinal) == true || line.Data?.StartsWith("zoo:", StringComparison.Ordinal) == true)
            {
                Console.Error.WriteLine(line.Data);
            }
        };
        process.BeginErrorReadLine();
        string text = "";
        while (!text.EndsWith('}'))
        {
            text += await process.StandardOutput.ReadLineAsync().ConfigureAwait(false) ?? throw new ZooException("zoo serve ended.");
        }

        return new(process, new Uri(JsonDocument.Parse(text).RootElement.GetProperty("addresses")[0].GetString()!));
    }

    internal async Task<(HttpStatusCode Status, double Milliseconds)> AskAsync(byte[] picture)
    {
        long begin = Stopwatch.GetTimestamp();
        using var content = new ByteArrayContent(picture) { Headers = { ContentType = new MediaTypeHeaderValue("image/jpeg") } };
        try
        {
            using HttpResponseMessage reply = await client.PostAsync(address, content).ConfigureAwait(false);
            await reply.Content.ReadAsByteArrayAsync().ConfigureAwait(false);
            return (reply.StatusCode, Stopwatch.GetElapsedTime(begin).TotalMilliseconds);
        }
        catch (HttpRequestException e)
        {
            Console.Error.WriteLine($"{e.Message} {e.InnerException?.Message}");
            return (0, Stopwatch.GetElapsedTime(begin).TotalMilliseconds); // no answer at all
        }
    }

    /// <summary>Each picture once, by so many clients.</summary>
    internal Task RunAsync(byte[][] pictures, int clients) => Parallel.ForEachAsync(pictures, new ParallelOptions { MaxDegreeOfParallelism = clients },
        async (picture, _) =>
        {
            if ((await AskAsync(picture).ConfigureAwait(false)).Status != HttpStatusCode.OK)
            {
                throw new ZooException("A request was refused.");
            }
        });
}
