using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace ModelZoo.Runtime;

/// <summary>
/// Loads TorchSharp's native library where the system's libstdc++ is older than GCC 13's (Debian 12, Ubuntu 22.04, RHEL 9). The library asks for the version
/// GLIBCXX_3.4.32 because of one symbol that GCC 13's &lt;iostream&gt; names and nothing calls. In a copy in memory that one need is marked as weak, which the
/// loader then passes over; the file stays as it is.
/// </summary>
internal static partial class OlderLibStdCxx
{
    private const string Version = "GLIBCXX_3.4.32";
    private const string Symbol = "_ZSt21ios_base_library_initv";
    private const string Remedy = "Install the libstdc++ of GCC 13 or newer";

    // elf.h
    private const uint Relocations = 4, DynamicSymbols = 11, VersionNeeds = 0x6ffffffe, SymbolVersions = 0x6fffffff;
    private const ushort Weak = 2;

    /// <summary>Whether an error of the loader is about that version.</summary>
    public static bool Explains(string loaderMessage) => loaderMessage.Contains(Version, StringComparison.Ordinal);

    /// <summary>Loads a changed copy of the library.</summary>
    /// <param name="path">The library. What it depends on must be loaded already.</param>
    /// <exception cref="ZooException">The library is not as expected.</exception>
    /// <exception cref="DllNotFoundException">The copy cannot be loaded either.</exception>
    public static nint Load(string path)
    {
        byte[] library = File.ReadAllBytes(path);
        Weaken(library, path);
        int descriptor = MemFdCreate(Path.GetFileName(path), flags: 1 /* MFD_CLOEXEC */);
        if (descriptor < 0)
        {
            throw new ZooException($"{path} needs a newer libstdc++ ({Version}), and a copy without that need cannot be made: "
                + $"memfd_create, error {Marshal.GetLastPInvokeError()}. {Remedy}.");
        }

        using var handle = new SafeFileHandle(descriptor, ownsHandle: true);
        RandomAccess.Write(handle, library, 0);
        return NativeLibrary.Load($"/proc/self/fd/{descriptor}");
    }

    /// <summary>Marks the need of that version as weak.</summary>
    /// <param name="elf">A 64-bit little-endian shared library; changed in place, in one 16-bit field.</param>
    /// <param name="name">For messages.</param>
    /// <exception cref="ZooException">It is no such library, or the version is needed for more than that symbol's name; nothing is changed.</exception>
    internal static void Weaken(byte[] elf, string name)
    {
        try
        {
            Span<byte> flags = elf.AsSpan(FlagsOfTheNeed(new Elf(elf)), sizeof(ushort));
            BinaryPrimitives.WriteUInt16LittleEndian(flags, (ushort)(BinaryPrimitives.ReadUInt16LittleEndian(flags) | Weak));
        }
        catch (Exception e) when (e is FormatException or ArgumentOutOfRangeException or OverflowException)
        {
            string why = e is FormatException ? e.Message : "it is cut off or damaged";
            throw new ZooException(
                $"{name} needs a newer libstdc++ ({Version}) and is not the one that the zoo can load without it: {why}. {Remedy}, or use TorchSharp 0.107.0.",
                    e);
        }
    }

    private static int FlagsOfTheNeed(Elf elf)
    {
        (int flags, ushort index) = FindNeed(elf);
        Section versions = elf.Find(SymbolVersions), symbols = elf.Find(DynamicSymbols);
        HashSet<int> bound = [.. Enumerable.Range(0, versions.Size / sizeof(ushort)).Where(i => (elf.UInt16(versions.Offset + 2 * i) & 0x7fff) == index)];
        foreach (int symbol in bound)
        {
            string found = elf.Text(symbols.Link, elf.Int32(symbols.Offset + 24 * symbol));
            if (found != Symbol)
            {
                throw new FormatException($"it uses {found} of that version");
            }
        }

        foreach (Section table in elf.Sections.Where(s => s.Type == Relocations))
        {
            for (int at = table.Offset; at < checked(table.Offset + table.Size); at += 24)
            {
                if (bound.Contains(elf.Int32(at + 12)))
                {
                    throw new FormatException($"its code refers to {Symbol}");
                }
            }
        }

        return flags;
    }

    // Elf64_Verneed: version, count (2 bytes each), file, first entry, next (4 each). Elf64_Vernaux: hash (4), flags, index (2 each), name, next (4 each).
    private static (int Flags, ushort Index) FindNeed(Elf elf)
    {
        Section needs = elf.Find(VersionNeeds);
        int left = needs.Size / 16;
        for (int need = needs.Offset, step = -1; step != 0; need += step)
        {
            step = elf.Step(need + 12);
            for (int entry = need + elf.Step(need + 8), next = -1; next != 0; entry += next)
            {
                if (left-- == 0)
                {
                    throw new FormatException("its table of versions does not end");
                }

                next = elf.Step(entry + 12);
                if (elf.Text(needs.Link, elf.Int32(entry + 8)) == Version)
                {
                    return (entry + 4, elf.UInt16(entry + 6));
                }
            }
        }

        throw new FormatException("it does not name that version");
    }

    [LibraryImport("libc", EntryPoint = "memfd_create", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int MemFdCreate(string name, uint flags);

    private readonly record struct Section(uint Type, int Offset, int Size, int Link);

    private sealed class Elf
    {
        private readonly byte[] bytes;

        public Elf(byte[] bytes)
        {
            this.bytes = bytes;
            if (!bytes.AsSpan().StartsWith("\u007fELF\u0002\u0001"u8))
            {
                throw new FormatException("it is no 64-bit ELF file");
            }

            (int table, int size, int count) = (checked((int)Int64(40)), UInt16(58), UInt16(60));
            if (table > bytes.Length - size * count)
            {
                throw new FormatException("it is cut off or damaged");
            }

            Sections = [.. Enumerable.Range(0, count).Select(i => table + i * size)
                .Select(at => new Section((uint)Int32(at + 4), checked((int)Int64(at + 24)), checked((int)Int64(at + 32)), Int32(at + 40)))];
        }

        public Section[] Sections { get; }

        public Section Find(uint type) =>
            Sections.FirstOrDefault(s => s.Type == type) is { Type: not 0 } found ? found
                : throw new FormatException("it lacks a table of versions or symbols");

        public ushort UInt16(int at) => BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(at, 2));

        public int Int32(int at) => BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(at, 4));

        public long Int64(int at) => BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(at, 8));

        // Entries follow one another; a step back would be endless.
        public int Step(int at) => Int32(at) is >= 0 and int step ? step : throw new FormatException("its table of versions runs backwards");

        public string Text(int section, int at)
        {
            Section strings = section >= 0 && section < Sections.Length ? Sections[section] : throw new FormatException("it lacks a table of names");
            ReadOnlySpan<byte> rest = bytes.AsSpan(strings.Offset, strings.Size)[at..];
            return Encoding.ASCII.GetString(rest[..Math.Max(0, rest.IndexOf((byte)0))]);
        }
    }
}
