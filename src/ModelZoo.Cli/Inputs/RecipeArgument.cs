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
        ("--random-crop-padding", "random_crop_padding", "Augmentation: pad by so many pixels and cut a random part of the first size out"),
        ("--random-crop-mode", "random_crop_mode", "With --random-crop-padding: zero, reflect"),
        ("--random-resized-crop", "random_resized_crop", "Augmentation: a random part of at least this share of the area, resized to the input (0.08 for ImageNet)"),
        ("--random-resized-crop-ratio", "random_resized_crop_ratio", "With --random-resized-crop: the largest ratio of its sides"),
        ("--horizontal-flip", "horizontal_flip", "Augmentation: the share of images mirrored left to right"),
        ("--vertical-flip", "vertical_flip", "Augmentation: the share of images mirrored top to bottom"),
        ("--random-shift", "random_shift", "Augmentation: move by up to so many pixels"),
        ("--random-rotation", "random_rotation", "Augmentation: turn by up to so many degrees"),
        ("--random-scale", "random_scale", "Augmentation: grow or shrink by up to this share"),
        ("--brightness", "brightness", "Augmentation: change the brightness by up to this factor"),
        ("--contrast", "contrast", "Augmentation: change the contrast by up to this factor"),
        ("--saturation", "saturation", "Augmentation: change the saturation by up to this factor"),
        ("--hue", "hue", "Augmentation: turn the hue by up to this share of the circle, 0 to 0.5"),
        ("--pca-lighting", "pca_lighting", "Augmentation: AlexNet's colour shift (0.1 in the paper)"),
        ("--cutout", "cutout", "Augmentation: take out a square of so many pixels a side"),
        ("--random-erasing", "random_erasing", "Augmentation: the share of images that a random rectangle is taken out of"),
        ("--mixup", "mixup", "Augmentation: blend images and labels (0.2 for ImageNet)"),
        ("--cutmix", "cutmix", "Augmentation: exchange rectangles of images, and labels with them (1 in the paper)"),
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
