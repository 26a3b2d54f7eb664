using ModelZoo.Fuzz;
using Xunit;

namespace ModelZoo.Tests.Fuzzing;

/// <summary>
/// Damaged inputs for every reader of bytes, in a process of its own: it reads them or says what is wrong with them. The same inputs every time; more of them
/// with <c>scripts/test --fuzz</c>.
/// </summary>
public sealed class FuzzTests
{
    private const int Inputs = 600;
    private const ulong Seed = 14;

    public static TheoryData<string> Names => [.. Readers.Real.Select(target => target.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_reader_takes_damaged_bytes(string reader)
    {
        FuzzTarget target = Readers.Find(reader);
        FuzzOutcome outcome = FuzzRun.Over(target, Seed, Inputs, TimeSpan.FromMinutes(2));
        Assert.True(outcome.Findings.Count == 0, string.Join('\n', outcome.Findings.Select(f =>
            $"input {f.Number} of seed {Seed}: {f.Message}\n{Convert.ToBase64String(f.Input)}")));
        Assert.Equal(Inputs, outcome.Inputs);
        Assert.InRange(outcome.Refused, target.NeverRefuses ? 0 : 1, target.NeverRefuses ? 0 : Inputs - 1); // some are good: the seeds at least
    }

    [Theory]
    [InlineData("planted-throw", "exception", "IndexOutOfRangeException")]
    [InlineData("planted-hang", "time", "More than")]
    [InlineData("planted-memory", "memory", "600,0")]
    [InlineData("planted-native", "memory", "resident")]
    [InlineData("planted-crash", "crash", "planted")]
    public void A_reader_that_does_what_none_may_is_caught_with_its_input(string reader, string kind, string message)
    {
        FuzzTarget target = Readers.Find(reader);
        TimeSpan? patience = kind == "time" ? TimeSpan.FromSeconds(1) : null;
        FuzzFinding found = FuzzRun.Over(target, Seed, Inputs, TimeSpan.FromSeconds(1), patience).Findings[0];
        Assert.Equal((reader, kind), (found.Reader, found.Kind));
        Assert.Contains(message, found.Message, StringComparison.Ordinal);
        Assert.True(found.Input.Length > 5 && found.Input[5] >= 64, "the input is the one that did it");
        if (kind == "exception")
        {
            Assert.Throws<IndexOutOfRangeException>(() => target.Read(found.Input, ""));
            Assert.StartsWith("exception: System.IndexOutOfRangeException", found.Cause, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void What_was_found_once_comes_first_in_every_run()
    {
        string kept = Path.Combine(AppContext.BaseDirectory, "Found");
        Assert.All(Directory.GetDirectories(kept), folder =>
        {
            IReadOnlyList<byte[]> seeds = Readers.Find(Path.GetFileName(folder)).AllSeeds();
            Assert.All(Directory.GetFiles(folder), file => Assert.Contains(File.ReadAllBytes(file), seeds));
        });
        Assert.All(Readers.Real, target => Assert.NotEmpty(target.AllSeeds()));
    }
}
