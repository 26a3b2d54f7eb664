using System.Runtime.CompilerServices;

namespace ModelZoo.Inference.Compilation;

/// <summary>max(a·x + s, least) per channel, of x before a convolution: a normalization and a ReLU that only this convolution reads.</summary>
/// <param name="FactorAt">a, [C]; 0 for no pre-activation.</param>
/// <param name="ShiftAt">s, [C].</param>
/// <param name="Least">0 for a ReLU, −∞ for none.</param>
internal readonly unsafe record struct PreActivation(nint FactorAt, nint ShiftAt, float Least)
{
    /// <summary>Computes it of some pixels into rows without gaps.</summary>
    /// <param name="x">The first pixel.</param>
    /// <param name="step">Floats from one to the next.</param>
    /// <param name="to">Where they go.</param>
    /// <param name="pixels">How many.</param>
    /// <param name="channels">C.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Apply<TLanes, TVector>(float* x, long step, float* to, long pixels, long channels) where TLanes : struct, ILanes<TVector> where TVector : struct
    {
        float* factor = (float*)FactorAt, shift = (float*)ShiftAt;
        TVector least = TLanes.Spread(Least);
        for (; pixels > 0; pixels--, x += step, to += channels)
        {
            long c = 0;
            for (; c <= channels - TLanes.Count; c += TLanes.Count)
            {
                TLanes.Store(to + c, TLanes.Max(least, TLanes.Add(TLanes.Multiply(TLanes.Load(x + c), TLanes.Load(factor + c)), TLanes.Load(shift + c))));
            }

            for (; c < channels; c++)
            {
                to[c] = Math.Max(Least, (x[c] * factor[c]) + shift[c]);
            }
        }
    }
}
