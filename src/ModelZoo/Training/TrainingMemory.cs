using ModelZoo.Tracing;
using TorchSharp;
using static TorchSharp.torch;

namespace ModelZoo.Training;

/// <summary>
/// Refuses a training step that cannot fit before the first batch is read: on Linux memory that is promised and not there ends the process without a word.
/// </summary>
public static class TrainingMemory
{
    /// <summary>Of what the layers give, at least so much stays for the backward; the rest is overwritten in place or read by nothing.</summary>
    private const double Kept = 0.5;

    // A batch of so few values fits anywhere, and a forward of one example is saved.
    private const double Harmless = 1 << 20;

    /// <summary>Does nothing on a GPU, which says itself when its memory is full, and for a model that can't be traced.</summary>
    /// <param name="model">What is trained; its requires_grad says which part.</param>
    /// <param name="shape">One example: [C,H,W] or [features].</param>
    /// <param name="batchSize">Examples of a step.</param>
    /// <param name="recipe">Its precision counts.</param>
    /// <param name="maxMemory">The most bytes; null: all that this process may use.</param>
    /// <exception cref="ZooException">A step takes more, even by the least estimate.</exception>
    public static void Require(nn.Module<Tensor, Tensor> model, long[] shape, int batchSize, Recipe recipe, long? maxMemory = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(shape);
        ArgumentNullException.ThrowIfNull(recipe);
        double values = shape.Aggregate(1.0, (a, b) => a * b);
        long limit = maxMemory ?? GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        if ((values * batchSize <= Harmless && maxMemory is null) || model.parameters().Any(p => p.device_type != DeviceType.CPU)
            || Least(model, shape, batchSize, recipe) is not { } bytes || bytes <= limit)
        {
            return;
        }

        string advice = batchSize > 1 ? "take a smaller batch_size (--batch-size)" : "take smaller images (--size) or a smaller model";
        throw new ZooException($"a training step of {batchSize} image{(batchSize == 1 ? "" : "s")} of {string.Join('×', shape)} takes at least "
            + $"{MemorySize.Format(bytes)}, and at most {MemorySize.Format(limit)} may be taken: {advice}"
            + $"{(maxMemory is null ? "." : $", or raise the limit (--max-memory {Math.Ceiling(bytes / 1e9)}G).")}");
    }

    /// <summary>
    /// The bytes that a step takes at the very least: weights and gradients in float32, and <see cref="Kept"/> of what the layers give from the first on that
    /// is trained. Null for a model that can't be traced.
    /// </summary>
    internal static double? Least(nn.Module<Tensor, Tensor> model, long[] shape, int batchSize, Recipe recipe)
    {
        try
        {
            using ModelMode mode = ModelMode.Eval(model);
            using DisposeScope scope = NewDisposeScope();
            using Trace trace = Trace.Run(model, zeros([1, .. shape]));
            double activations = trace.Nodes.SkipWhile(n => !n.Module.parameters().Any(p => p.requires_grad))
                .Sum(n => n.OutputShape.Aggregate(1.0, (a, b) => a * b));
            double weights = model.parameters().Sum(p => (double)p.numel());
            double trained = model.parameters().Where(p => p.requires_grad).Sum(p => (double)p.numel());
            int each = recipe.Precision == "fp32" ? sizeof(float) : sizeof(ushort);
            return (sizeof(float) * (weights + trained)) + (each * Kept * batchSize * activations);
        }
        catch (Exception error) when (error is TraceException || OutOfMemory.Caused(error))
        {
            return null; // where one example is too much already, the step says so
        }
    }
}
