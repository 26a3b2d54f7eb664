using ModelZoo.Layers;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ModelZoo.Experiments.Training;

/// <summary>A small network of 3×3 convolutions, all of one width, average pooling and a linear layer: what experiments vary.</summary>
internal sealed record ConvStack(int Channels, int Classes, int Width, int Depth)
{
    /// <summary>"sigmoid", "tanh", "relu" or "leaky".</summary>
    public string Activation { get; init; } = "relu";

    /// <summary>Between each convolution and its activation; null for none.</summary>
    public Normalization? Norm { get; init; }

    /// <summary>Zeros around each convolution's input.</summary>
    public int Padding { get; init; } = 1;

    /// <summary>The convolutions, from 1, of stride 2.</summary>
    public IReadOnlyList<int> Halved { get; init; } = [];

    /// <summary>Rows and columns that the last map is averaged to.</summary>
    public int Pooled { get; init; } = 1;

    /// <summary>Builds it; weights keep the size of activations: He et al. for rectifiers, Glorot and Bengio for the others.</summary>
    public Sequential Build()
    {
        List<(string, Module<Tensor, Tensor>)> layers = [];
        for (int i = 1; i <= Depth; i++)
        {
            Conv2d conv = Conv2d(i == 1 ? Channels : Width, Width, 3, stride: Halved.Contains(i) ? 2 : 1, padding: Padding, bias: Norm is null);
            Initialize(conv);
            layers.Add(($"conv{i}", conv));
            if (Norm is { } norm)
            {
                layers.Add(($"norm{i}", norm.Create(Width)));
            }

            layers.Add(($"act{i}", Unit(Activation)));
        }

        layers.Add(("pool", AdaptiveAvgPool2d(Pooled)));
        layers.Add(("flatten", Flatten()));
        layers.Add(("fc", Linear((long)Width * Pooled * Pooled, Classes)));
        return Sequential(layers);
    }

    /// <summary>An activation by name.</summary>
    public static Module<Tensor, Tensor> Unit(string name) => name switch
    {
        "sigmoid" => Sigmoid(),
        "tanh" => Tanh(),
        "leaky" => LeakyReLU(0.1),
        _ => ReLU(),
    };

    private void Initialize(Conv2d conv)
    {
        if (Activation is "relu" or "leaky")
        {
            WeightInit.KaimingNormalFanIn(conv);
        }
        else
        {
            using IDisposable none = no_grad();
            init.xavier_uniform_(conv.weight);
        }

        WeightInit.Constant(conv.bias, 0);
    }
}
