using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ModelZoo.Layers;

/// <summary>The initial weights of LeCun et al. 1998, appendix A: uniform in ±2.4 / fan-in.</summary>
public static class ClassicInit
{
    /// <summary>A parameter without values yet, which outlives the dispose scope that it is made in.</summary>
    public static Parameter NewParameter(params long[] shape)
    {
        using Tensor values = empty(shape);
        var parameter = new Parameter(values);
        parameter.DetachFromDisposeScope();
        return parameter;
    }

    /// <summary>Fills <paramref name="parameter"/> in place.</summary>
    public static void Uniform(Parameter parameter, long fanIn)
    {
        using (no_grad())
        {
            nn.init.uniform_(parameter, -2.4 / fanIn, 2.4 / fanIn);
        }
    }
}
