using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    private static readonly Op Ones = new("ones");

    public static Tensor ones(long[] size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null)
    {
        Tensor t = Ones.Call(size, dtype ?? get_default_dtype(), Arg.None, InitializeDevice(device), Arg.None);
        return requires_grad ? t.requires_grad_() : t;
    }
}
