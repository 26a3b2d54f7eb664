using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using ModelZoo.Data;
using ModelZoo.Imaging;
using ModelZoo.Statistics;
using ModelZoo.Training;
using ModelZoo.Trust;

namespace ModelZoo.Reports;

/// <summary>
/// What is to be known of a trained model: figures with their error bars, its mistakes, and how it was made. <see cref="Reporter"/> makes one.
/// </summary>
public sealed record ModelReport
{
    /// <summary>The network: "resnet18_cntk".</summary>
    public required string Model { get; init; }

    /// <summary>The file that was measured, or what the model was called.</summary>
    public required string Source { get; init; }

    /// <summary>The images that it was measured on.</summary>
    public required string Data { get; init; }

    /// <summary>How many could be read.</summary>
    public required int Images { get; init; }

    /// <summary>What it predicts.</summary>
    public required TaskKind Task { get; init; }

    /// <summary>What is to be said before any figure, a sentence each: that these images decided which epoch was kept, for instance.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>The images that it learned from and those that it was measured on.</summary>
    public required IReadOnlyList<ReportedPart> Parts { get; init; }

    /// <summary>What was found in each folder, and what was passed over.</summary>
    public IReadOnlyList<FolderSummary> Folders { get; init; } = [];

    /// <summary>Of one class of several: how well.</summary>
    public ClassFigures? Classes { get; init; }

    /// <summary>Of several labels: how well.</summary>
    public LabelFigures? Labels { get; init; }

    /// <summary>Of a number: how well.</summary>
    public NumberFigures? Number { get; init; }

    /// <summary>Images to look at.</summary>
    public IReadOnlyList<PictureList> Pictures { get; init; } = [];

    /// <summary>The layer whose maps Grad-CAM looked at; null where there are no maps.</summary>
    public string? ExplainedLayer { get; init; }

    /// <summary>Why there are none.</summary>
    public string? NotExplained { get; init; }

    /// <summary>The training, where it is this report's.</summary>
    public ReportedTraining? Training { get; init; }

    /// <summary>The recipe that it was trained by, as far as is known.</summary>
    public JsonNode? Recipe { get; init; }

    /// <summary>What else is known of its making, in words: seed, data, versions.</summary>
    public IReadOnlyDictionary<string, string> Making { get; init; } = new Dictionary<string, string>();

    /// <summary>The steps from a picture to the input, in words.</summary>
    public required IReadOnlyList<string> Preprocessing { get; init; }

    /// <summary>The command that does it again.</summary>
    public string? Command { get; init; }

    /// <summary>Versions, operating system and processor.</summary>
    public required IReadOnlyList<KeyValuePair<string, string>> Machine { get; init; }

    /// <summary>How long measuring and explaining took.</summary>
    public required double Seconds { get; init; }

    /// <summary>The same numbers for programs; pictures are not in it.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, ReportJson.Options);
}

/// <summary>A part of the data.</summary>
/// <param name="Role">"training" or "measured".</param>
/// <param name="Name">"photos/train".</param>
/// <param name="Images">How many.</param>
/// <param name="Classes">Of each class or label how many; empty for a number.</param>
/// <param name="Unreadable">Files that were left out since they cannot be read, a sentence each.</param>
public sealed record ReportedPart(string Role, string Name, int Images, IReadOnlyList<ReportedCount> Classes, IReadOnlyList<string> Unreadable);

/// <summary>How many images a class has.</summary>
/// <param name="Label">The class.</param>
/// <param name="Count">Images.</param>
public sealed record ReportedCount(string Label, int Count);

/// <summary>How the model was trained.</summary>
/// <param name="Metric">What is measured after an epoch: "accuracy".</param>
/// <param name="Epochs">In order.</param>
/// <param name="BestEpoch">The one with the best test.</param>
/// <param name="MeasuredEpoch">The one that this report is about; null where that is not known.</param>
/// <param name="Seconds">Wall time.</param>
/// <param name="StoppedEarly">Whether it ended because nothing got better.</param>
public sealed record ReportedTraining(string Metric, IReadOnlyList<EpochResult> Epochs, int? BestEpoch, int? MeasuredEpoch, double Seconds, bool StoppedEarly);

/// <summary>How well one class of several is told.</summary>
public sealed record ClassFigures
{
    /// <summary>Of all images, the share that is told right.</summary>
    public required double Accuracy { get; init; }

    /// <summary>Where it lies on all such images, with 95 % confidence (Wilson).</summary>
    public required Interval AccuracyInterval { get; init; }

    /// <summary>The accuracy of always saying the most frequent class.</summary>
    public required double MostFrequent { get; init; }

    /// <summary>How many of the likeliest classes <see cref="TopAccuracy"/> looks at.</summary>
    public required int Top { get; init; }

    /// <summary>The share of the images whose class is among them.</summary>
    public required double TopAccuracy { get; init; }

    /// <summary>Mean cross entropy.</summary>
    public required double Loss { get; init; }

    /// <summary>The mean F1 of the classes that there are images of.</summary>
    public required double MeanF1 { get; init; }

    /// <summary>Where it lies, with 95 % confidence (percentiles of 1,000 resamples).</summary>
    public Interval? MeanF1Interval { get; init; }

    /// <summary>The expected calibration error (<see cref="Certainty.CalibrationError"/>).</summary>
    public required double CalibrationError { get; init; }

    /// <summary>How certain answers were and how many of them were right.</summary>
    public required IReadOnlyList<CertaintyBin> Reliability { get; init; }

    /// <summary>In the order of the outputs.</summary>
    public required IReadOnlyList<ReportedClass> Classes { get; init; }

    /// <summary>[label][said]: images; null for more than <see cref="MostConfused"/> classes.</summary>
    public IReadOnlyList<IReadOnlyList<int>>? Confusion { get; init; }

    /// <summary>Mistakes, the most frequent first.</summary>
    public required IReadOnlyList<Mistake> Mistakes { get; init; }

    /// <summary>What came of the promise of a calibrated model.</summary>
    public AnsweredResult? Answered { get; init; }

    /// <summary>The most classes whose confusion is written whole.</summary>
    public const int MostConfused = 100;
}

/// <summary>How one class or label is told.</summary>
/// <param name="Label">Its name.</param>
/// <param name="Count">Images of it.</param>
/// <param name="Said">Images that were called so.</param>
/// <param name="Precision">Of those called so, the share that are; 0 where there are none.</param>
/// <param name="Recall">Of those that are, the share called so; 0 where there are none.</param>
/// <param name="F1">The harmonic mean of both.</param>
public sealed record ReportedClass(string Label, int Count, int Said, double Precision, double Recall, double F1)
{
    /// <summary>Wilson's, of 95 % confidence.</summary>
    public Interval PrecisionInterval => Interval.OfShare(Precision, Said);

    /// <summary>Wilson's, of 95 % confidence.</summary>
    public Interval RecallInterval => Interval.OfShare(Recall, Count);

    /// <summary>The percentiles of 1,000 resamples, 95 %; null where none says.</summary>
    public Interval? F1Interval { get; init; }

    /// <summary>Of several labels: the probability from which on it is there.</summary>
    public double? Threshold { get; init; }

    /// <summary>Of several labels: the area under precision over recall.</summary>
    public double? AveragePrecision { get; init; }
}

/// <summary>Images of one class that were taken for another.</summary>
/// <param name="Label">What they are.</param>
/// <param name="Said">What they were called.</param>
/// <param name="Count">How many.</param>
public sealed record Mistake(string Label, string Said, int Count);

/// <summary>How well several labels are told.</summary>
/// <param name="MeanAveragePrecision">The mean of the labels that some image has.</param>
/// <param name="MeanAveragePrecisionInterval">Where it lies on all such images, by resamples.</param>
/// <param name="ExactMatch">The share of the images with every label right.</param>
/// <param name="ExactMatchInterval">Wilson's, of 95 % confidence.</param>
/// <param name="MeanF1">The mean of the labels that some image has.</param>
/// <param name="MeanF1Interval">The percentiles of resamples, 95 %.</param>
/// <param name="Loss">Mean binary cross entropy.</param>
/// <param name="CalibrationError">Over all images and labels: how far probabilities lie from shares.</param>
/// <param name="Reliability">Likewise: of the labels that got about such a probability, the share that is there.</param>
/// <param name="Labels">In the order of the outputs.</param>
public sealed record LabelFigures(double MeanAveragePrecision, Interval? MeanAveragePrecisionInterval, double ExactMatch, Interval ExactMatchInterval,
    double MeanF1, Interval? MeanF1Interval, double Loss, double CalibrationError, IReadOnlyList<CertaintyBin> Reliability,
    IReadOnlyList<ReportedClass> Labels);

/// <summary>How well a number is told, in its own units; the intervals are percentiles of 1,000 resamples, 95 %.</summary>
/// <param name="Name">What it is called.</param>
/// <param name="R2">The share of its variance that is predicted.</param>
/// <param name="R2Interval">Where that lies.</param>
/// <param name="RootMeanSquaredError">The root of the mean squared error.</param>
/// <param name="RootMeanSquaredErrorInterval">Where that lies.</param>
/// <param name="MeanAbsoluteError">The mean distance.</param>
/// <param name="MeanAbsoluteErrorInterval">Where that lies.</param>
/// <param name="Predicted">[N] or as many of them as are drawn.</param>
/// <param name="Actual">As many.</param>
public sealed record NumberFigures(string Name, double R2, Interval? R2Interval, double RootMeanSquaredError, Interval? RootMeanSquaredErrorInterval,
    double MeanAbsoluteError, Interval? MeanAbsoluteErrorInterval, IReadOnlyList<double> Predicted, IReadOnlyList<double> Actual);

/// <summary>Images of one kind.</summary>
/// <param name="Kind">"wrong", "unsure" or "sure".</param>
/// <param name="Title">"Most wrong about".</param>
/// <param name="Note">How they were chosen.</param>
/// <param name="Pictures">At most as many as were asked for.</param>
public sealed record PictureList(string Kind, string Title, string Note, IReadOnlyList<ReportedPicture> Pictures);

/// <summary>One of them.</summary>
/// <param name="Index">Its place in the data.</param>
/// <param name="Name">Its file.</param>
/// <param name="Actual">What it is.</param>
/// <param name="Said">What the model says.</param>
/// <param name="Value">Of classes the probability of what is said, of labels that of <see cref="About"/>, of numbers the number.</param>
public sealed record ReportedPicture(int Index, string Name, string Actual, string Said, double Value)
{
    /// <summary>Which output the value and the map are of.</summary>
    public required int Output { get; init; }

    /// <summary>Its name.</summary>
    public required string About { get; init; }

    /// <summary>Of a wrong answer: the output that would have been right.</summary>
    public int? RightOutput { get; init; }

    /// <summary>The picture, small.</summary>
    [JsonIgnore]
    public PixelImage? Picture { get; init; }

    /// <summary>With the map of <see cref="Output"/>.</summary>
    [JsonIgnore]
    public PixelImage? Explained { get; init; }

    /// <summary>With the map of <see cref="RightOutput"/>.</summary>
    [JsonIgnore]
    public PixelImage? RightExplained { get; init; }
}

internal static class ReportJson
{
    public static JsonSerializerOptions Options { get; } = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        WriteIndented = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };
}
