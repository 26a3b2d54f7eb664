using static TorchSharp.torch;

namespace ModelZoo.Training;

/// <summary>
/// A trained network whose answers another learns beside the labels: G. Hinton, O. Vinyals, J. Dean, "Distilling the Knowledge in a Neural Network",
/// arXiv:1503.02531, 2015, section 2.
/// </summary>
/// <param name="Name">What a run remembers it by: another name is another run.</param>
/// <param name="Logits">From inputs as the student takes them, [B,C,H,W], to logits [B,K] in the order of the data's classes; called without gradients.</param>
public sealed record Teacher(string Name, Func<Tensor, Tensor> Logits)
{
    /// <summary>The temperature where the recipe names none.</summary>
    public const double UsualTemperature = 4;

    /// <summary>The share of the teacher's answers in the loss where the recipe names none.</summary>
    public const double UsualAlpha = 0.9;

    /// <summary>T²·Σ p·(log p − log q), the mean over the batch, p and q being softmax of the logits / T: 0 where the student answers as the teacher.</summary>
    /// <param name="student">[B,K].</param>
    /// <param name="teacher">[B,K].</param>
    /// <param name="temperature">T.</param>
    internal static Tensor Loss(Tensor student, Tensor teacher, double temperature)
    {
        Tensor own = nn.functional.log_softmax(student.div(temperature), 1), its = nn.functional.log_softmax(teacher.div(temperature), 1);
        return its.exp().mul(its.sub(own)).sum(1).mean().mul(temperature * temperature);
    }
}
