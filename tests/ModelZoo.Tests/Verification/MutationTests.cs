using System.Diagnostics;
using ModelZoo.Models;
using ModelZoo.Registry;
using ModelZoo.Tests.Training;
using ModelZoo.Tests.Verification.Mutations;
using ModelZoo.Verification;
using TorchSharp.Modules;
using Xunit;
using Xunit.Abstractions;
using static TorchSharp.torch;

namespace ModelZoo.Tests.Verification;

/// <summary>Faults of every kind are planted in networks of every family: each must be caught, and nearly all with the right cause named.</summary>
[Collection(TorchCollection.Name)]
public class MutationTests(ITestOutputHelper log)
{
    private static readonly Mutant[] Mutants = [.. StructureMutants.All, .. WiringMutants.All, .. WeightMutants.All, .. LyingMutants.All];

    public static TheoryData<string> All() => [.. Catalog.Models.Models.Select(m => m.Name)];

    [Fact]
    public void Every_mutant_is_caught_and_its_cause_named()
    {
        var results = new List<(Mutant Mutant, bool Caught, bool Named, LayerCheck? First)>();
        foreach (Mutant mutant in Mutants)
        {
            var clock = Stopwatch.StartNew();
            VerificationReport report;
            try
            {
                report = Verify(mutant);
            }
            catch (Exception error)
            {
                log.WriteLine($"MISSED {mutant.Name}: {error}");
                results.Add((mutant, false, false, null));
                continue;
            }

            LayerCheck? first = report.FirstFailure;
            bool caught = first?.Name == mutant.Layer;
            bool named = caught && mutant.Cause is not null
                && report.Failures.Any(f => f.Name == mutant.Layer && f.LikelyCause?.Contains(mutant.Cause, StringComparison.Ordinal) == true);
            results.Add((mutant, caught, named, first));
            log.WriteLine($"{(caught ? "caught" : "MISSED")} {(named ? "named" : mutant.Cause is null ? "-" : "UNNAMED")} {clock.Elapsed.TotalSeconds:f1} s  "
                + $"{mutant.Kind}  {mutant.Name}  [{first}]");
        }

        foreach (var kind in results.GroupBy(r => r.Mutant.Kind).OrderBy(g => g.Key, StringComparer.Ordinal))
        {
            log.WriteLine($"| {kind.Key} | {kind.Count()} | {kind.Count(r => r.Caught)} | {kind.Count(r => r.Named)} |");
        }

        log.WriteLine($"| all | {results.Count} | {results.Count(r => r.Caught)} | {results.Count(r => r.Named)} |");
        foreach (var by in results.GroupBy(r => r.Mutant.By))
        {
            log.WriteLine($"{by.Key}: {by.Count()}, {by.Count(r => r.Caught)}, {by.Count(r => r.Named)}");
        }

        Assert.Empty(results.Where(r => !r.Caught).Select(r => $"{r.Mutant.Name}: expected {r.Mutant.Layer}, first failure {r.First}"));
        Assert.Empty(results.Where(r => !r.Named && r.Mutant.Cause is not null).Select(r => $"{r.Mutant.Name}: expected {r.Mutant.Cause}, got {r.First}"));
        Assert.InRange(results.Count, 45, int.MaxValue);
        Assert.InRange(results.Count(r => r.Named), 35, int.MaxValue);
    }

    [Fact]
    public void The_mutants_have_names_of_their_own() => Assert.Equal(Mutants.Length, Mutants.Select(m => m.Name).Distinct().Count());

    [Theory]
    [MemberData(nameof(All))]
    public void Every_model_has_a_mutant_of_its_family(string name)
    {
        string family = Catalog.Models.Find(name).Family;
        Assert.True(Mutants.Any(m => m.Info.Family == family), $"No fault is planted in a model of the family {family}: add one to a list in Mutations.");
    }

    [Fact]
    public void The_same_networks_without_a_fault_pass()
    {
        foreach (Mutant mutant in Mutants.DistinctBy(m => m.Model)
            .Select(m => new Mutant(m.Kind, m.Model, "none", static _ => { }, "", null) { AsBuiltFor = m.AsBuiltFor }))
        {
            VerificationReport report = Verify(mutant);
            Assert.True(report.Passed, $"{mutant.Model}: {report.FirstFailure}");
            Assert.Contains(report.Checks, check => check is { Quantity: "structure", Verdict: Verdict.Passed });
        }
    }

    private static VerificationReport Verify(Mutant mutant)
    {
        manual_seed(7);
        ModelInfo info = mutant.Info;
        ModelOptions options = mutant.Options;
        using ZooModel model = info.Create(options);
        Disturb(model);
        using ZooModel? trusted = mutant.By == Against.Copy ? info.Create(options) : null;
        trusted?.load_state_dict(model.state_dict());
        using nn.Module<Tensor, Tensor> planted = mutant.Plant(model);
        using Tensor standard = randn(2, options.InChannels, mutant.Size, mutant.Size), input = standard * mutant.Scale;
        return Verifier.Verify(planted, input, new VerifyOptions { MaxTerms = 100_000 }, against: trusted,
            blueprint: Catalog.BlueprintOf(info).For(mutant.Expected(options)));
    }

    // A fresh normalization does nothing: its statistics are made others.
    private static void Disturb(ZooModel model)
    {
        foreach (BatchNorm2d norm in model.modules().OfType<BatchNorm2d>())
        {
            FaultTests.Change(norm.running_mean!, mean => randn_like(mean) * 0.1);
            FaultTests.Change(norm.running_var!, variance => rand_like(variance) + 0.5);
        }
    }
}
