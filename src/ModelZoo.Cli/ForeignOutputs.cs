using System.Net.Http.Headers;
using System.Text.Json;
using ModelZoo.Cli.Inputs;
using ModelZoo.Imaging;
using ModelZoo.Inference;
using ModelZoo.Verification.Engines;
using ModelZoo.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace ModelZoo.Cli;

/// <summary>What others make of pictures: read from a file, computed by an ONNX file in ONNX Runtime, or asked of a server.</summary>
internal static class ForeignOutputs
{
    private const int MostAnswer = 1 << 20; // bytes
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>[pictures,classes].</summary>
    internal static NpyArray Of(string against, IReadOnlyList<string> files, ResolvedModel model, CancellationToken cancel) =>
        Address(against) is { } server ? OfServer(server, files, cancel)
        : ImportedGraph.IsOne(against) ? OfGraph(against, files, model)
        : Npy.Read(against);

    /// <summary>Where an ONNX file and the model part ways on a picture; null for anything else, and for a file that takes pictures itself.</summary>
    internal static LayerDifference? FirstDifference(string against, string picture, ResolvedModel model)
    {
        if (Address(against) is not null || !ImportedGraph.IsOne(against))
        {
            return null;
        }

        using (GraphVerifier graph = GraphVerifier.Open(against))
        {
            if (graph.Pictures)
            {
                return null;
            }
        }

        using DisposeScope scope = NewDisposeScope();
        using IDisposable none = no_grad();
        model.Model.to(CPU);
        (float[] data, long[] shape) = PictureArgument.Batch(picture, model, new DecodeOptions());
        return Verification.Engines.FirstDifference.Of(model.Model, tensor(data, shape), against, new OnnxRuntimeEngine());
    }

    private static NpyArray OfGraph(string path, IReadOnlyList<string> files, ResolvedModel model)
    {
        using GraphVerifier graph = GraphVerifier.Open(path);
        var engine = new OnnxRuntimeEngine();
        List<float> rows = [];
        foreach (string file in files)
        {
            GraphArray input;
            if (graph.Pictures)
            {
                PixelImage picture = ImageDecoder.Decode(file, new DecodeOptions());
                input = new(ScalarType.Byte, [1, picture.Height, picture.Width, 3], Array.ConvertAll(picture.Rgb, b => (double)b));
            }
            else
            {
                (float[] data, long[] shape) = PictureArgument.Batch(file, model, new DecodeOptions());
                input = new(ScalarType.Float32, Array.ConvertAll(shape, n => (int)n), Array.ConvertAll(data, v => (double)v));
            }

            rows.AddRange(graph.Run(engine, input).Values.Select(v => (float)v));
        }

        return Rows(path, files.Count, rows);
    }

    private static NpyArray OfServer(Uri address, IReadOnlyList<string> files, CancellationToken cancel)
    {
        using var handler = new SocketsHttpHandler { AllowAutoRedirect = false, ConnectTimeout = TimeSpan.FromSeconds(15) };
        using var client = new HttpClient(handler) { Timeout = Patience, MaxResponseContentBufferSize = MostAnswer };
        List<float> rows = [];
        string shown = $"{address.Scheme}://{address.Authority}{address.AbsolutePath}";
        foreach (string file in files)
        {
            using var content = new ByteArrayContent(File.ReadAllBytes(file));
            content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
            try
            {
                using HttpResponseMessage response = client.PostAsync(address, content, cancel).GetAwaiter().GetResult();
                rows.AddRange(response.IsSuccessStatusCode
                    ? Numbers(shown, response.Content.ReadAsByteArrayAsync(cancel).GetAwaiter().GetResult())
                    : throw new ZooException($"{shown}: answered {(int)response.StatusCode} {response.ReasonPhrase} to {Path.GetFileName(file)}. Check the "
                        + "address: it must take a picture as the body of a POST."));
            }
            catch (Exception error) when (error is HttpRequestException || (error is TaskCanceledException && !cancel.IsCancellationRequested))
            {
                throw new ZooException($"{shown}: no answer to {Path.GetFileName(file)} ({(error is HttpRequestException ? error.Message : $"none within "
                    + $"{Patience.TotalSeconds} s")}). Check the address, and that the server runs.", error);
            }
        }

        return Rows(shown, files.Count, rows);
    }

    private static IEnumerable<float> Numbers(string shown, byte[] answer)
    {
        try
        {
            using JsonDocument json = JsonDocument.Parse(answer, new JsonDocumentOptions { MaxDepth = 8 });
            JsonElement numbers = json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty("logits", out JsonElement inside)
                ? inside
                : json.RootElement;
            return numbers.ValueKind == JsonValueKind.Array && numbers.EnumerateArray().All(n => n.ValueKind == JsonValueKind.Number)
                ? [.. numbers.EnumerateArray().Select(n => n.GetSingle())]
                : throw new ZooException($"{shown}: answers neither with a JSON array of numbers nor with an object that has one under 'logits'.");
        }
        catch (JsonException error)
        {
            throw new ZooException($"{shown}: its answer is no JSON ({Printable.Plain(error.Message)}).", error);
        }
    }

    private static NpyArray Rows(string name, int pictures, List<float> values) => values.Count > 0 && values.Count % pictures == 0
        ? new([pictures, values.Count / pictures], [.. values])
        : throw new ZooException($"{name}: gives {values.Count} numbers for {pictures} pictures, of different lengths.");

    private static Uri? Address(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out Uri? address) && (address.Scheme is "http" or "https") ? address : null;
}
