using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using ModelZoo.Inference;
using ModelZoo.Tests;
using Xunit;

namespace ModelZoo.AspNetCore.Tests;

/// <summary>A checkpoint that changes is loaded anew, and no request notices.</summary>
public sealed class ReloadTests : IDisposable
{
    private readonly TempFolder folder = new();
    private readonly Logs logs = new();
    private readonly ServiceProvider provider;
    private readonly ReloadingClassifier classifier;
    private readonly string checkpoint, picture;

    public ReloadTests()
    {
        checkpoint = folder.File("digits.safetensors");
        picture = Checkpoints.Picture(folder.File("picture.png"));
        Checkpoints.Write(checkpoint, "old");
        provider = new ServiceCollection().AddLogging(builder => builder.AddProvider(logs)).AddImageClassifier(o => o.Model = checkpoint).Services
            .BuildServiceProvider();
        classifier = provider.GetRequiredService<ImageClassifiers>()[""];
    }

    public void Dispose()
    {
        provider.Dispose();
        folder.Dispose();
    }

    [Fact]
    public async Task Requests_under_way_finish_on_the_old_one_and_none_is_lost()
    {
        using var stop = new CancellationTokenSource();
        Task<List<string>>[] callers = [.. Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            List<string> answers = [];
            while (!stop.IsCancellationRequested)
            {
                answers.Add((await classifier.PredictAsync(picture, top: 1))[0].Label);
            }

            return answers;
        }))];
        ClassifierLease held = classifier.Rent();
        for (int version = 2; version <= 4; version++)
        {
            Checkpoints.Write(checkpoint, version % 2 == 0 ? "new" : "old");
            Assert.True(Refreshed());
            Assert.Equal(version, classifier.Version!.Number);
            await Task.Delay(50);
        }

        await stop.CancelAsync();
        string[] said = [.. (await Task.WhenAll(callers)).SelectMany(answers => answers).Distinct().Order(StringComparer.Ordinal)];
        Assert.Equal(2, said.Length);
        Assert.StartsWith("new", said[0], StringComparison.Ordinal);
        Assert.Equal(said[0][3..], said[1][3..]); // the same digit: the same network under other names
        Assert.StartsWith("new", (await classifier.PredictAsync(picture))[0].Label, StringComparison.Ordinal);

        Assert.StartsWith("old", (await held.Classifier.PredictAsync(picture))[0].Label, StringComparison.Ordinal);
        ImageClassifier first = held.Classifier;
        held.Dispose();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => first.PredictAsync(picture)); // nobody uses it any more: it was freed
        Assert.Equal(4, logs.Lines.Count(line => line.Text.Contains("answers from now on", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_broken_file_changes_nothing_and_is_said_once()
    {
        string before = (await classifier.PredictAsync(picture))[0].Label, hash = classifier.Version!.Sha256!;
        File.WriteAllBytes(checkpoint, File.ReadAllBytes(checkpoint)[..^7]);
        for (int look = 0; look < 4; look++)
        {
            Assert.False(classifier.Refresh());
        }

        Assert.Contains(checkpoint, classifier.ReloadError, StringComparison.Ordinal);
        Assert.Equal((1, hash), (classifier.Version.Number, classifier.Version.Sha256));
        Assert.Equal(before, (await classifier.PredictAsync(picture))[0].Label);
        Assert.Single(logs.Lines, line => line.Level == LogLevel.Error);

        File.Delete(checkpoint);
        Assert.False(Refreshed());
        Assert.Contains("no such file", classifier.ReloadError, StringComparison.OrdinalIgnoreCase);

        Checkpoints.Write(checkpoint, "new");
        Assert.True(Refreshed());
        Assert.Null(classifier.ReloadError);
        Assert.NotEqual(hash, classifier.Version!.Sha256);
        Assert.StartsWith("new", (await classifier.PredictAsync(picture))[0].Label, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_still_being_written_is_not_touched()
    {
        classifier.Load();
        byte[] whole = File.ReadAllBytes(checkpoint);
        using FileStream copy = File.Create(checkpoint);
        for (int at = 0; at < whole.Length; at += whole.Length / 5)
        {
            copy.Write(whole.AsSpan(at, Math.Min(whole.Length / 5, whole.Length - at)));
            copy.Flush();
            Assert.False(classifier.Refresh());
        }

        Assert.Null(classifier.ReloadError);
    }

    [Fact]
    public async Task Disposing_waits_for_who_uses_it()
    {
        ClassifierLease held = classifier.Rent();
        Task disposed = classifier.DisposeAsync().AsTask();
        Assert.NotSame(disposed, await Task.WhenAny(disposed, Task.Delay(200)));
        Assert.Throws<ObjectDisposedException>(() => classifier.Rent());
        Assert.NotEmpty(await held.Classifier.PredictAsync(picture));
        held.Dispose();
        await disposed.WaitAsync(TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task The_host_follows_the_file()
    {
        HostApplicationBuilder builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddImageClassifier(o => (o.Model, o.ReloadInterval) = (checkpoint, TimeSpan.FromMilliseconds(50)));
        using IHost host = builder.Build();
        await host.StartAsync();
        ReloadingClassifier followed = host.Services.GetRequiredService<ImageClassifiers>()[""];
        Assert.Equal(1, followed.Version!.Number);
        Checkpoints.Write(checkpoint, "new");
        for (int wait = 0; followed.Version.Number == 1 && wait < 400; wait++)
        {
            await Task.Delay(50);
        }

        Assert.Equal(2, followed.Version.Number);
        await host.StopAsync();
    }

    // It was the same twice.
    private bool Refreshed() => classifier.Refresh() || classifier.Refresh();
}
