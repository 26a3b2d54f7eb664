using System.Security.Cryptography;
using ModelZoo.Downloads;
using Xunit;

namespace ModelZoo.Tests.Downloads;

/// <summary>A file, a folder for it, and a downloader that waits for nothing long.</summary>
public abstract class DownloadTest : IDisposable
{
    private protected static DownloadOptions Quick { get; } = new() { Attempts = 3, Pause = TimeSpan.FromMilliseconds(5), Stall = TimeSpan.FromSeconds(30) };

    private protected TempFolder Folder { get; } = new();
    private protected Downloader Downloader { get; } = new(Quick);
    private protected byte[] Whole { get; } = Content(300_000, 1);

    private protected string Name => $"net-{Hash(Whole)[..8]}.pth";

    private protected string Target => Folder.File(Name);

    private protected string Part => Target + ".part";

    public void Dispose()
    {
        GC.SuppressFinalize(this);
        Downloader.Dispose();
        Folder.Dispose();
    }

    private protected static byte[] Content(int length, ulong seed)
    {
        var random = new SeededRandom(seed);
        return [.. Enumerable.Range(0, length).Select(_ => (byte)random.Next(256))];
    }

    private protected static string Hash(byte[] content) => Convert.ToHexStringLower(SHA256.HashData(content));

    private protected ExpectedHash Expected() => ExpectedHash.OfName(Name)!;

    private protected Task<Download> Fetch(LocalServer server, IProgress<DownloadProgress>? progress = null) =>
        Downloader.FetchAsync(server.Url(Name), Target, Expected(), progress: progress);

    private protected async Task<string> Fails(LocalServer server) => (await Assert.ThrowsAsync<ZooException>(() => Fetch(server))).Message;

    private protected void AssertInPlace()
    {
        Assert.Equal(Whole, File.ReadAllBytes(Target));
        Assert.False(File.Exists(Part));
        Assert.False(File.Exists(Part + ".json"));
    }

    private protected void AssertNothing()
    {
        Assert.False(File.Exists(Target));
        Assert.False(File.Exists(Part));
        Assert.False(File.Exists(Part + ".json"));
    }

    private protected sealed class Reports(Action<DownloadProgress>? then = null) : IProgress<DownloadProgress>
    {
        public List<DownloadProgress> All { get; } = [];

        public void Report(DownloadProgress value)
        {
            All.Add(value);
            then?.Invoke(value);
        }
    }
}
