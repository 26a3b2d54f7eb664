using System.Text.Json;
using System.Text.Json.Serialization;

namespace ModelZoo.Training;

/// <summary>Where a training run is: all that it needs beside tensors to go on as if it had never stopped.</summary>
internal sealed class RunState
{
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    /// <summary>The current epoch, from 1; 0 before the first.</summary>
    public int Epoch { get; set; }

    /// <summary>Whether the epoch is under way; else it is done.</summary>
    public bool InEpoch { get; set; }

    /// <summary>Batches of the epoch that are done.</summary>
    public int Batch { get; set; }

    public int StepInEpoch { get; set; }

    /// <summary>Steps in all epochs.</summary>
    public int Steps { get; set; }

    /// <summary>Of the epoch so far, over the images.</summary>
    public double LossSum { get; set; }

    public long Correct { get; set; }

    public int Images { get; set; }

    /// <summary>The learning rate of the last step.</summary>
    public double Rate { get; set; }

    /// <summary>Wall time of the run so far, and of training in this epoch.</summary>
    public double Seconds { get; set; }

    public double EpochSeconds { get; set; }

    public bool TargetReached { get; set; }

    public bool StoppedEarly { get; set; }

    public List<EpochResult> Epochs { get; set; } = [];

    public Plateau Plateau { get; set; } = new();

    /// <summary>The lowest test error (where nothing is tested, training loss), its epoch, and the tests since.</summary>
    public double? Best { get; set; }

    public int BestEpoch { get; set; }

    public int SinceBest { get; set; }

    /// <summary>Steps in the average of the weights.</summary>
    public long AverageSteps { get; set; }

    /// <summary>Steps that each parameter has taken.</summary>
    public Dictionary<string, long> ParameterSteps { get; set; } = [];

    /// <summary>How long the log and the event file were.</summary>
    public long LogBytes { get; set; }

    public long EventBytes { get; set; }

    public string ToJson() => JsonSerializer.Serialize(this, Options);

    public static RunState Parse(string json) => JsonSerializer.Deserialize<RunState>(json, Options) ?? throw new JsonException("null");
}
