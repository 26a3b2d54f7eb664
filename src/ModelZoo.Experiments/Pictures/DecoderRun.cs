namespace ModelZoo.Experiments.Pictures;

/// <summary>One trained autoencoder: what is kept of it.</summary>
/// <param name="TestErrors">The mean squared error on the test images before training and after each epoch.</param>
/// <param name="Restored">The first test images as it restores them, [n][H·W], 0 … 255.</param>
internal sealed record DecoderRun(double[] TestErrors, byte[][] Restored);
