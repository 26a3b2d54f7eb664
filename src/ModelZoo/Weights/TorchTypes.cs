using static TorchSharp.torch;

namespace ModelZoo.Weights;

/// <summary>Element types of torch and of safetensors.</summary>
internal static class TorchTypes
{
    private static readonly (ScalarType Torch, DType File)[] Pairs =
    [
        (ScalarType.Float32, DType.F32), (ScalarType.Float64, DType.F64), (ScalarType.Float16, DType.F16), (ScalarType.BFloat16, DType.BF16),
        (ScalarType.Int64, DType.I64), (ScalarType.Int32, DType.I32), (ScalarType.Int16, DType.I16), (ScalarType.Int8, DType.I8),
        (ScalarType.Byte, DType.U8), (ScalarType.Bool, DType.Bool),
    ];

    public static DType ToFile(this ScalarType type) => Array.Find(Pairs, p => p.Torch == type) is { } pair && pair.Torch == type
        ? pair.File
        : throw new ZooException($"Tensors of type {type} cannot be saved.");

    public static ScalarType ToTorch(this DType type) => Array.Find(Pairs, p => p.File == type).Torch;
}
