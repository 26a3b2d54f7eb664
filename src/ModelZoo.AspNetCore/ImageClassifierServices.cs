using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using ModelZoo.Inference;

namespace ModelZoo.AspNetCore;

/// <summary>Registers image classifiers with an app.</summary>
public static class ImageClassifierServices
{
    /// <summary>
    /// Registers the app's classifier: <see cref="IImageClassifier"/> is what it injects. It is loaded when the host starts, which fails where it cannot be,
    /// and anew when its file changes.
    /// </summary>
    /// <param name="services">The app's.</param>
    /// <param name="configure">Names the model at least. Or: <c>services.AddImageClassifier().BindConfiguration("Classifier")</c>.</param>
    /// <returns>For more options.</returns>
    public static OptionsBuilder<ImageClassifierOptions> AddImageClassifier(this IServiceCollection services, Action<ImageClassifierOptions>? configure = null)
    {
        OptionsBuilder<ImageClassifierOptions> builder = services.AddImageClassifier(Options.DefaultName, configure);
        services.TryAddSingleton<IImageClassifier>(provider => provider.GetRequiredService<ImageClassifiers>()[Options.DefaultName]);
        return builder;
    }

    /// <summary>The same for one of several: <c>[FromKeyedServices("ants")] IImageClassifier</c> is what the app injects.</summary>
    /// <param name="services">The app's.</param>
    /// <param name="name">By what it is known, also in logs and health checks.</param>
    /// <param name="configure">Names the model at least.</param>
    /// <returns>For more options.</returns>
    public static OptionsBuilder<ImageClassifierOptions> AddImageClassifier(
        this IServiceCollection services, string name, Action<ImageClassifierOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(name);
        services.AddSingleton(new RegisteredClassifier(name));
        services.TryAddSingleton(provider => new ImageClassifiers(provider.GetServices<RegisteredClassifier>(),
            provider.GetRequiredService<IOptionsMonitor<ImageClassifierOptions>>(), provider.GetRequiredService<ILogger<ImageClassifiers>>()));
        services.TryAddKeyedSingleton<IImageClassifier>(name, (provider, _) => provider.GetRequiredService<ImageClassifiers>()[name]);
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<ImageClassifierOptions>, ImageClassifierOptionsValidator>());
        services.AddHostedService<ClassifierReloads>();
        OptionsBuilder<ImageClassifierOptions> builder = services.AddLogging().AddOptions<ImageClassifierOptions>(name).ValidateOnStart();
        return configure is null ? builder : builder.Configure(configure);
    }

    /// <summary>
    /// Adds a health check of every registered classifier: unhealthy before it is loaded, degraded while a changed file could not take its place.
    /// </summary>
    /// <param name="checks">The app's.</param>
    /// <param name="name">What the check is called.</param>
    /// <param name="tags">For endpoints that show some checks only.</param>
    public static IHealthChecksBuilder AddImageClassifiers(
        this IHealthChecksBuilder checks, string name = "image-classifiers", IEnumerable<string>? tags = null)
    {
        ArgumentNullException.ThrowIfNull(checks);
        return checks.AddCheck<ClassifierHealthCheck>(name, tags: tags ?? []);
    }
}

/// <summary>Whether every classifier answers, and on the file that is there.</summary>
internal sealed class ClassifierHealthCheck(ImageClassifiers classifiers) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        string[] missing = [.. classifiers.All.Where(c => c.Version is null).Select(c => $"{Label(c)} is not loaded.")];
        string[] behind = [.. classifiers.All.Where(c => c.ReloadError is not null).Select(c => $"{Label(c)} answers as before: {c.ReloadError}")];
        Dictionary<string, object> data = classifiers.All.Where(c => c.Version is not null)
            .ToDictionary(Label, c => (object)$"{c.Version!.Architecture}, version {c.Version.Number}");
        return Task.FromResult(missing.Length > 0 ? HealthCheckResult.Unhealthy(string.Join(' ', missing), data: data)
            : behind.Length > 0 ? HealthCheckResult.Degraded(string.Join(' ', behind), data: data)
            : HealthCheckResult.Healthy(data: data));
    }

    private static string Label(ReloadingClassifier classifier) => classifier.Name.Length > 0 ? classifier.Name : "The classifier";
}
