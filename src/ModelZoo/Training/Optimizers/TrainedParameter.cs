using TorchSharp.Modules;

namespace ModelZoo.Training;

/// <summary>A parameter as the optimiser sees it.</summary>
/// <param name="Name">As <c>named_parameters()</c> gives it: its state is kept under this name.</param>
/// <param name="Parameter">What is changed, and holds the gradient.</param>
/// <param name="RateFactor">What the learning rate is multiplied by.</param>
/// <param name="Decays">Whether the weight decay shrinks it.</param>
internal sealed record TrainedParameter(string Name, Parameter Parameter, double RateFactor = 1, bool Decays = true);
