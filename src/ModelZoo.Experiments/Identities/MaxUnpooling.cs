using ModelZoo.Layers;
using ModelZoo.Plots;
using static ModelZoo.Plots.Markup;
using static TorchSharp.torch;

namespace ModelZoo.Experiments.Identities;

/// <summary>Switches remember where the maxima were.</summary>
/// <param name="change">Changes the remembered places.</param>
public sealed class MaxUnpooling(Func<Tensor, Tensor>? change = null)
    : Experiment(new("max-unpooling", ExperimentGroup.Identities, "Max-unpooling puts values back")
    {
        Claim = "Unpooling with the remembered places puts each maximum back where it was, and zeros elsewhere.",
        Source = "Zeiler and Fergus, arXiv 1311.2901, section 2.1 (“switches”)",
        Runs = "2×2 pooling with indices and unpooling on random maps: every element against the input",
    })
{
    private readonly Func<Tensor, Tensor> change = change ?? (places => places);

    /// <inheritdoc/>
    public override ExperimentResult Run(ExperimentContext context)
    {
        using var pool = new MaxPoolWithIndices(2);
        using var unpool = new MaxUnpool(2);
        (double right, double all) = (0, 0);
        double pooledAgain = 0;
        for (int trial = 0; trial < 4; trial++)
        {
            Tensor x = rand([3, 4, 12, 12], dtype: ScalarType.Float64).add(0.1);
            (Tensor values, Tensor places) = pool.call(x);
            Tensor back = unpool.call(values, change(places));
            double[] before = Tensors.Values(x), after = Tensors.Values(back);
            double[] maxima = Maxima(before, 12);
            right += before.Where((v, i) => after[i] == (v == maxima[i] ? v : 0)).Count();
            all += before.Length;
            pooledAgain = Math.Max(pooledAgain, Tensors.Difference(pool.call(back).Values, values));
        }

        Tensor shown = randperm(36).reshape(1, 1, 6, 6).to_type(ScalarType.Float64).add(1);
        (Tensor top, Tensor where) = pool.call(shown);
        double[][] restored = Tensors.Rows(Tensors.Values(unpool.call(top, change(where))), 6);
        return ExperimentResult.Of(right == all
            && pooledAgain == 0, new(100 * right / all, "%",
            $"{Count((long)right)} of {Count((long)all)} elements are as claimed; pooling the result again gives the same maxima (difference "
            + $"{Number(pooledAgain)})."))
            with
        {
            Seeds = [context.Seed],
            DataUsed = "random maps, [3,4,12,12], four times",
            Figures =
            [
                new HeatMap("A map", new("column"), new("row"), Tensors.Rows(Tensors.Values(shown), 6)),
                new HeatMap("Its maxima over 2×2", new("column"), new("row"), Tensors.Rows(Tensors.Values(top), 3)),
                new HeatMap("Put back", new("column"), new("row"),
                    restored) { Caption = "Three of four values are lost: unpooling is not the inverse of pooling." },
            ],
        };
    }

    /// <summary>For each element the maximum of its window.</summary>
    private static double[] Maxima(double[] values, int side)
    {
        var largest = new double[values.Length];
        for (int i = 0; i < values.Length; i++)
        {
            int plane = i / (side * side) * side * side, row = i / side % side, column = i % side;
            int corner = plane + (row / 2 * 2 * side) + (column / 2 * 2);
            largest[i] = Math.Max(Math.Max(values[corner], values[corner + 1]), Math.Max(values[corner + side], values[corner + side + 1]));
        }

        return largest;
    }
}
