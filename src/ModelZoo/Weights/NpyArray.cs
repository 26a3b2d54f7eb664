namespace ModelZoo.Weights;

/// <summary>What a .npy file holds, as float32.</summary>
/// <param name="Shape">The dimensions, none for a scalar.</param>
/// <param name="Data">The values in C order (the last dimension varies fastest), as many as the product of <paramref name="Shape"/>.</param>
public sealed record NpyArray(long[] Shape, float[] Data);
