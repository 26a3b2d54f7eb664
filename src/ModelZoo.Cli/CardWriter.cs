using System.Text;
using ModelZoo.Cli.Inputs;
using ModelZoo.Data;
using ModelZoo.Data.Loading;
using ModelZoo.Models;
using ModelZoo.Training;
using ModelZoo.Transfer;
using ModelZoo.Verification;

namespace ModelZoo.Cli;

/// <summary>Writes card.json and the blueprints anew from measurements, for those who work on the zoo itself.</summary>
internal static class CardWriter
{
    /// <param name="session">The run.</param>
    /// <param name="folder">The folder models/ of a checkout.</param>
    /// <param name="source">Where the accuracy of shipped weights is measured; null leaves accuracies as they were.</param>
    internal static void Write(Session session, string folder, string? source)
    {
        foreach (IGrouping<string, ModelInfo> family in Session.Catalog.Models.GroupBy(m => m.Family))
        {
            string resource = $"{family.Key}/card.json", path = Path.Combine(folder, family.Key, "card.json");
            SortedDictionary<string, ModelCard> old = Catalog.HasResource(resource) ? ModelCard.Parse(Catalog.ReadResource(resource), resource) : [];
            var cards = new SortedDictionary<string, ModelCard>(StringComparer.Ordinal);
            foreach (ModelInfo info in family)
            {
                ModelCard card = ModelCard.Measure(info, Catalog.ReadResource, old.GetValueOrDefault(info.Name));
                cards[info.Name] = source is null ? card : card with { Weights = Accuracies(session, info, card, source) };
                string blueprint = Path.Combine(folder, Catalog.BlueprintNameOf(info));
                AtomicFile.Write(blueprint, stream => stream.Write(Encoding.UTF8.GetBytes(BlueprintText.Write(Blueprint.Of(info)))));
            }

            byte[] json = ModelCard.ToJson(cards);
            AtomicFile.Write(path, stream => stream.Write(json));
            session.Say($"wrote {path}");
        }
    }

    private static SortedDictionary<string, WeightsCard> Accuracies(Session session, ModelInfo info, ModelCard card, string source)
    {
        var measured = new SortedDictionary<string, WeightsCard>(StringComparer.Ordinal);
        foreach ((string name, WeightsCard weights) in card.Weights)
        {
            using ResolvedModel resolved = ModelArgument.Resolve(session, $"{info.Name}:{name}");
            LabelledImages test = DataSource.Parse(source).Open(DataSplit.Test);
            if (!test.Info.ClassNames.SequenceEqual(resolved.Labels))
            {
                measured[name] = weights; // made for other data
                continue;
            }

            using IImageBatches images = ImageBatches.Open(test, TransferLearning.PreprocessingFor(test, resolved.Preprocessing), null, new LoaderOptions { Device = session.Device });
            EvaluationResult result = Evaluator.Evaluate(resolved.Model, images);
            measured[name] = weights with { Accuracy = result.Accuracy, Data = test.Name, Images = result.Count };
        }

        return measured;
    }
}
