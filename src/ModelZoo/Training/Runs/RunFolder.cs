using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace ModelZoo.Training.Runs;

/// <summary>The files of a training run, all in one folder.</summary>
public sealed class RunFolder
{
    /// <param name="path">The folder; it need not be there yet.</param>
    public RunFolder(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        Path = path;
    }

    /// <summary>The folder.</summary>
    public string Path { get; }

    /// <summary>The recipe that is followed.</summary>
    public string Recipe => File("recipe.json");

    /// <summary>What is trained on what, by which versions on which machine.</summary>
    public string Description => File("run.json");

    /// <summary>One JSON object a line: steps and epochs.</summary>
    public string Log => File("log.jsonl");

    /// <summary>Loss, accuracy and learning rate over the epochs, as a drawing.</summary>
    public string Curves => File("curves.svg");

    /// <summary>What came of it, as a page: figures, mistakes, where the network looks.</summary>
    public string Report => File("report.html");

    /// <summary>The same numbers for programs.</summary>
    public string ReportNumbers => File("report.json");

    /// <summary>The checkpoint after the last epoch.</summary>
    public string Last => File("last.safetensors");

    /// <summary>The checkpoint of the epoch with the best test accuracy.</summary>
    public string Best => File("best.safetensors");

    /// <summary>The averaged weights, where they are kept beside the others.</summary>
    public string Average => File("ema.safetensors");

    /// <summary>All that is needed to go on: weights, optimizer, counters.</summary>
    public string State => File("state.safetensors");

    // What is written whole, by way of a temporary file beside it.
    private string[] Replaced => [Recipe, Description, Curves, Report, ReportNumbers, Last, Best, Average, State];

    /// <summary>Makes the first of the folders runs/name-1, runs/name-2 … that is not there yet; no two callers get the same one.</summary>
    /// <param name="parent">"runs".</param>
    /// <param name="name">"lenet5-digits".</param>
    /// <exception cref="ZooException">It cannot be made.</exception>
    public static RunFolder CreateNext(string parent, string name)
    {
        for (int n = 1; ; n++)
        {
            string path = System.IO.Path.Combine(parent, string.Create(CultureInfo.InvariantCulture, $"{name}-{n}"));
            if (!System.IO.Path.Exists(path) && RunLock.Create(path))
            {
                return new RunFolder(path);
            }
        }
    }

    /// <summary>Makes the folder, keeps other writers out of it, and clears away what an interrupted write of a run has left.</summary>
    /// <returns>The lock; the folder is this caller's until it is disposed.</returns>
    /// <exception cref="ZooException">Another process writes it, or it cannot be made.</exception>
    internal RunLock Lock()
    {
        RunLock held = RunLock.Take(Path);
        try
        {
            foreach (string left in Replaced.SelectMany(file => Directory.GetFiles(Path, $".{System.IO.Path.GetFileName(file)}.*.tmp")))
            {
                System.IO.File.Delete(left);
            }

            return held;
        }
        catch (Exception error) when (FileAccessError.Covers(error))
        {
            held.Dispose();
            throw FileAccessError.Writing(Path, error);
        }
    }

    /// <summary>What run.json says, under its keys: seed, threads, the notes of whoever began the run.</summary>
    /// <exception cref="ZooException">This is no run's folder, or the file cannot be read.</exception>
    public IReadOnlyDictionary<string, string> ReadDescription() => RunDescription.Read(Existing(Description));

    /// <summary>The recipe that the run follows.</summary>
    /// <exception cref="ZooException">This is no run's folder, or the file cannot be read.</exception>
    public Recipe ReadRecipe() => Training.Recipe.Parse(System.IO.File.ReadAllText(Existing(Recipe)), Recipe);

    /// <summary>The epochs that the log has.</summary>
    /// <returns>None where there is no log.</returns>
    /// <exception cref="ZooException">The log cannot be read.</exception>
    public IReadOnlyList<EpochResult> ReadEpochs() => System.IO.File.Exists(Log) ? RunLog.ReadEpochs(Log) : [];

    private string Existing(string file) => System.IO.File.Exists(file)
        ? file
        : throw new ZooException($"{Path}: is no folder of a training run: it has no {System.IO.Path.GetFileName(file)}. Give the folder that `zoo "
            + "train` made.");

    private string File(string name) => System.IO.Path.Combine(Path, name);
}

/// <summary>A file that grows, and can be cut back to where a saved state left it.</summary>
internal sealed class AppendedFile : IDisposable
{
    private readonly FileStream stream;

    /// <param name="path">The file; made where it is not there.</param>
    /// <param name="length">What is kept of it; 0 begins anew.</param>
    /// <exception cref="ZooException">It cannot be written.</exception>
    public AppendedFile(string path, long length)
    {
        try
        {
            stream = new FileStream(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.Read, bufferSize: 1);
            stream.SetLength(Math.Min(length, stream.Length));
            stream.Seek(0, SeekOrigin.End);
        }
        catch (Exception error) when (FileAccessError.Covers(error))
        {
            throw FileAccessError.Writing(path, error);
        }
    }

    public long Length => stream.Length;

    /// <summary>Adds bytes, all of them in one write.</summary>
    public void Append(ReadOnlySpan<byte> bytes) => stream.Write(bytes);

    /// <summary>Makes sure that what was added survives a loss of power.</summary>
    public void ToDisk() => stream.Flush(flushToDisk: true);

    public void Dispose() => stream.Dispose();
}

/// <summary>log.jsonl: a line for every so many steps and one for every epoch, each a JSON object.</summary>
internal sealed class RunLog(string path, long length) : IDisposable
{
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    private readonly AppendedFile file = new(path, length);

    /// <summary>The lines of epochs.</summary>
    /// <exception cref="ZooException">It cannot be read, or is no such log.</exception>
    public static IReadOnlyList<EpochResult> ReadEpochs(string path)
    {
        try
        {
            RegularFile.Require(path);
            return [.. File.ReadLines(path).Where(line => line.Contains("\"train_loss\"", StringComparison.Ordinal))
                .Select(line => JsonSerializer.Deserialize<EpochEntry>(line, Options) ?? throw new JsonException("no epoch"))
                .Select(e => new EpochResult(e.Epoch, e.TrainLoss, e.TrainAccuracy, e.TestAccuracy, e.TrainSeconds, e.Images)
                {
                    TestLoss = e.TestLoss,
                    TestInterval = e.TestAccuracyLow is { } low && e.TestAccuracyHigh is { } high ? new(low, high) : null,
                    LearningRate = e.LearningRate,
                })];
        }
        catch (JsonException e)
        {
            throw new ZooException($"{path}: is no log of a training run ({e.Message.TrimEnd('.')}).", e);
        }
        catch (Exception e) when (FileAccessError.Covers(e))
        {
            throw FileAccessError.Reading(path, e);
        }
    }

    public long Length => file.Length;

    public void Write<T>(T entry) => file.Append([.. JsonSerializer.SerializeToUtf8Bytes(entry, Options), (byte)'\n']);

    public void ToDisk() => file.ToDisk();

    public void Dispose() => file.Dispose();
}

/// <summary>A step's line.</summary>
internal sealed record StepEntry(int Step, int Epoch, double Loss, double LearningRate, double? GradientNorm, double ImagesPerSecond, double Seconds);

/// <summary>An epoch's line.</summary>
internal sealed record EpochEntry(
    int Epoch, int Steps, double TrainLoss, double TrainAccuracy, double? TestLoss, double? TestAccuracy, double LearningRate, int Images, double TrainSeconds,
        double Seconds, bool Best)
{
    /// <summary>The ends of the test accuracy's interval of 95 % confidence, where it is a share of images.</summary>
    public double? TestAccuracyLow { get; init; }

    public double? TestAccuracyHigh { get; init; }
}
