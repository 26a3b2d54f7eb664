using System.Globalization;
using ModelZoo.Cli.Inputs;
using ModelZoo.Downloads;
using ModelZoo.Inference;
using ModelZoo.Registry;

namespace ModelZoo.Cli;

/// <summary>Brings published weights to this machine, and says of a package what it is and whose.</summary>
internal static class PublishedPull
{
    private const double Mebibyte = 1 << 20;

    /// <summary>What fine-tuning starts from where no model is named: weights for photographs that a NuGet package holds.</summary>
    internal const string DefaultModel = Models.ImageClassifierTrainer.DefaultModel;

    /// <inheritdoc cref="WeightsPull.RunAsync"/>
    internal static async Task<Download> RunAsync(Session session, ModelInfo info, PublishedWeights weights, string? from = null, ExpectedHash? hash = null,
        bool force = false)
    {
        string spec = $"{info.Name}:{weights.Name}";
        using var downloader = new Downloader();
        if (weights.Package is { } package)
        {
            session.Say(string.Create(CultureInfo.InvariantCulture,
                $"{spec} is in the NuGet package {package}: {package.Bytes / Mebibyte:F1} MiB, {package.License} license, {package.Copyright}"));
        }

        return await DownloadView.ShowAsync(session, spec, progress =>
            WeightsPull.RunAsync(downloader, info, weights, Models.Catalog.ReadResource, from, hash, force, progress, cancel: session.Cancel))
            .ConfigureAwait(false);
    }

    /// <summary>Refuses data that the model is not for which fine-tuning takes where none is named.</summary>
    /// <exception cref="UsageException">The data are no pictures in files.</exception>
    internal static DataChoice MustSuit(DataChoice data) => data.Source.Name is "folder" or "csv"
        ? data
        : throw new UsageException($"zoo finetune needs a <model> for {data.Source.ShortName}; without one it fits {DefaultModel} to pictures in files (--data "
            + "folder:<path>). See `zoo finetune --help`.");

    /// <summary>The model that fine-tuning takes where none is named, fetched if need be.</summary>
    /// <exception cref="ZooException">The weights are not here, and cannot be had.</exception>
    internal static async Task<string> DefaultAsync(Session session)
    {
        ModelInfo info = Session.Catalog.Find(DefaultModel);
        PublishedWeights weights = info.Published[^1];
        if (WeightsCache.Find(info.Name, weights) is null)
        {
            try
            {
                await RunAsync(session, info, weights).ConfigureAwait(false);
            }
            catch (ZooException error) when (error is not UsageException)
            {
                throw new ZooException($"{error.Message} Weights that come with the zoo need no network: `zoo finetune resnet20:cifar10 …`.", error);
            }
        }

        return $"{info.Name}:{weights.Name}";
    }
}
