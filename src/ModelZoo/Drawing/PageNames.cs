namespace ModelZoo.Drawing;

/// <summary>The names by which parts of a page point at each other.</summary>
internal static class PageNames
{
    public static string Node(int index) => $"n{index + 1}";

    public static string Row(int index) => $"r{index + 1}";

    public static string Section(int index) => $"s{index + 1}";
}
