using System.Runtime.InteropServices;
using Xunit;
using static TorchSharp.torch;

namespace Torch.Tests.Tensors;

public class LinearAlgebraTests
{
    private readonly Tensor a = tensor(new[] { 1f, 2f, 3f, 4f }, 2, 2);
    private readonly Tensor b = tensor(new[] { 5f, 6f, 7f, 8f }, 2, 2);

    [Fact]
    public void Matrices_and_vectors_multiply()
    {
        Expect.Floats([19, 22, 43, 50], a.mm(b));
        Expect.Floats([19, 22, 43, 50], a.matmul(b));
        Expect.Floats([19, 22, 43, 50], matmul(a, b));
        Expect.Floats([5, 11], a.mv(tensor(new[] { 1f, 2f })));
        Expect.Floats([11], tensor(new[] { 1f, 2f }).dot(tensor(new[] { 3f, 4f })));
        Expect.Floats([3, 4, 6, 8], tensor(new[] { 1f, 2f }).outer(tensor(new[] { 3f, 4f })));
        Expect.Floats([19, 22, 43, 50], a.unsqueeze(0).bmm(b.unsqueeze(0)));
        Expect.Floats([20, 23, 44, 51], ones(2, 2).addmm(a, b));
    }

    [Fact]
    public void Matmul_broadcasts_batches()
    {
        Expect.Shape(zeros(5, 1, 2, 3).matmul(zeros(4, 3, 6)), 5, 4, 2, 6);
        Expect.Shape(zeros(2, 3).matmul(zeros(3)), 2);
    }

    [Fact]
    public void Contractions_are_written_as_equations_or_dimensions()
    {
        Expect.Floats([19, 22, 43, 50], einsum("ij,jk->ik", a, b));
        Expect.Floats([5], einsum("ii->", a));
        // TorchSharp 0.105.1 throws on any number of dimensions (tensordot(b), tensordot(b, 1)): list them.
        Expect.Floats([70], a.tensordot(b, [0, 1], [0, 1]));
        Expect.Floats([19, 22, 43, 50], a.tensordot(b, [1], [0]));
        Expect.Floats([0, 1, 1, 0], cdist(a.view(2, 2), a.view(2, 2), 2).div(MathF.Sqrt(8)), 1e-4f);
    }

    [Fact]
    public void Matrices_that_do_not_fit_are_refused()
    {
        Assert.Throws<ExternalException>(() => a.mm(zeros(3, 2)));
        Assert.Throws<ExternalException>(() => a.bmm(b));
        Assert.Throws<ExternalException>(() => a.mv(zeros(3)));
    }
}
