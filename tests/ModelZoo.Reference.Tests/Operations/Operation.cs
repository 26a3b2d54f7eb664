namespace ModelZoo.Reference.Tests;

/// <summary>An operation of the reference and how to come by cases of it; every kind of check iterates over <see cref="Registry.Operations"/>.</summary>
/// <param name="Name">The name in the table and in Golden/torch-golden.json.</param>
/// <param name="Covers">The method of the reference that its gradients come from, or the activation, as Type.Member.</param>
/// <param name="Mistake">What <see cref="OperationCase.Mistaken"/> does wrong; finite differences must find it.</param>
/// <param name="Draw">A random case.</param>
/// <param name="Golden">The case that a golden file's entry describes.</param>
internal sealed record Operation(string Name, string Covers, string Mistake, Func<Choices, OperationCase> Draw, Func<GoldenCase, OperationCase> Golden)
{
    public override string ToString() => Name;
}
