using TorchSharp.Modules;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        /// <summary>
        /// The base of every layer and network: a named tree of submodules, with parameters that are learned and buffers that are kept.
        /// A module made of fields ends its constructor with <see cref="RegisterComponents"/>; the fields' names become the keys of its state.
        /// </summary>
        public partial class Module : IDisposable
        {
            private readonly string name;
            private readonly List<(string Name, Module Module)> submodules = [];
            private readonly List<(string Name, Parameter Parameter)> ownParameters = [];
            private readonly List<(string Name, Tensor Tensor, bool Persistent)> ownBuffers = [];

            protected Module(string name) => this.name = name;

            /// <summary>
            /// Whether the module is training (dropout drops, batch normalisation uses the batch's statistics); set by <see cref="train"/> and <see
            /// cref="eval"/>.
            /// </summary>
            public bool training { get; private set; } = true;

            internal IReadOnlyList<(string Name, Module Module)> Submodules => submodules;

            internal IReadOnlyList<(string Name, Parameter Parameter)> OwnParameters => ownParameters;

            public virtual string GetName() => name;

            public virtual void train(bool train = true)
            {
                training = train;
                foreach ((_, Module m) in submodules)
                {
                    m.train(train);
                }
            }

            public virtual void eval() => train(false);

            /// <summary>Calls <paramref name="fn"/> on each submodule, inner ones first, and then on this module.</summary>
            public virtual Module apply(Action<Module> fn)
            {
                foreach ((_, Module m) in submodules)
                {
                    m.apply(fn);
                }

                fn(this);
                return this;
            }

            /// <summary>Forgets the gradients of all parameters, or fills them with zeros.</summary>
            public virtual void zero_grad(bool set_to_none = true)
            {
                foreach (Parameter p in parameters())
                {
                    using Tensor? grad = p.grad;
                    if (grad is null)
                    {
                        continue;
                    }

                    if (set_to_none)
                    {
                        p.grad = null;
                    }
                    else
                    {
                        using IDisposable _ = no_grad();
                        grad.detach_();
                        ZeroInPlace.Run(grad);
                    }
                }
            }

            /// <summary>Disposes the parameters, the buffers and the submodules.</summary>
            public void Dispose()
            {
                Dispose(true);
                GC.SuppressFinalize(this);
            }

            protected virtual void Dispose(bool disposing)
            {
                if (!disposing)
                {
                    return;
                }

                ownParameters.ForEach(static p => p.Parameter.Dispose());
                ownBuffers.ForEach(static b => b.Tensor.Dispose());
                submodules.ForEach(static m => m.Module.Dispose());
            }

            /// <summary>The given device and type, or the defaults.</summary>
            protected static (Device device, ScalarType dtype) GetDefaultDeviceAndType(Device? device = null, ScalarType? dtype = null) =>
                (InitializeDevice(device), dtype ?? get_default_dtype());
        }
    }
}
