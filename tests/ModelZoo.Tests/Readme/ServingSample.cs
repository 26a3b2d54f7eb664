using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using ModelZoo.AspNetCore;
using ModelZoo.AspNetCore.Serving;

namespace ModelZoo.Tests.Readme;

/// <summary>The code in docs/serving.md.</summary>
internal static class ServingSample
{
    internal static async Task<string> Run()
    {
        // <serving>
        WebApplicationBuilder builder = WebApplication.CreateBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddImageClassifier("digits", o => o.Model = "lenet5:mnist");
        builder.Services.AddImageClassifierServer(o => o.QueueLength = 32);
        await using WebApplication app = builder.Build();
        app.MapImageClassifierServer(); // a route group: .RequireAuthorization() and so on
        await app.StartAsync();

        // </serving>
        using var client = new HttpClient();
        return await client.GetStringAsync(new Uri($"{app.Urls.First()}/v1/models"));
    }
}
