namespace ModelZoo.Bench;

/// <summary>What is compared.</summary>
/// <param name="Model">A name of the catalog that the PyTorch script knows too.</param>
/// <param name="Data">A folder with train and val.</param>
/// <param name="Weights">A .pth of both sides; null: drawn at random.</param>
/// <param name="Rate">Learning rate of the head.</param>
/// <param name="PeerEpochs">Epochs that PyTorch runs.</param>
/// <param name="Rounds">How often, each with another seed.</param>
/// <param name="Heads">Heads to train on either side; 0: none.</param>
internal sealed record TransferPlan(string Model, string Data, string? Weights, double Rate, int PeerEpochs, int Rounds, int Heads);
