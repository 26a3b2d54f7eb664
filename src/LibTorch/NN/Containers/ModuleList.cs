using System.Collections;
using static TorchSharp.torch.nn;

namespace TorchSharp.Modules
{
    /// <summary>A list of modules, registered under their indices; it has no forward.</summary>
    public class ModuleList<T> : Module, IList<T> where T : Module
    {
        public ModuleList(params T[] modules) : base(nameof(ModuleList<T>)) => Set(modules);

        public int Count => Submodules.Count;

        public bool IsReadOnly => false;

        public T this[int index]
        {
            get => (T)Submodules[index].Module;
            set => Change(l => l[index] = value);
        }

        public void Add(T item) => AppendSubmodule(Count.ToString(), item);

        public void append(params T[] parameters) => extend(parameters);

        public void extend(IEnumerable<T> modules)
        {
            foreach (T m in modules)
            {
                Add(m);
            }
        }

        public void Clear() => ClearModules();

        public bool Contains(T item) => IndexOf(item) >= 0;

        public void CopyTo(T[] array, int arrayIndex) => Items().CopyTo(array, arrayIndex);

        public IEnumerator<T> GetEnumerator() => Items().GetEnumerator();

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

        public int IndexOf(T item) => Items().IndexOf(item);

        public void Insert(int index, T item) => Change(l => l.Insert(index, item));

        public bool Remove(T item)
        {
            int i = IndexOf(item);
            if (i >= 0)
            {
                RemoveAt(i);
            }

            return i >= 0;
        }

        public void RemoveAt(int index) => Change(l => l.RemoveAt(index));

        protected internal override void RegisterComponents()
        {
        }

        private List<T> Items() => [.. Submodules.Select(static m => (T)m.Module)];

        private void Change(Action<List<T>> change)
        {
            List<T> items = Items();
            change(items);
            Set(items);
        }

        private void Set(IEnumerable<T> items) => ReplaceSubmodules(items.Select(static (m, i) => (i.ToString(), (Module)m)));
    }
}

namespace TorchSharp
{
    public static partial class torch
    {
        public static partial class nn
        {
            public static Modules.ModuleList<Module> ModuleList(params Module[] modules) => new(modules);

            public static Modules.ModuleList<T> ModuleList<T>(params T[] modules) where T : Module => new(modules);
        }
    }
}
