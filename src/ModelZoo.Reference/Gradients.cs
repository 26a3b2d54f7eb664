namespace ModelZoo.Reference;

/// <summary>The gradients of an operation with weight and bias; each has the shape of what it belongs to.</summary>
public sealed record Gradients(NdArray X, NdArray Weight, NdArray Bias);

/// <summary>As <see cref="Gradients"/>, with magnitude and number of terms for each element.</summary>
public sealed record GradientSums(Sums X, Sums Weight, Sums Bias);
