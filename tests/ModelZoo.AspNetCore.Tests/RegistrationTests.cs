using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using ModelZoo.Inference;
using ModelZoo.Tests;
using Xunit;

namespace ModelZoo.AspNetCore.Tests;

/// <summary>What an app registers is what it gets, and what cannot work does not start.</summary>
public sealed class RegistrationTests : IDisposable
{
    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Classifiers_are_known_by_their_names()
    {
        (string one, string two) = (folder.File("one.safetensors"), folder.File("two.safetensors"));
        Checkpoints.Write(one, "one");
        Checkpoints.Write(two, "two");
        HostApplicationBuilder builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.Configuration.AddInMemoryCollection([new("Classifier:Model", one), new("Classifier:MaxPixels", "900")]);
        builder.Services.AddImageClassifier().BindConfiguration("Classifier");
        builder.Services.AddImageClassifier("second", o => o.Model = two);
        builder.Services.AddHealthChecks().AddImageClassifiers(tags: ["ready"]);
        using IHost host = builder.Build();
        HealthCheckService health = host.Services.GetRequiredService<HealthCheckService>();
        Assert.Equal(HealthStatus.Unhealthy, (await health.CheckHealthAsync()).Status); // nothing is loaded yet
        await host.StartAsync();

        Assert.Equal("one0", host.Services.GetRequiredService<IImageClassifier>().Labels[0]);
        Assert.Equal("two0", host.Services.GetRequiredKeyedService<IImageClassifier>("second").Labels[0]);
        ImageClassifiers all = host.Services.GetRequiredService<ImageClassifiers>();
        Assert.Equal(["", "second"], all.Names);
        Assert.Contains("Did you mean 'second'?", Assert.Throws<UsageException>(() => all["secnd"]).Message, StringComparison.Ordinal);
        Assert.Equal(HealthStatus.Healthy, (await health.CheckHealthAsync()).Status);

        // MaxPixels of the one, not of the other.
        string picture = Checkpoints.Picture(folder.File("picture.png"));
        Assert.Contains("more than the 900 that are allowed", (await Assert.ThrowsAsync<Imaging.ImageException>(() => all[""].PredictAsync(picture))).Message,
            StringComparison.Ordinal);
        Assert.Equal(3, (await all["second"].PredictAsync(picture, top: 3)).Count);

        File.WriteAllText(two, "no checkpoint");
        Assert.False(all["second"].Refresh() || all["second"].Refresh());
        HealthReportEntry entry = Assert.Single((await health.CheckHealthAsync()).Entries).Value;
        Assert.Equal(HealthStatus.Degraded, entry.Status);
        Assert.StartsWith("second answers as before: ", entry.Description, StringComparison.Ordinal);
        await host.StopAsync();
    }

    [Fact]
    public async Task Impossible_options_do_not_start()
    {
        OptionsValidationException refused = await Assert.ThrowsAsync<OptionsValidationException>(
            () => Start(o => (o.Model, o.ReloadInterval) = (" ", default)));
        Assert.Equal(2, refused.Failures.Count());
        Assert.StartsWith("The image classifier has no Model: name a checkpoint", refused.Failures.First(), StringComparison.Ordinal);
        Assert.Contains("no such file", (await Assert.ThrowsAnyAsync<ZooException>(() => Start(o => o.Model = folder.File("none.safetensors")))).Message,
            StringComparison.OrdinalIgnoreCase);
        Assert.Contains("fresh weights", (await Assert.ThrowsAnyAsync<ZooException>(() => Start(o => o.Model = "lenet5"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_app_tests_itself_with_a_stand_in()
    {
        using ServiceProvider provider = new ServiceCollection().AddSingleton<IImageClassifier>(new AlwaysACat()).AddImageClassifier(o => o.Model = "none")
            .Services.BuildServiceProvider();
        IImageClassifier classifier = provider.GetRequiredService<IImageClassifier>();
        Prediction[] top = await classifier.PredictAsync("cat.jpg", top: 3, CancellationToken.None);
        Assert.Equal("cat", Assert.Single(top).Label);
        List<string> seen = [];
        await foreach ((string path, Prediction[] best) in classifier.PredictManyAsync(["a.jpg", "b.jpg"]))
        {
            seen.Add($"{path}: {best[0].Label}");
        }

        Assert.Equal(["a.jpg: cat", "b.jpg: cat"], seen);
    }

    private static async Task Start(Action<ImageClassifierOptions> configure)
    {
        HostApplicationBuilder builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddImageClassifier(configure);
        using IHost host = builder.Build();
        await host.StartAsync();
    }

    private sealed class AlwaysACat : IImageClassifier
    {
        public IReadOnlyList<string> Labels => ["cat"];

        public PredictionTask Task => PredictionTask.Classes;

        public Task<Answer> PredictAsync(string path, int top = 5, CancellationToken cancel = default) =>
            System.Threading.Tasks.Task.FromResult(new Answer([new Prediction("cat", 1)]));

        public Task<Answer> PredictAsync(Stream picture, int top = 5, CancellationToken cancel = default) => PredictAsync("", top, cancel);

        public async IAsyncEnumerable<FilePrediction> PredictEachAsync(
            IEnumerable<string> paths, int top = 5, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancel = default)
        {
            foreach (string path in paths)
            {
                yield return new FilePrediction(path, await PredictAsync(path, top, cancel), null);
            }
        }
    }
}
