using System.Collections;
using System.Diagnostics.CodeAnalysis;
using static TorchSharp.torch.nn;

namespace TorchSharp.Modules
{
    /// <summary>An ordered dictionary of modules, registered under their keys.</summary>
    public class ModuleDict<T> : Module, IDictionary<string, T>, IList<(string, T)> where T : Module
    {
        public ModuleDict() : base("ModuleDict")
        {
        }

        public int Count => Submodules.Count;

        public bool IsReadOnly => false;

        public ICollection<string> Keys => [.. keys()];

        public ICollection<T> Values => [.. values()];

        public (string, T) this[int index]
        {
            get => Items()[index];
            set => Change(l => l[index] = value);
        }

        /// <exception cref="KeyNotFoundException">There is no such key.</exception>
        public T this[string key]
        {
            get => TryGetValue(key, out T? value) ? value : throw new KeyNotFoundException($"There is no '{key}' here.");
            set => Change(l =>
            {
                int i = l.FindIndex(e => e.Key == key);
                if (i >= 0)
                {
                    l[i] = (key, value);
                }
                else
                {
                    l.Add((key, value));
                }
            });
        }

        public IEnumerable<string> keys() => Items().Select(static e => e.Key);

        public IEnumerable<T> values() => Items().Select(static e => e.Value);

        public IEnumerator<(string, T)> items() => GetEnumerator();

        public IEnumerator<(string, T)> GetEnumerator() => Items().GetEnumerator();

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

        IEnumerator<KeyValuePair<string, T>> IEnumerable<KeyValuePair<string, T>>.GetEnumerator() =>
            Items().Select(static e => KeyValuePair.Create(e.Key, e.Value)).GetEnumerator();

        /// <exception cref="ArgumentException">The key is there already.</exception>
        public void Add(string key, T value)
        {
            if (ContainsKey(key))
            {
                throw new ArgumentException($"'{key}' is there already.", nameof(key));
            }

            Change(l => l.Add((key, value)));
        }

        public void Add((string, T) item) => Add(item.Item1, item.Item2);

        public void Add(KeyValuePair<string, T> item) => Add(item.Key, item.Value);

        public void Insert(int index, (string, T) item) => Change(l => l.Insert(index, item));

        public void clear() => Clear();

        public void Clear() => Set([]);

        public bool ContainsKey(string key) => TryGetValue(key, out _);

        public bool Contains((string, T) item) => IndexOf(item) >= 0;

        public bool Contains(KeyValuePair<string, T> item) => Contains((item.Key, item.Value));

        public int IndexOf((string, T) item) => Items().FindIndex(e => e.Key == item.Item1 && ReferenceEquals(e.Value, item.Item2));

        public bool TryGetValue(string key, [MaybeNullWhen(false)] out T value)
        {
            value = Items().Find(e => e.Key == key).Value;
            return value is not null;
        }

        public bool Remove(string key) => RemoveFirst(e => e.Key == key);

        public bool Remove((string, T) item) => RemoveFirst(e => e.Key == item.Item1 && ReferenceEquals(e.Value, item.Item2));

        public bool Remove(KeyValuePair<string, T> item) => Remove((item.Key, item.Value));

        public void RemoveAt(int index) => Change(l => l.RemoveAt(index));

        public void CopyTo((string, T)[] array, int arrayIndex) => Items().CopyTo(array, arrayIndex);

        public void CopyTo(KeyValuePair<string, T>[] array, int arrayIndex) =>
            Items().ConvertAll(static e => KeyValuePair.Create(e.Key, e.Value)).CopyTo(array, arrayIndex);

        protected internal override void RegisterComponents()
        {
        }

        private List<(string Key, T Value)> Items() => [.. Submodules.Select(static e => (e.Name, (T)e.Module))];

        private bool RemoveFirst(Predicate<(string Key, T Value)> match)
        {
            int i = Items().FindIndex(match);
            if (i >= 0)
            {
                RemoveAt(i);
            }

            return i >= 0;
        }

        private void Change(Action<List<(string Key, T Value)>> change)
        {
            List<(string Key, T Value)> items = Items();
            change(items);
            Set(items);
        }

        private void Set(IEnumerable<(string Key, T Value)> items) => ReplaceSubmodules(items.Select(static e => (e.Key, (Module)e.Value)));
    }
}

namespace TorchSharp
{
    public static partial class torch
    {
        public static partial class nn
        {
            public static Modules.ModuleDict<Module> ModuleDict(params (string, Module)[] modules) => ModuleDict<Module>(modules);

            public static Modules.ModuleDict<T> ModuleDict<T>(params (string, T)[] modules) where T : Module
            {
                var dict = new Modules.ModuleDict<T>();
                foreach ((string, T) m in modules)
                {
                    dict.Add(m);
                }

                return dict;
            }
        }
    }
}
