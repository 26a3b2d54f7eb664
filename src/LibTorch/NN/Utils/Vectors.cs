using TorchSharp.Interop;
using TorchSharp.Modules;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public static partial class utils
        {
            private static readonly Op Reshape = new("reshape");
            private static readonly Op Cat = new("cat");
            private static readonly Op Narrow = new("narrow");
            private static readonly Op CopyInPlace = new("copy_");

            /// <summary>All parameters in one vector, one after the other.</summary>
            public static Tensor parameters_to_vector(IEnumerable<Parameter> tensors)
            {
                Tensor[] flat = [.. tensors.Select(static p => Reshape.Call(p, -1))];
                Tensor vector = Cat.Call(flat, 0);
                Foreach.Dispose(flat);
                return vector;
            }

            /// <summary>Sets the parameters from such a vector.</summary>
            /// <exception cref="ArgumentException">The vector has more or fewer elements than the parameters. Nothing has been set.</exception>
            public static void vector_to_parameters(Tensor vec, IEnumerable<Parameter> tensors)
            {
                Parameter[] parameters = [.. tensors];
                long wanted = parameters.Sum(static p => p.numel());
                if (vec.numel() != wanted)
                {
                    throw new ArgumentException($"The vector has {vec.numel()} elements where the parameters have {wanted}.", nameof(vec));
                }

                using IDisposable _ = no_grad();
                long at = 0;
                foreach (Parameter p in parameters)
                {
                    using Tensor part = Narrow.Call(vec, 0, at, p.numel());
                    using Tensor shaped = Reshape.Call(part, p.shape);
                    CopyInPlace.Run(p, shaped, false);
                    at += p.numel();
                }
            }
        }
    }
}
