using System.Runtime.InteropServices;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Torch.Tests.Tensors;

public class SerializationTests
{
    [Fact]
    public void A_saved_tensor_has_type_rank_sizes_and_elements()
    {
        using var stream = new MemoryStream();
        using (var writer = new BinaryWriter(stream, System.Text.Encoding.UTF8, leaveOpen: true))
        {
            tensor(new[] { 1, 2 }, 1, 2).Save(writer);
        }

        Assert.Equal([3, 2, 1, 2, 1, 0, 0, 0, 2, 0, 0, 0], stream.ToArray());
    }

    [Fact]
    public void Saving_and_loading_gives_the_same_tensor()
    {
        using var stream = new MemoryStream();
        // TorchSharp 0.105.1 refuses to save a tensor that is not contiguous.
        using Tensor turned = rand(300, 2).t().contiguous();
        turned.Save(new BinaryWriter(stream));
        stream.Position = 0;
        using Tensor read = Tensor.Load(new BinaryReader(stream));
        Assert.True(read.Equals(turned));
        Expect.Shape(read, 2, 300);
    }

    [Fact]
    public void Loading_into_a_tensor_keeps_it_and_refuses_another_shape()
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        ones(3).Save(writer);
        ones(3).Save(writer);
        stream.Position = 0;
        using var reader = new BinaryReader(stream);
        using Tensor target = zeros(3);
        target.Load(reader);
        Expect.Floats([1, 1, 1], target);
        Assert.ThrowsAny<ArgumentException>(() => zeros(4).Load(reader));
    }

    [Fact]
    public void Files_work_too()
    {
        string file = Path.GetTempFileName();
        try
        {
            using Tensor t = arange(5);
            t.save(file);
            Expect.Longs([0, 1, 2, 3, 4], Tensor.load(file));
            Assert.Equal("PK"u8.ToArray(), File.ReadAllBytes(file)[..2]);
            using Tensor turned = rand(3, 2).t();
            save(turned, file);
            Assert.True(load(file).Equals(turned));

            File.WriteAllText(file, "no tensor");
            Assert.Throws<ExternalException>(() => load(file));
        }
        finally
        {
            File.Delete(file);
            Assert.Throws<ExternalException>(() => load(file));
        }
    }
}
