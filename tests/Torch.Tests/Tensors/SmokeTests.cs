using Xunit;
using static TorchSharp.torch;

namespace Torch.Tests.Tensors;

public class SmokeTests
{
    [Fact]
    public void Adding_two_tensors_adds_element_by_element()
    {
        using Tensor t = tensor(new[] { 1f, 2f }) + 1;
        Assert.Equal([2f, 3f], t.data<float>().ToArray());
    }
}
