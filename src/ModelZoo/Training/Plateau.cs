namespace ModelZoo.Training;

/// <summary>
/// AlexNet's schedule: the rate is divided "by 10 when the validation error rate stopped improving" (Krizhevsky et al. 2012, section 5), in the form of PyTorch's ReduceLROnPlateau
/// with mode "min" and a relative threshold.
/// </summary>
public sealed class Plateau
{
    /// <summary>What the recipe's rate is multiplied by.</summary>
    public double Factor { get; set; } = 1;

    /// <summary>The lowest error so far; null before the first.</summary>
    public double? Best { get; set; }

    /// <summary>Errors since then that were no improvement.</summary>
    public int Waited { get; set; }

    /// <summary>Takes the error of another test, and lowers <see cref="Factor"/> when the recipe's patience is at its end.</summary>
    /// <param name="error">The smaller the better.</param>
    /// <param name="recipe">Patience, threshold, factor, lowest rate.</param>
    public void Observe(double error, Recipe recipe)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        if (Best is null || error < Best * (1 - recipe.PlateauThreshold))
        {
            (Best, Waited) = (error, 0);
            return;
        }

        if (++Waited > recipe.PlateauPatience)
        {
            double lowest = recipe.MinLearningRate / recipe.LearningRate;
            Factor = Math.Max(Factor * recipe.Gamma, Math.Min(Factor, lowest));
            Waited = 0;
        }
    }
}
