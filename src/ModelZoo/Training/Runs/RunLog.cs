using System.Text.Json;
using System.Text.Json.Serialization;

namespace ModelZoo.Training;

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

    public long Length => file.Length;

    public void Write<T>(T entry) => file.Append([.. JsonSerializer.SerializeToUtf8Bytes(entry, Options), (byte)'\n']);

    public void ToDisk() => file.ToDisk();

    public void Dispose() => file.Dispose();
}

/// <summary>A step's line.</summary>
internal sealed record StepEntry(int Step, int Epoch, double Loss, double LearningRate, double? GradientNorm, double ImagesPerSecond, double Seconds);

/// <summary>An epoch's line.</summary>
internal sealed record EpochEntry(
    int Epoch, int Steps, double TrainLoss, double TrainAccuracy, double? TestLoss, double? TestAccuracy, double LearningRate, int Images, double TrainSeconds, double Seconds, bool Best);
