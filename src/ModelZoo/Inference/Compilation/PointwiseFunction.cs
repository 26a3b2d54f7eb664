using System.Text;
using ModelZoo.Layers;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ModelZoo.Inference.Compilation;

/// <summary>An activation as oneDNN computes it inside the operator before it.</summary>
/// <param name="name">libtorch's word for it ("relu").</param>
/// <param name="plain">The same by itself, in place.</param>
/// <param name="scalars">Its numbers.</param>
internal sealed class PointwiseFunction(string name, Func<Tensor, Tensor> plain, params double[] scalars)
{
    public static PointwiseFunction None { get; } = new("none", static x => x);

    public static PointwiseFunction Relu { get; } = new("relu", static x => x.relu_());

    public static PointwiseFunction Swish { get; } = new("swish", static x => x.silu_());

    public static PointwiseFunction Logistic { get; } = new("sigmoid", static x => x.sigmoid_());

    private static readonly PointwiseFunction Relu6 = new("hardtanh", static x => x.hardtanh_(0, 6), 0, 6);
    private static readonly PointwiseFunction HyperbolicTangent = new("tanh", static x => x.tanh_());
    private static readonly PointwiseFunction HardSwish = new("hardswish", static x => x.hardswish_());
    private static readonly PointwiseFunction HardLogistic = new("hardsigmoid", static x => x.hardsigmoid_());

    /// <summary>What people call it.</summary>
    public string Name { get; } = name;

    /// <summary>The same for libtorch, with a zero at the end.</summary>
    public byte[] NativeName { get; } = Encoding.ASCII.GetBytes(name + '\0');

    /// <summary>Lower and upper limit, or a slope.</summary>
    public double[] Scalars { get; } = scalars;

    /// <summary>The function that a leaf is; null where it is none of these.</summary>
    public static PointwiseFunction? Of(nn.Module leaf) => leaf switch
    {
        ReLU or Clip { Least: 0, Most: double.PositiveInfinity } => Relu,
        ReLU6 or Clip { Least: 0, Most: 6 } => Relu6,
        Clip clip => new("hardtanh", x => x.clamp_(clip.Least, clip.Most), clip.Least, clip.Most),
        SiLU => Swish,
        Sigmoid => Logistic,
        Tanh => HyperbolicTangent,
        Hardswish => HardSwish,
        Hardsigmoid => HardLogistic,
        LeakyReLU leaky => new("leaky_relu", x => x.leaky_relu_(leaky.negative_slope), leaky.negative_slope),
        _ => null,
    };

    /// <summary>Applies it to a tensor that nobody else reads.</summary>
    public Tensor Apply(Tensor x) => plain(x);
}
