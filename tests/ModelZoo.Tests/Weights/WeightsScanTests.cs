using System.Runtime.InteropServices;
using ModelZoo.Weights;
using Xunit;

namespace ModelZoo.Tests.Weights;

public class WeightsScanTests
{
    private static readonly float[] Sound = [.. Enumerable.Range(1, 16).Select(i => i / 7f)];

    public static TheoryData<FindingKind, string, float[], string> Faults => new()
    {
        { FindingKind.NaN, "conv.weight", [.. Sound[..5], float.NaN, .. Sound[..9], float.NaN], "2 of 16 values, the first at 5" },
        { FindingKind.Infinite, "conv.weight", [float.NegativeInfinity, .. Sound[..15]], "1 of 16 values, the first at 0" },
        { FindingKind.AllZero, "conv.weight", new float[16], "all 16 values" },
        { FindingKind.NegativeVariance, "bn.running_var", [.. Sound[..15], -0.25f], "as low as -0.25" },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public void A_planted_fault_is_found_and_nothing_else(FindingKind kind, string name, float[] values, string detail)
    {
        Assert.Empty(Scan((name, Sound), ("other", [.. Sound.Reverse()])));
        Assert.Equal([new Finding(kind, name, detail)], Scan((name, values), ("other", Sound)));
    }

    [Fact]
    public void A_copy_is_found_and_what_fresh_layers_share_is_not()
    {
        Assert.Equal([new Finding(FindingKind.Duplicate, "b", "the same bytes as 'a'")], Scan(("a", Sound), ("b", Sound)));
        float[] ones = [.. Enumerable.Repeat(1f, 16)];
        Assert.Empty(Scan(("bn1.running_var", ones), ("bn2.running_var", ones)));
    }

    [Theory]
    [InlineData(DType.F16, new byte[] { 0x00, 0x7c })]
    [InlineData(DType.BF16, new byte[] { 0x80, 0x7f })]
    [InlineData(DType.F64, new byte[] { 0, 0, 0, 0, 0, 0, 0xf0, 0x7f })]
    public void Every_floating_type_is_read(DType type, byte[] infinity)
    {
        using var folder = new TempFolder();
        string path = folder.File("x.safetensors");
        SafetensorsWriter.Write(path, [new WeightsTensor("x", type, [1L], infinity)]);
        using WeightsFile file = WeightsFile.Open(path);
        Assert.Equal(FindingKind.Infinite, Assert.Single(WeightsScan.Run(file)).Kind);
    }

    private static IReadOnlyList<Finding> Scan(params (string Name, float[] Values)[] tensors)
    {
        using var folder = new TempFolder();
        string path = folder.File("x.safetensors");
        SafetensorsWriter.Write(path, tensors.Select(t => new WeightsTensor(t.Name, DType.F32, [4L, 4L], MemoryMarshal.AsBytes(t.Values.AsSpan()).ToArray())));
        using WeightsFile file = WeightsFile.Open(path);
        return WeightsScan.Run(file);
    }
}
