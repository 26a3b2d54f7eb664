using static TorchSharp.torch;

namespace TorchSharp.Modules
{
    /// <summary>A tensor that a module learns. It takes over <c>data</c>, which is empty afterwards.</summary>
    public class Parameter : Tensor
    {
        public Parameter(Tensor data, bool requires_grad = true) : this(data, requires_grad, data.OwningScope)
        {
        }

        private Parameter(Tensor data, bool requires_grad, DisposeScope? scope) : base(Take(data))
        {
            if (OwningScope != scope)
            {
                if (scope is null)
                {
                    DetachFromDisposeScope();
                }
                else
                {
                    MoveToOtherDisposeScope(scope);
                }
            }

            this.requires_grad = requires_grad;
        }

        // A parameter is a leaf: what made the data is forgotten.
        private static nint Take(Tensor data)
        {
            if (data.is_leaf)
            {
                return data.DecoupleFromNativeHandle();
            }

            nint handle = data.detach().DecoupleFromNativeHandle();
            data.Dispose();
            return handle;
        }
    }
}

namespace TorchSharp
{
    public static partial class torch
    {
        public static partial class nn
        {
            /// <summary>Makes a parameter of a tensor, which is empty afterwards.</summary>
            public static Modules.Parameter Parameter(Tensor data, bool requires_grad = true) => new(data, requires_grad);
        }
    }
}
