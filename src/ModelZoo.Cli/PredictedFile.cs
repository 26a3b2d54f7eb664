using ModelZoo.Inference;
using ModelZoo.Trust;

namespace ModelZoo.Cli;

/// <summary>A row of `zoo predict` on its way from one process to another.</summary>
internal sealed record PredictedFile(string Path, string? Error, Prediction[]? Predictions, Doubt Doubt, string[]? MayBe, double? Distance)
{
    internal static PredictedFile Of(FilePrediction row) => new(row.Path, row.Error?.Message, row.Predictions?.ToArray(), row.Predictions?.Doubt ?? Doubt.None,
        row.Predictions?.MayBe?.ToArray(), row.Predictions?.Distance);

    internal FilePrediction ToPrediction() => Error is not null
        ? new(Path, null, new ZooException(Error))
        : new(Path, new Answer(Predictions!) { Doubt = Doubt, MayBe = MayBe, Distance = Distance }, null);
}
