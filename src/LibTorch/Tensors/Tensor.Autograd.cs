using TorchSharp.Interop;

namespace TorchSharp;

public static unsafe partial class torch
{
    public partial class Tensor
    {
        private static readonly Op Detach = new("detach");
        private static readonly Op DetachInPlace = new("detach_");

        /// <summary>Accumulates the gradients of this scalar into the leaves of its graph.</summary>
        public void backward() => autograd.backward([this]);

        public void backward(IList<Tensor>? grad_tensors = null, bool retain_graph = false, bool create_graph = false, IList<Tensor>? inputs = null) =>
            autograd.backward([this], grad_tensors, retain_graph, create_graph, inputs);

        /// <summary>Keeps the gradient of a tensor that is not a leaf, for <see cref="grad"/>.</summary>
        public void retain_grad()
        {
            Native.Check(Native.zoo_tensor_retain_grad(Handle));
            GC.KeepAlive(this);
        }

        public Tensor requires_grad_(bool requires_grad = true)
        {
            this.requires_grad = requires_grad;
            return this;
        }

        public Tensor with_requires_grad(bool requires_grad = true) => requires_grad_(requires_grad);

        public Tensor detach() => Detach.Call(this);

        public Tensor detach_()
        {
            DetachInPlace.Run(this);
            return this;
        }
    }

    /// <summary>Gradients of graphs.</summary>
    public static class autograd
    {
        /// <summary>Accumulates the gradients of <paramref name="tensors"/> (with the given outer gradients; none for scalars) into leaves or <paramref name="inputs"/>.</summary>
        public static void backward(IList<Tensor> tensors, IList<Tensor>? grad_tensors = null, bool? retain_graph = null, bool create_graph = false, IList<Tensor>? inputs = null)
        {
            fixed (nint* roots = Handles(tensors), grads = Handles(grad_tensors, tensors.Count), leaves = Handles(inputs))
            {
                int retain = (retain_graph ?? create_graph) ? 1 : 0;
                int status = Native.zoo_backward(roots, grads, tensors.Count, retain, create_graph ? 1 : 0, leaves, inputs?.Count ?? 0);
                GC.KeepAlive(tensors);
                GC.KeepAlive(grad_tensors);
                GC.KeepAlive(inputs);
                Native.Check(status);
            }
        }

        /// <summary>The gradients of <paramref name="outputs"/> with respect to <paramref name="inputs"/>; null for an unused input where that is allowed.</summary>
        public static IList<Tensor> grad(IList<Tensor> outputs, IList<Tensor> inputs, IList<Tensor>? grad_outputs = null, bool retain_graph = false, bool create_graph = false, bool allow_unused = false)
        {
            var results = new nint[inputs.Count];
            fixed (nint* roots = Handles(outputs), grads = Handles(grad_outputs, outputs.Count), leaves = Handles(inputs), found = results)
            {
                int retain = retain_graph || create_graph ? 1 : 0;
                int status = Native.zoo_grad(roots, grads, outputs.Count, leaves, inputs.Count, retain, create_graph ? 1 : 0, allow_unused ? 1 : 0, found);
                GC.KeepAlive(outputs);
                GC.KeepAlive(inputs);
                GC.KeepAlive(grad_outputs);
                Native.Check(status);
            }

            return Array.ConvertAll(results, static h => h == 0 ? null! : new Tensor(h));
        }

        private static nint[]? Handles(IList<Tensor>? tensors, int? expected = null)
        {
            if (tensors is null)
            {
                return null;
            }

            if (expected is { } n && tensors.Count != n)
            {
                throw new ArgumentException($"{n} tensors need {n} outer gradients, not {tensors.Count}.", nameof(tensors));
            }

            var handles = new nint[tensors.Count];
            for (int i = 0; i < handles.Length; i++)
            {
                handles[i] = tensors[i] is { } t ? t.Handle : 0;
            }

            return handles;
        }
    }
}
