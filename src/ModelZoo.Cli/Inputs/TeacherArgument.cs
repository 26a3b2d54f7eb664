using System.CommandLine;
using ModelZoo.Data;
using ModelZoo.Imaging;
using ModelZoo.Inference;
using ModelZoo.Transfer;

namespace ModelZoo.Cli.Inputs;

/// <summary>A trained model whose answers another learns.</summary>
internal static class TeacherArgument
{
    internal static Option<string?> Create() => new("--teacher")
    {
        Description = "Distillation: a trained model of the same classes (a checkpoint, or lenet5:mnist) whose answers are learned beside the labels",
        HelpName = "model"
    };

    /// <summary>Opens it; null where none is named.</summary>
    /// <param name="session">Where remarks go.</param>
    /// <param name="spec">As it was named.</param>
    /// <param name="train">What the student learns.</param>
    /// <param name="student">How images become its input.</param>
    internal static OpenTeacher? Open(Session session, string? spec, LabeledImages train, Preprocessing student)
    {
        if (spec is null)
        {
            return null;
        }

        ResolvedModel model = ModelArgument.Resolve(session, spec, trained: true);
        try
        {
            Preprocessing own = TransferLearning.PreprocessingFor(train, model.Preprocessing);
            return new(model, TeacherNetwork.Of(model, train.Info.ClassNames, own, student, spec));
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }
}

/// <summary>A teacher and the model that it is.</summary>
internal sealed record OpenTeacher(ResolvedModel Model, TeacherNetwork Network) : IDisposable
{
    public void Dispose()
    {
        Network.Dispose();
        Model.Dispose();
    }
}
