using System.Diagnostics.CodeAnalysis;

namespace ModelZoo.Experiments;

/// <summary>Experiments by name, in order.</summary>
public sealed class ExperimentList
{
    private readonly Dictionary<string, Experiment> byName = new(StringComparer.Ordinal);

    /// <param name="experiments">In the order of the report.</param>
    /// <exception cref="ArgumentException">Two share a name, or a name is not kebab-case.</exception>
    public ExperimentList(IEnumerable<Experiment> experiments)
    {
        ArgumentNullException.ThrowIfNull(experiments);
        foreach (Experiment experiment in experiments)
        {
            string name = experiment.Name;
            if (name.Length == 0 || !name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-') || name.StartsWith('-') || name.EndsWith('-')
                || name.Contains("--", StringComparison.Ordinal))
            {
                throw new ArgumentException($"An experiment is called '{name}'; names are lower case letters, digits and single hyphens.", nameof(experiments));
            }

            if (!byName.TryAdd(name, experiment))
            {
                throw new ArgumentException($"Two experiments are called '{name}'.", nameof(experiments));
            }
        }
    }

    /// <summary>All of them.</summary>
    public IReadOnlyCollection<Experiment> All => byName.Values;

    /// <summary>Looks one up without complaint.</summary>
    public bool TryFind(string name, [NotNullWhen(true)] out Experiment? experiment) => byName.TryGetValue(name, out experiment);

    /// <summary>Looks one up.</summary>
    /// <exception cref="UsageException">There is none of that name; the message offers the nearest.</exception>
    public Experiment Find(string name) => TryFind(name, out Experiment? experiment)
        ? experiment
        : throw new UsageException($"There is no experiment '{name}'.{NearestName.Hint(name, byName.Keys)} `zoo reproduce --list` shows them all.");
}
