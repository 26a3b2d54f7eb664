using System.Globalization;
using Microsoft.AspNetCore.Http;
using ModelZoo.Imaging;
using ModelZoo.Inference;

namespace ModelZoo.AspNetCore.Serving;

/// <summary>What the server has, and what it sees in pictures.</summary>
internal static class PredictEndpoint
{
    private const int DefaultTop = 5;

    public static IResult Models(ImageClassifiers classifiers) => Results.Ok(new ModelsReply([.. classifiers.All.Select(Describe)]));

    public static IResult Model(string model, ImageClassifiers classifiers) =>
        classifiers.Find(model) is { } found ? Results.Ok(Describe(found)) : Unknown(model, classifiers);

    public static Task<IResult> First(HttpContext context, ImageClassifiers classifiers, PictureQueues queues) =>
        Answer(context, classifiers.All.First(), queues);

    public static Task<IResult> Named(string model, HttpContext context, ImageClassifiers classifiers, PictureQueues queues) =>
        classifiers.Find(model) is { } found ? Answer(context, found, queues) : Task.FromResult(Unknown(model, classifiers));

    public static IResult Unknown(string model, ImageClassifiers classifiers) => Results.Problem(
        $"There is no model {Printable.Name(model)}.{NearestName.Hint(model, classifiers.Names)} GET /v1/models names them.",
        statusCode: StatusCodes.Status404NotFound);

    /// <summary>The number of a query's key.</summary>
    /// <exception cref="RequestException">It is none.</exception>
    public static int? Number(HttpContext context, string key) => !context.Request.Query.TryGetValue(key, out var values) ? null
        : int.TryParse(values, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number
        : throw RequestException.Bad($"'{key}' in the address is no whole number.");

    private static Task<IResult> Answer(HttpContext context, ReloadingClassifier classifier, PictureQueues queues) =>
        new RequestScope(context, queues).RunAsync(async scope =>
        {
            PictureQueue queue = queues[classifier.Name];
            int? asked = Number(context, "top");
            Upload upload = await scope.ReadAsync(queue).ConfigureAwait(false);
            int top = asked ?? upload.Top ?? DefaultTop;
            if (top < 1)
            {
                throw RequestException.Bad("'top' has to be 1 or more.");
            }

            using PictureQueue.Places places = queue.TryReserve(upload.Pictures.Count) ?? throw RequestScope.Full(queue);
            (ResultReply Result, ServedAnswer? Served)[] answers = await Task.WhenAll(upload.Pictures.Select(picture =>
                AnswerAsync(queue, picture.Name, picture.Bytes, top, scope.Cancel))).ConfigureAwait(false);
            if (answers is [{ Served: null } only])
            {
                throw RequestException.Bad(only.Result.Error!);
            }

            return Results.Ok(new PredictReply(classifier.Name, answers.Max(a => a.Served?.Version.Number) ?? classifier.Version?.Number ?? 0,
                [.. answers.Select(a => a.Result)]));
        });

    // One of several that is no picture is an answer of its own.
    private static async Task<(ResultReply Result, ServedAnswer? Served)> AnswerAsync(
        PictureQueue queue, string? name, ReadOnlyMemory<byte> bytes, int top, CancellationToken cancel)
    {
        try
        {
            ServedAnswer served = await queue.AnswerAsync(bytes, top, cancel).ConfigureAwait(false);
            return (ResultReply.Of(name, served.Answer, top), served);
        }
        catch (ZooException e)
        {
            return (ResultReply.Failed(name, e.Message), null);
        }
    }

    private static ModelReply Describe(ReloadingClassifier classifier)
    {
        using ClassifierLease lease = classifier.Rent();
        (ImageClassifier network, ClassifierVersion version) = (lease.Classifier, lease.Version);
        Preprocessing input = network.Preprocessing;
        string task = network.Task.Kind switch { TaskKind.MultiLabel => "multiLabel", TaskKind.Regression => "regression", _ => "classes" };
        return new(classifier.Name, version.Architecture, version.Number, version.LoadedAt, version.Sha256, task, network.Calibration is not null,
            new(input.Height, input.Width), network.Labels);
    }
}
