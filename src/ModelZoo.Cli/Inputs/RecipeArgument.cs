using System.CommandLine;
using ModelZoo.Loading;
using ModelZoo.Training;

namespace ModelZoo.Cli.Inputs;

/// <summary>How to train: a standard recipe, or a file, with any flag winning over both.</summary>
internal sealed class RecipeArgument
{
    private const string ClassWeightsKey = "class_weights";

    // Flag, the recipe's key, what it means.
    private static readonly (string Flag, string Key, string Help)[] Known =
    [
        ("--epochs", "epochs", "Passes over the training data"),
        ("--max-steps", "max_steps", "Ends after so many steps, and the schedule with it"),
        ("--batch-size", "batch_size", "Images per batch"),
        ("--accumulate", "accumulation_steps", "Batches whose gradients make one step"),
        ("--lr", "learning_rate", "Learning rate (its peak, with a schedule); auto finds one by a range test"),
        ("--optimizer", "optimizer", $"Optimizer: {string.Join(", ", Recipe.Optimizers)}"),
        ("--momentum", "momentum", "Momentum of sgd, momentum, nesterov and rmsprop"),
        ("--weight-decay", "weight_decay", "Weight decay"),
        ("--decay-norm-and-bias", "decay_norm_and_bias", "Whether normalization layers and biases decay too: true, false"),
        ("--schedule", "schedule", $"Learning-rate schedule: {string.Join(", ", Recipe.Schedules)}"),
        ("--step-size", "step_size", "With step: epochs between two reductions"),
        ("--milestones", "milestones", "With multistep: epochs of the reductions, as 30,60,80"),
        ("--gamma", "gamma", "Factor of each reduction"),
        ("--warmup-epochs", "warmup_epochs", "Epochs over which the rate rises to the schedule's"),
        ("--warmup-steps", "warmup_steps", "The same in steps"),
        ("--min-lr", "min_learning_rate", "Lowest rate of cosine, polynomial, exponential and plateau"),
        ("--patience", "plateau_patience", "With plateau: tests without improvement before a reduction"),
        ("--label-smoothing", "label_smoothing", "Label smoothing, 0 to 1"),
        ("--loss", "loss", $"With --task regression: {string.Join(", ", Recipe.Losses)}"),
        ("--class-weights", ClassWeightsKey,
            $"How much each class counts in the loss: {string.Join(", ", ClassWeights.Rules)}, or a file (CSV class,weight; JSON)"),
        ("--sampling", "sampling", $"{string.Join(", ", Recipe.Samplings)}: balanced shows every class as often"),
        ("--focal-gamma", "focal_gamma", "The focal loss with this gamma (2 in the paper), instead of the cross entropy"),
        ("--distill-temperature", "distill_temperature", "With --teacher: what logits are divided by (4)"),
        ("--distill-alpha", "distill_alpha", "With --teacher: the share of its answers in the loss, 0 to 1 (0.9)"),
        ("--clip-norm", "clip_norm", "Largest norm of all gradients together"),
        ("--clip-value", "clip_value", "Largest element of a gradient"),
        ("--ema", "ema_decay", "Tests and keeps an average of the weights with this decay per step"),
        ("--early-stopping", "early_stopping", "Ends after so many tests without a better accuracy"),
        ("--precision", "precision", $"Precision of convolutions and linear layers: {string.Join(", ", Recipe.Precisions)}"),
        ("--channels-last", "channels_last", "Channels of a pixel side by side in memory: true or false"),
        ("--random-crop-padding", "random_crop_padding", "Augmentation: pad by so many pixels and cut a random part of the first size out"),
        ("--random-crop-mode", "random_crop_mode", "With --random-crop-padding: zero, reflect"),
        ("--random-crop", "random_crop", "Augmentation: cut the input at a random place out of the resized image, not from its middle: true or false"),
        ("--random-resized-crop", "random_resized_crop",
            "Augmentation: a random part of at least this share of the area, resized to the input (0.08 for ImageNet)"),
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
        ("--auto-augment", "auto_augment", $"Augmentation by random operations: {string.Join(", ", Recipe.AutoAugments)}"),
        ("--rand-augment-operations", "rand_augment_operations", "With rand_augment: operations on each image (2)"),
        ("--rand-augment-magnitude", "rand_augment_magnitude", "With rand_augment: how far they go, 0 to 30 (9)"),
        ("--augmix-severity", "augmix_severity", "With augmix: how far operations may go, 1 to 10 (3)"),
        ("--progressive-size", "progressive_sizes", "Side of the input over the epochs, as 128,160,224: small pictures first; the last is the input's"),
        ("--pca-lighting", "pca_lighting", "Augmentation: AlexNet's color shift (0.1 in the paper)"),
        ("--cutout", "cutout", "Augmentation: take out a square of so many pixels a side"),
        ("--random-erasing", "random_erasing", "Augmentation: the share of images that a random rectangle is taken out of"),
        ("--mixup", "mixup", "Augmentation: blend images and labels (0.2 for ImageNet)"),
        ("--cutmix", "cutmix", "Augmentation: exchange rectangles of images, and labels with them (1 in the paper)"),
    ];

    private readonly Option<string?> file = new("--recipe") { Description = "A recipe as a JSON file, instead of the standard one", HelpName = "file" };
    private readonly Option<string?> variant = new("--variant") { Description = "A variant of the standard recipe", HelpName = "name" };
    private readonly Option<bool> sync = new("--sync-bn")
    {
        Description = "Under mpiexec or srun: batch normalization over the whole batch, not over each process's part"
    };
    private readonly Option<string[]> set = new("--set")
    {
        Description = "Any key of a recipe: --set epsilon=0.001",
        HelpName = "key=value",
        DefaultValueFactory = _ => []
    };
    private readonly List<(Option<string?> Option,
        string Key)> flags = [.. Known.Select(k => (new Option<string?>(k.Flag) { Description = k.Help, HelpName = "value" }, k.Key))];

    /// <param name="command">The command that takes these options.</param>
    /// <param name="variants">Whether the standard recipe is a file's, with variants.</param>
    /// <param name="shared">Whether several processes may train together.</param>
    internal void AddTo(Command command, bool variants = false, bool shared = false)
    {
        command.Add(file);
        if (variants)
        {
            command.Add(variant);
        }

        if (shared)
        {
            command.Add(sync);
        }

        flags.ForEach(f => command.Add(f.Option));
        command.Add(set);
    }

    /// <summary>The recipe to follow.</summary>
    internal Recipe Read(ParseResult parsed, Func<Recipe> standard) => Read(parsed, _ => standard());

    /// <summary>The same, where the standard recipe has variants.</summary>
    internal Recipe Read(ParseResult parsed, Func<string?, Recipe> standard)
    {
        Recipe recipe = parsed.GetValue(file) is { } path ? Recipe.Parse(ReadText(path), path) : standard(parsed.GetValue(variant));
        List<(string Flag, string Key, string Value)> changes = [.. flags.Where(f => parsed.GetValue(f.Option) is not null).Select(f =>
            Named(f.Option.Name, f.Key, parsed.GetValue(f.Option)!))];
        if (parsed.GetResult(sync) is not null && parsed.GetValue(sync))
        {
            changes.Add((sync.Name, "sync_batch_norm", "true"));
        }

        foreach (string pair in parsed.GetValue(set)!)
        {
            int equals = pair.IndexOf('=', StringComparison.Ordinal);
            changes.Add(equals > 0 ? ("--set", pair[..equals], pair[(equals + 1)..]) : throw new UsageException($"--set {pair}: give key=value."));
        }

        try
        {
            return recipe.With([.. changes.Select(c => (c.Key, c.Value))]);
        }
        catch (ZooException e)
        {
            throw new UsageException($"{string.Join(' ', changes.Select(c => c.Flag == "--set" ? $"--set {c.Key}={c.Value}" : $"{c.Flag} {c.Value}"))}: "
                + $"{e.Message}");
        }
    }

    // Of a file of weights the weights themselves: they, and not where they once were, are what a checkpoint knows and a run goes on with.
    private static (string Flag, string Key, string Value) Named(string flag, string key, string given) =>
        key == ClassWeightsKey && (File.Exists(given) || Path.HasExtension(given)) ? (flag, key, ClassWeightFile.Read(given).ToString())
        : key == "learning_rate" && given == "auto" ? ("--set", "find_learning_rate", "true")
        : (flag, key, given);

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
