using Microsoft.Extensions.Hosting;

namespace ModelZoo.AspNetCore;

/// <summary>Loads every classifier before the app answers, and looks at their files while it runs.</summary>
internal sealed class ClassifierReloads(ImageClassifiers classifiers) : BackgroundService
{
    /// <exception cref="ZooException">One cannot be loaded: the app does not start.</exception>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (ReloadingClassifier classifier in classifiers.All)
        {
            cancellationToken.ThrowIfCancellationRequested();
            await Task.Run(classifier.Load, cancellationToken).ConfigureAwait(false);
        }

        await base.StartAsync(cancellationToken).ConfigureAwait(false);
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(classifiers.All.Select(classifier => FollowAsync(classifier, stoppingToken)));

    private static async Task FollowAsync(ReloadingClassifier classifier, CancellationToken stop)
    {
        TimeSpan interval = classifier.Options.ReloadInterval;
        while (!stop.IsCancellationRequested)
        {
            await Task.Delay(interval, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!stop.IsCancellationRequested)
            {
                await Task.Run(classifier.Refresh, stop).ConfigureAwait(false);
            }
        }
    }
}
