using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using Microsoft.Extensions.Options;
using ModelZoo.AspNetCore;
using ModelZoo.AspNetCore.Serving;
using ModelZoo.Cli.Inputs;
using ModelZoo.Imaging;
using ModelZoo.Inference;
using OpenTelemetry.Metrics;

namespace ModelZoo.Cli;

/// <summary>What <c>zoo serve</c> is asked for.</summary>
internal sealed record ServeRequest
{
    public required IReadOnlyList<ServedModel> Models { get; init; }

    public required IPAddress Address { get; init; }

    public required int Port { get; init; }

    public required string? Settings { get; init; }

    public required DecodeOptions Decoding { get; init; }

    public required Action<ClassifierServerOptions> Server { get; init; }
}

/// <summary>A model and what its address is called.</summary>
internal sealed record ServedModel(string Name, string Spec)
{
    /// <exception cref="UsageException">Two have the same name.</exception>
    internal static IEnumerable<ServedModel> Read(IEnumerable<string> models)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (string model in models)
        {
            int at = File.Exists(model) ? -1 : model.IndexOf('=', StringComparison.Ordinal);
            string spec = model[(at + 1)..];
            string name = at > 0 ? model[..at] : File.Exists(spec) ? Path.GetFileNameWithoutExtension(spec) : spec;
            yield return names.Add(name) ? new(name, spec)
                : throw new UsageException($"Two models are called {Printable.Name(name)}: give one another name ({name}2={spec}).");
        }
    }
}

/// <summary>Runs the server until it is asked to stop.</summary>
internal static class ServeRun
{
    internal static int Run(Session session, ServeRequest request)
    {
        try
        {
            return Serve(session, request);
        }
        catch (OptionsValidationException e)
        {
            throw new UsageException(string.Join(' ', e.Failures));
        }
    }

    private static int Serve(Session session, ServeRequest request)
    {
        using WebApplication app = Build(session, request);
        using IDisposable held = InterruptSource.Hold("stopping when the requests under way are answered");
        app.StartAsync(session.Cancel).GetAwaiter().GetResult();
        string[] addresses = [.. app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses];
        session.Show(new { addresses, models = request.Models.Select(m => m.Name) }, console =>
            console.WriteLine($"{string.Join(", ", request.Models.Select(m => m.Name))} at {string.Join(", ", addresses)} (Ctrl-C ends it)"));
        if (!IPAddress.IsLoopback(request.Address) && app.Services.GetRequiredService<IOptions<ClassifierServerOptions>>().Value.ApiKey is null)
        {
            session.Say("warning: whoever reaches this machine can ask the server; --api-key-file asks for a key.");
        }

        using var stopped = new ManualResetEventSlim();
        using (session.Cancel.Register(stopped.Set))
        {
            stopped.Wait(CancellationToken.None);
        }

        app.StopAsync(CancellationToken.None).GetAwaiter().GetResult();
        return 0;
    }

    private static WebApplication Build(Session session, ServeRequest request)
    {
        // Nothing is read from the folder that it is started in: settings are what the command line and the environment say.
        WebApplicationBuilder builder = WebApplication.CreateBuilder(new WebApplicationOptions
        {
            ApplicationName = "zoo",
            ContentRootPath = AppContext.BaseDirectory,
            EnvironmentName = Environments.Production,
        });
        if (request.Settings is { } settings)
        {
            builder.Configuration.AddJsonFile(Path.GetFullPath(settings), optional: false, reloadOnChange: false);
        }

        Log(builder, session);
        builder.Services.AddSingleton<IHostLifetime, SignaledLifetime>();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromMinutes(2));
        bool own = builder.Configuration.GetSection("Kestrel:Endpoints").Exists();
        bool secure = builder.Configuration.GetSection("Kestrel:Certificates:Default").Exists();
        if (!own)
        {
            builder.WebHost.UseUrls($"{(secure ? "https" : "http")}://{Host(request.Address)}:{request.Port}");
        }

        if (IPAddress.IsLoopback(request.Address) && !own)
        {
            // A page of another host that calls itself by a name of this machine's address (DNS rebinding) gets nothing.
            builder.Configuration["AllowedHosts"] = "localhost;127.0.0.1;[::1]";
        }

        foreach (ServedModel model in request.Models)
        {
            builder.Services.AddImageClassifier(model.Name, options =>
            {
                options.Model = model.Spec;
                options.MaxPixels = request.Decoding.MaxPixels;
                options.Loader = (chosen, logger) => Load(session, chosen.Model, request.Decoding, logger);
            });
        }

        builder.Services.AddImageClassifierServer(request.Server);
        builder.Services.AddOpenApi("v1", openApi => openApi.AddDocumentTransformer((document, _, _) =>
        {
            document.Info.Title = "zoo serve";
            document.Info.Description = "Image classifiers of ModelZoo.";
            document.Info.Version = typeof(ServeRun).Assembly.GetName().Version?.ToString(3) ?? "";
            return Task.CompletedTask;
        }));
        builder.Services.AddOpenTelemetry().WithMetrics(metrics => metrics
            .AddMeter(ClassifierTelemetry.Name, ServerTelemetry.Name, "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Runtime")
            .AddPrometheusExporter());
        WebApplication app = builder.Build();
        app.MapImageClassifierServer();
        app.MapOpenApi();
        app.MapPrometheusScrapingEndpoint();
        return app;
    }

    private static ImageClassifier Load(Session session, string spec, DecodeOptions decoding, ILogger logger)
    {
        ResolvedModel resolved = ModelArgument.Resolve(session, spec, trained: true);
        try
        {
            resolved.RequirePredictions("zoo serve");
            return resolved.Trained ? ImageClassifier.FromResolved(resolved, decoding, logger)
                : throw new UsageException($"{spec} has fresh weights: it would only guess. Name shipped or pulled weights ({spec}:<weights>; `zoo list` shows "
                    + "them), or a checkpoint.");
        }
        catch
        {
            resolved.Dispose();
            throw;
        }
    }

    private static void Log(WebApplicationBuilder builder, Session session)
    {
        builder.Logging.ClearProviders();
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning);
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None); // why it did not start the command says
        if (session.Json)
        {
            builder.Logging.AddJsonConsole();
        }
        else
        {
            builder.Logging.AddSimpleConsole(simple =>
            {
                simple.SingleLine = true;
                simple.ColorBehavior = Console.IsErrorRedirected ? LoggerColorBehavior.Disabled : LoggerColorBehavior.Default;
                simple.TimestampFormat = "HH:mm:ss ";
            });
        }

        builder.Services.Configure<ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
    }

    private static string Host(IPAddress address) =>
        address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? $"[{address}]" : address.ToString();

    /// <summary>Signals are those of the command line.</summary>
    private sealed class SignaledLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
