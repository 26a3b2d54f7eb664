namespace ModelZoo.Reference.Tests;

/// <summary>
/// A rule that moves one parameter θ along its gradient g, in place. Each parameter has an optimizer of its own, which keeps that parameter's state.
/// L2 weight decay λ means g ← g + λθ before anything else; steps are numbered from 1. The order of operations is PyTorch's.
/// </summary>
public abstract class Optimizer(double learningRate)
{
    private int[]? shape;

    /// <summary>η; may be changed between steps.</summary>
    public double LearningRate { get; set; } = learningRate;

    /// <summary>The number of steps taken.</summary>
    public int Steps { get; private set; }

    /// <summary>Takes one step; the parameter and its gradient have one shape, the same at every step.</summary>
    public void Step(NdArray parameter, NdArray gradient)
    {
        Require.SameShape(parameter, gradient, "A parameter and its gradient");
        if (shape is null)
        {
            shape = [.. parameter.Shape];
            Begin(parameter.Count);
        }

        Require.Shape(parameter, "The parameter of this optimizer", shape);
        Steps++;
        for (int i = 0; i < parameter.Count; i++)
        {
            parameter.Data[i] = Move(i, parameter.Data[i], gradient.Data[i]);
        }
    }

    /// <summary>Makes room for the state of so many elements.</summary>
    protected virtual void Begin(int count)
    {
    }

    /// <summary>Element i's new value from its value θ and gradient g.</summary>
    protected abstract double Move(int i, double theta, double g);
}
