using TorchSharp;
using static TorchSharp.torch;

namespace ModelZoo.Training;

/// <summary>
/// What a training minimizes: of one class a picture the cross entropy, of several labels the mean of their binary cross entropies (as PyTorch's
/// BCEWithLogitsLoss), of numbers the squared or absolute error of the number in units of its standard deviation.
/// </summary>
internal sealed class Objective : IDisposable
{
    private readonly Recipe recipe;
    private readonly TargetTable? table;
    private readonly double[]? shares; // [K], how much each class counts
    private Tensor? targets; // [rows,K] as the outputs should be
    private Tensor? weights; // [K], the same where the outputs are

    /// <param name="recipe">Its loss, label smoothing, weights of classes.</param>
    /// <param name="train">What is learned.</param>
    /// <param name="taught">Whether there is a teacher.</param>
    /// <exception cref="ZooException">The recipe asks for what this kind of target does not have.</exception>
    public Objective(Recipe recipe, IBatchSource train, bool taught = false)
    {
        (this.recipe, table) = (recipe, train.Targets);
        if (taught ? Kind != TaskKind.Classes || recipe.ProgressiveSizes is not null : (recipe.DistillAlpha ?? recipe.DistillTemperature) is not null)
        {
            throw new ZooException(!taught ? "The recipe's distill_alpha and distill_temperature are for a teacher, and there is none. Name one (--teacher), "
                    + "or leave them out."
                : Kind != TaskKind.Classes ? "A teacher is for one class a picture; these data have several labels or a number. Leave it out."
                : "The recipe's progressive_sizes change what the teacher would see. Leave them or the teacher out.");
        }

        string? wrong = Kind != TaskKind.Classes && recipe.LabelSmoothing > 0 ? "label_smoothing"
            : Kind != TaskKind.Classes && recipe.MixesImages ? recipe.Mixup > 0 ? "mixup" : "cutmix"
            : Kind != TaskKind.Regression && recipe.Loss is not null ? "loss"
            : Kind != TaskKind.Classes && recipe.SamplesEvenly ? "sampling"
            : Kind == TaskKind.Regression && recipe.ClassWeights is { IsNone: false } ? "class_weights"
            : Kind == TaskKind.Regression && recipe.FocalGamma > 0 ? "focal_gamma"
            : null;
        if (wrong is not null)
        {
            throw new ZooException(wrong == "loss"
                ? $"The recipe's loss is {recipe.Loss}: that is for predicting a number. Classes are trained by the cross entropy; leave loss out."
                : $"The recipe's {wrong} is for {(wrong is "class_weights" or "focal_gamma" ? "classes" : "one class a picture")}; these data have "
                    + $"{(Kind == TaskKind.MultiLabel ? "several labels" : "a number")} for each. Leave it out.");
        }

        shares = recipe.ClassWeights is { IsNone: false } chosen ? Weigh(chosen, train) : null;
        if (recipe.SamplesEvenly && train.ExampleLabels is null)
        {
            throw Unknown("sampling");
        }
    }

    public TaskKind Kind => table?.Task.Kind ?? TaskKind.Classes;

    /// <summary>Whether the mean over a batch is one by the weights of its classes.</summary>
    public bool IsWeighted => shares is not null && Kind == TaskKind.Classes;

    /// <summary>What the mean over a batch is divided by: the examples, or the weights of their classes.</summary>
    public double Weight(Batch batch) => !IsWeighted || batch.Targets is not null
        ? batch.Count
        : batch.Labels.cpu().data<long>().ToArray().Sum(label => (double)(float)shares![label]);

    /// <summary>The mean over the examples, [].</summary>
    /// <param name="outputs">[B,K].</param>
    /// <param name="batch">The examples.</param>
    public Tensor Loss(Tensor outputs, Batch batch)
    {
        Tensor wide = outputs.dtype == ScalarType.BFloat16 ? outputs.to(ScalarType.Float32) : outputs;
        double gamma = recipe.FocalGamma;
        if (shares is not null)
        {
            weights ??= tensor([.. shares.Select(s => (float)s)], device: wide.device).DetachFromDisposeScope();
        }

        return Kind switch
        {
            TaskKind.MultiLabel when gamma > 0 => FocalLoss.OfLabels(wide, Rows(batch), gamma, weights),
            TaskKind.MultiLabel => nn.functional.binary_cross_entropy_with_logits(wide, Rows(batch), pos_weights: weights),
            TaskKind.Regression when recipe.Loss == "l1" => nn.functional.l1_loss(wide, Rows(batch)),
            TaskKind.Regression => nn.functional.mse_loss(wide, Rows(batch)),
            _ when gamma > 0 => batch.Targets is { } mixed
                ? FocalLoss.OfShares(wide, mixed, gamma, weights)
                : FocalLoss.OfClasses(wide, batch.Labels, gamma, weights),
            _ => nn.functional.cross_entropy(wide, batch.Targets ?? batch.Labels, weights, label_smoothing: recipe.LabelSmoothing),
        };
    }

    /// <summary>The same where a teacher's answers have their share: (1 − α)·loss + α·<see cref="Teacher.Loss"/>.</summary>
    /// <param name="outputs">[B,K].</param>
    /// <param name="batch">The examples.</param>
    /// <param name="teacher">[B,K] logits; null: the labels alone.</param>
    public Tensor Loss(Tensor outputs, Batch batch, Tensor? teacher)
    {
        if (teacher is null)
        {
            return Loss(outputs, batch);
        }

        double alpha = recipe.DistillAlpha ?? Teacher.UsualAlpha;
        Tensor wide = outputs.dtype == ScalarType.BFloat16 ? outputs.to(ScalarType.Float32) : outputs;
        Tensor soft = Teacher.Loss(wide, teacher, recipe.DistillTemperature ?? Teacher.UsualTemperature);
        return alpha == 1 ? soft : Loss(outputs, batch).mul(1 - alpha).add(soft.mul(alpha));
    }

    /// <summary>How many examples are right in everything, [] int64: the class, or every label at 0.5; of numbers none is counted.</summary>
    /// <param name="outputs">[B,K].</param>
    /// <param name="batch">The examples.</param>
    public Tensor Right(Tensor outputs, Batch batch) => Kind switch
    {
        TaskKind.MultiLabel => outputs.gt(0).eq(Rows(batch).gt(0.5)).all(1).sum(),
        TaskKind.Regression => zeros([], ScalarType.Int64, outputs.device),
        _ => outputs.argmax(1).eq(batch.Labels).sum(),
    };

    public void Dispose()
    {
        targets?.Dispose();
        weights?.Dispose();
    }

    // By name, or from how many examples have each class or label.
    private double[] Weigh(ClassWeights chosen, IBatchSource train)
    {
        IReadOnlyList<string> names = train.ClassNames;
        var counts = new int[names.Count];
        if (chosen.Rule.Length == 0)
        {
            return chosen.For(names, counts, train.Count);
        }

        IReadOnlyList<int> labels = train.ExampleLabels ?? throw Unknown("class_weights");
        foreach (int label in labels)
        {
            if (table is null)
            {
                counts[label]++;
                continue;
            }

            ReadOnlySpan<float> row = table.Row(label);
            for (int c = 0; c < row.Length; c++)
            {
                counts[c] += row[c] > 0.5f ? 1 : 0;
            }
        }

        return chosen.For(names, counts, labels.Count, several: table is not null);
    }

    private static ZooException Unknown(string key) => new($"The recipe's {key} needs the classes of all examples before they are read, and these data do not "
        + $"say them. Give them ({nameof(IBatchSource)}.{nameof(IBatchSource.ExampleLabels)}), or leave it out.");

    private Tensor Rows(Batch batch)
    {
        targets ??= Scaled(table!, batch.Labels.device);
        return targets.index_select(0, batch.Labels);
    }

    /// <summary>A table as the outputs should be, [rows,K].</summary>
    public static Tensor Scaled(TargetTable table, Device device)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor values = tensor(table.Values.ToArray(), [table.Values.Length / table.Columns, table.Columns], device: device);
        return (table.Task.Kind == TaskKind.Regression ? values.sub(table.Task.Offset).div(table.Task.Scale) : values).DetachFromDisposeScope();
    }
}
