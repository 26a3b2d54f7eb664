using TorchSharp;
using static TorchSharp.torch;

namespace ModelZoo.Weights;

/// <summary>Moves the elements of tensors between files and memory.</summary>
internal static class TensorBytes
{
    private const long PieceBytes = 1 << 23;
    private const int Threads = 2; // one waits for memory while the other copies

    /// <summary>Fills a tensor: straight from the file into its memory where type and layout allow, else through a temporary one.</summary>
    /// <exception cref="ZooException">The file can no longer be read.</exception>
    public static void Read(WeightsFile file, WeightsEntry entry, Tensor target)
    {
        if (entry.ByteLength == 0)
        {
            return;
        }

        if (target.device_type == DeviceType.CPU && target.dtype == entry.Type.ToTorch() && target.is_contiguous())
        {
            Fill(file, entry, target);
            return;
        }

        using Tensor temporary = Read(file, entry);
        target.copy_(temporary);
    }

    /// <summary>The tensor as the file has it.</summary>
    public static Tensor Read(WeightsFile file, WeightsEntry entry)
    {
        Tensor tensor = empty([.. entry.Shape], dtype: entry.Type.ToTorch(), device: CPU);
        try
        {
            Fill(file, entry, tensor);
            return tensor;
        }
        catch
        {
            tensor.Dispose();
            throw;
        }
    }

    /// <summary>Writes a tensor's elements row by row.</summary>
    public static void Write(Tensor tensor, Stream stream)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor flat = tensor.detach().cpu().contiguous().view(-1L);
        long most = PieceBytes / flat.element_size();
        for (long first = 0; first < flat.numel(); first += most)
        {
            using Tensor piece = flat.narrow(0, first, Math.Min(most, flat.numel() - first));
            stream.Write(piece.bytes);
        }
    }

    // In pieces, because a span holds two gigabytes at most, and so that two threads can share the work.
    private static unsafe void Fill(WeightsFile file, WeightsEntry entry, Tensor tensor)
    {
        if (entry.ByteLength <= PieceBytes)
        {
            if (entry.ByteLength > 0)
            {
                file.CopyTo(entry.Name, tensor.bytes);
            }

            return;
        }

        using DisposeScope scope = NewDisposeScope();
        Tensor first = tensor.detach().view(-1L).narrow(0, 0, 1);
        fixed (byte* start = first.bytes)
        {
            byte* memory = start;
            long pieces = (entry.ByteLength + PieceBytes - 1) / PieceBytes;
            try
            {
                Parallel.For(0, pieces, new ParallelOptions { MaxDegreeOfParallelism = Threads }, piece =>
                {
                    long from = piece * PieceBytes;
                    file.CopyTo(entry.Name, new Span<byte>(memory + from, (int)Math.Min(PieceBytes, entry.ByteLength - from)), from);
                });
            }
            catch (AggregateException error) when (error.InnerException is ZooException cause)
            {
                throw cause;
            }
        }
    }
}
