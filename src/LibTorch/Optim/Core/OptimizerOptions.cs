namespace TorchSharp.Modules;

/// <summary>The hyper-parameters of a parameter group.</summary>
public class OptimizerOptions
{
    public double? LearningRate { get; set; }

    public double InitialLearningRate { get; set; }

    internal double Rate => LearningRate ?? throw new InvalidOperationException("This parameter group has no learning rate yet: it belongs to no optimiser.");

    public virtual void SaveStateDict(BinaryWriter writer)
    {
        writer.Write(InitialLearningRate);
        writer.Write(Rate);
        Visit(new FieldWriter(writer));
    }

    public virtual void LoadStateDict(BinaryReader reader)
    {
        InitialLearningRate = reader.ReadDouble();
        LearningRate = reader.ReadDouble();
        Visit(new FieldReader(reader, null));
    }

    public virtual void LoadStateDict(OptimizerOptions source)
    {
        InitialLearningRate = source.InitialLearningRate;
        LearningRate = source.LearningRate;
        Visit(new FieldReplay(Record(source)));
    }

    internal virtual void Visit(FieldVisitor v)
    {
    }

    /// <summary>Takes the defaults for what has not been said.</summary>
    internal void Complete(OptimizerOptions defaults)
    {
        LearningRate ??= defaults.LearningRate;
        InitialLearningRate = Rate;
        Visit(new FieldReplay(Record(defaults)) { OnlyMissing = true });
    }

    private Queue<object?> Record(OptimizerOptions source)
    {
        if (source.GetType() != GetType())
        {
            throw new ArgumentException($"{GetType().DeclaringType?.Name} cannot take the options of {source.GetType().DeclaringType?.Name}.", nameof(source));
        }

        var record = new FieldRecord();
        source.Visit(record);
        return record.Values;
    }
}
