using System.Reflection;
using System.Text;
using Xunit;
using Xunit.Abstractions;

namespace ModelZoo.Reference.Tests;

/// <summary>Every operation × (forward, backward, finite differences, a planted fault, PyTorch), and that no operation is left out.</summary>
public class OperationTests(ITestOutputHelper output)
{
    public static TheoryData<string> Names => [.. Registry.Operations.Select(operation => operation.Name)];

    public static TheoryData<string> Optimizers => [.. Registry.Optimizers.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Gradients_agree_with_finite_differences_on_random_shapes(string name) => Assert.InRange(Evidence.Of(Named(name)).FiniteDifferences, 0, 1);

    [Theory]
    [MemberData(nameof(Names))]
    public void Finite_differences_find_the_planted_mistake(string name) => Assert.InRange(Evidence.Of(Named(name)).FaultFoundAfter, 1, 60);

    [Theory]
    [MemberData(nameof(Names))]
    public void Finite_differences_find_a_single_gradient_off_by_a_hundred_thousandth(string name) => Properties.Hold(3, choices =>
    {
        OperationCase drawn = Named(name).Draw(choices);
        NdArray gradY = choices.ArrayLike(drawn.Forward().Value);
        for (int input = 0; input < drawn.Inputs.Length; input++)
        {
            NdArray[] gradients = drawn.Backward(gradY);
            gradients[input] = gradients[input].Copy();
            gradients[input].Data[0] += 1e-5 * (1 + Math.Abs(gradients[input].Data[0]));
            GradientException found = Assert.Throws<GradientException>(() => GradientCheck.Passes(drawn, gradY, _ => gradients));
            Assert.StartsWith($"The gradient of {drawn.Inputs[input].Name} at place 0 ", found.Message, StringComparison.Ordinal);
        }
    });

    [Theory]
    [MemberData(nameof(Names))]
    public void Values_and_gradients_are_those_of_PyTorch(string name) => Assert.NotEqual(0, Evidence.Of(Named(name)).Torch.Cases);

    [Theory]
    [MemberData(nameof(Optimizers))]
    public void Optimizers_follow_the_path_of_PyTorch(string name) => Assert.NotEqual(0, ComparePath(name).Cases);

    [Fact]
    public void No_gradient_of_the_reference_no_activation_and_no_optimizer_is_left_out()
    {
        Type[] types = [.. typeof(NdArray).Assembly.GetExportedTypes().Where(type => type != typeof(Activation))];
        IEnumerable<string> gradients = types.SelectMany(type => type.GetMethods(BindingFlags.Public | BindingFlags.Static | BindingFlags.Instance)
            .Where(method => method.Name.EndsWith("Backward", StringComparison.Ordinal)).Select(method => $"{type.Name}.{method.Name}"));
        IEnumerable<string> activations = typeof(Activation).GetMembers(BindingFlags.Public | BindingFlags.Static)
            .Where(member => member is PropertyInfo or MethodInfo { IsSpecialName: false }).Select(member => $"Activation.{member.Name}");
        Assert.Equal(gradients.Concat(activations).Order(), Registry.Operations.Select(operation => operation.Covers).Distinct().Order());

        GoldenCase options = GoldenCase.All["sgd"].First();
        Assert.Equal(
            typeof(Optimizer).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(Optimizer))).Select(type => type.Name).Order(),
            Registry.Optimizers.Values.Select(make => make(options).GetType().Name).Order());
        Assert.Equal(GoldenCase.All.Select(cases => cases.Key).Order(),
            Registry.Operations.Select(operation => operation.Name).Concat(Registry.Optimizers.Keys).Order());
    }

    [Fact]
    public void The_table_of_operations_is_complete()
    {
        StringBuilder table = new("| operation | forward | backward to | finite differences: cases, worst error/bound | planted mistake, found in case ");
        table.Append("| PyTorch: cases, worst difference |\n|---|---|---|---|---|---|\n");
        foreach (Operation operation in Registry.Operations)
        {
            Evidence evidence = Evidence.Of(operation);
            table.Append(null, $"| {operation.Name} | yes | {evidence.Inputs} | {Evidence.FiniteDifferenceCases}, {evidence.FiniteDifferences:f2} ")
                .Append(null, $"| {operation.Mistake}, {evidence.FaultFoundAfter} | {evidence.Torch.Cases}, {evidence.Torch.Worst:g1} |\n");
        }

        table.Append("\n| optimizer | PyTorch: cases × steps, worst difference |\n|---|---|\n");
        foreach (string name in Registry.Optimizers.Keys)
        {
            (int cases, int steps, double worst) = ComparePath(name);
            table.Append(null, $"| {name} | {cases} × {steps}, {worst:g1} |\n");
        }

        output.WriteLine(table.ToString());
    }

    private static Operation Named(string name) => Registry.Operations.Single(operation => operation.Name == name);

    private static (int Cases, int Steps, double Worst) ComparePath(string name)
    {
        double worst = 0;
        foreach (GoldenCase golden in GoldenCase.All[name])
        {
            Optimizer optimizer = Registry.Optimizers[name](golden);
            NdArray theta = golden.Input("start"), gradients = golden.Input("gradients"), path = NdArray.ZerosLike(gradients);
            for (int step = 0; step < gradients.Shape[0]; step++)
            {
                optimizer.Step(theta, new NdArray(gradients.Data[(step * theta.Count)..((step + 1) * theta.Count)], theta.Count));
                theta.Data.CopyTo(path.Data, step * theta.Count);
            }

            worst = Math.Max(worst, Near.Equal(golden.Output("path"), path, 1e-12, $"the path of {name} {golden}"));
        }

        return (GoldenCase.All[name].Count(), GoldenCase.All[name].First().Input("gradients").Shape[0], worst);
    }
}
