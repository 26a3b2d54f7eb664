using System.CommandLine;
using ModelZoo.Training;

namespace ModelZoo.Cli.Inputs;

/// <summary>How to train: a standard recipe, or a file, with any flag winning over both.</summary>
internal sealed class RecipeArgument
{
    // Flag, the recipe's key, what it means.
    private static readonly (string Flag, string Key, string Help)[] Known =
    [
        ("--epochs", "epochs", "Passes over the training data"),
        ("--batch-size", "batch_size", "Images per step"),
        ("--lr", "learning_rate", "Learning rate (its peak, with a schedule)"),
        ("--optimizer", "optimizer", $"Optimiser: {string.Join(", ", Recipe.Optimizers)}"),
        ("--momentum", "momentum", "Momentum of sgd and rmsprop"),
        ("--weight-decay", "weight_decay", "Weight decay"),
        ("--schedule", "schedule", $"Learning-rate schedule: {string.Join(", ", Recipe.Schedules)}"),
        ("--precision", "precision", $"Precision of convolutions and linear layers: {string.Join(", ", Recipe.Precisions)}"),
        ("--channels-last", "channels_last", "Channels of a pixel side by side in memory: true or false"),
        ("--label-smoothing", "label_smoothing", "Label smoothing, 0 to 1"),
    ];

    private readonly Option<string?> file = new("--recipe") { Description = "A recipe as a JSON file, instead of the standard one", HelpName = "file" };
    private readonly List<(Option<string?> Option, string Key)> flags = [.. Known.Select(k => (new Option<string?>(k.Flag) { Description = k.Help, HelpName = "value" }, k.Key))];

    internal void AddTo(Command command)
    {
        command.Add(file);
        flags.ForEach(f => command.Add(f.Option));
    }

    /// <summary>The recipe to follow.</summary>
    internal Recipe Read(ParseResult parsed, Func<Recipe> standard)
    {
        Recipe recipe = parsed.GetValue(file) is { } path ? Recipe.Parse(ReadText(path), path) : standard();
        foreach ((Option<string?> option, string key) in flags)
        {
            if (parsed.GetValue(option) is { } value)
            {
                recipe = With(recipe, option.Name, key, value);
            }
        }

        return recipe;
    }

    private static Recipe With(Recipe recipe, string flag, string key, string value)
    {
        try
        {
            return recipe.With(key, value);
        }
        catch (ZooException e)
        {
            throw new UsageException($"{flag} {value}: {e.Message}");
        }
    }

    private static string ReadText(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ZooException($"--recipe {path}: {e.Message}", e);
        }
    }
}
