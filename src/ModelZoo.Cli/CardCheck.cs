using ModelZoo.Models;

namespace ModelZoo.Cli;

/// <summary>Holds a model's card against what is measured now.</summary>
internal static class CardCheck
{
    internal static IReadOnlyList<string> Differences(ModelInfo info) => Catalog.CardOf(info).DifferencesTo(ModelCard.Measure(info, Catalog.ReadResource));
}
