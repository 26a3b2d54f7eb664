using System.Runtime.CompilerServices;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace TorchSharp.Modules
{
    /// <summary>
    /// Modules in a row: each one's output is the next one's input. Intermediate results are disposed as soon as the next module has returned;
    /// a hook that wants one later makes a copy.
    /// </summary>
    public class Sequential : Module<Tensor, Tensor>
    {
        protected internal Sequential(params (string name, Module<Tensor, Tensor> submodule)[] modules) : base(nameof(Sequential))
        {
            foreach ((string name, Module<Tensor, Tensor> m) in modules)
            {
                append(name, m);
            }
        }

        protected internal Sequential(params Module<Tensor, Tensor>[] modules) : base(nameof(Sequential))
        {
            foreach (Module<Tensor, Tensor> m in modules)
            {
                append(m);
            }
        }

        public int Count => Submodules.Count;

        [IndexerName("SequentialItems")]
        public IModule<Tensor, Tensor> this[int index] => (IModule<Tensor, Tensor>)Submodules[index].Module;

        /// <summary>The modules from the first to before the second index; they are shared with this one.</summary>
        [IndexerName("SequentialItems")]
        public Sequential this[(int? start, int? end) index] => Slice(index.start ?? 0, index.end ?? Count);

        [IndexerName("SequentialItems")]
        public Sequential this[Range index] => Slice(index.Start.GetOffset(Count), index.End.GetOffset(Count));

        public Sequential append(string name, IModule<Tensor, Tensor> module)
        {
            AppendSubmodule(name, (Module)module);
            return this;
        }

        /// <summary>Adds a module whose name is its index.</summary>
        public Sequential append(IModule<Tensor, Tensor> module) => append(Count.ToString(), module);

        public override Tensor forward(Tensor tensor)
        {
            int n = Submodules.Count;
            if (n == 0)
            {
                return tensor.alias();
            }

            Tensor current = tensor;
            for (int i = 0; i < n; i++)
            {
                Tensor next = ((IModule<Tensor, Tensor>)Submodules[i].Module).call(current);
                if (!ReferenceEquals(current, tensor) && !ReferenceEquals(current, next))
                {
                    current.Dispose();
                }

                current = next;
            }

            return current;
        }

        private Sequential Slice(int start, int end)
        {
            end = Math.Min(end, Count);
            ArgumentOutOfRangeException.ThrowIfNegative(start);
            var slice = new Sequential(Array.Empty<Module<Tensor, Tensor>>());
            for (int i = start; i < end; i++)
            {
                slice.AppendSubmodule(Submodules[i].Name, Submodules[i].Module);
            }

            return slice;
        }
    }
}

namespace TorchSharp
{
    public static partial class torch
    {
        public static partial class nn
        {
            public static Modules.Sequential Sequential() => new(Array.Empty<Module<Tensor, Tensor>>());

            public static Modules.Sequential Sequential(params (string name, Module<Tensor, Tensor> submodule)[] modules) => new(modules);

            public static Modules.Sequential Sequential(params Module<Tensor, Tensor>[] modules) => new(modules);

            public static Modules.Sequential Sequential(params Tuple<string, Module<Tensor, Tensor>>[] modules) =>
                Sequential((IEnumerable<Tuple<string, Module<Tensor, Tensor>>>)modules);

            public static Modules.Sequential Sequential(IEnumerable<(string name, Module<Tensor, Tensor> submodule)> modules) => new([.. modules]);

            public static Modules.Sequential Sequential(IEnumerable<Tuple<string, Module<Tensor, Tensor>>> modules) =>
                Sequential(modules.Select(static m => (m.Item1, m.Item2)));

            public static Modules.Sequential Sequential(IEnumerable<Module<Tensor, Tensor>> modules) => new([.. modules]);
        }
    }
}
