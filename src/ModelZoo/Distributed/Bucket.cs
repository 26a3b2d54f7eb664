using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ModelZoo.Distributed;

/// <summary>Gradients that are added up in one message: parts of one piece of memory, each in its parameter's layout.</summary>
internal sealed class Bucket : IDisposable
{
    private readonly (Parameter Parameter, Tensor Part)[] parts;
    private readonly Tensor whole; // [n]
    private Tensor? onHost;
    private IPending? pending;

    private Bucket((Parameter Parameter, int Turn)[] gradients)
    {
        using IDisposable off = no_grad();
        Parameter first = gradients[0].Parameter;
        whole = zeros([gradients.Sum(g => g.Parameter.numel())], first.dtype, first.device).DetachFromDisposeScope();
        Earliest = gradients.Min(g => g.Turn);
        long at = 0;
        parts = new (Parameter, Tensor)[gradients.Length];
        for (int i = 0; i < gradients.Length; i++)
        {
            Parameter parameter = gradients[i].Parameter;
            parts[i] = (parameter, whole.as_strided(parameter.shape, parameter.stride(), at).DetachFromDisposeScope());
            at += parameter.numel();
        }
    }

    /// <summary>The place, in the order of the forward, of the earliest layer that it is for.</summary>
    public int Earliest { get; }

    /// <summary>Deals parameters, the last layer's first, into buckets of one type and device.</summary>
    /// <param name="gradients">Parameters, each with the place of its layer in the order of the forward.</param>
    /// <param name="most">Bytes after which a bucket is full.</param>
    public static List<Bucket> Fill((Parameter Parameter, int Turn)[] gradients, long most)
    {
        List<Bucket> filled = [];
        foreach (IGrouping<(ScalarType, DeviceType, int), (Parameter Parameter, int Turn)> alike in gradients.GroupBy(g =>
            (g.Parameter.dtype, g.Parameter.device_type, g.Parameter.device_index)))
        {
            List<(Parameter, int)> next = [];
            long bytes = 0;
            foreach ((Parameter parameter, int turn) in alike)
            {
                next.Add((parameter, turn));
                bytes += parameter.numel() * parameter.element_size();
                if (bytes >= most)
                {
                    filled.Add(new Bucket([.. next]));
                    next.Clear();
                    bytes = 0;
                }
            }

            if (next.Count > 0)
            {
                filled.Add(new Bucket([.. next]));
            }
        }

        return filled;
    }

    /// <summary>Sends the gradients off, copied here; those that are missing are zero.</summary>
    public unsafe void Begin(RankGroup group)
    {
        using IDisposable off = no_grad();
        Take();
        Tensor sent = whole;
        if (whole.device_type == DeviceType.CUDA && group.JoinGpus() is { } gpus)
        {
            gpus.Add(whole);
            return;
        }

        if (whole.device_type != DeviceType.CPU)
        {
            onHost = whole.cpu().DetachFromDisposeScope();
            sent = onHost;
        }

        fixed (byte* data = sent.bytes)
        {
            pending = group.BeginSum((nint)data, sent.numel(), sent.dtype); // native memory: it stays where it is
        }
    }

    /// <summary>Waits until the sums are in the parameters' gradients.</summary>
    public void Finish(RankGroup group)
    {
        if (pending is not null)
        {
            group.Wait(pending);
            pending = null;
        }

        if (onHost is not null)
        {
            whole.copy_(onHost);
            onHost.Dispose();
            onHost = null;
        }
    }

    public void Dispose()
    {
        Array.ForEach(parts, static p => p.Part.Dispose());
        whole.Dispose();
        onHost?.Dispose();
    }

    private void Take()
    {
        foreach ((Parameter parameter, Tensor part) in parts)
        {
            using Tensor? gradient = parameter.grad;
            if (gradient is null)
            {
                part.zero_();
            }
            else
            {
                part.copy_(gradient);
            }

            parameter.grad = part;
        }
    }
}
