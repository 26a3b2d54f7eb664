namespace ModelZoo.Reference;

/// <summary>
/// A sum with what is needed to bound its rounding error: its value Σt, its magnitude Σ|t| and the number of terms.
/// A term is one number or one product of two numbers; where an operation's terms carry more roundings than that one,
/// it raises <see cref="Terms"/> by them, so that <see cref="RoundingBound"/> stays true.
/// </summary>
public readonly record struct Sum(double Value, double Magnitude, long Terms)
{
    public Sum Plus(double term) => new(Value + term, Magnitude + Math.Abs(term), Terms + 1);

    public Sum Plus(Sum other) => new(Value + other.Value, Magnitude + other.Magnitude, Terms + other.Terms);

    /// <summary>The whole sum multiplied by a factor; the number of terms stays, for a sum of plain numbers has no product's rounding yet.</summary>
    public Sum Times(double factor) => new(Value * factor, Magnitude * Math.Abs(factor), Terms);

    /// <summary>The same sum, whose terms carry so many roundings more than a product's one.</summary>
    public Sum WithRoundings(long more) => this with { Terms = Terms + more };

    /// <summary>
    /// n·u·Σ|t|: how far the same sum can lie from <see cref="Value"/> when it is formed, in any order, in a precision of unit roundoff u
    /// (2⁻²⁴ for float32, 2⁻¹¹ for float16, 2⁻⁸ for bfloat16) without overflow or underflow.
    /// Source: Jeannerod and Rump, "Improved error bounds for inner products in floating-point arithmetic", SIAM J. Matrix Anal. Appl. 34 (2013).
    /// </summary>
    public double RoundingBound(double unitRoundoff) => Terms * unitRoundoff * Magnitude;
}
