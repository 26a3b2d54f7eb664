using System.Runtime.InteropServices;
using Xunit;
using static TorchSharp.torch;

namespace Torch.Tests.Tensors;

public class AutogradTests
{
    [Fact]
    public void Gradients_flow_through_products_reductions_and_shapes()
    {
        using Tensor x = tensor(new[] { 1f, 2f, 3f, 4f }, 2, 2, requires_grad: true);
        (x.t().reshape(4) * tensor(new[] { 1f, 2f, 3f, 4f })).pow(2).sum().backward();
        Expect.Floats([2, 36, 24, 128], x.grad!);
    }

    [Fact]
    public void Gradients_flow_to_where_elements_came_from()
    {
        using Tensor x = zeros(4, requires_grad: true);
        cat([x[1..3], x.index_select(0, tensor(new[] { 0L, 0L }))]).sum().backward();
        Expect.Floats([2, 1, 1, 0], x.grad!);
    }

    [Fact]
    public void Nothing_is_recorded_inside_no_grad()
    {
        using Tensor x = ones(2, requires_grad: true);
        using (no_grad())
        {
            Assert.False((x * 2).requires_grad);
        }

        Assert.True((x * 2).requires_grad);
        Assert.False((x * 2).detach().requires_grad);
    }

    [Fact]
    public void Changing_a_leaf_in_place_is_refused_while_it_is_being_recorded()
    {
        using Tensor x = ones(2, requires_grad: true);
        Assert.Throws<ExternalException>(() => x.add_(1));
        using (no_grad())
        {
            x.add_(1);
        }

        Expect.Floats([2, 2], x.detach());
    }
}
