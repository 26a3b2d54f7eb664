using System.Globalization;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Torch.Tests.Tensors;

public class TextTests
{
    private static readonly CultureInfo Plain = CultureInfo.InvariantCulture;
    private readonly Tensor mixed = tensor(new[] { 0f, 3.141f, 6.2834f, 3.14152f, 6.28e-06f, -13.141529f, 0.01f, 4713.14f }, 2, 4);

    [Fact]
    public void By_default_a_tensor_says_its_shape_type_and_device()
    {
        Assert.Equal("[2x3], type = Float32, device = cpu", zeros(2, 3).ToString());
        Assert.Equal("[], type = Int64, device = cpu", tensor(1L).ToString());
    }

    [Fact]
    public void Numpy_style_nests_brackets_and_shortens_long_dimensions()
    {
        Assert.Equal("[0, 0, 0, 0]", zeros(4).ToString(numpy, cultureInfo: Plain));
        Assert.Equal("[[0, 3.141, 6.2834, 3.1415]\n [6.28e-06, -13.142, 0.01, 4713.1]]", mixed.npstr(newLine: "\n", cultureInfo: Plain));
        Assert.Equal("[1, 1, 1, ... 1, 1, 1]", ones(100, int32).npstr(cultureInfo: Plain));
        Assert.Equal("[[[0, 0]\n  [0, 0]]\n\n [[0, 0]\n  [0, 0]]]", zeros(2, 2, 2).npstr(newLine: "\n", cultureInfo: Plain));
        Assert.Equal(
            "[[0, 1, 2, ... 97, 98, 99]\n [100, 101, 102, ... 197, 198, 199]\n [200, 201, 202, ... 297, 298, 299]\n ...\n" +
            " [9700, 9701, 9702, ... 9797, 9798, 9799]\n [9800, 9801, 9802, ... 9897, 9898, 9899]\n [9900, 9901, 9902, ... 9997, 9998, 9999]]",
            arange(10000).view(100, 100).npstr(newLine: "\n", cultureInfo: Plain));
        Assert.Equal("3.5", tensor(3.5f).npstr(cultureInfo: Plain));
    }

    [Fact]
    public void Julia_style_aligns_columns_below_the_shape()
    {
        Assert.Equal("[], type = Float32, device = cpu, value = 3.14", tensor(3.14f).jlstr(cultureInfo: Plain));
        Assert.Equal("[4], type = Float32, device = cpu\n 0 0 0 0\n", zeros(4).jlstr(newLine: "\n", cultureInfo: Plain));
        Assert.Equal(
            "[2x4], type = Float32, device = cpu\n        0   3.141 6.2834 3.1415\n 6.28e-06 -13.142   0.01 4713.1\n",
            mixed.str(newLine: "\n", cultureInfo: Plain));
        Assert.Equal(
            "[2x1x2], type = Int64, device = cpu\n[0,..,..] =\n 0 1\n\n[1,..,..] =\n 2 3\n",
            arange(4).view(2, 1, 2).jlstr(newLine: "\n", cultureInfo: Plain));
    }

    [Fact]
    public void CSharp_style_looks_like_an_array()
    {
        Assert.Equal("[4], type = Float32, device = cpu, value = float [] {0f, 0f, 0f, 0f}", zeros(4).cstr(cultureInfo: Plain));
        Assert.Equal(
            "[2x2], type = Int32, device = cpu, value = \nint [,] {\n {1, 1},\n {1, 1}\n}",
            ones(2, 2, int32).cstr(newLine: "\n", cultureInfo: Plain));
        Assert.Equal(
            "[2x2x2], type = Int32, device = cpu, value = \nint [,,] {\n {{1, 1},\n  {1, 1}},\n {{1, 1},\n  {1, 1}}\n}",
            ones(2, 2, 2, int32).cstr(newLine: "\n", cultureInfo: Plain));
    }
}
