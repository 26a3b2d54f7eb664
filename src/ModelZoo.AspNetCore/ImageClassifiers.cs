using System.Collections.Frozen;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace ModelZoo.AspNetCore;

/// <summary>Every classifier of an app by its name.</summary>
public sealed class ImageClassifiers : IDisposable, IAsyncDisposable
{
    private readonly FrozenDictionary<string, ReloadingClassifier> byName;

    internal ImageClassifiers(IEnumerable<RegisteredClassifier> registered, IOptionsMonitor<ImageClassifierOptions> options, ILogger logger)
    {
        Names = [.. registered.Select(one => one.Name).Distinct(StringComparer.Ordinal)];
        byName = Names.ToFrozenDictionary(name => name, name => new ReloadingClassifier(name, options, logger), StringComparer.Ordinal);
    }

    /// <summary>The names in the order in which they were registered; that of a classifier without a name is empty.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>All of them, in that order.</summary>
    public IEnumerable<ReloadingClassifier> All => Names.Select(name => byName[name]);

    /// <summary>The classifier of a name.</summary>
    /// <exception cref="UsageException">There is none; the message offers the nearest.</exception>
    public ReloadingClassifier this[string name] => byName.GetValueOrDefault(name)
        ?? throw new UsageException($"No image classifier is registered as {Printable.Name(name)}.{NearestName.Hint(name, Names)}");

    /// <summary>The same; null where there is none.</summary>
    public ReloadingClassifier? Find(string name) => byName.GetValueOrDefault(name);

    /// <summary>Lets no more calls in, and waits for those under way.</summary>
    public void Dispose()
    {
        foreach (ReloadingClassifier classifier in All)
        {
            classifier.Dispose();
        }
    }

    /// <inheritdoc cref="Dispose"/>
    public ValueTask DisposeAsync() => new(Task.Run(Dispose));
}

/// <summary>A name under which a classifier was registered.</summary>
internal sealed record RegisteredClassifier(string Name);
