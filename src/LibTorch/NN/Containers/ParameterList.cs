using System.Collections;
using static TorchSharp.torch.nn;

namespace TorchSharp.Modules
{
    /// <summary>A list of parameters, registered under their indices.</summary>
    public class ParameterList : Module, IList<Parameter>
    {
        public ParameterList(params Parameter[] parameters) : base(nameof(ParameterList)) => Set(parameters);

        public int Count => OwnParameters.Count;

        public bool IsReadOnly => false;

        public Parameter this[int index]
        {
            get => OwnParameters[index].Parameter;
            set => Change(l => l[index] = value);
        }

        public void Add(Parameter item) => Change(l => l.Add(item));

        public void append(params Parameter[] parameters) => extend(parameters);

        public void extend(IEnumerable<Parameter> parameters) => Change(l => l.AddRange(parameters));

        public void Clear() => Set([]);

        public bool Contains(Parameter item) => IndexOf(item) >= 0;

        public void CopyTo(Parameter[] array, int arrayIndex) => Items().CopyTo(array, arrayIndex);

        public IEnumerator<Parameter> GetEnumerator() => Items().GetEnumerator();

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

        public int IndexOf(Parameter item) => Items().FindIndex(p => ReferenceEquals(p, item));

        public void Insert(int index, Parameter item) => Change(l => l.Insert(index, item));

        public bool Remove(Parameter item)
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

        private List<Parameter> Items() => [.. OwnParameters.Select(static p => p.Parameter)];

        private void Change(Action<List<Parameter>> change)
        {
            List<Parameter> items = Items();
            change(items);
            Set(items);
        }

        private void Set(IEnumerable<Parameter> items) => ReplaceParameters(items.Select(static (p, i) => (i.ToString(), p)));
    }
}

namespace TorchSharp
{
    public static partial class torch
    {
        public static partial class nn
        {
            public static Modules.ParameterList ParameterList(params Modules.Parameter[] parameters) => new(parameters);
        }
    }
}
