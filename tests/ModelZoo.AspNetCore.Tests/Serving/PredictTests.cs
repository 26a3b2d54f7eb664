using System.Net;
using System.Text;
using System.Text.Json;
using ModelZoo.Inference;
using ModelZoo.Models;
using ModelZoo.Tests;
using Xunit;

namespace ModelZoo.AspNetCore.Tests.Serving;

/// <summary>What the server answers is what its classifier says.</summary>
public sealed class PredictTests : IDisposable
{
    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task However_a_picture_comes_the_answer_is_the_classifiers()
    {
        await using TestServer server = await TestServer.StartAsync(null, "lenet5:mnist", "resnet20:cifar10");
        string path = Checkpoints.Picture(folder.File("picture.png"));
        byte[] picture = File.ReadAllBytes(path);
        using var classifier = ImageClassifier.Load(Catalog.Models, "resnet20:cifar10", Catalog.ReadResource);
        Answer expected = classifier.Predict(path, top: 3);
        const string address = "/v1/models/resnet20:cifar10/predict";
        Is(expected, await server.AnswerAsync($"{address}?top=3", picture));
        Is(expected, await server.AnswerAsync($"{address}?top=3", picture, "application/octet-stream"));
        string json = $$"""{ "images": ["{{Convert.ToBase64String(picture)}}"], "top": 3 }""";
        Is(expected, await server.AnswerAsync(address, Encoding.UTF8.GetBytes(json), "application/json"));
        using var form = new MultipartFormDataContent { { new ByteArrayContent(picture), "file", "cat.png" }, { new StringContent("3"), "top" } };
        using HttpResponseMessage reply = await server.Client.PostAsync(address, form);
        JsonElement answered = await TestServer.JsonAsync(reply, HttpStatusCode.OK);
        Is(expected, answered);
        Assert.Equal("cat.png", answered.GetProperty("results")[0].GetProperty("name").GetString());
        JsonElement first = await server.AnswerAsync("/v1/predict", picture);
        Assert.Equal("lenet5:mnist", first.GetProperty("model").GetString());
        Assert.Equal(5, first.GetProperty("results")[0].GetProperty("predictions").GetArrayLength());
    }

    [Fact]
    public async Task Many_at_once_are_computed_together_and_each_gets_its_own_answer()
    {
        await using TestServer server = await TestServer.StartAsync(o => (o.MaxBatch, o.MaxWait) = (4, TimeSpan.FromMilliseconds(50)), "resnet20:cifar10");
        using var classifier = ImageClassifier.Load(Catalog.Models, "resnet20:cifar10", Catalog.ReadResource);
        string[] paths = [.. Enumerable.Range(0, 24).Select(i => Checkpoints.Picture(folder.File($"{i}.png"), (ulong)i + 1))];
        using var batches = new BatchSizes("resnet20");
        JsonElement[] answers = await Task.WhenAll(paths.Select(path => server.AnswerAsync("/v1/predict?top=2", File.ReadAllBytes(path))));
        Assert.Contains(4, batches.Seen);
        Assert.All(batches.Seen, size => Assert.True(size is 1 or 4));
        for (int i = 0; i < paths.Length; i++)
        {
            Is(classifier.Predict(paths[i], top: 2), answers[i]);
        }
    }

    [Fact]
    public async Task One_of_several_that_is_no_picture_is_an_answer_of_its_own()
    {
        await using TestServer server = await TestServer.StartAsync();
        byte[] picture = File.ReadAllBytes(Checkpoints.Picture(folder.File("picture.png")));
        string json = $$"""{ "images": ["{{Convert.ToBase64String("hello"u8)}}", "{{Convert.ToBase64String(picture)}}"] }""";
        JsonElement results = (await server.AnswerAsync("/v1/predict", Encoding.UTF8.GetBytes(json), "application/json")).GetProperty("results");
        Assert.Contains("not a picture", results[0].GetProperty("error").GetString(), StringComparison.Ordinal);
        Assert.Equal(0, results[0].GetProperty("predictions").GetArrayLength());
        Assert.Equal(5, results[1].GetProperty("predictions").GetArrayLength());
    }

    [Fact]
    public async Task Models_have_names_labels_and_versions()
    {
        await using TestServer server = await TestServer.StartAsync(null, "lenet5:mnist", "resnet20:cifar10");
        JsonElement models = JsonDocument.Parse(await server.Client.GetStringAsync("/v1/models")).RootElement.GetProperty("models");
        Assert.Equal(["lenet5:mnist", "resnet20:cifar10"], models.EnumerateArray().Select(m => m.GetProperty("name").GetString()));
        JsonElement one = JsonDocument.Parse(await server.Client.GetStringAsync("/v1/models/resnet20:cifar10")).RootElement;
        Assert.Equal(("resnet20", 1, "classes", 32), (one.GetProperty("architecture").GetString(), one.GetProperty("version").GetInt32(),
            one.GetProperty("task").GetString(), one.GetProperty("input").GetProperty("width").GetInt32()));
        Assert.Equal("airplane", one.GetProperty("labels")[0].GetString());
        Assert.Contains("'lenet5:mnist'", await server.ProblemAsync("/v1/models/lenet5:mnst/predict", [1], "image/png", HttpStatusCode.NotFound),
            StringComparison.Ordinal);
        foreach (string path in (string[])["/healthz", "/healthz/live", "/healthz/ready"])
        {
            Assert.Equal("Healthy", await server.Client.GetStringAsync(path));
        }
    }

    [Fact]
    public async Task An_explanation_is_a_picture_and_names_a_label_that_is_not_there()
    {
        await using TestServer server = await TestServer.StartAsync(null, "resnet20:cifar10");
        byte[] picture = File.ReadAllBytes(Checkpoints.Picture(folder.File("picture.png")));
        byte[][] drawn = [await Drawn(""), await Drawn("?label=cat"), await Drawn("?label=ship"), await Drawn("?label=cat")];
        Assert.Equal(drawn[1], drawn[3]);
        Assert.NotEqual(drawn[1], drawn[2]);
        Assert.Contains("'cat'", await server.ProblemAsync("/v1/models/resnet20:cifar10/explain?label=cet", picture, "image/png", HttpStatusCode.BadRequest),
            StringComparison.Ordinal);

        async Task<byte[]> Drawn(string query)
        {
            using HttpResponseMessage reply = await server.PostAsync($"/v1/models/resnet20:cifar10/explain{query}", picture);
            Assert.Equal("image/png", reply.Content.Headers.ContentType!.MediaType);
            byte[] bytes = await reply.Content.ReadAsByteArrayAsync();
            Assert.Equal("PNG"u8.ToArray(), bytes[1..4]);
            return bytes;
        }
    }

    private static void Is(Answer expected, JsonElement reply)
    {
        JsonElement given = reply.GetProperty("results")[0].GetProperty("predictions");
        Assert.Equal(expected.Select(p => p.Label), given.EnumerateArray().Select(p => p.GetProperty("label").GetString()));
        Assert.All(expected.Zip(given.EnumerateArray()), pair =>
            Assert.Equal(pair.First.Probability, pair.Second.GetProperty("probability").GetDouble(), 1e-5)); // a batch sums in another order
    }
}
