using ModelZoo.Inference;

namespace ModelZoo.AspNetCore.Serving;

/// <summary>A model that the server has.</summary>
/// <param name="Name">In the address.</param>
/// <param name="Architecture">The network.</param>
/// <param name="Version">1, then one more for each time that the file was loaded anew.</param>
/// <param name="LoadedAt">When that was.</param>
/// <param name="Sha256">Of the checkpoint; null for weights that come with the zoo.</param>
/// <param name="Task">"classes", "multiLabel" or "regression".</param>
/// <param name="Calibrated">Whether it says "unknown" where it does not know.</param>
/// <param name="Input">Rows and columns that pictures are brought to.</param>
/// <param name="Labels">In the order of the outputs.</param>
public sealed record ModelReply(string Name, string Architecture, int Version, DateTimeOffset LoadedAt, string? Sha256, string Task, bool Calibrated,
    InputReply Input, IReadOnlyList<string> Labels);

/// <summary>What pictures are brought to.</summary>
/// <param name="Height">Rows.</param>
/// <param name="Width">Columns.</param>
public sealed record InputReply(int Height, int Width);

/// <summary>The models of a server.</summary>
/// <param name="Models">In the order of the command line; the first is asked where a request names none.</param>
public sealed record ModelsReply(IReadOnlyList<ModelReply> Models);

/// <summary>The answers to a request.</summary>
/// <param name="Model">Who answered.</param>
/// <param name="Version">Which version of it.</param>
/// <param name="Results">One for each picture, in the order in which they were sent.</param>
public sealed record PredictReply(string Model, int Version, IReadOnlyList<ResultReply> Results);

/// <summary>The answer to one picture: predictions, or why there are none.</summary>
/// <param name="Name">What the client called the file, if it did.</param>
/// <param name="Predictions">The most probable first; of a number the number alone.</param>
/// <param name="Unknown">Why the answer is none of the classes; null where it is.</param>
/// <param name="MayBe">Of a calibrated model: the classes that it may be at the error rate that was promised.</param>
/// <param name="Error">Why the picture could not be answered; then there are no predictions.</param>
public sealed record ResultReply(string? Name, IReadOnlyList<PredictionReply> Predictions, string? Unknown, IReadOnlyList<string>? MayBe, string? Error)
{
    internal static ResultReply Of(string? name, Answer answer, int top) => new(name,
        [.. answer.Where((p, rank) => rank < top || p.IsThere == true).Select(p =>
            new PredictionReply(p.Label, double.IsNaN(p.Probability) ? null : p.Probability, p.IsThere, p.Value))],
        answer.Unknown, answer.MayBe, null);

    internal static ResultReply Failed(string? name, string error) => new(name, [], null, null, error);
}

/// <summary>One of several answers.</summary>
/// <param name="Label">The class, the label, or what the number is called.</param>
/// <param name="Probability">In [0,1]; null of a number.</param>
/// <param name="IsThere">Of several labels: whether this one is; else null.</param>
/// <param name="Value">Of a number: what is predicted; else null.</param>
public sealed record PredictionReply(string Label, double? Probability, bool? IsThere, double? Value);
