namespace ModelZoo.Data.Augmentation;

/// <summary>RGB and HSV as bytes, with the roundings of Pillow's modes RGB and HSV (A. R. Smith, "Color Gamut Transform Pairs", SIGGRAPH 1978). A whole turn of the hue is 255.</summary>
internal static class HueCircle
{
    public static (byte Hue, byte Saturation, byte Value) FromRgb(byte r, byte g, byte b)
    {
        byte most = Math.Max(r, Math.Max(g, b)), least = Math.Min(r, Math.Min(g, b));
        if (most == least)
        {
            return (0, 0, most);
        }

        float range = most - least;
        float saturation = range / most;
        float red = (most - r) / range, green = (most - g) / range, blue = (most - b) / range;
        float sector = r == most ? blue - green : g == most ? (float)(2.0 + red - blue) : (float)(4.0 + green - red);
        float turn = (float)((sector / 6.0 + 1.0) % 1.0);
        return ((byte)Math.Clamp((int)(turn * 255.0), 0, 255), (byte)Math.Clamp((int)(saturation * 255.0), 0, 255), most);
    }

    public static (byte R, byte G, byte B) ToRgb(byte hue, byte saturation, byte value)
    {
        if (saturation == 0)
        {
            return (value, value, value);
        }

        int sector = (int)Math.Floor(hue * 6.0 / 255.0);
        float part = (float)(hue * 6.0 / 255.0 - sector);
        float share = (float)(saturation / 255.0);
        byte p = Rounded(value * (1.0 - share)), q = Rounded(value * (1.0 - share * part)), t = Rounded(value * (1.0 - share * (1.0 - part)));
        return (sector % 6) switch
        {
            0 => (value, t, p),
            1 => (q, value, p),
            2 => (p, value, t),
            3 => (p, q, value),
            4 => (t, p, value),
            _ => (value, p, q),
        };
    }

    private static byte Rounded(double value) => (byte)Math.Clamp((int)Math.Round((float)Math.Round(value, MidpointRounding.AwayFromZero)), 0, 255);
}
