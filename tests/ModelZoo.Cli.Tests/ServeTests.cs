using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using ModelZoo.Tests.Data;
using Xunit;

namespace ModelZoo.Cli.Tests;

/// <summary><c>zoo serve</c> as a process: from its first line to its end by a signal.</summary>
public sealed class ServeTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly HttpClient client = new() { Timeout = TimeSpan.FromSeconds(60) };

    public void Dispose()
    {
        client.Dispose();
        folder.Dispose();
    }

    [Fact]
    public async Task It_answers_describes_and_measures_itself_until_it_is_asked_to_stop()
    {
        byte[] picture = Picture();
        Zoo.Running server = Start("serve", "digits=lenet5:mnist", "resnet20:cifar10", "--port", "0", "--json");
        Uri address = await AddressAsync(server);
        JsonElement answer = await PostAsync(new Uri(address, "v1/models/digits/predict?top=1"), picture, HttpStatusCode.OK);
        Assert.Equal(1, answer.GetProperty("results")[0].GetProperty("predictions").GetArrayLength());

        JsonElement api = JsonDocument.Parse(await client.GetStringAsync(new Uri(address, "openapi/v1.json"))).RootElement;
        Assert.Equal(["/v1/models", "/v1/models/{model}", "/v1/models/{model}/explain", "/v1/models/{model}/predict", "/v1/predict"],
            api.GetProperty("paths").EnumerateObject().Select(p => p.Name).Order(StringComparer.Ordinal));
        Assert.True(api.GetProperty("paths").GetProperty("/v1/predict").GetProperty("post").GetProperty("requestBody").GetProperty("content")
            .TryGetProperty("image/jpeg", out _));
        string metrics = await client.GetStringAsync(new Uri(address, "metrics"));
        Assert.Contains("modelzoo_pictures_total{", metrics, StringComparison.Ordinal);
        Assert.Contains("modelzoo_server_queue{", metrics, StringComparison.Ordinal);
        Assert.Contains("http_server_request_duration_seconds_bucket{", metrics, StringComparison.Ordinal);

        using var foreign = new HttpRequestMessage(HttpMethod.Get, new Uri(address, "v1/models")) { Headers = { Host = "evil.example" } };
        using HttpResponseMessage refused = await client.SendAsync(foreign);
        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);

        Task<JsonElement>[] underWay = [.. Enumerable.Range(0, 30)
            .Select(_ => PostAsync(new Uri(address, "v1/models/resnet20:cifar10/predict"), picture, HttpStatusCode.OK))];
        await Task.WhenAny(underWay);
        server.Signal(15);
        int answered = 0;
        foreach (Task<JsonElement> one in underWay)
        {
            try
            {
                await one;
                answered++;
            }
            catch (HttpRequestException)
            {
                // Not let in any more.
            }
        }

        Assert.True(answered > 0);
        Zoo ended = server.Finish();
        Assert.Equal(143, ended.ExitCode);
        Assert.Contains("stopping when the requests under way are answered", ended.Errors, StringComparison.Ordinal);
        Assert.Contains("\"Status\":200", ended.Errors, StringComparison.Ordinal); // the log, as JSON
    }

    [Fact]
    public async Task A_key_in_a_file_is_asked_for()
    {
        File.WriteAllText(folder.File("key"), "a-long-key\n");
        Zoo.Running server = Start("serve", "lenet5:mnist", "--port", "0", "--json", "--api-key-file", "key");
        Uri address = await AddressAsync(server);
        await PostAsync(new Uri(address, "v1/predict"), Picture(), HttpStatusCode.Unauthorized);
        client.DefaultRequestHeaders.Add("X-Api-Key", "a-long-key");
        await PostAsync(new Uri(address, "v1/predict"), Picture(), HttpStatusCode.OK);
        server.Signal(2);
        Assert.Equal(130, server.Finish().ExitCode);
    }

    [Fact]
    public async Task Certificates_are_Kestrels_own_settings()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using X509Certificate2 certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        File.WriteAllText(folder.File("cert.pem"), certificate.ExportCertificatePem());
        File.WriteAllText(folder.File("key.pem"), key.ExportPkcs8PrivateKeyPem());
        File.WriteAllText(folder.File("settings.json"), $$"""
            { "Kestrel": { "Certificates": { "Default": { "Path": "{{folder.File("cert.pem")}}", "KeyPath": "{{folder.File("key.pem")}}" } } } }
            """);
        Zoo.Running server = Start("serve", "lenet5:mnist", "--port", "0", "--json", "--settings", "settings.json");
        Uri address = await AddressAsync(server);
        Assert.Equal("https", address.Scheme);
        using var handler = new HttpClientHandler
        {
            ServerCertificateCustomValidationCallback = (_, shown, _, _) => shown?.Thumbprint == certificate.Thumbprint,
        };
        using var secure = new HttpClient(handler);
        Assert.Equal("Healthy", await secure.GetStringAsync(new Uri(address, "healthz")));
        server.Signal(15);
        Assert.Equal(143, server.Finish().ExitCode);
    }

    [Theory]
    [InlineData("serve resnet18 --port 0", "resnet18 has fresh weights", 2)]
    [InlineData("serve lenet5:mnist lenet5:mnist --port 0", "Two models are called 'lenet5:mnist'", 2)]
    [InlineData("serve lenet5:mnist --port 99999", "--port 99999", 2)]
    [InlineData("serve lenet5:mnist --host example.org", "--host 'example.org'", 2)]
    [InlineData("serve lenet5:mnist --max-batch 0 --port 0", "MaxBatch is 0; it must be 1 … 256", 2)]
    [InlineData("serve lenet5:mnist --max-bytes many", "--max-bytes 'many'", 2)]
    [InlineData("serve lenet5:mnist --api-key-file nowhere --port 0", "nowhere", 1)]
    [InlineData("serve lenet5:mnist --settings nowhere.json --port 0", "nowhere.json", 1)]
    public void What_cannot_be_served_is_one_line(string arguments, string says, int exitCode)
    {
        Zoo zoo = Zoo.RunIn(folder.Path, arguments.Split(' '));
        Assert.Equal(exitCode, zoo.ExitCode);
        string line = Assert.Single(zoo.Errors.Split('\n'), l => l.StartsWith("zoo: ", StringComparison.Ordinal));
        Assert.Contains(says, line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_port_that_is_taken_is_one_line()
    {
        Zoo.Running server = Start("serve", "lenet5:mnist", "--port", "0", "--json");
        Uri address = await AddressAsync(server);
        Zoo second = Zoo.Run("serve", "lenet5:mnist", "--port", $"{address.Port}");
        Assert.Equal(1, second.ExitCode);
        Assert.Contains("address already in use", second.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", second.Errors, StringComparison.Ordinal);
        server.Signal(15);
        server.Finish();
    }

    private Zoo.Running Start(params string[] arguments) => Zoo.Start(folder.Path, arguments);

    private static async Task<Uri> AddressAsync(Zoo.Running server)
    {
        bool answers = await Task.Run(() => server.WaitUntil(() => server.OutputSoFar.TrimEnd().EndsWith('}')));
        return answers ? new Uri(JsonDocument.Parse(server.OutputSoFar).RootElement.GetProperty("addresses")[0].GetString()!)
            : throw new InvalidOperationException($"The server ended: {server.Finish().Errors}");
    }

    private async Task<JsonElement> PostAsync(Uri address, byte[] picture, HttpStatusCode status)
    {
        using var content = new ByteArrayContent(picture) { Headers = { ContentType = new("image/png") } };
        using HttpResponseMessage reply = await client.PostAsync(address, content);
        Assert.Equal(status, reply.StatusCode);
        return JsonDocument.Parse(await reply.Content.ReadAsStringAsync()).RootElement;
    }

    private byte[] Picture()
    {
        Pictures.WriteClasses(folder.File("pictures"), ["one"], each: 1);
        return File.ReadAllBytes(Directory.GetFiles(folder.File("pictures"), "*", SearchOption.AllDirectories)[0]);
    }
}
