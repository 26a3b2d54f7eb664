using System.Collections;
using System.Diagnostics.CodeAnalysis;
using static TorchSharp.torch.nn;

namespace TorchSharp.Modules
{
    /// <summary>An ordered dictionary of parameters, registered under their keys.</summary>
    public class ParameterDict : Module, IDictionary<string, Parameter>, IList<(string, Parameter)>
    {
        public ParameterDict() : base("ParameterDict")
        {
        }

        public int Count => OwnParameters.Count;

        public bool IsReadOnly => false;

        public ICollection<string> Keys => [.. keys()];

        public ICollection<Parameter> Values => [.. values()];

        public (string, Parameter) this[int index]
        {
            get => Items()[index];
            set => Change(l => l[index] = value);
        }

        /// <exception cref="KeyNotFoundException">There is no such key.</exception>
        public Parameter this[string key]
        {
            get => TryGetValue(key, out Parameter? value) ? value : throw new KeyNotFoundException($"There is no '{key}' here.");
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

        public IEnumerable<Parameter> values() => Items().Select(static e => e.Value);

        public IEnumerator<(string, Parameter)> items() => GetEnumerator();

        public IEnumerator<(string, Parameter)> GetEnumerator() => Items().GetEnumerator();

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

        IEnumerator<KeyValuePair<string, Parameter>> IEnumerable<KeyValuePair<string, Parameter>>.GetEnumerator() =>
            Items().Select(static e => KeyValuePair.Create(e.Key, e.Value)).GetEnumerator();

        /// <exception cref="ArgumentException">The key is there already.</exception>
        public void Add(string key, Parameter value)
        {
            if (ContainsKey(key))
            {
                throw new ArgumentException($"'{key}' is there already.", nameof(key));
            }

            Change(l => l.Add((key, value)));
        }

        public void Add((string, Parameter) item) => Add(item.Item1, item.Item2);

        public void Add(KeyValuePair<string, Parameter> item) => Add(item.Key, item.Value);

        public void Insert(int index, (string, Parameter) item) => Change(l => l.Insert(index, item));

        public void clear() => Clear();

        public void Clear() => Set([]);

        public bool ContainsKey(string key) => TryGetValue(key, out _);

        public bool Contains((string, Parameter) item) => IndexOf(item) >= 0;

        public bool Contains(KeyValuePair<string, Parameter> item) => Contains((item.Key, item.Value));

        public int IndexOf((string, Parameter) item) => Items().FindIndex(e => e.Key == item.Item1 && ReferenceEquals(e.Value, item.Item2));

        public bool TryGetValue(string key, [MaybeNullWhen(false)] out Parameter value)
        {
            value = Items().Find(e => e.Key == key).Value;
            return value is not null;
        }

        public bool Remove(string key) => RemoveFirst(e => e.Key == key);

        public bool Remove((string, Parameter) item) => RemoveFirst(e => e.Key == item.Item1 && ReferenceEquals(e.Value, item.Item2));

        public bool Remove(KeyValuePair<string, Parameter> item) => Remove((item.Key, item.Value));

        public void RemoveAt(int index) => Change(l => l.RemoveAt(index));

        public void CopyTo((string, Parameter)[] array, int arrayIndex) => Items().CopyTo(array, arrayIndex);

        public void CopyTo(KeyValuePair<string, Parameter>[] array, int arrayIndex) =>
            Items().ConvertAll(static e => KeyValuePair.Create(e.Key, e.Value)).CopyTo(array, arrayIndex);

        protected internal override void RegisterComponents()
        {
        }

        private List<(string Key, Parameter Value)> Items() => [.. OwnParameters];

        private bool RemoveFirst(Predicate<(string Key, Parameter Value)> match)
        {
            int i = Items().FindIndex(match);
            if (i >= 0)
            {
                RemoveAt(i);
            }

            return i >= 0;
        }

        private void Change(Action<List<(string Key, Parameter Value)>> change)
        {
            List<(string Key, Parameter Value)> items = Items();
            change(items);
            Set(items);
        }

        private void Set(IEnumerable<(string Key, Parameter Value)> items) => ReplaceParameters(items);
    }
}

namespace TorchSharp
{
    public static partial class torch
    {
        public static partial class nn
        {
            public static Modules.ParameterDict ParameterDict(params (string, Modules.Parameter)[] parameters)
            {
                var dict = new Modules.ParameterDict();
                foreach ((string, Modules.Parameter) p in parameters)
                {
                    dict.Add(p);
                }

                return dict;
            }
        }
    }
}
