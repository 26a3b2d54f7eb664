using ModelZoo.Imaging;

namespace ModelZoo.Tests.Data;

/// <summary>Written by preprocessing_values.py: what PyTorch 1.13 and torchvision 0.14 make of images of (i * Step % Modulus) / (Modulus - 1).</summary>
internal static class PreprocessingValues
{
    public static readonly Case[] All =
    [
        new("resize", Interpolation.Bicubic, 6, 7, 11, 13, 0, 3, 3,
            [0.725702465f, 0.550397336f, 0.181170523f, 0.769298255f, 0.347055674f, 0.414278597f, 0.588313222f, 0.223971188f, 0.694088221f]),
        new("resize", Interpolation.Bicubic, 3, 4, 11, 13, 0, 5, 7,
            [-0.110648885f, 0.276495367f, 0.926908076f, 0.961576283f, 0.783949077f, 0.6205616f, 0.532179773f, 0.084913373f, 0.295960516f, 0.645006359f,
                0.598025501f, 0.504243076f, 0.673882544f, 0.780097425f, 0.429887831f, 0.372687906f, 0.262664348f, 0.0989583433f, 0.119705632f, 0.716754496f,
                1.07271636f, 0.722914875f, 0.647215188f, 0.505531728f, 0.377526551f, 0.330735743f, 0.500375092f, 0.606589794f, 0.878000975f, 0.820801079f,
                0.710777581f, 0.619889975f, 0.515081227f, 0.351693779f, 0.263311863f]),
        new("resize", Interpolation.Bicubic, 6, 7, 11, 13, 0, 4, 9,
            [0.323661923f, 0.729942083f, 0.867284f, 0.68896085f, 0.559331179f, 0.429701567f, 0.303678781f, 0.143617973f, -0.00363702327f, 0.992241979f,
                0.853054583f, 0.697328329f, 0.570543408f, 0.440913707f, 0.314294875f, 0.103585258f, 0.240474448f, 0.690975726f, 0.816975772f, 0.707895756f,
                0.568345547f, 0.438715905f, 0.309086263f, 0.155147284f, 0.20314312f, 0.544137001f, 0.965605676f, 0.69855839f, 0.589478314f, 0.449928105f,
                0.320298404f, 0.190668792f, -0.0153122284f, 0.581666827f, 0.992015421f, 0.763623178f]),
        new("resize", Interpolation.Bicubic, 6, 7, 11, 13, 0, 1, 1,
            [0.489733398f]),
        new("resize", Interpolation.Bilinear, 9, 5, 11, 13, 0, 2, 8,
            [0.454225332f, 0.454738826f, 0.464055151f, 0.550616205f, 0.546581566f, 0.451951265f, 0.49464491f, 0.535211325f, 0.599765241f, 0.526848555f,
                0.435079217f, 0.454885542f, 0.493764639f, 0.551716566f, 0.472344458f, 0.406103253f]),
        new("crop", Interpolation.Bilinear, 9, 14, 11, 13, 6, 5, 5,
            [0.463922769f, 0.272384733f, 0.672135472f, 0.763741136f, 0.494410515f, 0.280036151f, 0.611308098f, 0.778009295f, 0.529944837f, 0.269421816f,
                0.573622286f, 0.775216579f, 0.546296299f, 0.289204091f, 0.275293738f, 0.787037075f, 0.544129193f, 0.290046304f, 0.268124461f, 0.694218695f,
                0.572719038f, 0.303388417f, 0.241898134f, 0.665090501f, 0.603206754f]),
        new("crop", Interpolation.Bilinear, 14, 9, 11, 13, 6, 3, 4,
            [0.634554803f, 0.47832936f, 0.526398718f, 0.35480687f, 0.32962963f, 0.489120334f, 0.630092621f, 0.569907367f, 0.501576006f, 0.506698132f,
                0.439519256f, 0.406225324f]),
        new("crop", Interpolation.Bicubic, 8, 11, 11, 13, 5, 4, 4,
            [0.591858923f, 0.555455565f, 0.341330916f, 0.62846756f, 0.312621474f, 0.406282574f, 0.620528162f, 0.457112014f, 0.722616434f, 0.48443374f,
                0.276517898f, 0.486243337f, 0.375555009f, 0.620076001f, 0.681879938f, 0.408360898f]),
        new("crop", Interpolation.Bicubic, 11, 8, 11, 13, 5, 7, 6,
            [0.572358668f, 0.667776048f, 0.35480985f, 0.24326925f, 0.742424786f, 0f, 0.46355173f, 0.228596598f, 0.608121097f, 0.684103191f, 0.488778651f, 0f,
                0.522661805f, 0.683214784f, 0.561950326f, 0.352138251f, 0.337513924f, 0f, 0.643978596f, 0.390324891f, 0.293688238f, 0.627893209f, 0.712249398f,
                0f, 0.274701238f, 0.522331238f, 0.762445867f, 0.431150079f, 0.258329242f, 0f, 0.789514422f, 0.573418975f, 0.277518839f, 0.474021792f,
                0.633441687f, 0f, 0f, 0f, 0f, 0f, 0f, 0f]),
        new("crop", Interpolation.Bilinear, 4, 4, 11, 13, 7, 4, 2,
            [0.303996563f, 0.214285702f, 0.47023809f, 0.37500003f, 0.630952239f, 0.574404776f, 0.249999896f, 0.502976179f]),
        new("crop", Interpolation.Bilinear, 5, 9, 11, 13, 3, 2, 8,
            [0f, 0.5f, 0.550595284f, 0.347338915f, 0.505952358f, 0.705782294f, 0f, 0f, 0f, 0.43849203f, 0.625578701f, 0.482570827f, 0.51967591f, 0.335978895f,
                0f, 0f]),
    ];

    /// <param name="Kind">"resize" (F.interpolate with antialias), or "crop" (Resize of the shorter side, values cut off at 0 and 1, CenterCrop).</param>
    /// <param name="Mode">The filter.</param>
    /// <param name="Height">Rows of the image.</param>
    /// <param name="Width">Columns of the image.</param>
    /// <param name="Step">Of the pattern.</param>
    /// <param name="Modulus">Of the pattern.</param>
    /// <param name="ShorterSide">With "crop".</param>
    /// <param name="ToHeight">Rows of the result.</param>
    /// <param name="ToWidth">Columns of the result.</param>
    /// <param name="Expected">[ToHeight,ToWidth].</param>
    internal sealed record Case(string Kind, Interpolation Mode, int Height, int Width, int Step, int Modulus, int ShorterSide, int ToHeight, int ToWidth,
        float[] Expected)
    {
        public float[] Image => [.. Enumerable.Range(0, Height * Width).Select(i => i * Step % Modulus / (float)(Modulus - 1))];
    }
}
