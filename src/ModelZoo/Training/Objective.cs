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
    private Tensor? targets; // [rows,K] as the outputs should be

    /// <param name="recipe">Its loss and label smoothing.</param>
    /// <param name="train">What is learned.</param>
    /// <exception cref="ZooException">The recipe asks for what this kind of target does not have.</exception>
    public Objective(Recipe recipe, IBatchSource train)
    {
        (this.recipe, table) = (recipe, train.Targets);
        string? wrong = Kind != TaskKind.Classes && recipe.LabelSmoothing > 0 ? "label_smoothing"
            : Kind != TaskKind.Classes && recipe.MixesImages ? recipe.Mixup > 0 ? "mixup" : "cutmix"
            : Kind != TaskKind.Regression && recipe.Loss is not null ? "loss"
            : null;
        if (wrong is not null)
        {
            throw new ZooException(wrong == "loss"
                ? $"The recipe's loss is {recipe.Loss}: that is for predicting a number. Classes are trained by the cross entropy; leave loss out."
                : $"The recipe's {wrong} is for one class a picture; these data have {(Kind == TaskKind.MultiLabel ? "several labels" : "a number")} for each. "
                    + "Leave it out.");
        }
    }

    public TaskKind Kind => table?.Task.Kind ?? TaskKind.Classes;

    /// <summary>The mean over the examples, [].</summary>
    /// <param name="outputs">[B,K].</param>
    /// <param name="batch">The examples.</param>
    public Tensor Loss(Tensor outputs, Batch batch)
    {
        Tensor wide = outputs.dtype == ScalarType.BFloat16 ? outputs.to(ScalarType.Float32) : outputs;
        return Kind switch
        {
            TaskKind.MultiLabel => nn.functional.binary_cross_entropy_with_logits(wide, Rows(batch)),
            TaskKind.Regression when recipe.Loss == "l1" => nn.functional.l1_loss(wide, Rows(batch)),
            TaskKind.Regression => nn.functional.mse_loss(wide, Rows(batch)),
            _ => nn.functional.cross_entropy(wide, batch.Targets ?? batch.Labels, label_smoothing: recipe.LabelSmoothing),
        };
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

    public void Dispose() => targets?.Dispose();

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
