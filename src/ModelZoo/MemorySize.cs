using System.Globalization;

namespace ModelZoo;

/// <summary>Amounts of memory in words.</summary>
public static class MemorySize
{
    /// <summary>"17.4 GB".</summary>
    public static string Format(double bytes) => bytes >= 1e12 ? string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e12:N1} TB")
        : bytes >= 1e9 ? string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e9:N1} GB")
        : string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6:N0} MB");
}
