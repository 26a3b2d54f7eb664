namespace ModelZoo.Experiments.Training;

/// <summary>How large the training of an experiment is.</summary>
/// <param name="Images">To train with, at most.</param>
/// <param name="TestImages">To test with, at most.</param>
/// <param name="Side">Rows and columns of the images at most, in pixels; smaller ones stay as they are.</param>
/// <param name="Epochs">Passes over the training images.</param>
/// <param name="BatchSize">Images per step.</param>
/// <param name="Width">Channels (units) of a layer, where the experiment builds its own network.</param>
public sealed record TrainingSize(int Images, int TestImages, int Side, int Epochs, int BatchSize, int Width);
