using FsCheck;
using FsCheck.Fluent;
using Microsoft.FSharp.Core;

namespace ModelZoo.Reference.Tests;

/// <summary>Property tests by FsCheck on always the same random cases; a failure prints the replay seed and the smallest failing case found.</summary>
internal static class Properties
{
    private const ulong Seed = 1998, Gamma = 86_11_2278_2323;

    /// <summary>Throws unless the property holds (does not throw) for so many cases.</summary>
    public static void Hold(int cases, Action<Choices> property)
    {
        Arbitrary<int[]> numbers = Arb.From(Gen.ArrayOf(Gen.Choose(0, Choices.Limit - 1), Choices.Count), Smaller);
        Config config = Config.QuickThrowOnFailure
            .WithQuietOnSuccess(true)
            .WithMaxTest(cases)
            .WithReplay(FSharpOption<Replay>.Some(new Replay(new Rnd(Seed, Gamma), FSharpOption<int>.None)));
        Check.One(config, Prop.ForAll(numbers, drawn => property(new Choices(drawn))));
    }

    /// <summary>The same numbers with one of them 0 or halved.</summary>
    private static IEnumerable<int[]> Smaller(int[] numbers)
    {
        for (int i = 0; i < numbers.Length; i++)
        {
            foreach (int smaller in new[] { 0, numbers[i] / 2 }.Where(value => value < numbers[i]).Distinct())
            {
                int[] copy = [.. numbers];
                copy[i] = smaller;
                yield return copy;
            }
        }
    }
}
