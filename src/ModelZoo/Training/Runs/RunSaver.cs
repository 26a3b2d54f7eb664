using ModelZoo.Weights;
using static TorchSharp.torch;

namespace ModelZoo.Training;

/// <summary>Saves a run's checkpoints and its state.</summary>
internal sealed class RunSaver(nn.Module model, TrainerOptions options, RunFolder? folder, Learner learner, RunRecorder? recorder, IReadOnlyDictionary<string, string> identity)
{
    /// <summary>Everything that is needed to go on from here.</summary>
    public void SaveState(Run run)
    {
        if (folder is null)
        {
            return;
        }

        recorder?.BeforeSave(run);
        run.Clock();
        learner.Count(run.State);
        TrainingStateFile.Save(folder.State, run.State, learner.Tensors(), identity);
    }

    /// <summary>The model as it is, for use.</summary>
    /// <param name="run">What the description is made from.</param>
    /// <param name="best">Whether it is the best so far.</param>
    public void SaveCheckpoints(Run run, bool best)
    {
        string?[] paths = [options.CheckpointPath, folder?.Last, best ? folder?.Best : null];
        foreach (string path in paths.OfType<string>())
        {
            Checkpoint.Save(path, options.CheckpointModel ?? model, options.Describe!(run.Result()));
        }
    }

    /// <summary>The average of the weights, where it is not the result.</summary>
    public void SaveAverage(Run run)
    {
        using IDisposable? loan = folder is null ? null : learner.LendAverage(beside: true);
        if (loan is not null)
        {
            Checkpoint.Save(folder!.Average, options.CheckpointModel ?? model, options.Describe!(run.Result()));
        }
    }
}
