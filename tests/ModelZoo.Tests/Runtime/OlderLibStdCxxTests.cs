using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using ModelZoo.Runtime;
using Xunit;

namespace ModelZoo.Tests.Runtime;

/// <summary>One 16-bit field of TorchSharp's native library is changed, in memory, and nothing else; what is not that library is refused.</summary>
public sealed class OlderLibStdCxxTests
{
    private const string Version = "GLIBCXX_3.4.32";
    private const string Symbol = "_ZSt21ios_base_library_initv";
    private static readonly string Library = PlainChild.Binding;

    [Fact]
    public void The_one_need_becomes_weak_and_nothing_else_changes()
    {
        byte[] before = File.ReadAllBytes(Library), after = [.. before];
        int flags = new ElfTables(before).Need(Version) + 4;
        Assert.Equal(0, BinaryPrimitives.ReadUInt16LittleEndian(before.AsSpan(flags)));

        OlderLibStdCxx.Weaken(after, Library);

        Assert.Equal(2, BinaryPrimitives.ReadUInt16LittleEndian(after.AsSpan(flags))); // VER_FLG_WEAK
        after[flags] = 0;
        Assert.True(after.AsSpan().SequenceEqual(before));
    }

    [Fact]
    public void What_is_weak_already_stays_as_it_is()
    {
        byte[] once = File.ReadAllBytes(Library);
        OlderLibStdCxx.Weaken(once, Library);
        byte[] twice = [.. once];
        OlderLibStdCxx.Weaken(twice, Library);
        Assert.True(twice.AsSpan().SequenceEqual(once));
    }

    [Fact]
    public void A_file_that_is_cut_off_is_refused()
    {
        byte[] whole = File.ReadAllBytes(Library);
        var random = new Random(1);
        int[] lengths = [.. Enumerable.Range(0, 100), whole.Length - 1, whole.Length - 64, .. Enumerable.Range(0, 300).Select(_ => random.Next(whole.Length))];
        foreach (int length in lengths)
        {
            Refused(whole[..length]);
        }
    }

    [Fact]
    public void What_is_no_such_library_is_refused()
    {
        Assert.Contains("no 64-bit ELF file", Refused([]), StringComparison.Ordinal);
        byte[] text = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("no library at all\n", 100)));
        Assert.Contains("no 64-bit ELF file", Refused(text), StringComparison.Ordinal);
        Refused(File.ReadAllBytes("/proc/self/exe"));
    }

    [Fact]
    public void Another_version_is_refused()
    {
        byte[] library = File.ReadAllBytes(Library);
        var tables = new ElfTables(library);
        int name = tables.Int32(tables.Need(Version) + 8);
        int strings = tables.Int32(tables.SectionHeaders + 64 * tables.Section(ElfTables.VersionNeeds).Link + 24);
        library[strings + name + Version.Length - 1] = (byte)'3'; // GLIBCXX_3.4.33
        Assert.Contains("does not name that version", Refused(library), StringComparison.Ordinal);
    }

    [Fact]
    public void Another_symbol_of_that_version_is_refused()
    {
        byte[] library = File.ReadAllBytes(Library);
        var tables = new ElfTables(library);
        ReadOnlySpan<byte> index = library.AsSpan(tables.Need(Version) + 6, 2);
        index.CopyTo(library.AsSpan(tables.Section(ElfTables.SymbolVersions).Offset + 2 * tables.Symbol("_ZNSt9exceptionD2Ev")));
        Assert.Contains("it uses _ZNSt9exceptionD2Ev of that version", Refused(library), StringComparison.Ordinal);
    }

    [Fact]
    public void Code_that_calls_the_symbol_is_refused()
    {
        byte[] library = File.ReadAllBytes(Library);
        var tables = new ElfTables(library);
        int relocation = tables.Section(ElfTables.Relocations).Offset + 24 * 100;
        BinaryPrimitives.WriteInt32LittleEndian(library.AsSpan(relocation + 12), tables.Symbol(Symbol));
        Assert.Contains($"its code refers to {Symbol}", Refused(library), StringComparison.Ordinal);
    }

    [Fact]
    public void A_table_that_runs_in_a_circle_or_backwards_ends()
    {
        byte[] whole = File.ReadAllBytes(Library);
        int need = new ElfTables(whole).Section(ElfTables.VersionNeeds).Offset;
        foreach (int step in new[] { -16, int.MinValue, int.MaxValue, 1 << 30 })
        {
            foreach (int field in new[] { need + 8, need + 12 })
            {
                byte[] library = [.. whole];
                BinaryPrimitives.WriteInt32LittleEndian(library.AsSpan(field), step);
                Unharmed(library);
            }
        }
    }

    // A changed byte may be one of the code: the library is weakened then, as if nothing had been. Anything but that and a refusal is a fault.
    [Fact]
    public void A_random_changed_byte_does_no_harm()
    {
        byte[] library = File.ReadAllBytes(Library);
        var tables = new ElfTables(library);
        (int needs, int needsSize, _) = tables.Section(ElfTables.VersionNeeds);
        (int symbols, int symbolsSize, _) = tables.Section(ElfTables.DynamicSymbols);
        (int start, int length)[] places =
        [
            (0, 64), (tables.SectionHeaders, library.Length - tables.SectionHeaders), (needs, needsSize), (symbols, symbolsSize),
            tables.Section(ElfTables.SymbolVersions) is var versions ? (versions.Offset, versions.Size) : default, (0, library.Length),
        ];
        var random = new Random(2);
        int refused = 0;
        for (int i = 0; i < 2000; i++)
        {
            (int from, int count) = places[i % places.Length];
            int at = from + random.Next(count);
            byte kept = library[at];
            library[at] ^= (byte)(1 + random.Next(255));
            refused += Unharmed(library) ? 0 : 1;
            library[at] = kept;
        }

        Assert.InRange(refused, 50, 1950);
    }

    [Fact]
    public void The_file_itself_stays_as_it_is()
    {
        byte[] before = SHA256.HashData(File.ReadAllBytes(Library));
        using var child = new PlainChild();
        Assert.NotEqual("", child.Ask("mapped libtorch_cpu"));
        Assert.NotEqual("", child.Ask("mapped memfd:libLibTorchSharp") + child.Ask("mapped libLibTorchSharp"));
        Assert.Equal(before, SHA256.HashData(File.ReadAllBytes(Library)));
    }

    private static string Refused(byte[] library)
    {
        byte[] before = [.. library];
        var error = Assert.Throws<ZooException>(() => OlderLibStdCxx.Weaken(library, "some.so"));
        Assert.True(library.AsSpan().SequenceEqual(before), "It was refused, and changed.");
        Assert.StartsWith($"some.so needs a newer libstdc++ ({Version})", error.Message, StringComparison.Ordinal);
        Assert.Contains("Install the libstdc++ of GCC 13 or newer", error.Message, StringComparison.Ordinal);
        return error.Message;
    }

    // Weakens, or refuses and changes nothing; puts back what was changed. At most one 16-bit field is, by one bit.
    private static bool Unharmed(byte[] library)
    {
        byte[] before = [.. library];
        bool weakened = true;
        try
        {
            OlderLibStdCxx.Weaken(library, "some.so");
        }
        catch (ZooException)
        {
            weakened = false;
        }

        int at = library.AsSpan().CommonPrefixLength(before);
        if (at < library.Length)
        {
            Assert.True(weakened, "It was refused, and changed.");
            Assert.Equal(before[at] | 2, library[at]);
            library[at] = before[at];
        }

        Assert.True(library.AsSpan().SequenceEqual(before), "More than one field was changed.");
        return weakened;
    }
}
