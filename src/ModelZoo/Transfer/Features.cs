using ModelZoo.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace ModelZoo.Transfer;

/// <summary>What a layer of a trained model sees of each image: its feature vectors.</summary>
public static class Features
{
    /// <summary>Runs every image through the model in eval mode, without gradients, and keeps the input of one layer.</summary>
    /// <param name="model">The model.</param>
    /// <param name="layer">The path of a layer that runs once in a forward.</param>
    /// <param name="data">The images.</param>
    /// <param name="batchSize">Images per forward.</param>
    /// <param name="cancel">Stops between two batches.</param>
    /// <returns>Features [N,…] with the same labels; the caller owns them.</returns>
    /// <exception cref="ZooException">There is no such layer, or a forward does not run it.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static ImageTensors Before(nn.Module<Tensor, Tensor> model, string layer, ImageTensors data, int batchSize = 256, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(data);
        nn.Module<Tensor, Tensor> found = TransferLearning.Find(model, layer);
        Tensor? seen = null;
        Tensor? all = null;
        var hook = found.register_forward_pre_hook((_, input) =>
        {
            seen?.Dispose();
            seen = input.clone().DetachFromDisposeScope(); // the model's own scope ends before it is read
            return input;
        });
        using DisposeScope outer = NewDisposeScope();
        using ModelMode mode = ModelMode.Eval(model);
        try
        {
            using (no_grad())
            {
                for (int first = 0; first < data.Count; first += batchSize)
                {
                    cancel.ThrowIfCancellationRequested();
                    using DisposeScope scope = NewDisposeScope();
                    int count = Math.Min(batchSize, data.Count - first);
                    model.call(data.Batch([.. Enumerable.Range(first, count)]).Inputs);
                    if (seen is null)
                    {
                        throw new ZooException($"The forward of {model.GetName()} does not run its layer '{layer}'.");
                    }

                    all ??= outer.Attach([data.Count, .. seen.shape[1..]], seen);
                    all.narrow(0, first, count).copy_(seen);
                    seen.Dispose();
                    seen = null;
                }
            }

            return ImageTensors.FromTensors(all!, data.Labels.clone(), data.ClassNames);
        }
        finally
        {
            hook.remove();
            seen?.Dispose();
        }
    }

    // A tensor that outlives the batch's scope.
    private static Tensor Attach(this DisposeScope scope, long[] shape, Tensor like)
    {
        Tensor made = empty(shape, dtype: like.dtype, device: like.device).DetachFromDisposeScope();
        scope.Attach(made);
        return made;
    }
}
