using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text.Json;
using ModelZoo.Registry;
using ModelZoo.Weights;
using Xunit;

namespace ModelZoo.Cli.Tests;

/// <summary><c>zoo pull</c> as a process, with the smallest model of the catalog that has published weights.</summary>
public sealed class PullTests : IDisposable
{
    private static readonly ModelInfo Model = ModelZoo.Models.Catalog.Models.Find("mobilenet_v2");
    private static readonly Lazy<byte[]> Weights = new(Fresh);

    private readonly TemporaryFolder folder = new();
    private readonly byte[] file = Weights.Value;

    public void Dispose() => folder.Dispose();

    [Fact]
    public void The_list_shows_every_published_weight()
    {
        JsonElement list = Run("pull", "--list", "--json").Json;
        Assert.Equal(ModelZoo.Models.Catalog.Models.Models.SelectMany(m => m.Published.Select(w => w.Url)),
            list.EnumerateArray().Select(r => r.GetProperty("url").GetString()));
        Assert.Contains("as published", Run("pull", "--list").Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_from_elsewhere_is_put_into_the_folder_that_the_environment_names()
    {
        string source = folder.File("model.safetensors");
        File.WriteAllBytes(source, file);
        Zoo zoo = Run("pull", Model.Name, "--from", source, "--json");
        Assert.True(zoo.ExitCode == 0, zoo.Errors);
        string path = zoo.Json.GetProperty("path").GetString()!;
        Assert.StartsWith(folder.File("home"), path, StringComparison.Ordinal);
        Assert.Equal(file, File.ReadAllBytes(path));
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(file)), zoo.Json.GetProperty("sha256").GetString());
        Assert.Contains("--sha256", zoo.Errors, StringComparison.Ordinal);

        Zoo wrong = Run("pull", Model.Name, "--from", source, "--sha256", new string('0', 64));
        Assert.Equal(1, wrong.ExitCode);
        Assert.Contains("nothing was put in place", wrong.Errors, StringComparison.Ordinal);
        Zoo elsewhere = Zoo.StartWith(Home("empty"), null, "eval", $"{Model.Name}:{Model.Published[^1].Name}").Finish();
        Assert.Equal(2, elsewhere.ExitCode);
        Assert.Contains("`zoo pull", elsewhere.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_no_such_weights_takes_nobodys_place()
    {
        string good = folder.File("model.safetensors"), junk = folder.File("junk.txt");
        File.WriteAllBytes(good, file);
        File.WriteAllText(junk, "junk");
        string path = Run("pull", Model.Name, "--from", good, "--json").Json.GetProperty("path").GetString()!;
        Zoo refused = Run("pull", Model.Name, "--from", junk);
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("junk.txt does not hold weights of mobilenet_v2, and nothing was put in place", refused.Errors, StringComparison.Ordinal);
        Assert.Equal(file, File.ReadAllBytes(path));
        Assert.Equal(path, Run("pull", "--list", Model.Name, "--json").Json.EnumerateArray().Last().GetProperty("file").GetString());
    }

    [Fact]
    public void Two_processes_that_pull_the_same_file_fetch_it_once()
    {
        using var server = new SlowServer(file, TimeSpan.FromSeconds(2));
        string[] arguments = ["pull", Model.Name, "--from", server.Url + Named(), "--json"];
        Zoo.Running first = Zoo.StartWith(Home("home"), null, arguments), second = Zoo.StartWith(Home("home"), null, arguments);
        Zoo[] both = [first.Finish(), second.Finish()];
        Assert.All(both, z => Assert.True(z.ExitCode == 0, z.Errors));
        Assert.Equal(1, both.Count(z => z.Json.GetProperty("fetched").GetBoolean()));
        Assert.Equal(1, server.Served);
        Assert.Equal(file, File.ReadAllBytes(both[0].Json.GetProperty("path").GetString()!));
    }

    [Fact]
    public void Ctrl_C_keeps_what_has_come_and_the_next_call_goes_on()
    {
        using var server = new SlowServer(file, TimeSpan.FromSeconds(30));
        Zoo.Running running = Zoo.StartWith(Home("home"), null, "pull", Model.Name, "--from", server.Url + Named());
        running.WaitFor("MiB of 13.5 MiB");
        Thread.Sleep(500);
        running.Signal(2);
        Zoo stopped = running.Finish();
        Assert.Equal(130, stopped.ExitCode);
        Assert.Contains("goes on from there", stopped.Errors, StringComparison.Ordinal);
        string part = Assert.Single(Directory.GetFiles(folder.File("home"), "*.part", SearchOption.AllDirectories));
        long kept = new FileInfo(part).Length;
        Assert.InRange(kept, 1, file.Length - 1);

        server.Pause = TimeSpan.Zero;
        Zoo resumed = Run("pull", Model.Name, "--from", server.Url + Named());
        Assert.True(resumed.ExitCode == 0, resumed.Errors);
        Assert.Equal(kept, server.LastFrom);
        Assert.False(File.Exists(part));
    }

    private static byte[] Fresh()
    {
        using var here = new TemporaryFolder();
        using ZooModel model = Model.Create();
        string path = here.File("fresh.safetensors");
        Checkpoint.Export(path, model);
        return File.ReadAllBytes(path);
    }

    private string Named() => $"net-{Convert.ToHexStringLower(SHA256.HashData(file))[..8]}.pth";

    private Dictionary<string, string> Home(string name) => new() { ["MODELZOO_HOME"] = folder.File(name) };

    private Zoo Run(params string[] arguments) => Zoo.StartWith(Home("home"), null, arguments).Finish();

    /// <summary>Serves one file, pausing in its middle.</summary>
    private sealed class SlowServer : IDisposable
    {
        private readonly HttpListener listener = new();
        private readonly byte[] file;

        public SlowServer(byte[] file, TimeSpan pause)
        {
            (this.file, Pause) = (file, pause);
            Url = $"http://127.0.0.1:{FreePort()}/";
            listener.Prefixes.Add(Url);
            listener.Start();
            _ = ServeAsync();
        }

        public string Url { get; }

        public TimeSpan Pause { get; set; }

        public int Served { get; private set; }

        public long LastFrom { get; private set; }

        public void Dispose() => listener.Close();

        private static int FreePort()
        {
            using var probe = new TcpListener(IPAddress.Loopback, 0);
            probe.Start();
            return ((IPEndPoint)probe.LocalEndpoint).Port;
        }

        private async Task ServeAsync()
        {
            while (listener.IsListening)
            {
                try
                {
                    HttpListenerContext context = await listener.GetContextAsync();
                    Served++;
                    string? range = context.Request.Headers["Range"];
                    int from = range is null ? 0 : int.Parse(range["bytes=".Length..^1], CultureInfo.InvariantCulture);
                    LastFrom = from;
                    HttpListenerResponse response = context.Response;
                    response.StatusCode = from > 0 ? 206 : 200;
                    response.Headers["ETag"] = "\"one\"";
                    if (from > 0)
                    {
                        response.Headers["Content-Range"] = $"bytes {from}-{file.Length - 1}/{file.Length}";
                    }

                    response.ContentLength64 = file.Length - from;
                    int middle = from + (file.Length - from) / 2;
                    await response.OutputStream.WriteAsync(file.AsMemory(from, middle - from));
                    await response.OutputStream.FlushAsync();
                    await Task.Delay(Pause);
                    await response.OutputStream.WriteAsync(file.AsMemory(middle));
                    response.Close();
                }
                catch (Exception e) when (e is HttpListenerException or ObjectDisposedException or IOException)
                {
                    // The client stopped, or the test is over.
                }
            }
        }
    }
}
