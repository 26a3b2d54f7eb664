namespace ModelZoo.Verification;

/// <summary>What a number must be, and how far a correct computation in the network's precision may lie from it.</summary>
/// <param name="Value">The exact result, as the reference gives it in double.</param>
/// <param name="Error">A bound on |computed − Value|; 0 where the computation must be exact.</param>
public readonly record struct Bounded(double Value, double Error)
{
    /// <summary>A number that carries no error.</summary>
    public static Bounded Exact(double value) => new(value, 0);

    /// <summary>The same bound around another value of the same quantity (the reference's own instead of a composed one).</summary>
    public Bounded Around(double value) => new(value, Error + Math.Abs(value - Value));
}
