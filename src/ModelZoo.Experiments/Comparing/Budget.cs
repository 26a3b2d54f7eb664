using System.Globalization;
using ModelZoo.Training;

namespace ModelZoo.Experiments.Comparing;

/// <summary>How much training each model of a comparison gets: a time, or passes over the training images.</summary>
/// <param name="Time">Of training, tests not counted; null where epochs are counted.</param>
/// <param name="Epochs">Null where time is.</param>
public sealed record Budget(TimeSpan? Time, int? Epochs)
{
    private const double LongestSeconds = 30 * 86400;
    private const int MostEpochs = 100_000;

    /// <summary>Reads "90s", "2m", "1.5h" or "3e".</summary>
    /// <exception cref="UsageException">It is none of these, or out of range.</exception>
    public static Budget Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        string number = text.Length > 0 ? text[..^1] : "";
        char unit = text.Length > 0 ? text[^1] : ' ';
        if (unit == 'e' && int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out int epochs) && epochs is >= 1 and <= MostEpochs)
        {
            return new(null, epochs);
        }

        double scale = unit switch { 's' => 1, 'm' => 60, 'h' => 3600, _ => 0 };
        return scale > 0 && double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double value) && value * scale is > 0
            and <= LongestSeconds
            ? new(TimeSpan.FromSeconds(value * scale), null)
            : throw new UsageException($"--budget takes a time such as 90s, 2m or 1h, or epochs such as 3e, not '{text}'.");
    }

    /// <summary>For people: "2 min of training", "3 epochs".</summary>
    public string Describe() => Epochs is { } epochs ? $"{epochs} epoch{(epochs == 1 ? "" : "s")}"
        : Time!.Value.TotalSeconds is var s && s < 120 ? $"{s.ToString("0.##", CultureInfo.InvariantCulture)} s of training"
        : $"{(s / 60).ToString("0.##", CultureInfo.InvariantCulture)} min of training";

    /// <summary>As <see cref="Parse"/> reads it.</summary>
    public override string ToString() => Epochs is { } epochs ? $"{epochs}e" : $"{Time!.Value.TotalSeconds.ToString("R", CultureInfo.InvariantCulture)}s";
}

/// <summary>A recipe stretched or shrunk to a budget: what happened at half of it still does.</summary>
internal static class BudgetRecipe
{
    /// <summary>Steps of a pass over so many images.</summary>
    public static int StepsPerEpoch(Recipe recipe, int images)
    {
        int batches = (images + recipe.BatchSize - 1) / recipe.BatchSize;
        return recipe.Optimizer == "gd" ? 1 : (batches + recipe.AccumulationSteps - 1) / recipe.AccumulationSteps;
    }

    /// <summary>The recipe with its epochs, and all that it counts in epochs or steps, in proportion; it does not end before the budget does.</summary>
    /// <param name="recipe">As it was designed.</param>
    /// <param name="epochs">Of the budget.</param>
    /// <param name="steps">Of the budget.</param>
    /// <param name="images">Of an epoch.</param>
    public static Recipe Over(Recipe recipe, int epochs, long steps, int images)
    {
        double byEpochs = (double)epochs / recipe.Epochs,
            bySteps = steps / (double)(recipe.MaxSteps > 0 ? recipe.MaxSteps : (long)recipe.Epochs * StepsPerEpoch(recipe, images));
        double unit = recipe.ScheduleUnit == "steps" ? bySteps : byEpochs;
        return (recipe with
        {
            Epochs = epochs,
            MaxSteps = 0,
            EarlyStopping = 0,
            StepSize = AtLeastOne(recipe.StepSize * unit),
            Milestones = new(recipe.Milestones.Select(m => AtLeastOne(m * unit)).Distinct()),
            WarmupEpochs = Math.Min(epochs, (int)Math.Round(recipe.WarmupEpochs * byEpochs)),
            WarmupSteps = (int)Math.Round(recipe.WarmupSteps * bySteps),
            PlateauPatience = AtLeastOne(recipe.PlateauPatience * byEpochs),
        }).Validate();
    }

    private static int AtLeastOne(double value) => (int)Math.Clamp(Math.Round(value), 1, int.MaxValue);
}
