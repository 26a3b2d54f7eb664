using System.Diagnostics.CodeAnalysis;

namespace ModelZoo.Registry;

/// <summary>The models that an application knows, by name.</summary>
public sealed class ModelCatalog
{
    private readonly Dictionary<string, ModelInfo> byName = new(StringComparer.Ordinal);

    /// <exception cref="ArgumentException">Two models share a name.</exception>
    public ModelCatalog(IEnumerable<ModelInfo> models)
    {
        ArgumentNullException.ThrowIfNull(models);
        foreach (ModelInfo model in models)
        {
            if (!byName.TryAdd(model.Name, model))
            {
                throw new ArgumentException($"Two models of the catalog are called '{model.Name}'.", nameof(models));
            }
        }
    }

    /// <summary>Every model, in the catalog's order.</summary>
    public IReadOnlyCollection<ModelInfo> Models => byName.Values;

    /// <summary>Looks a model up without complaint.</summary>
    public bool TryFind(string name, [NotNullWhen(true)] out ModelInfo? model) => byName.TryGetValue(name, out model);

    /// <summary>Looks a model up.</summary>
    /// <exception cref="UsageException">There is none of that name; the message offers the nearest.</exception>
    public ModelInfo Find(string name)
    {
        if (TryFind(name, out ModelInfo? model))
        {
            return model;
        }

        string? nearest = NearestName.Suggest(name, byName.Keys);
        throw new UsageException($"There is no model '{name}'." + (nearest is null ? "" : $" Did you mean '{nearest}'?") + " `zoo list` shows them all.");
    }
}
