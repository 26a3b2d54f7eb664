namespace ModelZoo.Reference;

/// <summary>Which input maps each output map of a partially connected convolution sees, with the kernels numbered map by map in that order.</summary>
public sealed class ConnectionTable
{
    private readonly int[][] inputs;
    private readonly int[] firstKernel;

    /// <param name="inputMaps">The number of input maps.</param>
    /// <param name="inputsOfMap">For each output map the input maps it sees.</param>
    public ConnectionTable(int inputMaps, IEnumerable<int[]> inputsOfMap)
    {
        InputMaps = inputMaps;
        inputs = [.. inputsOfMap.Select(map => (int[])map.Clone())];
        firstKernel = new int[inputs.Length];
        for (int m = 0; m < inputs.Length; m++)
        {
            if (inputs[m].Distinct().Count() != inputs[m].Length || inputs[m].Any(c => c < 0 || c >= inputMaps))
            {
                throw new ArgumentException(
                    $"Output map {m} names the inputs [{string.Join(", ", inputs[m])}]; each must be between 0 and {inputMaps - 1} and stand once.");
            }

            firstKernel[m] = Kernels;
            Kernels += inputs[m].Length;
        }
    }

    /// <summary>
    /// LeNet-5's layer C3, Table I of LeCun et al. 1998: 16 maps over S2's 6. Six see three contiguous maps, six four contiguous ones,
    /// three four discontinuous ones, one sees all: 60 kernels, with 5×5 and a bias per map 60·25 + 16 = 1,516 parameters.
    /// </summary>
    public static ConnectionTable LeNet5 { get; } = new(6,
    [
        [0, 1, 2], [1, 2, 3], [2, 3, 4], [3, 4, 5], [0, 4, 5], [0, 1, 5],
        [0, 1, 2, 3], [1, 2, 3, 4], [2, 3, 4, 5], [0, 3, 4, 5], [0, 1, 4, 5], [0, 1, 2, 5],
        [0, 1, 3, 4], [1, 2, 4, 5], [0, 2, 3, 5],
        [0, 1, 2, 3, 4, 5],
    ]);

    public int InputMaps { get; }

    public int OutputMaps => inputs.Length;

    /// <summary>The number of connections, each with a kernel of its own.</summary>
    public int Kernels { get; }

    /// <summary>The input maps that output map m sees.</summary>
    public IReadOnlyList<int> Inputs(int m) => inputs[m];

    /// <summary>The number of the first of output map m's kernels; its t-th input has kernel FirstKernel(m) + t.</summary>
    public int FirstKernel(int m) => firstKernel[m];

    /// <summary>Packed kernels (Kernels,R,S) as a dense weight (OutputMaps,InputMaps,R,S) with zeros where there is no connection.</summary>
    public NdArray ToDense(NdArray packed)
    {
        Require.Rank(packed, 3, "Packed kernels");
        Require.Shape(packed, "Packed kernels", Kernels, packed.Shape[1], packed.Shape[2]);
        NdArray dense = NdArray.Zeros(OutputMaps, InputMaps, packed.Shape[1], packed.Shape[2]);
        ForEach(packed.Shape[1], packed.Shape[2], (m, c, kernel, p, q) => dense[m, c, p, q] = packed[kernel, p, q]);
        return dense;
    }

    /// <summary>The connected kernels (Kernels,R,S) of a dense weight (OutputMaps,InputMaps,R,S); the others are left out.</summary>
    public NdArray ToPacked(NdArray dense)
    {
        Require.Rank(dense, 4, "A dense weight");
        Require.Shape(dense, "A dense weight", OutputMaps, InputMaps, dense.Shape[2], dense.Shape[3]);
        NdArray packed = NdArray.Zeros(Kernels, dense.Shape[2], dense.Shape[3]);
        ForEach(dense.Shape[2], dense.Shape[3], (m, c, kernel, p, q) => packed[kernel, p, q] = dense[m, c, p, q]);
        return packed;
    }

    private void ForEach(int kernelH, int kernelW, Action<int, int, int, int, int> visit)
    {
        for (int m = 0; m < OutputMaps; m++)
        {
            for (int t = 0; t < inputs[m].Length; t++)
            {
                for (int p = 0; p < kernelH; p++)
                {
                    for (int q = 0; q < kernelW; q++)
                    {
                        visit(m, inputs[m][t], firstKernel[m] + t, p, q);
                    }
                }
            }
        }
    }
}
