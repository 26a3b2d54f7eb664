using System.Runtime.InteropServices;

namespace ModelZoo;

/// <summary>
/// Whether a path ends at a regular file, through links. A pipe, a socket or a device is none: to open one may wait for ever, and to read it may never end.
/// </summary>
internal static partial class RegularFile
{
    private const int CurrentFolder = -100; // AT_FDCWD
    private const uint WantType = 1; // STATX_TYPE
    private const int TypeMask = 0xF000, Regular = 0x8000, Folder = 0x4000, Pipe = 0x1000, Socket = 0xC000, Nothing = 0;

    /// <summary>Whether it is one. A path that leads nowhere is none.</summary>
    public static bool Is(string path) => TypeOf(path) is { } type ? type == Regular : File.Exists(path);

    /// <summary>Whether there is anything at the path's end.</summary>
    public static bool Exists(string path) => TypeOf(path) is { } type ? type != Nothing : Path.Exists(path);

    /// <exception cref="ZooException">There is something else at the path; where there is nothing, the one who opens it says so.</exception>
    public static void Require(string path)
    {
        if (TypeOf(path) is { } type && type is not (Regular or Folder or Nothing))
        {
            string kind = type switch
            {
                Pipe => "a named pipe",
                Socket => "a socket",
                _ => "a device",
            };
            throw new ZooException($"{path}: is {kind}, but a regular file is needed here.");
        }
    }

    // Null where the operating system has no such files.
    private static unsafe int? TypeOf(string path)
    {
        byte* status = stackalloc byte[512];
        try
        {
            return OperatingSystem.IsLinux() ? (Statx(CurrentFolder, path, 0, WantType, status) == 0 ? *(ushort*)(status + 28) & TypeMask : Nothing)
                : OperatingSystem.IsMacOS() ? (Stat(path, status) == 0 ? *(ushort*)(status + 4) & TypeMask : Nothing)
                : null;
        }
        catch (EntryPointNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Linux's statx (man 2 statx): stx_mode is at byte 28 of a structure of 256.</summary>
    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int Statx(int folder, string path, int flags, uint mask, byte* status);

    /// <summary>macOS' stat with 64-bit inodes: st_mode is at byte 4 of a structure of 144.</summary>
    private static unsafe int Stat(string path, byte* status) => RuntimeInformation.ProcessArchitecture == Architecture.X64
        ? StatX64(path, status)
        : StatArm64(path, status);

    [LibraryImport("libc", EntryPoint = "stat$INODE64", StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int StatX64(string path, byte* status);

    [LibraryImport("libc", EntryPoint = "stat", StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int StatArm64(string path, byte* status);
}
