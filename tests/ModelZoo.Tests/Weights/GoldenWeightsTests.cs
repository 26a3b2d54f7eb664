using ModelZoo.Weights;
using Xunit;

namespace ModelZoo.Tests.Weights;

/// <summary>Files that Golden/make.py made with PyTorch, read where there is no PyTorch.</summary>
public class GoldenWeightsTests
{
    [Theory]
    [InlineData("zip.pth", "PyTorch .pth (zip)", "module.")]
    [InlineData("legacy.pth", "PyTorch .pth (legacy)")]
    [InlineData("torchsharp.dat", "TorchSharp .dat")]
    public void Files_of_others_are_read_to_the_bit(string name, string format, string prefix = "")
    {
        using WeightsFile file = WeightsFile.Open(Path.Combine(AppContext.BaseDirectory, "Weights", "Golden", name));
        Assert.Equal(format, file.Format);
        Assert.Equal(["weight", "shared", "half", "brain", "steps", "flags"], file.Entries.Select(e => e.Name[prefix.Length..]));
        Assert.All(file.Entries, e => Assert.StartsWith(prefix, e.Name, StringComparison.Ordinal));
        Assert.Equal(["F32 [4, 3]", "F32 [4]", "F16 [2]", "BF16 [2, 1]", "I64 []", "BOOL [3]"], file.Entries.Select(e => e.Described));
        Assert.Equal([0, 1, 2, 0.25f, 1.25f, 2.25f, 0.5f, 1.5f, 2.5f, 0.75f, 1.75f, 2.75f], Read<float>(file, prefix + "weight"));
        Assert.Equal([1, 1.25f, 1.5f, 1.75f], Read<float>(file, prefix + "shared"));
        Assert.Equal([(Half)1.5f, (Half)(-2f)], Read<Half>(file, prefix + "half"));
        Assert.Equal([0x3F00, 0xC040], Read<ushort>(file, prefix + "brain"));
        Assert.Equal([7L], Read<long>(file, prefix + "steps"));
        Assert.Equal([1, 0, 1], Read<byte>(file, prefix + "flags"));
        Assert.Contains($"Did you mean '{prefix}weight'?", Assert.Throws<ZooException>(() => file[$"{prefix}wieght"]).Message, StringComparison.Ordinal);
    }

    private static T[] Read<T>(WeightsFile file, string name)
        where T : unmanaged
    {
        byte[] bytes = new byte[file[name].ByteLength];
        file.CopyTo(name, bytes);
        return System.Runtime.InteropServices.MemoryMarshal.Cast<byte, T>(bytes).ToArray();
    }
}
