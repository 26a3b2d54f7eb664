using System.Buffers.Binary;
using System.Text;

namespace ModelZoo.Tests.Runtime;

/// <summary>Where the tables of a 64-bit little-endian shared library stand, after elf(5); the library's own reader is what is tested with it.</summary>
internal sealed class ElfTables(byte[] file)
{
    internal const int SymbolVersions = 0x6fffffff, VersionNeeds = 0x6ffffffe, DynamicSymbols = 11, Relocations = 4;

    internal int SectionHeaders => (int)BinaryPrimitives.ReadInt64LittleEndian(file.AsSpan(40));

    /// <summary>The first section of a type: its offset, size and the section that it links to.</summary>
    internal (int Offset, int Size, int Link) Section(int type)
    {
        int count = BinaryPrimitives.ReadUInt16LittleEndian(file.AsSpan(60));
        int header = Enumerable.Range(0, count).Select(i => SectionHeaders + 64 * i).First(at => Int32(at + 4) == type);
        return (Int32(header + 24), Int32(header + 32), Int32(header + 40));
    }

    /// <summary>The entry (Elf64_Vernaux, elf(5)) that asks for a version.</summary>
    internal int Need(string version)
    {
        (int need, _, int link) = Section(VersionNeeds);
        for (int step = -1; step != 0; need += step)
        {
            step = Int32(need + 12);
            for (int entry = need + Int32(need + 8), next = -1; next != 0; entry += next)
            {
                next = Int32(entry + 12);
                if (Text(link, Int32(entry + 8)) == version)
                {
                    return entry;
                }
            }
        }

        throw new InvalidOperationException($"{version} is not asked for.");
    }

    /// <summary>The index of a dynamic symbol.</summary>
    internal int Symbol(string name)
    {
        (int offset, int size, int link) = Section(DynamicSymbols);
        return Enumerable.Range(0, size / 24).First(i => Text(link, Int32(offset + 24 * i)) == name);
    }

    internal int Int32(int at) => BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(at));

    internal string Text(int section, int at)
    {
        int start = Int32(SectionHeaders + 64 * section + 24) + at;
        return Encoding.ASCII.GetString(file, start, Array.IndexOf(file, (byte)0, start) - start);
    }
}
