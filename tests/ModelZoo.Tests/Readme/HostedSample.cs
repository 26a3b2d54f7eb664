using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using ModelZoo.AspNetCore;
using ModelZoo.Inference;

namespace ModelZoo.Tests.Readme;

/// <summary>The second code in docs/apps.md.</summary>
internal static class HostedSample
{
    internal static async Task Run(string checkpoint, string picture, StringWriter console)
    {
        // <hosted>
        HostApplicationBuilder builder = Host.CreateApplicationBuilder();
        builder.Services.AddImageClassifier(o => o.Model = checkpoint);
        builder.Services.AddImageClassifier("digits", o => o.Model = "lenet5:mnist");
        builder.Services.AddHealthChecks().AddImageClassifiers();

        using IHost app = builder.Build();
        await app.StartAsync(); // loads both

        Answer answer = await app.Services.GetRequiredService<IImageClassifier>().PredictAsync(picture);
        Answer digit = await app.Services.GetRequiredKeyedService<IImageClassifier>("digits").PredictAsync(picture);
        console.WriteLine($"{answer[0].Label}, as a digit {digit[0].Label}");
        await app.StopAsync();

        // </hosted>
    }
}
