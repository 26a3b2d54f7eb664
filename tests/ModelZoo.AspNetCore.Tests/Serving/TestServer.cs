using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using ModelZoo.AspNetCore.Serving;

namespace ModelZoo.AspNetCore.Tests.Serving;

/// <summary>A server in this process, on a socket of its own.</summary>
internal sealed class TestServer : IAsyncDisposable
{
    private readonly WebApplication app;

    private TestServer(WebApplication app)
    {
        this.app = app;
        Address = new Uri(app.Urls.First());
        Client = new HttpClient { BaseAddress = Address, Timeout = TimeSpan.FromSeconds(60) };
    }

    public Uri Address { get; }

    public HttpClient Client { get; }

    public Logs Logs { get; private init; } = new();

    public PictureQueues Queues => app.Services.GetRequiredService<PictureQueues>();

    public ImageClassifiers Classifiers => app.Services.GetRequiredService<ImageClassifiers>();

    /// <summary>Starts one with these models, each called as it is named.</summary>
    public static async Task<TestServer> StartAsync(Action<ClassifierServerOptions>? configure = null, params string[] models)
    {
        var logs = new Logs();
        WebApplicationBuilder builder = WebApplication.CreateBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders().AddProvider(logs);
        foreach (string model in models is [] ? ["lenet5:mnist"] : models)
        {
            builder.Services.AddImageClassifier(model, o => o.Model = model);
        }

        builder.Services.AddImageClassifierServer(configure);
        WebApplication app = builder.Build();
        app.MapImageClassifierServer();
        await app.StartAsync();
        return new(app) { Logs = logs };
    }

    public Task<HttpResponseMessage> PostAsync(string path, byte[] body, string? type = "image/png")
    {
        var content = new ByteArrayContent(body);
        content.Headers.ContentType = type is null ? null : MediaTypeHeaderValue.Parse(type);
        return Client.PostAsync(path, content);
    }

    public async Task<JsonElement> AnswerAsync(string path, byte[] body, string type = "image/png")
    {
        using HttpResponseMessage reply = await PostAsync(path, body, type);
        return await JsonAsync(reply, HttpStatusCode.OK);
    }

    /// <summary>The reply's document; its status has to be this one.</summary>
    public static async Task<JsonElement> JsonAsync(HttpResponseMessage reply, HttpStatusCode status)
    {
        string text = await reply.Content.ReadAsStringAsync();
        Xunit.Assert.True(status == reply.StatusCode, $"{reply.StatusCode}: {text}");
        return JsonDocument.Parse(text).RootElement;
    }

    /// <summary>What an error says.</summary>
    public async Task<string> ProblemAsync(string path, byte[] body, string? type, HttpStatusCode status)
    {
        using HttpResponseMessage reply = await PostAsync(path, body, type);
        return (await JsonAsync(reply, status)).GetProperty("detail").GetString()!;
    }

    /// <summary>A connection on which a test writes what it likes.</summary>
    public async Task<TcpClient> ConnectAsync()
    {
        var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, Address.Port);
        return client;
    }

    public Task StopAsync() => app.StopAsync();

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await app.DisposeAsync();
    }
}
