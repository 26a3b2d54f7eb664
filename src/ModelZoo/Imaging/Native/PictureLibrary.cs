namespace ModelZoo.Imaging.Native;

/// <summary>
/// Who decodes JPEG and PNG: on Linux libjpeg-turbo and libspng of the operating system, whose pixels are Pillow's; elsewhere, and where the AppContext switch
/// says so, SkiaSharp, whose pixels of a JPEG may differ by a level or two.
/// </summary>
internal static class PictureLibrary
{
    /// <summary>
    /// The AppContext switch for a Linux without those libraries: in the app's project
    /// <c>&lt;RuntimeHostConfigurationOption Include="ModelZoo.SkiaPictures" Value="true" /&gt;</c>.
    /// </summary>
    public const string SkiaSwitch = "ModelZoo.SkiaPictures";

    /// <summary>What a message about a library that is not there says at its end.</summary>
    public const string Otherwise = "An app may decode by SkiaSharp instead, with slightly other pixels: the AppContext switch ModelZoo.SkiaPictures.";

    /// <summary>Whether it is the operating system's libraries.</summary>
    public static bool IsTheSystems { get; } = OperatingSystem.IsLinux() && !(AppContext.TryGetSwitch(SkiaSwitch, out bool skia) && skia);
}
