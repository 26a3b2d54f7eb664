using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace ModelZoo.AspNetCore.Serving;

/// <summary>
/// The app's image classifiers over HTTP: pictures in, labels and probabilities out, pictures of several requests computed together, and a page for people.
/// </summary>
public static class ClassifierServer
{
    // Else routing answers 415 itself, without a word.
    private const string Any = "*/*";

    /// <summary>Registers the server; the classifiers are registered by <see cref="ImageClassifierServices"/>.</summary>
    /// <param name="services">The app's.</param>
    /// <param name="configure">Limits, batches, the key.</param>
    /// <returns>For more options.</returns>
    public static OptionsBuilder<ClassifierServerOptions> AddImageClassifierServer(
        this IServiceCollection services, Action<ClassifierServerOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.TryAddSingleton<ServerTelemetry>();
        services.TryAddSingleton<PictureQueues>();
        services.TryAddSingleton<Explainers>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<ClassifierServerOptions>, ClassifierServerOptionsValidator>());
        services.AddOptions<KestrelServerOptions>().Configure<IOptions<ClassifierServerOptions>>((kestrel, own) =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = own.Value.MaxRequestBytes;
            kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
        });
        services.AddHealthChecks().AddImageClassifiers(tags: ["ready"]);
        OptionsBuilder<ClassifierServerOptions> builder = services.AddOptions<ClassifierServerOptions>().ValidateOnStart();
        return configure is null ? builder : builder.Configure(configure);
    }

    /// <summary>
    /// Maps <c>POST /v1/predict</c> (the first model) and <c>POST /v1/models/{model}/predict</c>, <c>POST /v1/models/{model}/explain</c>,
    /// <c>GET /v1/models</c>, <c>GET /healthz</c> with <c>/live</c> and <c>/ready</c>, and the page at <c>/</c>.
    /// </summary>
    /// <param name="app">The app.</param>
    /// <returns>The group of what has to show the key, for an app's own policies.</returns>
    public static RouteGroupBuilder MapImageClassifierServer(this IEndpointRouteBuilder app)
    {
        ArgumentNullException.ThrowIfNull(app);
        ServerPage.Map(app);
        app.MapHealthChecks("/healthz").DisableHttpMetrics();
        app.MapHealthChecks("/healthz/live", new HealthCheckOptions { Predicate = _ => false }).DisableHttpMetrics();
        app.MapHealthChecks("/healthz/ready", new HealthCheckOptions { Predicate = check => check.Tags.Contains("ready") }).DisableHttpMetrics();

        RouteGroupBuilder api = app.MapGroup("/v1").AddEndpointFilter(ApiKey.Require);
        api.MapGet("/models", PredictEndpoint.Models).WithName("models").WithSummary("The models, their labels and versions").Produces<ModelsReply>();
        api.MapGet("/models/{model}", PredictEndpoint.Model).WithName("model").WithSummary("One model").Produces<ModelReply>()
            .ProducesProblem(StatusCodes.Status404NotFound);
        Predicting(api.MapPost("/predict", PredictEndpoint.First)).WithName("predict").WithSummary("What the first model sees in pictures")
            .WithDescription("Send a picture as it is, a form of files, or JSON with base64 texts. `?top=3`: how many classes.");
        Predicting(api.MapPost("/models/{model}/predict", PredictEndpoint.Named)).WithName("predictBy").WithSummary("What a model sees in pictures");
        api.MapPost("/models/{model}/explain", Explainers.Handle).WithName("explain")
            .WithSummary("Where in a picture a model sees it (Grad-CAM), as a PNG; `?label=cat` asks for another class than the likeliest")
            .Accepts<byte[]>("application/octet-stream", "image/jpeg", "image/png", "image/webp", Any).Produces<byte[]>(StatusCodes.Status200OK, "image/png")
            .ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status413PayloadTooLarge).ProducesProblem(StatusCodes.Status429TooManyRequests);
        return api;
    }

    private static RouteHandlerBuilder Predicting(RouteHandlerBuilder endpoint) => endpoint
        .Accepts<byte[]>("application/octet-stream", "image/jpeg", "image/png", "image/webp", "image/gif", "image/bmp", "image/tiff",
            "multipart/form-data", "application/json", Any)
        .Produces<PredictReply>()
        .ProducesProblem(StatusCodes.Status400BadRequest)
        .ProducesProblem(StatusCodes.Status401Unauthorized)
        .ProducesProblem(StatusCodes.Status404NotFound)
        .ProducesProblem(StatusCodes.Status408RequestTimeout)
        .ProducesProblem(StatusCodes.Status413PayloadTooLarge)
        .ProducesProblem(StatusCodes.Status415UnsupportedMediaType)
        .ProducesProblem(StatusCodes.Status429TooManyRequests)
        .ProducesProblem(StatusCodes.Status503ServiceUnavailable);
}
