using ModelZoo.Inference;

namespace ModelZoo.Samples.FolderWorker;

/// <summary>
/// Moves every picture that arrives in the inbox into the subfolder of its class: <c>inbox/sorted/ants</c>. What the classifier does not know goes to
/// <c>unknown</c>, what is no picture to <c>unreadable</c>.
/// </summary>
internal sealed partial class InboxWorker(IImageClassifier classifier, IConfiguration configuration, ILogger<InboxWorker> logger) : BackgroundService
{
    private static readonly TimeSpan Settled = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        string inbox = configuration["Inbox"] ?? throw new InvalidOperationException("Name the folder: --Inbox=<folder>.");
        Directory.CreateDirectory(inbox);
        using var clock = new PeriodicTimer(Settled);
        do
        {
            // Looking is sturdier than being told: watchers miss files on network drives, and tell of files that are still being copied.
            IEnumerable<string> arrived = Directory.EnumerateFiles(inbox).Where(file => File.GetLastWriteTimeUtc(file) < DateTime.UtcNow - Settled).Order();
            await foreach (FilePrediction picture in classifier.PredictEachAsync([.. arrived], top: 1, stoppingToken))
            {
                string place = picture switch
                {
                    { Predictions: null } => "unreadable",
                    { Predictions.Unknown: not null } => "unknown",
                    { Predictions: { } top } => FolderOf(top[0]),
                };
                (string name, DirectoryInfo folder) = (Path.GetFileName(picture.Path), Directory.CreateDirectory(Path.Combine(inbox, "sorted", place)));
                File.Move(picture.Path, Path.Combine(folder.FullName, name), overwrite: true);
                Sorted(name, place);
            }
        }
        while (await clock.WaitForNextTickAsync(stoppingToken));
    }

    // A label is text from a checkpoint, and no path.
    private static string FolderOf(Prediction prediction)
    {
        string name = string.Join('-', prediction.Label.Split(Path.GetInvalidFileNameChars())).TrimStart('.');
        return name.Length > 0 ? name : "unnamed";
    }

    [LoggerMessage(1, LogLevel.Information, "{Picture} → {Place}")]
    private partial void Sorted(string picture, string place);
}
