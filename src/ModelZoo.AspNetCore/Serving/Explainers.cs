using Microsoft.AspNetCore.Http;
using ModelZoo.Explanation;
using ModelZoo.Imaging;
using ModelZoo.Inference;

namespace ModelZoo.AspNetCore.Serving;

/// <summary>Grad-CAM of every classifier, one picture at a time: a forward and a backward of the whole network.</summary>
internal sealed class Explainers : IDisposable
{
    private const int Longest = 640, Most = 4; // pixels of a side; pictures that wait

    private readonly SemaphoreSlim turn = new(1);
    private readonly Dictionary<string, (int Version, PictureExplainer Explainer)> explainers = new(StringComparer.Ordinal);
    private int waiting;

    public static Task<IResult> Handle(string model, HttpContext context, ImageClassifiers classifiers, PictureQueues queues, Explainers explainers) =>
        classifiers.Find(model) is { } found
            ? new RequestScope(context, queues).RunAsync(scope => explainers.AnswerAsync(context, found, queues, scope))
            : Task.FromResult(PredictEndpoint.Unknown(model, classifiers));

    public void Dispose() => turn.Dispose();

    private async Task<IResult> AnswerAsync(HttpContext context, ReloadingClassifier classifier, PictureQueues queues, RequestScope scope)
    {
        if (Interlocked.Increment(ref waiting) > Most)
        {
            Interlocked.Decrement(ref waiting);
            throw RequestException.Full($"{Most} pictures are being explained already.", TimeSpan.FromSeconds(1));
        }

        try
        {
            Upload upload = await scope.ReadAsync(queues[classifier.Name]).ConfigureAwait(false);
            using ClassifierLease lease = classifier.Rent();
            int? output = context.Request.Query["label"] is [{ } label] ? Output(lease.Classifier, label) : null;
            await turn.WaitAsync(scope.Cancel).ConfigureAwait(false);
            try
            {
                return Results.Bytes(await Task.Run(() => Explain(lease, upload.Pictures[0].Bytes, output), scope.Cancel).ConfigureAwait(false), "image/png");
            }
            catch (ZooException e)
            {
                throw RequestException.Bad(e.Message);
            }
            finally
            {
                turn.Release();
            }
        }
        finally
        {
            Interlocked.Decrement(ref waiting);
        }
    }

    private static int Output(ImageClassifier classifier, string label)
    {
        for (int i = 0; i < classifier.Labels.Count; i++)
        {
            if (classifier.Labels[i] == label)
            {
                return i;
            }
        }

        throw RequestException.Bad($"The model has no label {Printable.Name(label)}.{NearestName.Hint(label, classifier.Labels)}");
    }

    private byte[] Explain(ClassifierLease lease, ReadOnlyMemory<byte> file, int? output)
    {
        string name = lease.Version.Model;
        if (!explainers.TryGetValue(name, out (int Version, PictureExplainer Explainer) known) || known.Version != lease.Version.Number)
        {
            known = (lease.Version.Number, PictureExplainer.Of(lease.Classifier));
            explainers[name] = known;
        }

        PixelImage picture = ImageDecoder.Decode(file, "the picture", lease.Classifier.Decoding);
        return ImageEncoder.Png(known.Explainer.Explain(picture, output).Over(picture, Longest));
    }
}
