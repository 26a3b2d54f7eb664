using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        private static readonly Op AddTensor = new("add", "Tensor");
        private static readonly Op AddTensorInPlace = new("add_", "Tensor");
        private static readonly Op AddScalar = new("add", "Scalar");

        public Tensor add(Tensor target) => AddTensor.Call(this, target, 1);

        public Tensor add(Tensor target, Scalar alpha) => AddTensor.Call(this, target, alpha);

        public Tensor add(Scalar scalar) => AddScalar.Call(this, scalar, 1);

        public Tensor add_(Tensor target)
        {
            AddTensorInPlace.Run(this, target, 1);
            return this;
        }
    }
}
