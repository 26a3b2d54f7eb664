using System.Runtime.InteropServices;

namespace ModelZoo.Imaging.Native;

/// <summary>The functions of libjpeg-turbo's TurboJPEG that decoding needs.</summary>
internal static unsafe partial class TurboJpeg
{
    /// <summary>TJPF_RGB, TJPF_GRAY and TJPF_CMYK.</summary>
    public const int Rgb = 0, Gray = 6, Cmyk = 11;

    /// <summary>TJFLAG_LIMITSCANS: more than 500 scans, which no honest progressive file has, are an error.</summary>
    public const int LimitScans = 32768;

    /// <summary>TJERR_WARNING: something is odd, but there are pixels.</summary>
    public const int Warning = 0;

    private const string Library = "libturbojpeg.so.0";

    [LibraryImport(Library)] public static partial nint tjInitDecompress();

    [LibraryImport(Library)] public static partial int tjDecompress2(TurboJpegHandle handle, byte* source, CULong length, byte* pixels, int width, int pitch, int height, int format, int flags);

    [LibraryImport(Library)] public static partial int tjGetErrorCode(TurboJpegHandle handle);

    [LibraryImport(Library)] private static partial byte* tjGetErrorStr2(TurboJpegHandle handle);

    [LibraryImport(Library)] public static partial int tjDestroy(nint handle);

    /// <summary>What the last call on this handle found.</summary>
    public static string Error(TurboJpegHandle handle) => Marshal.PtrToStringUTF8((nint)tjGetErrorStr2(handle)) ?? "";
}

/// <summary>A decompressor of TurboJPEG.</summary>
internal sealed class TurboJpegHandle : SafeHandle
{
    public TurboJpegHandle()
        : base(0, ownsHandle: true)
    {
        SetHandle(TurboJpeg.tjInitDecompress());
        if (IsInvalid)
        {
            throw new ZooException("libjpeg-turbo could not start: there is no memory left.");
        }
    }

    public override bool IsInvalid => handle == 0;

    protected override bool ReleaseHandle() => TurboJpeg.tjDestroy(handle) == 0;
}
