using static TorchSharp.torch;

namespace ModelZoo.Inference.Compilation;

/// <summary>Where a step's output belongs.</summary>
/// <param name="Concatenation">What it is a part of.</param>
/// <param name="Channel">Its first channel there.</param>
/// <param name="Slot">Which of the step's inputs lies in the same memory; −1 where the step allocates it.</param>
internal sealed record Place(ConcatStep Concatenation, long Channel, int Slot)
{
    /// <summary>The images to be written.</summary>
    /// <param name="x">The step's inputs.</param>
    /// <param name="images">N.</param>
    /// <param name="shape">Of the output, [·,K,I,J].</param>
    public Tensor In(ReadOnlySpan<Tensor> x, long images, long[] shape)
    {
        Tensor whole = Slot >= 0 ? Kernels.Widened(x[Slot], Concatenation.Capacity) : Kernels.Empty([images, .. shape[1..]], Concatenation.Capacity);
        return whole.narrow(1, Channel, shape[1]);
    }
}

/// <summary>Lets convolutions write their outputs where a concatenation wants them.</summary>
internal static class Placement
{
    /// <summary>Changes steps so that as many as can do.</summary>
    /// <param name="steps">In the order of execution.</param>
    /// <param name="output">The value that is wanted.</param>
    public static void Assign(List<Step> steps, int output)
    {
        Dictionary<int, int> makers = [];
        for (int i = 0; i < steps.Count; i++)
        {
            foreach (int value in steps[i].Outputs)
            {
                makers[value] = i;
            }
        }

        foreach (ConcatStep concatenation in steps.OfType<ConcatStep>())
        {
            int[] inputs = concatenation.Inputs;
            int there = concatenation.Present > 0 ? inputs[0] : -1, since = there < 0 ? -1 : makers[there];
            if (there >= 0)
            {
                concatenation.IsPlaced(0);
            }

            IEnumerable<int> candidates = Enumerable.Range(0, inputs.Length).Where(i => inputs[i] != 0 && inputs[i] != output);
            foreach (int i in candidates.OrderBy(i => makers.GetValueOrDefault(inputs[i])))
            {
                if (inputs.Count(v => v == inputs[i]) == 1 && makers.TryGetValue(inputs[i], out int maker) && maker > since
                    && steps[maker] is ConvolutionStep { IsPlaceable: true } convolution)
                {
                    convolution.PutInto(concatenation, concatenation.ChannelOf(i), there);
                    concatenation.IsPlaced(i);
                    there = there < 0 ? inputs[i] : there;
                }
            }
        }
    }
}
