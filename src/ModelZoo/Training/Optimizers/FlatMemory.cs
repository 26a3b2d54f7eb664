using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace ModelZoo.Training;

/// <summary>The order in which a dense tensor's elements lie in memory. Tensors of one shape in one order can be worked on element by element as flat arrays.</summary>
internal enum MemoryOrder
{
    /// <summary>Not a dense float32 tensor on the CPU, or one of more bytes than a span holds.</summary>
    Other,

    /// <summary>Row by row.</summary>
    Rows,

    /// <summary>[N,C,H,W] with the channels last.</summary>
    ChannelsLast,
}

/// <summary>Tensors of the CPU as plain memory.</summary>
internal static unsafe class FlatMemory
{
    /// <summary>How a tensor lies in memory.</summary>
    public static MemoryOrder OrderOf(Tensor tensor)
    {
        if (tensor.device_type != DeviceType.CPU || tensor.dtype != ScalarType.Float32 || tensor.numel() > int.MaxValue / sizeof(float))
        {
            return MemoryOrder.Other;
        }

        if (tensor.is_contiguous())
        {
            return MemoryOrder.Rows;
        }

        if (tensor.dim() != 4)
        {
            return MemoryOrder.Other;
        }

        using Tensor turned = tensor.permute(0, 2, 3, 1);
        return turned.is_contiguous() ? MemoryOrder.ChannelsLast : MemoryOrder.Other;
    }

    /// <summary>The first element; null where the tensor does not lie in that order. Good as long as the tensor lives.</summary>
    public static float* Of(Tensor tensor, MemoryOrder order)
    {
        if (order == MemoryOrder.Rows)
        {
            return tensor.is_contiguous() ? First(tensor) : null;
        }

        using Tensor turned = tensor.permute(0, 2, 3, 1);
        return turned.is_contiguous() ? First(turned) : null;
    }

    private static float* First(Tensor tensor) => (float*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(tensor.bytes));
}
